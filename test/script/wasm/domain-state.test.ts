import { describe, expect, test } from "vitest";
import { add, f32, get, i32, load, loadF32, store, storeF32 } from "./guest-module.ts";
import { at, guest, LISTS, list, move, perRow, update } from "./guest-rows.ts";
import { startGuest } from "./guest-world.ts";

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
