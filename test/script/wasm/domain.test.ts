import { describe, expect, test } from "vitest";
import type { ScriptValue } from "../../../src/script/value.ts";
import {
  add,
  alloc,
  assemble,
  call,
  each,
  f32,
  f64,
  get,
  i32,
  load,
  shl,
  store,
  store8,
  storeF32,
} from "./guest-module.ts";
import { at, COUNT, guest, LISTS, list, move, perRow, ROW, update } from "./guest-rows.ts";
import { GuestWorld, ROWS, startGuest } from "./guest-world.ts";

describe("batches", () => {
  test("columns go in and come back", async () => {
    const { world, domain, program } = await startGuest(move);
    expect(domain.update(program, world.batch(), 0, 1)).toBe(ROWS);
    expect(domain.fault).toBe(undefined);
    expect([...world.x]).toEqual([1, 2, 3, 4, 6, 7, 8, 9]);
    domain.update(program, world.batch(), 0, 1);
    expect([...world.x]).toEqual([2, 3, 4, 5, 8, 9, 10, 11]);
  });
  test.for([
    [[1, 0, 1, 0, 1, 0, 1, 0], 0, [1, 1, 3, 3, 6, 5, 8, 7]],
    [[1, 1, 1, 1, 1, 1, 1, 1], 6, [0, 1, 2, 3, 4, 5, 8, 9]],
    [[0, 0, 0, 0, 0, 0, 0, 1], 2, [0, 1, 2, 3, 4, 5, 6, 9]],
    [[0, 0, 0, 0, 0, 0, 0, 0], 0, [0, 1, 2, 3, 4, 5, 6, 7]],
  ] as const)("rows that are due: %j from %i", async ([due, from, expected]) => {
    const { world, domain, program } = await startGuest(move);
    expect(domain.update(program, world.batch(due), from, 1)).toBe(ROWS);
    expect([...world.x]).toEqual(expected);
  });
  test("columns that are only read stay, whatever the guest does to them", async () => {
    const { world, domain, program } = await startGuest(
      guest([perRow([...at(0), ...f32(9), ...storeF32()])], ["Velocity.x"]),
    );
    domain.update(program, world.batch(), 0, 1);
    expect([...world.column("Velocity", "x")]).toEqual([1, 1, 1, 1, 2, 2, 2, 2]);
  });
  test("without a list in the manifest: all fields in order, vectors element by element", async () => {
    // Columns: Position x y, Velocity x y, State count alive target title exact axes.
    const all = assemble({
      manifest: { reads: ["Velocity"], writes: ["Position"] },
      functions: [alloc, update([...list(9), ...i32(4 * 3 + 8), add, ...f32(5), ...storeF32()])],
    });
    const { world, domain, program } = await startGuest(all);
    domain.update(program, world.batch(), 0, 1);
    expect(domain.fault).toBe(undefined);
    expect(Array.from(world.column("State", "axes")).indexOf(5)).toBe(1 * 3 + 2);
  });
  test("entities, seconds and the number of rows", async () => {
    const code = guest(
      [
        update(
          each(ROW, COUNT, [
            ...at(0),
            ...get(LISTS),
            ...load(0),
            ...get(ROW),
            ...i32(2),
            shl,
            add,
            ...load(0),
            0xb2,
            ...storeF32(),
          ]),
          [...list(1), ...get(1), 0xb6, ...storeF32()],
          [...list(1), ...get(COUNT), 0xb2, ...storeF32(4)],
        ),
      ],
      ["Position.x", "Position.y"],
    );
    const { world, domain, program } = await startGuest(code);
    domain.update(program, world.batch([1, 1, 0, 1, 0, 0, 0, 0]), 0, 0.25);
    expect([...world.x].slice(0, 4)).toEqual([101, 102, 2, 104]);
    expect([...world.column("Position", "y")].slice(0, 2)).toEqual([0.25, 3]);
  });
  test("a large batch gets more memory than the first", async () => {
    const { world, domain, program } = await startGuest(move);
    const count = 1000;
    const batch = world.batch(new Array(count).fill(1), count);
    const x = new Float32Array(world.memory.buffer, 65_536, count).fill(1);
    const vx = new Float32Array(world.memory.buffer, 131_072, count).fill(2);
    domain.update(program, { ...batch, columns: [[x, x], [vx, vx], []] }, 0, 1);
    expect(domain.fault).toBe(undefined);
    expect([...new Set(x)]).toEqual([3]);
  });
});

