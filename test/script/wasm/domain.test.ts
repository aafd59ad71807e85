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
  loadF32,
  type Source,
  shl,
  store,
  store8,
  storeF32,
} from "./guest-module.ts";
import { GuestWorld, ROWS, startGuest } from "./guest-world.ts";

type Code = (number | readonly number[])[];
const [COUNT, LISTS, ROW] = [0, 2, 3];
const rows = { parameters: "idi", locals: [[2, "i"]] } as const;
const list = (column: number) => [...get(LISTS), ...load(4 + column * 4)];
const at = (column: number, log2 = 2) => [...list(column), ...get(ROW), ...i32(log2), shl, add];
const update = (...code: Code) => ({ name: "on_update", ...rows, code });
const perRow = (...code: Code) => update(each(ROW, COUNT, ...code));
const guest = (functions: Source["functions"] & object, columns: readonly string[], rest: Source = {}) =>
  assemble({
    manifest: { reads: ["Velocity"], writes: ["Position"], columns },
    ...rest,
    functions: [alloc, ...functions],
  });
const move = guest(
  [perRow([...at(0), ...at(0), ...loadF32(), ...at(1), ...loadF32(), 0x92, ...storeF32()])],
  ["Position.x: f32", "Velocity.x: f32"],
);

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

describe("state", () => {
  // Counts its calls in a global and in memory, and adds both to the position.
  const counting = guest(
    [
      perRow(
        [0x23, 0, ...f32(1), 0x92, 0x24, 0],
        [...i32(8), ...i32(8), ...load(), ...i32(1), add, ...store()],
        [...at(0), 0x23, 0, ...i32(8), ...load(), 0xb2, 0x92, ...storeF32()],
      ),
    ],
    ["Position.x"],
    { globals: [{ type: "f", mutable: true, init: f32(0.5) }] },
  );
  test("memory and globals survive in the image alone", async () => {
    const first = await startGuest(counting);
    first.domain.update(first.program, first.world.batch(), 0, 1);
    const image = first.domain.bytes.slice();
    const second = await startGuest(move, {}, first.world);
    second.domain.resize(image.length);
    second.domain.bytes.set(image);
    const chunk = await second.engine.compile({ name: "Guest", file: "guest.wasm", code: counting });
    second.domain.restored([chunk]);
    const program = second.domain.load(chunk, first.world.access);
    first.domain.update(first.program, first.world.batch(), 0, 1);
    const expected = [...first.world.x];
    first.world.x.fill(0);
    second.domain.update(program, first.world.batch(), 0, 1);
    expect([...first.world.x]).toEqual(expected);
    expect(expected[7]).toBe(16 + 16.5);
    expect(Buffer.compare(second.domain.bytes, first.domain.bytes)).toBe(0);
  });
  test("a rewritten image rolls back", async () => {
    const { world, domain, program, engine } = await startGuest(counting);
    const chunk = await engine.compile({ name: "Guest", file: "guest.wasm", code: counting });
    const image = domain.bytes.slice();
    domain.update(program, world.batch(), 0, 1);
    const after = [...world.x];
    for (let k = 0; k < 3; k++) {
      if (domain.bytes.length !== image.length) domain.resize(image.length);
      domain.bytes.set(image);
      domain.restored([chunk]);
      expect(domain.load(chunk, world.access)).toBe(program);
      domain.update(program, world.batch(), 0, 1);
      expect([...world.x]).toEqual(after);
    }
  });
  test("a guest that failed is as before", async () => {
    const failing = guest(
      [
        update(
          [0x23, 0, ...f32(1), 0x92, 0x24, 0],
          [...i32(8), ...i32(8), ...load(), ...i32(1), add, ...store()],
          [...i32(4), 0x40, 0, 0x1a],
          [...list(0), ...loadF32(), ...f32(3), 0x5d, 0x04, 0x40, 0x00, 0x0b],
          [...list(0), 0x23, 0, ...i32(8), ...load(), 0xb2, 0x92, ...storeF32()],
        ),
      ],
      ["Position.x"],
      { globals: [{ type: "f", mutable: true, init: f32(0.5) }] },
    );
    const { world, domain, program } = await startGuest(failing);
    const image = domain.bytes.slice();
    domain.update(program, world.batch(), 0, 1);
    expect(domain.fault).toMatchObject({ kind: "trap", trace: ["on_update"] });
    expect(Buffer.compare(domain.bytes, image)).toBe(0);
    world.x[0] = 3;
    domain.update(program, world.batch(), 0, 1);
    expect(domain.fault).toBe(undefined);
    expect(world.x[0]).toBe(1.5 + 1);
    expect(domain.bytes.length).toBe(image.length + 4 * 65_536);
  });
  test("several programs, and memory that grows, keep their own", async () => {
    const grower = guest(
      [update([...i32(1), 0x40, 0, 0x1a], [...list(0), 0x3f, 0, 0xb2, ...storeF32()])],
      ["Position.y"],
    );
    const { world, domain, program, engine } = await startGuest(counting);
    const other = domain.load(await engine.compile({ name: "Other", code: grower }), world.access);
    expect(other).toBe(program + 1);
    for (let k = 0; k < 3; k++) {
      domain.update(other, world.batch(), 0, 1);
      domain.update(program, world.batch(), 0, 1);
    }
    expect(world.column("Position", "y")[0]).toBe(5);
    expect(world.x[7]).toBe(24 + 24.5);
    expect(domain.inspect().programs).toEqual(["Guest", "Other"]);
  });
  test("what a call leaves in its lists is gone", async () => {
    const peeking = guest(
      [
        update(
          [...list(0), ...get(LISTS), ...load(4000), 0xb2, ...storeF32()],
          [...get(LISTS), ...i32(77), ...store(4000)],
        ),
      ],
      ["Position.x"],
    );
    const { world, domain, program } = await startGuest(peeking);
    for (let k = 0; k < 2; k++) domain.update(program, world.batch(), 0, 1);
    expect(world.x[0]).toBe(0);
  });
  test("a thousand instances, some given back", async () => {
    const { world, domain, program } = await startGuest(move);
    const made = Array.from({ length: 1500 }, (_, e) => {
      const outcome = domain.instantiate(program, { entity: e + 1, row: 0, columns: world.columns });
      return Number(outcome.ok && outcome.value);
    });
    expect(made).toEqual(Array.from({ length: 1500 }, (_, i) => i + 1));
    for (const instance of [7, 300, 1500]) domain.discard(instance);
    domain.discard(300);
    domain.discard(99_999);
    expect(domain.instancesOf(program)).toBe(1497);
    expect(domain.instances().length).toBe(1497 * 3);
    const again = [1, 2, 3, 4].map((e) => domain.instantiate(program, { entity: e, row: 0, columns: [] }));
    expect(again.map((outcome) => outcome.ok && outcome.value)).toEqual([1500, 300, 7, 1501]);
    domain.update(program, world.batch(), 0, 1);
    expect(world.x[0]).toBe(1);
  });
  test.for([
    [0, 1],
    [4, 1_000_000],
    [8, 0],
    [16, -5],
    [256, 17],
    [260, 99_999],
  ])("an image whose word at %i is %i is refused", async ([at = 0, value = 0]) => {
    const { domain } = await startGuest(move);
    new DataView(domain.bytes.buffer).setInt32(at, value, true);
    expect(() => domain.restored([])).toThrow(expect.objectContaining({ code: "script-state" }));
  });
});

