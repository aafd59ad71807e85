import { assert } from "../../core/errors.ts";
import { bind } from "../bind.ts";
import { op } from "../primitive/exact.ts";
import { type Primitive, Unknown } from "../primitive/primitive.ts";
import { type Aval, type Trace, Tracer, type Value } from "../value.ts";
import { checkOpen } from "./open.ts";

/** Stands for a tangent whose number is not known: a place on a tape. */
export class LinearTracer extends Tracer {
  readonly trace: LinearTrace;
  readonly dtype: Aval["dtype"];
  readonly dims: Aval["dims"];
  /** Places are numbered in the order in which they were made. */
  readonly place: number;

  constructor(trace: LinearTrace, aval: Aval, place: number) {
    super();
    this.trace = trace;
    this.dtype = aval.dtype;
    this.dims = aval.dims;
    this.place = place;
  }
}

/** A linear operation on a tape: inputs are places or known values. */
export interface LinearStep {
  readonly primitive: Primitive;
  readonly inputs: readonly Value[];
  readonly outputs: readonly LinearTracer[];
  readonly params: unknown;
}

/**
 * Records linear operations: the tape. Operations on values that do not depend on its inputs never reach it; they are
 * executed, and their results are what the tape holds.
 */
export class LinearTrace implements Trace {
  readonly level: number;
  readonly steps: LinearStep[] = [];
  open = true;
  #places = 0;

  constructor(level: number) {
    this.level = level;
  }

  input(aval: Aval): LinearTracer {
    return new LinearTracer(this, aval, this.#places++);
  }

  owns(value: Value): value is LinearTracer {
    return value instanceof LinearTracer && value.trace === this;
  }

  process(primitive: Primitive, inputs: readonly Value[], params: unknown): Value[] {
    checkOpen(this, primitive);
    if (primitive.split !== undefined)
      return primitive.split({
        inputs,
        linear: inputs.map((input) => this.owns(input)),
        params: params as never,
        record: (...step) => this.#record(...(step as [Primitive, readonly Value[], unknown])),
      });
    return this.#record(primitive, inputs, params);
  }

  #record(primitive: Primitive, inputs: readonly Value[], params: unknown): LinearTracer[] {
    const outputs = primitive.shapes(inputs, params as never).map((aval) => this.input(aval));
    this.steps.push({ primitive, inputs, outputs, params });
    return outputs;
  }
}

/** What results of a tape are where its inputs have these values. */
export function pushForward(
  tape: LinearTrace,
  inputs: readonly LinearTracer[],
  tangents: readonly Value[],
  outputs: readonly (Value | undefined)[],
): (Value | undefined)[] {
  const values: (Value | undefined)[] = [];
  inputs.forEach((input, i) => {
    values[input.place] = tangents[i];
  });
  const read = (value: Value): Value => (tape.owns(value) ? values[value.place]! : value);
  for (const step of tape.steps) {
    const results = bind(step.primitive, step.inputs.map(read), step.params as never);
    step.outputs.forEach((output, i) => {
      values[output.place] = results[i];
    });
  }
  return outputs.map((output) => output && read(output));
}

/**
 * Cotangents of `inputs`, places of any kind, from those of `outputs`: the tape backwards, each operation transposed.
 * Undefined is zero, both ways; outputs that are known do not depend on the inputs.
 */
export function pullBack(
  tape: LinearTrace,
  inputs: readonly LinearTracer[],
  outputs: readonly (Value | undefined)[],
  cotangents: readonly (Value | undefined)[],
): (Value | undefined)[] {
  const sums: (Value | undefined)[] = [];
  const asked = new Set(inputs.map(({ place }) => place));
  const accumulate = (target: Value | Unknown | undefined, cotangent: Value | undefined) => {
    if (cotangent === undefined || !(target instanceof LinearTracer) || !tape.owns(target)) return;
    const before = sums[target.place];
    sums[target.place] = before === undefined ? cotangent : op("add", before, cotangent);
  };
  outputs.forEach((output, i) => {
    accumulate(output, cotangents[i]);
  });
  for (let i = tape.steps.length - 1; i >= 0; i--) {
    const { primitive, inputs: from, outputs: to, params } = tape.steps[i]!;
    if (to.every(({ place }) => sums[place] === undefined)) continue;
    assert(primitive.transpose !== "never", `${primitive.name} was applied to tangents, but cannot be transposed`);
    const results = primitive.transpose({
      cotangents: to.map(({ place }) => sums[place]),
      inputs: from.map((value) => (tape.owns(value) ? new Unknown(value) : value)),
      outputs: to,
      params: params as never,
    });
    for (const { place } of to) if (!asked.has(place)) sums[place] = undefined;
    from.forEach((value, j) => {
      accumulate(value, results[j]);
    });
  }
  return inputs.map(({ place }) => sums[place]);
}
