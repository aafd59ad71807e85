import type { Runs, Values } from "./view.ts";

/**
 * Goes through the positions of a shape in row-major order, with the element index of each of several layouts in `at`.
 * `for (const walk = new Walk(...); walk.inside; walk.next())`.
 */
export class Walk {
  readonly at: number[];
  inside: boolean;
  readonly #extents: readonly number[];
  readonly #strides: readonly (readonly number[])[];
  readonly #position: number[];

  /** `starts[i]` is where the layout with `strides[i]` begins. */
  constructor(extents: readonly number[], starts: readonly number[], strides: readonly (readonly number[])[]) {
    this.#extents = extents;
    this.#strides = strides;
    this.#position = extents.map(() => 0);
    this.at = [...starts];
    this.inside = !extents.includes(0);
  }

  next(): void {
    const { at } = this;
    for (let axis = this.#extents.length - 1; axis >= 0; axis--) {
      const extent = this.#extents[axis]!;
      const strides = this.#strides;
      if (++this.#position[axis]! < extent) {
        for (let i = 0; i < at.length; i++) at[i]! += strides[i]![axis]!;
        return;
      }
      this.#position[axis] = 0;
      for (let i = 0; i < at.length; i++) at[i]! -= strides[i]![axis]! * (extent - 1);
    }
    this.inside = false;
  }
}

/** Where `gather` and `scan` are along each axis. One is enough: they do not nest. */
const position: number[] = [];

/**
 * Writes `count` elements of a layout, from the `first` one in row-major order on, to the front of `out`. `at` is the
 * index of the element at the origin.
 */
export function gather(
  values: Values,
  at: number,
  runs: Runs,
  first: number,
  count: number,
  out: Values | Float64Array,
): void {
  let index = seek(at, runs, first);
  const inner = runs.extents.length - 1;
  if (inner < 0) {
    if (count > 0) out[0] = values[index]!;
    return;
  }
  const extent = runs.extents[inner]!;
  const stride = runs.strides[inner]!;
  for (let done = 0; done < count; ) {
    const length = Math.min(count - done, extent - position[inner]!);
    if (stride === 1)
      if (values instanceof Float32Array && out instanceof Float32Array) copy32(values, index, out, done, length);
      else for (let i = 0; i < length; i++) out[done + i] = values[index + i]!;
    else if (stride === 0) out.fill(values[index]!, done, done + length);
    else for (let i = 0, from = index; i < length; i++, from += stride) out[done + i] = values[from]!;
    done += length;
    index = advance(runs, index, length);
  }
}

/** Apart, so that it only ever sees arrays of one type. */
function copy32(from: Float32Array, index: number, to: Float32Array, start: number, count: number): void {
  for (let i = 0; i < count; i++) to[start + i] = from[index + i]!;
}

/** Calls `visit(index, stride, length, done)` for stretches of `count` elements of a layout from the `first` one on. */
export function scan(
  at: number,
  runs: Runs,
  first: number,
  count: number,
  visit: (index: number, stride: number, length: number, done: number) => void,
): void {
  let index = seek(at, runs, first);
  const inner = runs.extents.length - 1;
  if (inner < 0) {
    if (count > 0) visit(index, 1, 1, 0);
    return;
  }
  for (let done = 0; done < count; ) {
    const length = Math.min(count - done, runs.extents[inner]! - position[inner]!);
    visit(index, runs.strides[inner]!, length, done);
    done += length;
    index = advance(runs, index, length);
  }
}

/** Leaves the position of the `first` element, and returns its index. */
function seek(at: number, { extents, strides }: Runs, first: number): number {
  let rest = first;
  let index = at;
  for (let axis = extents.length - 1; axis >= 0; axis--) {
    const extent = extents[axis]!;
    position[axis] = rest % extent;
    rest = (rest - position[axis]!) / extent;
    index += position[axis]! * strides[axis]!;
  }
  return index;
}

/** The index `length` elements further on, which is no further than where the next stretch begins. */
function advance({ extents, strides }: Runs, index: number, length: number): number {
  let axis = extents.length - 1;
  let next = index + length * strides[axis]!;
  position[axis]! += length;
  while (axis > 0 && position[axis] === extents[axis]) {
    next -= extents[axis]! * strides[axis]!;
    position[axis--] = 0;
    next += strides[axis]!;
    position[axis]!++;
  }
  return next;
}
