import { bindOne } from "../bind.ts";
import { bytesOf, checkType } from "../dtype.ts";
import type { Emitter } from "../emitter.ts";
import { layoutOf, type Operand, reshapeLayout, viewOperand } from "../operand.ts";
import { type Shape, shapeError, sizeOf } from "../shape.ts";
import type { Aval, Value } from "../value.ts";
import { permute, sumOf } from "./exact.ts";
import { type Primitive, Unknown } from "./primitive.ts";
import { known } from "./rule.ts";

/** Pairs of axes: entry i of `a` belongs to entry i of `b`. */
export interface DotParams {
  readonly contract: { readonly a: readonly number[]; readonly b: readonly number[] };
  readonly batch: { readonly a: readonly number[]; readonly b: readonly number[] };
}

/**
 * Sums of products over the contracted axes, for each element of the batch axes. Axes of the result: batch, the other
 * ones of a, the other ones of b. Contracted axes are summed over in the order in which they are listed, as one chain of
 * fused multiply-adds. Matrix products of any kind, and convolutions (over windows), are this.
 */
export const dotGeneral: Primitive<DotParams> = {
  name: "dotGeneral",
  shapes: ([a, b], { contract, batch }) => {
    const { dtype, dims } = a as Aval;
    const { dims: other } = b as Aval;
    checkType("dot", dtype, ["f32", "f64"]);
    checkType("dot", (b as Aval).dtype, [dtype]);
    for (const pairs of [contract, batch])
      pairs.a.forEach((axis, i) => {
        const partner = pairs.b[i] as number;
        if (dims[axis] !== other[partner])
          throw shapeError("dot", [dims, other], `axis ${axis} and axis ${partner} must be equal`, axis);
      });
    const { a: freeA, b: freeB } = freeAxes(dims, other, { contract, batch });
    return [{ dtype, dims: [...of(dims, batch.a), ...of(dims, freeA), ...of(other, freeB)] }];
  },
  lower: (emit, [a, b], [out], params) => {
    const { contract, batch } = params;
    if (isPlain(a!.dims, b!.dims, params)) return emit.dot(a!, b!, out!);
    const free = freeAxes(a!.dims, b!.dims, params);
    const outer = of(a!.dims, batch.a);
    const k = sizeOf(of(a!.dims, contract.a));
    const [m, n] = [sizeOf(of(a!.dims, free.a)), sizeOf(of(b!.dims, free.b))];
    // The format has axes for the batch; more than six are merged.
    const lead = outer.length > 6 ? [sizeOf(outer)] : outer;
    emit.dot(
      arranged(emit, a!, [...batch.a, ...free.a, ...contract.a], [...lead, m, k]),
      arranged(emit, b!, [...batch.b, ...contract.b, ...free.b], [...lead, k, n]),
      arranged(emit, out!, undefined, [...lead, m, n]),
    );
  },
  jvp: ({ primals: [a, b], tangents: [t, u], params }) => [
    sumOf(t && bindOne(dotGeneral, [t, b as Value], params), u && bindOne(dotGeneral, [a as Value, u], params)),
  ],
  transpose: ({ cotangents: [ct], inputs: [a, b], params }) => {
    if (ct === undefined) return [undefined, undefined];
    return [
      a instanceof Unknown ? cotangentOf(ct, a, known(b), params, true) : undefined,
      b instanceof Unknown ? cotangentOf(ct, b, known(a), params, false) : undefined,
    ];
  },
  batch: (rule) => {
    const [a, b] = rule.inputs as [Value, Value];
    const [first, second] = rule.batched;
    const { contract, batch } = rule.params;
    const moved = (axes: readonly number[], by: boolean | undefined) =>
      axes.map((axis) => (by === true ? axis + 1 : axis));
    const contracted = { a: moved(contract.a, first), b: moved(contract.b, second) };
    const batched = { a: moved(batch.a, first), b: moved(batch.b, second) };
    if (first === true && second === true) {
      const both = { a: [0, ...batched.a], b: [0, ...batched.b] };
      return [bindOne(dotGeneral, [a, b], { contract: contracted, batch: both })];
    }
    // The further axis is the first of the other axes of its side.
    const out = bindOne(dotGeneral, [a, b], { contract: contracted, batch: batched });
    const freeOfA = a.dims.length - contract.a.length - batch.a.length;
    const at = batch.a.length + (first === true ? 0 : freeOfA);
    const axes = out.dims.map((_, i) => i);
    axes.splice(at, 1);
    return [permute(out, [at, ...axes])];
  },
};

/** A product of two matrices as the format has it. */
function isPlain(a: Shape, b: Shape, { contract, batch }: DotParams): boolean {
  if (a.length !== 2 || b.length !== 2 || batch.a.length > 0 || contract.a.length !== 1) return false;
  return contract.a[0] === 1 && contract.b[0] === 0;
}

/** The cotangent of one side, in the order of its axes. */
function cotangentOf(ct: Value, side: Aval, other: Value, { contract, batch }: DotParams, isA: boolean): Value {
  const own = isA ? "a" : "b";
  const its = isA ? "b" : "a";
  const aval = isA ? [side.dims, other.dims] : [other.dims, side.dims];
  const free = freeAxes(aval[0] as Shape, aval[1] as Shape, { contract, batch });
  const batches = batch.a.length;
  // Axes of the cotangent: batch, free of a, free of b.
  const start = isA ? batches + free.a.length : batches;
  const ofOther = free[its].map((_, i) => start + i);
  const leading = batch.a.map((_, i) => i);
  const params = isA
    ? { contract: { a: ofOther, b: free.b }, batch: { a: leading, b: batch.b } }
    : { contract: { a: free.a, b: ofOther }, batch: { a: batch.a, b: leading } };
  const out = bindOne(dotGeneral, isA ? [ct, other] : [other, ct], params);
  // For a: batch, free of a, contracted in the order of b's axes. For b: batch, contracted in the order of a's axes, free of b.
  const contracted = contract[its]
    .map((axis, i) => ({ axis, own: contract[own][i] as number }))
    .sort((x, y) => x.axis - y.axis)
    .map((pair) => pair.own);
  const order = isA ? [...batch.a, ...free.a, ...contracted] : [...batch.b, ...contracted, ...free.b];
  return permute(
    out,
    order.map((_, axis) => order.indexOf(axis)),
  );
}

function freeAxes(a: Shape, b: Shape, { contract, batch }: DotParams): { a: number[]; b: number[] } {
  const rest = (dims: Shape, used: readonly number[]) => dims.map((_, i) => i).filter((i) => !used.includes(i));
  return { a: rest(a, [...contract.a, ...batch.a]), b: rest(b, [...contract.b, ...batch.b]) };
}

function of(dims: Shape, axes: readonly number[]): number[] {
  return axes.map((axis) => dims[axis] as number);
}

/** An operand with its axes in another order and merged to `dims`: a view where strides allow it, else a copy. */
function arranged(emit: Emitter, operand: Operand, axes: readonly number[] | undefined, dims: Shape): Operand {
  const order = axes ?? operand.dims.map((_, i) => i);
  const permuted: Operand = {
    ...operand,
    dims: of(operand.dims, order),
    strides: order.map((axis) => operand.strides[axis] as number),
  };
  const bytes = bytesOf(operand.dtype);
  const layout = reshapeLayout(layoutOf(permuted), dims);
  if (layout !== undefined) return viewOperand(permuted, layout, bytes);
  const copy = emit.temporary(operand.dtype, permuted.dims);
  emit.copy(permuted, copy);
  return viewOperand(copy, reshapeLayout(layoutOf(copy), dims) as never, bytes);
}
