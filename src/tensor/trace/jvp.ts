import { bind } from "../bind.ts";
import { isFloat } from "../dtype.ts";
import { zerosLike } from "../primitive/exact.ts";
import type { Primitive } from "../primitive/primitive.ts";
import { Literal, type Trace, Tracer, type Value } from "../value.ts";
import { checkOpen } from "./open.ts";

/** A dual number: a value, and how fast it changes. */
export class JvpTracer extends Tracer {
  readonly trace: JvpTrace;
  readonly primal: Value;
  readonly tangent: Value;

  constructor(trace: JvpTrace, primal: Value, tangent: Value) {
    super();
    this.trace = trace;
    this.primal = primal;
    this.tangent = tangent;
  }

  get dtype() {
    return this.primal.dtype;
  }

  get dims() {
    return this.primal.dims;
  }
}

/** Forward mode: each operation on values is followed by what it does to tangents. */
export class JvpTrace implements Trace {
  readonly level: number;
  /** Whether elements of its values may be read: they are known, and what is chosen by them is not compiled. */
  readonly readable: boolean = false;
  open = true;

  constructor(level: number) {
    this.level = level;
  }

  /** `primal` with a tangent; as it is where the tangent is zero. */
  pair(primal: Value, tangent: Value | undefined): Value {
    return tangent === undefined || !isFloat(primal.dtype) ? primal : new JvpTracer(this, primal, tangent);
  }

  primalOf(value: Value): Value {
    return value instanceof JvpTracer && value.trace === this ? value.primal : value;
  }

  tangentOf(value: Value): Value | undefined {
    return value instanceof JvpTracer && value.trace === this ? value.tangent : undefined;
  }

  process(primitive: Primitive, inputs: readonly Value[], given: unknown): Value[] {
    checkOpen(this, primitive);
    const params = given as never;
    const primals = inputs.map((input) => this.primalOf(input));
    const tangents = inputs.map((input) => this.tangentOf(input));
    if (primitive.dual !== undefined) {
      const results = primitive.dual({ primals, tangents, params });
      return results.outputs.map((primal, i) => this.pair(primal, results.tangents[i]));
    }
    const outputs = bind(primitive, primals, params);
    const rule = primitive.jvp;
    if (rule === "none") return outputs;
    const changes =
      rule === "linear"
        ? bind(
            primitive,
            tangents.map((tangent, i) => tangent ?? zero(primitive, primals[i]!)),
            params,
          )
        : rule({ primals, tangents, outputs, params });
    return outputs.map((primal, i) => this.pair(primal, changes[i]));
  }
}

function zero(primitive: Primitive, primal: Value): Value {
  return primitive.steps !== undefined || primal.rank === 0 ? new Literal(0, primal.dtype) : zerosLike(primal);
}
