import { describe, expect, it, test, vi } from "vitest";
import { bool, component, createWorld, entity, event, f32, i32, kernel, u8, type World } from "../../src/index.ts";
import { makesWide } from "../../src/kernel/compile.ts";
import { assemble } from "../../src/kernel/emit/module.ts";
import { LocatorSet } from "../../src/kernel/locators.ts";
import { unitOf } from "../../src/kernel/modules.ts";
import { scatter, trialOf } from "../../src/kernel/trial.ts";
import { crowd, move, Position, Target, Tired, Velocity } from "./world.ts";

describe("a kernel that is prepared", () => {
  it("changes nothing when it prepares", () => {
    const world = crowd();
    const hash = world.hash();
    move.prepare(world);
    expect(world.hash()).toBe(hash);
  });

  it("gives the same bits prepared and unprepared, with vectors of 128 and 256 bits", () => {
    expect(move.explain().wide).toBe(true);
    const [plain, prepared, narrow, expected] = Array.from({ length: 4 }, () => crowd()) as [
      World,
      World,
      World,
      World,
    ];
    for (let tick = 0; tick < 3; tick++) move.run(plain, { dt: 0.37 }, { interpreted: false });
    move.prepare(prepared);
    for (let tick = 0; tick < 3; tick++) move.run(prepared, { dt: 0.37 }, { interpreted: false });
    unitOf(move.declaration).narrow(true, narrow.core.store.shift);
    for (let tick = 0; tick < 3; tick++) move.run(narrow, { dt: 0.37 }, { interpreted: false });
    for (let tick = 0; tick < 3; tick++) move.run(expected, { dt: 0.37 }, { interpreted: true });
    expect([plain, prepared, narrow].map((world) => world.hash())).toEqual(Array(3).fill(expected.hash()));
  });

  it("goes back to vectors of 128 bits, and says so, where wider ones give other bits", (context) => {
    if (!makesWide()) return context.skip("this engine makes no vectors of 256 bits");
    const api = (globalThis as unknown as { WebAssembly: { Module: new (bytes: Uint8Array) => object } }).WebAssembly;
    const { Module } = api;
    const broken = assemble([{ name: "run", body: [2, 0, 0x0b] }], true, false);
    let made = 0;
    api.Module = class extends Module {
      constructor(bytes: Uint8Array) {
        // Modules for the best compiler begin with a section of no meaning; the first two of them are wide.
        const isBest = bytes[8] === 0;
        super(isBest && made < 2 ? broken : bytes);
        made += Number(isBest);
      }
    };
    const said = vi.spyOn(process.stderr, "write").mockReturnValue(true);
    const drift = kernel("drift", { write: [Position], read: [Velocity] }, (p, v) => {
      p.x += v.x * 0.625;
    });
    try {
      const [world, expected] = [crowd(), crowd()];
      drift.prepare(world);
      expect(made).toBe(4);
      expect(said.mock.calls.join()).toMatch(/kernel drift runs with vectors of 128 bits/);
      drift.run(world, {}, { interpreted: false });
      drift.run(expected, {}, { interpreted: true });
      expect(world.hash()).toBe(expected.hash());
    } finally {
      api.Module = Module;
      said.mockRestore();
    }
  });

  it("is compared where entities are found by locators, too", (context) => {
    if (!makesWide()) return context.skip("this engine makes no vectors of 256 bits");
    const { prepare } = LocatorSet.prototype;
    let located = 0;
    const wrong = vi.spyOn(LocatorSet.prototype, "prepare").mockImplementation(function (this: LocatorSet, rows) {
      const found = prepare.call(this, rows);
      if (found) {
        located++;
        this.columns[0] = this.columns[0]! + 4;
      }
      return found;
    });
    const said = vi.spyOn(process.stderr, "write").mockReturnValue(true);
    const follow = kernel(
      "follow",
      { write: [Velocity], read: [Position, Target], uses: [Position] },
      (velocity, position, target, k) => {
        const x = k.at(target.of, Position).x - position.x;
        const y = k.at(target.of, Position).y - position.y;
        const away = Math.sqrt(x * x + y * y) + 0.5;
        velocity.x = velocity.x * 0.875 + (x / away) * 0.25;
        velocity.y = velocity.y * 0.875 + (y / away) * 0.25;
      },
    );
    try {
      follow.prepare(crowd());
      expect(located).toBeGreaterThan(0);
      expect(said.mock.calls.join()).toMatch(/kernel follow runs with vectors of 128 bits/);
    } finally {
      wrong.mockRestore();
      said.mockRestore();
    }
  });

  it("is prepared also where each row emits more than one event", () => {
    const each = kernel("each", { read: [Velocity], uses: [Tired] }, (v, k) => {
      k.emit(Tired, { by: v.x });
      k.emit(Tired, { by: v.y });
      k.emit(Tired, { by: 0 });
    });
    const world = crowd();
    const hash = world.hash();
    each.prepare(world);
    expect(world.hash()).toBe(hash);
  });
});

