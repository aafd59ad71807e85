import { WorldloomError } from "../../core/errors.ts";
import { checkInteger, checkList, optionsOf } from "../argument.ts";
import { bindOne } from "../bind.ts";
import { dotGeneral } from "../primitive/dot.ts";
import { pad as padded, permute, reduce, reshape } from "../primitive/exact.ts";
import { windowsOf } from "../primitive/view.ts";
import { scope } from "../scope.ts";
import { shapeError, sizeOf } from "../shape.ts";
import type { Value } from "../value.ts";
import { divide } from "./arithmetic.ts";
import { asValue, castValue, commonType, floatOf, type Like } from "./convert.ts";

/** One number for all spatial axes, or one for each. */
export type PerAxis = number | readonly number[];

export interface ConvolutionOptions {
  readonly stride?: PerAxis;
  /** Zeros on both sides; `same`: so many that, with stride 1, the extents stay. */
  readonly padding?: PerAxis | "same";
  /** From one element of the kernel to the next. */
  readonly dilation?: PerAxis;
  /** Channels are cut into so many groups that do not see each other. */
  readonly groups?: number;
}

/** Of [batch, channels, length] with kernels [features, channels / groups, extent]: [batch, features, length']. */
export function conv1d(x: Like, kernel: Like, options?: ConvolutionOptions): Value {
  return convolution("conv1d", 1, x, kernel, options);
}

/** Of [batch, channels, height, width] with kernels [features, channels / groups, height, width]. */
export function conv2d(x: Like, kernel: Like, options?: ConvolutionOptions): Value {
  return convolution("conv2d", 2, x, kernel, options);
}

/**
 * A convolution is a product of matrices: each window of the input, which a view shows without a copy, with each kernel. So
 * its derivatives, its batching and its rounding (one chain of fused multiply-adds over channels, then rows, then columns)
 * are those of the product; what the windows of a larger input cost is one copy of them, of which the product makes
 * panels of its own anyhow.
 */
function convolution(operation: string, spatial: number, x: Like, kernel: Like, options?: ConvolutionOptions): Value {
  return scope(() => {
    const {
      stride = 1,
      padding = 0,
      dilation = 1,
      groups = 1,
    } = optionsOf(operation, options, ["stride", "padding", "dilation", "groups"]);
    const dtype = floatOf(commonType(x, kernel));
    const input = castValue(x, dtype);
    const weights = castValue(kernel, dtype);
    const [, channels = 0] = input.dims;
    const [features = 0, own = 0] = weights.dims;
    if (input.dims.length !== spatial + 2 || weights.dims.length !== spatial + 2)
      throw shapeError(operation, [input.dims, weights.dims], `both need ${spatial + 2} axes`);
    checkInteger(operation, "groups", groups, 1);
    if (own * groups !== channels || features % groups !== 0)
      throw shapeError(
        operation,
        [input.dims, weights.dims],
        `${channels} channels and ${features} features in ${groups} groups need kernels of ${channels / groups} channels`,
        1,
      );
    const extents = weights.dims.slice(2);
    if (extents.includes(0)) throw shapeError(operation, [input.dims, weights.dims], "a kernel has extents from 1 on");
    const steps = perAxis(operation, "stride", stride, spatial);
    const dilations = perAxis(operation, "dilation", dilation, spatial);
    const sides = sidesOf(operation, padding, extents, dilations);
    const seen = windowed(operation, padAround(input, sides, 0), extents, steps, dilations);
    // [batch, channels, count, extent, count, extent, ...]: windows by axis, and the elements in them.
    const counts = extents.map((_, i) => 2 + 2 * i);
    const within = extents.map((_, i) => 3 + 2 * i);
    if (groups === 1) {
      const out = bindOne(dotGeneral, [seen, weights], {
        contract: { a: [1, ...within], b: [1, ...extents.map((_, i) => 2 + i)] },
        batch: { a: [], b: [] },
      });
      return permute(out, [0, spatial + 1, ...counts.map((_, i) => 1 + i)]);
    }
    const grouped = reshape(seen, [seen.dims[0] as number, groups, own, ...seen.dims.slice(2)]);
    const parts = reshape(weights, [groups, features / groups, own, ...extents]);
    const out = bindOne(dotGeneral, [grouped, parts], {
      contract: { a: [2, ...within.map((axis) => axis + 1)], b: [2, ...extents.map((_, i) => 3 + i)] },
      batch: { a: [1], b: [0] },
    });
    // [groups, batch, counts, features / groups]
    const moved = permute(out, [1, 0, spatial + 2, ...counts.map((_, i) => 2 + i)]);
    return reshape(moved, [moved.dims[0] as number, features, ...moved.dims.slice(3)]);
  });
}

