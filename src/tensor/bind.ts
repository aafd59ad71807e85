import { execute } from "./eager.ts";
import type { Primitive } from "./primitive/primitive.ts";
import { type Trace, Tracer, type Value } from "./value.ts";

/** Applies a primitive: hands it to the innermost trace among its inputs, or executes it at once. */
export function bind<P>(primitive: Primitive<P>, inputs: readonly Value[], params: P): Value[] {
  let trace: Trace | undefined;
  for (let i = 0; i < inputs.length; i++) {
    const input = inputs[i];
    if (input instanceof Tracer && (trace === undefined || input.trace.level > trace.level)) trace = input.trace;
  }
  if (trace !== undefined) return trace.process(primitive as never, inputs, params);
  return execute(primitive as never, inputs, params as never);
}

/** The one result of a primitive that has one. */
export function bindOne<P>(primitive: Primitive<P>, inputs: readonly Value[], params: P): Value {
  return bind(primitive, inputs, params)[0] as Value;
}