describe("what a guest writes is checked", () => {
  const nanGuest = (bits: number) =>
    guest([perRow([...at(0), 0x41, ...Array.from(i32(bits)).slice(1), ...store()])], ["Position.x"]);
  test("NaNs are the canonical one", async () => {
    const { world, domain, program } = await startGuest(nanGuest(0xffc12345 | 0));
    domain.update(program, world.batch(), 0, 1);
    expect(domain.fault).toBe(undefined);
    expect([...new Uint32Array(world.memory.buffer, world.x.byteOffset, ROWS)]).toEqual(
      new Array(ROWS).fill(0x7fc00000),
    );
  });
  test("a field may forbid them", async () => {
    const { world, domain, program } = await startGuest(nanGuest(0x7f800001), {}, new GuestWorld(false));
    const before = world.bytes();
    domain.update(program, world.batch(), 0, 1);
    expect(domain.fault).toMatchObject({ kind: "error", message: "wrote NaN to Position.x, which forbids it" });
    expect(world.bytes()).toEqual(before);
  });
  test.for([
    ["State.alive", [...list(0), ...i32(2), ...store8()], /wrote 2 to State.alive/],
    ["State.target", [...list(0), ...i32(-1), ...store()], /wrote -1 to State.target/],
    ["State.title", [...list(0), ...i32(99), ...store()], /wrote 99 to State.title/],
  ] as const)("%s", async ([column, code, message]) => {
    const { world, domain, program } = await startGuest(guest([update(code)], [column]));
    const before = world.bytes();
    domain.update(program, world.batch(), 0, 1);
    expect(domain.fault?.message).toMatch(message);
    expect(world.bytes()).toEqual(before);
  });
  test("ids of texts, entities and flags that are fine", async () => {
    const code = [list(0), i32(1), store8(), list(1), i32(102), store(), list(2), i32(7), store()].flat();
    const { world, domain, program } = await startGuest(
      guest([update(code)], ["State.alive", "State.target", "State.title"]),
    );
    domain.update(program, world.batch(), 0, 1);
    expect(domain.fault).toBe(undefined);
    expect([
      world.column("State", "alive")[0],
      world.column("State", "target")[0],
      world.column("State", "title")[0],
    ]).toEqual([1, 102, 7]);
  });
});

describe("calls", () => {
  test("events come with their name and their fields as JSON", async () => {
    const code = assemble({
      imports: [{ name: "echo_string", parameters: "iii" }],
      functions: [
        alloc,
        { name: "cabi_realloc", parameters: "iiii", results: "i", code: [i32(70_000)] },
        {
          name: "on_event",
          parameters: "iiiiii",
          code: [get(2), get(3), i32(64), call(0), get(4), get(5), i32(64), call(0)],
        },
      ],
      memory: { pages: 3 },
    });
    const { world, domain, program } = await startGuest(code);
    const outcome = domain.call(program, 1, world.row(2), "onEvent", ["Hit", { damage: 3, text: "ä" }]);
    expect(outcome).toEqual({ ok: true, value: undefined });
    expect(world.calls).toEqual([
      ["Echo.string", 103, ["Hit"]],
      ["Echo.string", 103, ['{"damage":3,"text":"ä"}']],
    ]);
  });
  test("the entity of onDestroy may be gone: its columns are zeros", async () => {
    const dropped = guest(
      [{ name: "on_destroy", parameters: "ii", code: [...get(1), ...load(0), ...load(0), ...call(0), 0x1a] }],
      ["Position.x"],
      { imports: [{ name: "echo_entity", parameters: "i", results: "i" }] },
    );
    const { world, domain, program } = await startGuest(dropped);
    expect(domain.call(program, 1, { entity: 105, row: -1, columns: [] }, "onDestroy", [])).toMatchObject({ ok: true });
    expect(world.calls).toEqual([["Echo.entity", 105, [105]]]);
  });
  test("other functions get numbers and give one", async () => {
    const code = assemble({
      functions: [
        alloc,
        { name: "half", parameters: "d", results: "d", code: [get(0), f64(0.5), 0xa2] },
        { name: "twice", parameters: "l", results: "l", code: [get(0), get(0), 0x7c] },
      ],
    });
    const { world, domain, program } = await startGuest(code);
    const run = (name: string, ...values: ScriptValue[]) => domain.call(program, 1, world.row(0), name, values);
    expect(run("half", 5)).toEqual({ ok: true, value: 2.5 });
    expect(run("twice", 4n)).toEqual({ ok: true, value: 8 });
    expect(run("twice", 1n << 61n)).toEqual({ ok: true, value: 1n << 62n });
    expect(run("half", "text")).toMatchObject({ ok: false, fault: { kind: "error" } });
    expect(run("nothing")).toEqual({ ok: true, value: undefined });
    expect(run("worldloom_alloc", 1)).toEqual({ ok: true, value: undefined });
  });
});

test("a domain refuses what other engines compiled", async () => {
  const { world, domain } = await startGuest(move);
  const chunk = { name: "a", file: "a.lua", engine: "lua", hash: "", manifest: {} as never };
  expect(() => domain.load(chunk, world.access)).toThrow(expect.objectContaining({ code: "script-invalid" }));
  expect(() => domain.update(9, world.batch(), 0, 1)).toThrow(expect.objectContaining({ code: "script-unknown" }));
});
