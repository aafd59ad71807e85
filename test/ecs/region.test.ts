import { expect, test } from "vitest";
import { Arena, component, createWorld, f32, system, type World } from "worldloom";
import type { WasmMemory } from "../../src/native/wasm.ts";
import { errorOf, rng, seedOf } from "./persist.ts";

const Position = component("Position", { x: f32 });

function worldWith(bytes: Uint8Array, name = "vm"): World {
  const world = createWorld({ components: [Position] });
  world.attach(name, { bytes });
  return world;
}

test("snapshots, restores, forks and hashes cover a region", () => {
  const bytes = Uint8Array.from({ length: 10_000 }, (_, i) => i % 251);
  const world = worldWith(bytes);
  const region = world.region("vm")!;
  expect([region.name, region.length, region.bytes === bytes, region.attached]).toEqual(["vm", 10_000, true, true]);
  const [hash, content] = [world.hash(), world.contentHash()];
  const before = bytes.slice();
  const snapshot = world.snapshot();
  bytes.fill(7, 5000, 9999);
  region.touch(5000, 9999);
  expect(world.hash()).not.toBe(hash);
  expect(world.contentHash()).not.toBe(content);
  const fork = world.fork();
  expect(fork.hash()).toBe(world.hash());
  world.restore(snapshot);
  expect(bytes).toEqual(before);
  expect([world.hash(), world.contentHash()]).toEqual([hash, content]);
  const copy = fork.region("vm")!;
  expect(copy.bytes).not.toBe(bytes);
  expect(copy.bytes.slice(5000, 9999).every((byte) => byte === 7)).toBe(true);
  copy.bytes[0] = 99;
  copy.touch(0, 1);
  expect(fork.hash()).not.toBe(world.hash());
  expect(bytes[0]).toBe(0);
});

test("only what was touched is compared, and only pages that differ are copied", () => {
  const bytes = new Uint8Array(4096 * 20);
  const arena = new Arena();
  const world = createWorld({ components: [Position], arena });
  const region = world.attach("vm", { bytes });
  const hash = world.hash();
  const snapshot = world.snapshot();
  bytes[3 * 4096] = 1;
  expect(world.hash()).toBe(hash);
  const allocations = arena.allocations;
  region.touchAll();
  expect(world.hash()).not.toBe(hash);
  // One page, and the list of pages that the snapshot shared.
  expect(arena.allocations - allocations).toBe(2);
  snapshot.dispose();
});

test("restores to before and after attaching, and detaching", () => {
  const bytes = Uint8Array.of(1, 2, 3);
  const world = createWorld({ components: [Position] });
  const empty = world.snapshot();
  const region = world.attach("vm", { bytes });
  const full = world.snapshot();
  const hash = world.hash();
  bytes[0] = 9;
  world.restore(empty);
  expect(world.region("vm")).toBeUndefined();
  expect(region.attached).toBe(false);
  expect(bytes[0]).toBe(9);
  world.restore(full);
  expect(world.region("vm")).toBe(region);
  expect(Array.from(bytes)).toEqual([1, 2, 3]);
  region.detach();
  expect(errorOf(() => region.detach()).code).toBe("bad-argument");
  expect(world.region("vm")).toBeUndefined();
  world.attach("vm", { bytes: new Uint8Array(5000) }).detach();
  world.restore(full);
  expect(Array.from(world.region("vm")!.bytes)).toEqual([1, 2, 3]);
  expect(world.region("vm")).not.toBe(region);
  expect(world.hash()).toBe(hash);
});

test("what was detached is let go of, and not inside a tick", () => {
  const bytes = Uint8Array.of(1, 2, 3);
  const world = worldWith(bytes);
  const region = world.region("vm")!;
  const detach = system("Detach", { run: () => region.detach() });
  expect(errorOf(() => world.step([detach])).message).toMatch(/detach cannot happen inside a tick/);
  expect([region.attached, world.region("vm") === region]).toEqual([true, true]);
  using snapshot = world.snapshot();
  region.detach();
  world.restore(snapshot);
  expect(region.attached).toBe(false);
  for (const act of [() => region.detach(), () => region.bind(bytes)]) expect(errorOf(act).code).toBe("bad-argument");
  const found = world.region("vm")!;
  expect([found.attached, ...found.bytes]).toEqual([true, 1, 2, 3]);
});

