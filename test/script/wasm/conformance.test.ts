import { describe } from "vitest";
import { WasmEngine } from "../../../src/script/wasm/engine.ts";
import { conforms } from "../engine.suite.ts";
import { fakeApi } from "../fake-host.ts";
import {
  add,
  alloc,
  assemble,
  call,
  each,
  f32,
  f64,
  forever,
  get,
  i32,
  load,
  loadF32,
  type Source,
  shl,
  store,
  storeF32,
  storeF64,
  unreachable,
} from "./guest-module.ts";

const manifest = {
  state: { n: 0 },
  writes: ["Position"],
  columns: ["Position.x: f32", "Position.y: f32", "State.n: f64"],
};
/** Parameters of `on_update`: rows, seconds, lists. Then locals: the row, and where it is in a column. */
const [COUNT, DT, LISTS, ROW] = [0, 1, 2, 3];
const [X, Y, N] = [4, 8, 12];
const rows = { parameters: "idi", locals: [[1, "i"]] } as const;
const probes = [
  { name: "probe_note", parameters: "d", results: "d" },
  { name: "probe_refuse", parameters: "" },
  { name: "probe_stop", parameters: "" },
  { name: "batch_row", parameters: "i" },
];

/** Where the row's element of a column of 4 or 8 bytes each is. */
const at = (column: number, log2: number) => [...get(LISTS), ...load(column), ...get(ROW), ...i32(log2), shl, add];
const addX = (by: number) => [...at(X, 2), ...at(X, 2), ...loadF32(), ...f32(by), 0x92, ...storeF32()];
const n = [...at(N, 3), 0x2b, 3, 0];
const unlessN = (...code: (number | readonly number[])[]) => [...n, ...f64(0), 0x61, 0x04, 0x40, ...code.flat(), 0x0b];
const module = (functions: Source["functions"] & object, rest: Source = {}) =>
  assemble({ manifest, ...rest, functions: [alloc, ...functions] });
const update = (...code: (number | readonly number[])[]) => ({
  name: "on_update",
  ...rows,
  code: [each(ROW, COUNT, ...code)],
});
const counter = module([
  update(addX(1), [...at(Y, 2), ...at(Y, 2), ...loadF32(), ...get(DT), 0xb6, 0x92, ...storeF32()]),
  { name: "on_start", parameters: "ii", code: [get(1), load(N), f64(100), storeF64()] },
]);

describe("the WebAssembly engine", () => {
  conforms(
    () => new WasmEngine({ api: fakeApi }),
    {
      counter,
      counter2: module([update(addX(10))]),
      silent: assemble({ manifest }),
      failing: module([update([...at(X, 2), ...f32(7), ...storeF32()], unlessN(unreachable))]),
      endless: module([update([...at(X, 2), ...f32(7), ...storeF32()], unlessN(forever()))]),
      hosted: module(
        [
          update([...get(ROW), ...call(3), ...n, ...call(0), 0x1a]),
          { name: "on_start", parameters: "ii", code: [call(1)] },
          { name: "on_destroy", parameters: "ii", code: [call(2)] },
        ],
        { imports: probes },
      ),
      heap: module([
        update(
          [...i32(8), ...i32(8), ...load(), ...i32(1), add, ...store()],
          [...at(N, 3), ...i32(8), ...load(), 0xb7, ...storeF64()],
        ),
      ]),
      malformed: counter.slice(0, -40),
    },
    {
      echo: "guests pass numbers alone",
      waits: "guests have no tasks",
      listens: "guests have no tasks",
    },
  );
});
