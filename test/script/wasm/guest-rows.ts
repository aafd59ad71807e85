import { add, alloc, assemble, each, get, i32, load, loadF32, type Source, shl, storeF32 } from "./guest-module.ts";

/** Code of a hook, and where things are in `on_update(count, dt, lists)` with a local for the row. */
export type Code = (number | readonly number[])[];
export const [COUNT, LISTS, ROW] = [0, 2, 3];
export const rows = { parameters: "idi", locals: [[2, "i"]] } as const;
export const list = (column: number) => [...get(LISTS), ...load(4 + column * 4)];
export const at = (column: number, log2 = 2) => [...list(column), ...get(ROW), ...i32(log2), shl, add];
export const update = (...code: Code) => ({ name: "on_update", ...rows, code });
export const perRow = (...code: Code) => update(each(ROW, COUNT, ...code));
export const guest = (functions: Source["functions"] & object, columns: readonly string[], rest: Source = {}) =>
  assemble({
    manifest: { reads: ["Velocity"], writes: ["Position"], columns },
    ...rest,
    functions: [alloc, ...functions],
  });
export const move = guest(
  [perRow([...at(0), ...at(0), ...loadF32(), ...at(1), ...loadF32(), 0x92, ...storeF32()])],
  ["Position.x: f32", "Velocity.x: f32"],
);
