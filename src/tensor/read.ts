import { WorldloomError } from "../core/errors.ts";
import { execute } from "./eager.ts";
import { copy } from "./primitive/elementwise.ts";
import { strictScope } from "./scope.ts";
import { showShape, sizeOf } from "./shape.ts";
import type { Elements, Tensor } from "./tensor.ts";
import { concrete } from "./trace/concrete.ts";
import { Literal, Tracer, type Value } from "./value.ts";

/** Numbers, or booleans, in lists in lists: rank 0 is one number. */
export type NestedNumbers = number | boolean | NestedNumbers[];

/** The elements as JavaScript lists, one level for each axis. Throws `tensor-traced` for values that are not known yet. */
export function toArray(x: Value): NestedNumbers {
  const flat = toElements(x);
  const bool = x.dtype === "bool";
  let next = 0;
  const build = (axis: number): NestedNumbers => {
    if (axis === x.dims.length) {
      const element = flat[next++] as number;
      return bool ? element !== 0 : element;
    }
    return Array.from({ length: x.dims[axis] as number }, () => build(axis + 1));
  };
  return build(0);
}

/** A copy of the elements in row-major order. */
export function toElements(x: Value): Elements {
  let elements: Elements | undefined;
  strictScope(() => {
    const from = concrete("toElements", x);
    const whole = from.contiguous ? from : (execute(copy as never, [from], undefined as never)[0] as Tensor);
    elements = whole.elements().slice();
    return undefined;
  });
  return elements as unknown as Elements;
}

/** The one element of a tensor as a number (bool: 0 or 1). */
export function item(x: Value): number {
  if (x instanceof Literal) return x.value;
  const from = concrete("item", x);
  if (sizeOf(from.dims) !== 1)
    throw new WorldloomError(
      "tensor-shape",
      `item: a tensor of ${sizeOf(from.dims)} elements is no number; use toArray().`,
      { operation: "item", shape: from.dims },
    );
  from.check();
  const { memory } = from.arena;
  if (from.dtype === "f32") return memory.f32[from.offset >> 2] as number;
  if (from.dtype === "f64") return memory.f64[from.offset >> 3] as number;
  if (from.dtype === "i32") return memory.i32[from.offset >> 2] as number;
  return memory.u8[from.offset] as number;
}

/** Elements along an axis beyond which only the first and last three are printed. */
const PRINTED_MAX = 12;
const EDGE = 3;

/** The elements as NumPy prints them, long axes shortened; of a value that is not known yet its type and shape. */
export function format(x: Value): string {
  if (x instanceof Literal) return numberText(x.value, x.dtype !== "f32");
  if (x instanceof Tracer) return `${x.dtype}${showShape(x.dims)}`;
  const from = concrete("format", x);
  const flat = toElements(from);
  const { dims, dtype } = from;
  const show = (i: number) =>
    dtype === "bool" ? String(flat[i] !== 0) : numberText(flat[i] as number, dtype !== "f32");
  const strides = dims.map((_, axis) => sizeOf(dims.slice(axis + 1)));
  const lines = (axis: number, at: number): string => {
    if (axis === dims.length) return show(at);
    const extent = dims[axis] as number;
    const parts: string[] = [];
    for (let i = 0; i < extent; i++) {
      if (extent > PRINTED_MAX && i === EDGE) {
        parts.push("...");
        i = extent - EDGE;
      }
      parts.push(lines(axis + 1, at + i * (strides[axis] as number)));
    }
    const gap = axis === dims.length - 1 ? ", " : `,\n${" ".repeat(axis + 1)}`;
    return `[${parts.join(gap)}]`;
  };
  return lines(0, 0);
}

/** The shortest text that gives the number again; f32 in the precision of f32. */
function numberText(value: number, wide: boolean): string {
  if (wide || !Number.isFinite(value)) return Object.is(value, -0) ? "-0" : String(value);
  for (let digits = 1; digits < 9; digits++) {
    const text = Number(value.toPrecision(digits));
    if (Math.fround(text) === value) return Object.is(text, -0) ? "-0" : String(text);
  }
  return String(value);
}