test("memory that moves: moveTo goes on with what is there, bind with what the world holds", () => {
  const memory = new ArrayBuffer(65_536);
  const world = worldWith(new Uint8Array(memory));
  const region = world.region("vm")!;
  const grown = memory.transfer(131_072);
  expect(region.present).toBe(false);
  expect(errorOf(() => world.snapshot()).code).toBe("view-expired");
  expect(errorOf(() => world.hash()).code).toBe("view-expired");
  world.spawnMany(3, [Position, { x: 1 }]);
  const moved = new Uint8Array(grown, 0, 65_536);
  moved[70] = 5;
  region.moveTo(moved);
  const hash = world.hash();
  const other = new Uint8Array(65_536).fill(255);
  region.bind(other);
  expect(other[70]).toBe(5);
  expect(other[71]).toBe(0);
  expect(world.hash()).toBe(hash);
  expect(errorOf(() => region.bind(new Uint8Array(5))).code).toBe("bad-argument");
});

test("a tick or a change that fails takes nothing from a region and leaves nothing in it", () => {
  const bytes = new Uint8Array(9000);
  const world = worldWith(bytes);
  const region = world.region("vm")!;
  bytes[8999] = 4;
  region.touch(8999, 9000);
  expect(errorOf(() => world.spawnMany(10, [Position, { x: () => Number.NaN }])).code).toBe("nan-forbidden");
  expect(bytes[8999]).toBe(4);
  const hash = world.hash();
  const snapshot = world.snapshot();
  bytes[0] = 1;
  region.touch(0, 1);
  world.restore(snapshot);
  expect(bytes[0]).toBe(0);
  expect(world.hash()).toBe(hash);
});

test("a tick that fails takes back what its systems wrote to a region", () => {
  const bytes = new Uint8Array(5000);
  const world = worldWith(bytes);
  const region = world.region("vm")!;
  bytes[4999] = 3;
  region.touch(4999, 5000);
  const run = (fails: boolean) =>
    system("Machine", {
      run: () => {
        bytes[10] = 1;
        bytes[4999] = 8;
        region.touchAll();
        if (fails) throw new Error("out of order");
      },
    });
  expect(errorOf(() => world.step([run(true)])).code).toBe("tick-failed");
  expect([bytes[10], bytes[4999]]).toEqual([0, 3]);
  world.step([run(false)]);
  expect([bytes[10], bytes[4999]]).toEqual([1, 8]);
});

test("bad regions are refused, and the world is as before", () => {
  const world = worldWith(new Uint8Array(10));
  const hash = world.hash();
  const cases: readonly [name: string, memory: unknown, code: string][] = [
    ["vm", { bytes: new Uint8Array(3) }, "name-taken"],
    ["", { bytes: new Uint8Array(3) }, "bad-argument"],
    ["a b", { bytes: new Uint8Array(3) }, "bad-argument"],
    ["other", { bytes: new Uint8Array(0) }, "bad-argument"],
    ["other", { bytes: [1, 2] }, "bad-argument"],
    ["other", { bytes: new Float32Array(3) }, "bad-argument"],
    ["other", undefined, "bad-argument"],
  ];
  for (const [name, memory, code] of cases) {
    expect(errorOf(() => world.attach(name, memory as { bytes: Uint8Array })).code, name).toBe(code);
  }
  const region = world.region("vm")!;
  for (const [from, to] of [
    [-1, 2],
    [3, 2],
    [0, 11],
    [0.5, 1],
    [Number.NaN, 3],
  ] as const) {
    expect(errorOf(() => region.touch(from, to)).code).toBe("bad-argument");
  }
  expect(world.hash()).toBe(hash);
  const small = createWorld({ components: [Position], arena: new Arena({ bytesMax: 1 << 20 }) });
  const smallHash = small.hash();
  expect(errorOf(() => small.attach("vm", { bytes: new Uint8Array(1 << 20) })).code).toBe("arena-full");
  expect(small.hash()).toBe(smallHash);
});

