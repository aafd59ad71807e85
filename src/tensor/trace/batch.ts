import { assert } from "../../core/errors.ts";
import type { Primitive } from "../primitive/primitive.ts";
import { type Aval, type Trace, Tracer, type Value } from "../value.ts";
import { checkOpen } from "./open.ts";

/** One of a batch of values: `batch` holds all of them along its axis 0. */
export class BatchTracer extends Tracer {
  readonly trace: BatchTrace;
  readonly batch: Value;
  readonly dims: Aval["dims"];

  constructor(trace: BatchTrace, batch: Value) {
    super();
    this.trace = trace;
    this.batch = batch;
    this.dims = batch.dims.slice(1);
  }

  get dtype() {
    return this.batch.dtype;
  }
}

/** Applies each operation to whole batches. */
export class BatchTrace implements Trace {
  readonly level: number;
  /** Extent of the axis that is mapped over. */
  readonly size: number;
  open = true;

  constructor(level: number, size: number) {
    this.level = level;
    this.size = size;
  }

  owns(value: Value): value is BatchTracer {
    return value instanceof BatchTracer && value.trace === this;
  }

  process(primitive: Primitive, inputs: readonly Value[], params: unknown): Value[] {
    checkOpen(this, primitive);
    const rule = {
      inputs: inputs.map((input) => (this.owns(input) ? input.batch : input)),
      batched: inputs.map((input) => this.owns(input)),
      size: this.size,
      params: params as never,
    };
    const some = primitive.batchSome?.(rule);
    return (some?.results ?? primitive.batch(rule)).map((result, i) => {
      if (some?.has[i] === false) return result;
      assert(result.dims[0] === this.size, `${primitive.name}: a batched result lacks its axis`);
      return new BatchTracer(this, result);
    });
  }
}
