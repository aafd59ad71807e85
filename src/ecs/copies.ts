import { layoutOf } from "./component.ts";
import type { Table } from "./table.ts";

/** Copies consecutive rows of one column to consecutive rows of another table. */
export function copyRun(
  from: Table,
  a: number,
  source: number,
  to: Table,
  b: number,
  target: number,
  count: number,
): void {
  const { memory, shift } = from;
  const { component } = from.columns[a]!;
  const full = 1 << shift;
  const mask = full - 1;
  for (let i = 0; i < count; ) {
    const row = (source + i) & mask;
    const place = (target + i) & mask;
    const k = (source + i) >> shift;
    const l = (target + i) >> shift;
    const run = Math.min(count - i, full - row, full - place);
    const { offsets } = layoutOf(component, from.capacityOf(k));
    const goals = layoutOf(component, to.capacityOf(l)).offsets;
    for (let n = 0; n < component.columns.length; n++) {
      const { bytes, lanes } = component.columns[n]!;
      const stride = bytes * lanes;
      memory.copy(
        (to.bases[l * to.width + b]! << 2) + goals[n]! + place * stride,
        (from.bases[k * from.width + a]! << 2) + offsets[n]! + row * stride,
        run * stride,
      );
    }
    i += run;
  }
}

/** Copies rows of one column, one after the other: to the given rows, or to rows that follow `first`. */
export function copyRows(
  from: Table,
  a: number,
  rows: Int32Array,
  to: Table,
  b: number,
  places: Int32Array | undefined,
  first: number,
  count: number,
): void {
  const { memory, shift } = from;
  const { i32 } = memory;
  const { component } = from.columns[a]!;
  const mask = (1 << shift) - 1;
  const [fromBases, toBases, fromWidth, toWidth] = [from.bases, to.bases, from.width, to.width];
  // If there is more than one chunk, all are of one size.
  const offsets = layoutOf(component, from.firstCapacity).offsets;
  const goals = layoutOf(component, to.firstCapacity).offsets;
  for (let n = 0; n < component.columns.length; n++) {
    const { bytes, lanes } = component.columns[n]!;
    const stride = bytes * lanes;
    const [offset, goal] = [offsets[n]!, goals[n]!];
    if (stride === 4 && places !== undefined) {
      const word = offset >> 2;
      const place = goal >> 2;
      for (let i = 0; i < count; i++) {
        const source = rows[i]!;
        const target = places[i]!;
        const at = (fromBases[(source >> shift) * fromWidth + a]! + word + (source & mask)) | 0;
        i32[(toBases[(target >> shift) * toWidth + b]! + place + (target & mask)) | 0] = i32[at]!;
      }
      continue;
    }
    for (let i = 0; i < count; ) {
      const source = rows[i]!;
      const target = places === undefined ? first + i : places[i]!;
      const k = source >> shift;
      const l = target >> shift;
      const at = (fromBases[k * fromWidth + a]! << 2) + offset + (source & mask) * stride;
      const place = (toBases[l * toWidth + b]! << 2) + goal + (target & mask) * stride;
      let run = 1;
      if (places === undefined) {
        const room = Math.min(count - i, mask + 1 - (source & mask), mask + 1 - (target & mask));
        while (run < room && rows[i + run] === source + run) run++;
      }
      if (run > 1 || stride > 16) memory.copy(place, at, run * stride);
      else if (stride === 4) i32[place >> 2] = i32[at >> 2]!;
      else if ((stride & 3) === 0) for (let w = 0; w < stride >> 2; w++) i32[(place >> 2) + w] = i32[(at >> 2) + w]!;
      else for (let w = 0; w < stride; w++) memory.u8[place + w] = memory.u8[at + w]!;
      i += run;
    }
  }
}