export interface PoolOptions {
  /** The extent of a window unless given: windows side by side. */
  readonly stride?: PerAxis;
  readonly padding?: PerAxis;
}

/** The largest element of each window of the last axes: one for each extent. */
export function maxPool(x: Like, extent: readonly number[], options?: PoolOptions): Value {
  return scope(() => {
    const { seen, within } = pooled("maxPool", x, extent, options, Number.NEGATIVE_INFINITY);
    return reduce("max", seen, within);
  });
}

/** The mean of each window, with the zeros around. */
export function avgPool(x: Like, extent: readonly number[], options?: PoolOptions): Value {
  return scope(() => {
    const { seen, within } = pooled("avgPool", x, extent, options, 0);
    return divide(reduce("sum", seen, within), sizeOf(extent));
  });
}

function pooled(
  operation: string,
  x: Like,
  extents: readonly number[],
  options: PoolOptions | undefined,
  edge: number,
) {
  const { stride, padding = 0 } = optionsOf(operation, options, ["stride", "padding"]);
  checkList(operation, "the extents of a window", extents);
  const value = castValue(x, floatOf(asValue(x).dtype));
  const rank = value.dims.length;
  const spatial = extents.length;
  if (spatial > rank) throw shapeError(operation, [value.dims], `windows of ${spatial} axes are too many`);
  const steps = perAxis(operation, "stride", stride ?? extents, spatial);
  const sides = perAxis(operation, "padding", padding, spatial, 0).map((side): [number, number] => [side, side]);
  const around = padAround(value, sides, edge);
  const dilations = extents.map(() => 1);
  const seen = windowed(operation, around, extents, steps, dilations);
  return { seen, within: extents.map((_, i) => rank - spatial + 1 + 2 * i) };
}

/** The last axes as windows: [..., count, extent, count, extent, ...]. */
function windowed(
  operation: string,
  x: Value,
  extents: readonly number[],
  strides: readonly number[],
  dilations: readonly number[],
): Value {
  let out = x;
  const first = x.dims.length - extents.length;
  extents.forEach((extent, i) => {
    if (!Number.isInteger(extent) || extent < 1)
      throw shapeError(operation, [x.dims, extents], "windows have extents from 1 on", first + i);
    const [stride, dilation] = [strides[i] as number, dilations[i] as number];
    out = windowsOf(out, { axis: first + 2 * i, extent, stride, dilation });
  });
  return out;
}

function padAround(x: Value, sides: readonly (readonly [number, number])[], value: number): Value {
  if (sides.every(([low, high]) => low === 0 && high === 0)) return x;
  const none = new Array<readonly [number, number]>(x.dims.length - sides.length).fill([0, 0]);
  const all = [...none, ...sides];
  return padded(
    x,
    value,
    all.map(([low]) => low),
    all.map(([, high]) => high),
    all.map(() => 0),
  );
}

function sidesOf(
  operation: string,
  padding: PerAxis | "same",
  extents: readonly number[],
  dilations: readonly number[],
): [number, number][] {
  if (padding !== "same") return perAxis(operation, "padding", padding, extents.length, 0).map((side) => [side, side]);
  return extents.map((extent, i) => {
    const reach = (extent - 1) * (dilations[i] as number);
    return [Math.floor(reach / 2), Math.ceil(reach / 2)];
  });
}

function perAxis(operation: string, name: string, value: PerAxis, count: number, least = 1): number[] {
  if (typeof value !== "number") checkList(operation, name, value);
  const list = typeof value === "number" ? new Array<number>(count).fill(value) : [...value];
  if (list.length !== count || list.some((one) => !Number.isInteger(one) || one < least))
    throw new WorldloomError(
      "tensor-shape",
      `${operation}: ${name} ${list.map(String)} must be ${count} integers from ${least} on, or one for all.`,
      { operation, [name]: value },
    );
  return list;
}
