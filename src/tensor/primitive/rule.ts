import { assert } from "../../core/errors.ts";
import { Literal, type Value } from "../value.ts";
import { repeatFirst } from "./exact.ts";
import { type Batched, Unknown } from "./primitive.ts";

/** All inputs with the further axis: what lacks it is repeated. Literals stay. */
export function allBatched({ inputs, batched, size }: Batched<never>): Value[] {
  return inputs.map((input, i) => (batched[i] === true || input instanceof Literal ? input : repeatFirst(input, size)));
}

/** The same with literals repeated too: for operations that are not elementwise. */
export function allRepeated({ inputs, batched, size }: Batched<never>): Value[] {
  return inputs.map((input, i) => (batched[i] === true ? input : repeatFirst(input, size)));
}

/** An input that is known where an operation is transposed. */
export function known(input: Value | Unknown | undefined): Value {
  assert(input !== undefined && !(input instanceof Unknown), "an operation is linear in this input only alone");
  return input;
}