describe("functions of the host", () => {
  const ECHOES: readonly [name: string, signature: string, push: Code, expected: ScriptValue, ret?: string][] = [
    ["echo_number", "d", [f64(1.5)], 1.5, "d"],
    ["echo_integer", "l", [0x42, 0x7d], -3, "l"],
    ["echo_boolean", "i", [i32(1)], true, "i"],
    ["echo_entity", "i", [i32(103)], 103, "i"],
    ["echo_string", "iii", [i32(2000), i32(5), i32(64)], "héll"],
    ["echo_bytes", "iii", [i32(2000), i32(2), i32(64)], Uint8Array.of(0x68, 0xc3)],
    ["echo_entities", "iii", [i32(2016), i32(2), i32(64)], [5, 6]],
    ["echo_strings", "iii", [i32(2024), i32(2), i32(64)], ["h", "héll"]],
    ["echo_vec3", "dddi", [f64(1), f64(2), f64(3), i32(64)], { x: 1, y: 2, z: 3 }],
    ["echo_quat", "ddddi", [f64(1), f64(2), f64(3), f64(4), i32(64)], { x: 1, y: 2, z: 3, w: 4 }],
    ["echo_list", "iii", [i32(2040), i32(5), i32(64)], [1, 2]],
    ["echo_value", "iii", [i32(2041), i32(1), i32(64)], 1],
  ];
  const data = [
    { at: 2000, bytes: [0x68, 0xc3, 0xa9, 0x6c, 0x6c] },
    { at: 2016, bytes: [5, 0, 0, 0, 6, 0, 0, 0] },
    { at: 2024, bytes: [0xd0, 7, 0, 0, 1, 0, 0, 0, 0xd0, 7, 0, 0, 5, 0, 0, 0] },
    { at: 2040, bytes: [...Buffer.from("[1,2]")] },
  ];
  const realloc = { name: "cabi_realloc", parameters: "iiii", results: "i", code: [i32(3000)] };
  const bottom = { name: "worldloom_alloc", parameters: "i", results: "i", code: [i32(65_536)] } as const;
  test.for(ECHOES)("%s", async ([name, parameters, push, expected, ret]) => {
    const code = assemble({
      imports: [{ name, parameters, ...(ret === undefined ? {} : { results: ret }) }],
      functions: [bottom, realloc, { name: "run", results: ret ?? "", parameters: "", code: [...push, call(0)] }],
      memory: { pages: 4 },
      data,
    });
    const { world, domain, program } = await startGuest(code);
    const outcome = domain.call(program, 1, world.row(1), "run", []);
    expect(world.calls).toEqual([[expect.any(String), 102, [expected]]]);
    if (ret !== undefined) expect(outcome).toEqual({ ok: true, value: expected === true ? 1 : expected });
    else expect(outcome).toEqual({ ok: true, value: undefined });
  });
  test("missing values and options", async () => {
    const code = assemble({
      imports: [
        { name: "echo_maybe", parameters: "di" },
        { name: "echo_last_maybe", parameters: "diddd" },
      ],
      functions: [
        bottom,
        {
          name: "run",
          results: "i",
          code: [
            f64(4),
            i32(64),
            call(0),
            f64(1),
            i32(0),
            f64(9),
            f64(9),
            f64(9),
            call(1),
            f64(1),
            i32(1),
            f64(2),
            f64(3),
            f64(4),
            call(1),
            i32(0),
            load(64),
          ],
        },
      ],
    });
    const { world, domain, program } = await startGuest(code);
    expect(domain.call(program, 1, world.row(0), "run", [])).toEqual({ ok: true, value: 1 });
    expect(world.calls.map(([, , values]) => values)).toEqual([[4], [1, undefined], [1, { x: 2, y: 3, z: 4 }]]);
  });
  test.for([
    ["echo_string", [i32(-8), i32(100), i32(64)], /echo_string: a pointer, 4294967288, with 100 elements leads out/],
    ["echo_string", [i32(2001), i32(1), i32(64)], /echo_string: a text is not UTF-8/],
    ["echo_string", [i32(2000), i32(5), i32(-1)], /leads out of the memory/],
    ["echo_list", [i32(2000), i32(1), i32(64)], /echo_list: expected JSON, got "h"/],
    ["echo_entities", [i32(0), i32(1 << 30), i32(64)], /leads out|instructions/],
  ] as const)("%s with what is wrong", async ([name, push, message]) => {
    const code = assemble({
      imports: [{ name, parameters: "iii" }],
      functions: [bottom, realloc, { name: "run", code: [...push, call(0)] }],
      memory: { pages: 4 },
      data,
    });
    const { world, domain, program } = await startGuest(code);
    const outcome = domain.call(program, 1, world.row(0), "run", []);
    expect(outcome).toMatchObject({ ok: false, fault: { message: expect.stringMatching(message) } });
  });
  test("errors of the host end the call; bugs of the host are thrown, and the guest is as before", async () => {
    const names = ["fail_refuse", "fail_stop", "fail_crash"];
    const code = assemble({
      imports: names.map((name) => ({ name, parameters: "" })),
      functions: [alloc, ...names.map((_, f) => ({ name: `run${f}`, code: [i32(8), i32(1), store(), call(f)] }))],
    });
    const { world, domain, program } = await startGuest(code);
    const image = domain.bytes.slice();
    const run = (f: number) => domain.call(program, 1, world.row(0), `run${f}`, []);
    expect(run(0)).toMatchObject({ ok: false, fault: { kind: "error", message: "Fail.refuse: refused", entity: 101 } });
    expect(run(1)).toMatchObject({ ok: false, fault: { kind: "spawns", message: "no more" } });
    expect(() => run(2)).toThrow("a bug of the host");
    expect(Buffer.compare(domain.bytes, image)).toBe(0);
  });
  test("bytes that the host moves cost fuel", async () => {
    const code = assemble({
      imports: [{ name: "echo_string", parameters: "iii" }],
      functions: [alloc, realloc, { name: "run", parameters: "i", code: [i32(0), get(0), i32(64), call(0)] }],
      memory: { pages: 4 },
    });
    const { world, domain, program } = await startGuest(code, { instructions: 5000 });
    expect(domain.call(program, 1, world.row(0), "run", [1000])).toMatchObject({ ok: true });
    const failed = domain.call(program, 1, world.row(0), "run", [100_000]);
    expect(failed).toMatchObject({ ok: false, fault: { kind: "instructions" } });
  });
});

test("a domain refuses what other engines compiled", async () => {
  const { world, domain } = await startGuest(move);
  const chunk = { name: "a", file: "a.lua", engine: "lua", hash: "", manifest: {} as never };
  expect(() => domain.load(chunk, world.access)).toThrow(expect.objectContaining({ code: "script-invalid" }));
  expect(() => domain.update(9, world.batch(), 0, 1)).toThrow(expect.objectContaining({ code: "script-unknown" }));
});