test("kernels are tried on rows of which eight agree, and on others, with integers above 1", () => {
  const State = component("TriedState", { mood: u8, on: bool, heat: f32 });
  const tried = kernel("tried", { write: [State] }, (state) => {
    if (state.on) state.mood = 1;
  });
  using world = createWorld({ components: [State] });
  using trial = trialOf(tried, world, 600, 1);
  scatter(tried, trial);
  const kinds = new Set<string>();
  const [chunk] = trial.world.query(State).chunks();
  const { on, mood } = chunk!.triedState as unknown as Readonly<Record<string, Uint8Array>>;
  for (let i = 0; i + 8 <= 600; i += 8) kinds.add(new Set(on!.subarray(i, i + 8)).size > 1 ? "both" : `all ${on![i]}`);
  expect([...kinds].sort()).toEqual(["all 0", "all 1", "both"]);
  expect(Math.max(...mood!)).toBeGreaterThan(1);
});

test("kernels that look entities up and emit for every row are prepared", () => {
  const Prey = component("Prey", { speed: f32 });
  const Hunter = component("Hunter", { prey: entity, x: f32, y: f32 });
  const Seen = event("Seen", { speed: f32 });
  const hunt = kernel("hunt", { write: [Hunter], uses: [Prey, Seen] }, (hunter, k) => {
    const speed = k.at(hunter.prey, k.Prey).speed;
    hunter.x += (speed * hunter.y + hunter.x) * 0.5 - speed * hunter.x + 1;
    hunter.y += Math.sqrt(speed * speed + 1) * 0.25;
    k.emit(k.Seen, { speed });
  });
  using world = createWorld({ components: [Prey, Hunter], events: [Seen] });
  world.spawn(Hunter);
  expect(() => hunt.prepare(world)).not.toThrow();
});

test("infinities that are looked up leave the integers beside them as they are", () => {
  const Leader = component("InfiniteLeader", { x: f32, n: i32 });
  const Led = component("Led", { by: entity, x: f32, y: f32, best: entity });
  const follow = kernel("follow", { write: [Led], uses: [Leader] }, (led, k) => {
    const leader = k.at(led.by, k.InfiniteLeader);
    led.best = leader.x > led.y ? led.by : 0;
    led.x = leader.n;
    if (led.best !== 0 && led.best === led.by) led.y += 1;
  });
  const world = createWorld({ components: [Led, Leader], seed: 1 });
  const ids = Array.from({ length: 1025 }, (_, i) =>
    world.spawn([Led, {}], [Leader, { x: i % 2 === 0 ? Infinity : -Infinity, n: -1 - i }]),
  );
  ids.forEach((id, i) => void world.set(id, Led, { by: ids[(i * 7) % ids.length]! }));
  follow.prepare(world);
  follow.run(world, {}, { interpreted: false });
  expect(ids.map((id) => world.get(id, Led)!.x)).toEqual(ids.map((_, i) => -1 - ((i * 7) % ids.length)));
});