test("the content hash does not depend on the order in which regions came", () => {
  const [a, b] = [createWorld({ components: [Position] }), createWorld({ components: [Position] })];
  a.attach("one", { bytes: Uint8Array.of(1) });
  a.attach("two", { bytes: Uint8Array.of(2) });
  b.attach("two", { bytes: Uint8Array.of(2) });
  b.attach("one", { bytes: Uint8Array.of(1) });
  expect(a.contentHash()).toBe(b.contentHash());
});

test("random writes against a model, and disposal gives everything back", () => {
  const seed = seedOf(11);
  const random = rng(seed);
  const arena = new Arena();
  createWorld({ components: [Position], arena }).dispose();
  const used = arena.usedBlocks;
  const world = createWorld({ components: [Position], arena });
  const bytes = new Uint8Array(4096 * 6 + 100);
  const region = world.attach("vm", { bytes });
  const kept: { snapshot: ReturnType<World["snapshot"]>; copy: Uint8Array; hash: string }[] = [];
  for (let step = 0; step < 2000; step++) {
    const action = random(10);
    if (action < 6) {
      const from = random(bytes.length);
      const to = Math.min(bytes.length, from + random(6000));
      bytes.fill(random(3), from, to);
      region.touch(from, to);
    } else if (action === 6) kept.push({ hash: world.hash(), snapshot: world.snapshot(), copy: bytes.slice() });
    else if (action === 7 && kept.length > 0) {
      const { snapshot, copy, hash } = kept[random(kept.length)]!;
      world.restore(snapshot);
      expect(Buffer.compare(bytes, copy), `seed ${seed} step ${step}`).toBe(0);
      if (random(4) === 0) expect(world.hash()).toBe(hash);
    } else if (action === 8 && kept.length > 5) kept.splice(random(kept.length), 1)[0]!.snapshot.dispose();
    else if (random(4) === 0) {
      const fork = world.fork();
      expect(Buffer.compare(fork.region("vm")!.bytes, bytes)).toBe(0);
      fork.dispose();
    }
  }
  for (const { snapshot } of kept) snapshot.dispose();
  world.dispose();
  expect(arena.usedBlocks - used).toBeLessThanOrEqual(1);
});

test("memory of WebAssembly is compared and copied by WebAssembly, to the same hashes", () => {
  const random = rng(41);
  for (const shared of [true, false]) {
    const { Memory } = (globalThis as unknown as { WebAssembly: { Memory: MemoryType } }).WebAssembly;
    const memory = new Memory({ initial: 3, maximum: 8 });
    const bytes = new Uint8Array(memory.buffer, 4096 * 2);
    const plain = new Uint8Array(bytes.length);
    const [ours, theirs] = [bytes, plain].map((place) => {
      const world = createWorld({ components: [Position], arena: new Arena({ bytesMax: 1 << 24, shared }) });
      world.attach("vm", place === bytes ? { bytes, memory } : { bytes: plain });
      return world;
    }) as [World, World];
    const snapshots: [ReturnType<World["snapshot"]>, ReturnType<World["snapshot"]>][] = [];
    for (let round = 0; round < 200; round++) {
      const [from, length] = [random(bytes.length), random(9000)];
      const to = Math.min(bytes.length, from + length);
      const value = random(3);
      for (const place of [bytes, plain]) place.fill(value, from, to);
      for (const world of [ours, theirs]) world.region("vm")!.touch(from, to);
      if (round % 5 === 0) snapshots.push([ours.snapshot(), theirs.snapshot()]);
      if (round % 7 === 0) {
        const [a, b] = snapshots[random(snapshots.length)]!;
        ours.restore(a);
        theirs.restore(b);
      }
      expect(ours.hash()).toBe(theirs.hash());
      expect(Buffer.compare(bytes, plain)).toBe(0);
    }
    const fork = ours.fork();
    const other = new Memory({ initial: 3, maximum: 8 });
    const copy = new Uint8Array(other.buffer, 4096 * 2);
    fork.region("vm")!.bind(copy, other);
    expect(Buffer.compare(copy, bytes)).toBe(0);
    expect(fork.hash()).toBe(theirs.hash());
  }
});

type MemoryType = new (limits: { initial: number; maximum: number }) => WasmMemory;
