import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { AnimArena } from "../../src/anim/arena.ts";
import { AnimAssets } from "../../src/anim/assets.ts";
import { Animation, type AnimationOptions } from "../../src/anim/systems/animation.ts";
import { AnimationEvent, animator, RootMoved } from "../../src/anim/systems/animator.ts";
import { Socket, socketSystem } from "../../src/anim/systems/sockets.ts";
import {
  ChildOf,
  createWorld,
  propagate,
  Simulation,
  schedule,
  serial,
  system,
  Transform,
  type World,
  WorldMatrix,
  write,
} from "../../src/index.ts";
import { limb, limbModel } from "./stage.ts";

const TICK = 1 / 8;

const Limb = animator({
  name: "Limb",
  parameters: { turning: "boolean", walking: { kind: "number", default: 0 } },
  layers: [
    {
      name: "body",
      states: {
        idle: { clip: "idle" },
        turn: { clip: "turn", wrap: "clamp" },
        walk: { clip: "walk", speed: "walking" },
      },
      transitions: [
        { from: "*", to: "turn", when: [{ parameter: "turning", is: true }], fade: 0 },
        { from: "*", to: "walk", when: [{ parameter: "walking", above: 0.5 }], fade: 0.5 },
      ],
    },
  ],
});

let arena: AnimArena;
let assets: AnimAssets;
let animation: Animation;
let world: World;

function begin(options: Partial<AnimationOptions> = {}) {
  animation = new Animation(Limb, { arena, assets, tickSeconds: TICK, ...options });
  world = createWorld({
    components: [Limb.component, RootMoved, Transform, WorldMatrix, ChildOf, Socket],
    events: [AnimationEvent],
    checked: true,
  });
  return animation.systems();
}

beforeEach(() => {
  arena = new AnimArena();
  assets = new AnimAssets();
  assets.add("limb", limb(arena));
});

afterEach(() => {
  world.dispose();
  animation.dispose();
  assets.dispose();
  expect(arena.live).toBe(0);
});

/** Where a joint of an entity is. */
function at(entity: number, joint: number, of = world): number[] {
  const matrices = animation.poses(of).matrices(entity);
  return [3, 7, 11].map((c) => matrices[joint * 12 + c]!);
}

describe("entities with an animator", () => {
  it("take the pose of their state: the hand of a spine turned by a quarter is at (0, 1, -0.8)", () => {
    const systems = begin();
    const one = world.spawn([Limb.component, { turning: true }]);
    world.step(systems);
    expect(at(one, 3)).toEqual([Math.fround(0.8), 1, 0]);
    for (let i = 0; i < 9; i++) world.step(systems);
    const [x, y, z] = at(one, 3) as [number, number, number];
    expect(x).toBeCloseTo(0, 6);
    expect(y).toBe(1);
    expect(z).toBeCloseTo(-0.8, 6);
  });

  it("refuse a model of another arena by its name, and leave nothing behind", () => {
    const other = new AnimArena();
    assets.add("stranger", limb(other));
    const systems = begin();
    world.spawn([Limb.component, { model: 1 }]);
    const live = arena.live;
    expect(() => world.step(systems)).toThrow(/Model "\w+" is in another arena than the animation of graph Limb/);
    expect(arena.live).toBe(live);
    assets.model(1).dispose();
    expect(other.live).toBe(0);
  });

  it("go on to the same hashes and poses after a restore, in a fork, and from a file's worth of columns", () => {
    const systems = begin();
    const crowd = world.spawnMany(40, [
      Limb.component,
      { walking: (i) => i / 10, everyTicks: (i) => 1 + (i % 3), playRate: (i) => 1 - (i % 5) / 2 },
    ]);
    for (let i = 0; i < 7; i++) world.step(systems);
    const kept = world.snapshot();
    const poses = () => Array.from(crowd, (one) => at(one, 3).concat(at(one, 0)));
    const [before, hashes] = [poses(), [world.hash()]];
    for (let i = 0; i < 9; i++) {
      world.step(systems);
      hashes.push(world.hash());
    }
    const after = poses();
    expect(after).not.toEqual(before);
    world.restore(kept);
    animation.refresh(world);
    expect(poses()).toEqual(before);
    const fork = world.fork();
    for (let i = 0; i < 9; i++) world.step(systems);
    expect([poses(), world.hash()]).toEqual([after, hashes[9]]);
    for (let i = 0; i < 9; i++) fork.step(systems);
    expect(fork.hash()).toBe(hashes[9]);
    expect(Array.from(crowd, (one) => at(one, 3, fork).concat(at(one, 0, fork)))).toEqual(after);
    fork.dispose();
    kept.dispose();
  });

  it("are updated every so many ticks, by all that went by, and keep their pose between", () => {
    const systems = begin();
    const [near, far] = [
      world.spawn([Limb.component, { turning: true }]),
      world.spawn([Limb.component, { turning: true, everyTicks: 4 }]),
    ];
    const [times, nearTimes]: [number[], number[]] = [[], []];
    for (let i = 0; i < 12; i++) {
      world.step(systems);
      times.push(world.get(far, Limb.component)!.times[0]!);
      nearTimes.push(world.get(near, Limb.component)!.times[0]!);
      expect(animation.poses(world).made).toBeLessThanOrEqual(2);
    }
    expect(new Set(times).size).toBeLessThanOrEqual(4);
    // Each of its times is one that the other had, at the same tick.
    expect(times.every((time, i) => nearTimes.slice(0, i + 1).includes(time))).toBe(true);
    for (let i = 0; i < 4; i++) world.step(systems);
    expect(at(far, 3)).toEqual(at(near, 3));
  });

  it("make no poses, and take no memory, where nothing changes", () => {
    const systems = begin();
    world.spawnMany(10, [Limb.component, { playRate: 0 }]);
    world.step(systems);
    expect(animation.poses(world).made).toBe(10);
    const { allocations } = arena;
    world.step(systems);
    expect([animation.poses(world).made, arena.allocations]).toEqual([0, allocations]);
  });

  it("come and go", () => {
    const systems = begin();
    const crowd = world.spawnMany(100, Limb.component);
    world.step(systems);
    const { allocations } = arena;
    for (let i = 0; i < 5; i++) {
      world.despawnMany(crowd.subarray(0, 50));
      world.step(systems);
      expect(animation.poses(world).count).toBe(50);
      expect(() => animation.poses(world).matrices(crowd[0]!)).toThrowError(
        expect.objectContaining({ code: "anim-asset" }),
      );
      crowd.set(world.spawnMany(50, Limb.component));
      world.step(systems);
      expect(animation.poses(world).count).toBe(100);
      expect(at(crowd[0]!, 3)).toEqual([Math.fround(0.8), 1, 0]);
    }
    expect(arena.allocations).toBe(allocations);
  });

  it("tell the events of their clips once each", () => {
    const systems = begin({ events: true });
    const one = world.spawn([Limb.component, { turning: true }]);
    const told: string[] = [];
    for (let i = 0; i < 12; i++) {
      world.step(systems);
      for (const { tick, entity, clip, name } of world.events(AnimationEvent))
        if (tick === world.tick) told.push(`${tick} ${entity === one} ${clip} ${name}`);
    }
    // The state is entered in the first tick and begins in the next.
    expect(told).toEqual(["2 true turn start", "5 true turn half"]);
  });

  it("tell how their roots move, and move in place", () => {
    const systems = begin({ rootMotion: { joint: "root" } });
    const one = world.spawn([Limb.component, { walking: 1 }], RootMoved);
    const other = world.spawn([Limb.component, { walking: 1, everyTicks: 2 }], RootMoved);
    const sums = new Map([
      [one, 0],
      [other, 0],
    ]);
    for (let i = 0; i < 33; i++) {
      world.step(systems);
      for (const [entity, sum] of sums) sums.set(entity, sum + world.get(entity, RootMoved)!.translation.z);
    }
    // 32 ticks of an eighth, half a second of them fading in: 2 a second, three and a half seconds and half of the fade.
    expect(sums.get(one)).toBeGreaterThan(7);
    expect(sums.get(one)).toBeLessThan(8);
    expect(Math.abs(sums.get(one)! - sums.get(other)!)).toBeLessThan(0.6);
    for (const c of at(one, 0)) expect(c).toBeCloseTo(0, 6);
  });

  it("keep their time when their model is replaced by a newer one", () => {
    const systems = begin();
    const one = world.spawn([Limb.component, { turning: true }]);
    for (let i = 0; i < 5; i++) world.step(systems);
    const { times } = world.get(one, Limb.component)!;
    const hash = world.hash();
    assets
      .replace(
        "limb",
        limbModel(arena, [
          { name: "idle", frames: 2 },
          { name: "walk", frames: 2 },
          { name: "turn", frames: 31, pose: (frame, set) => set(0, 1, frame) },
        ]),
      )
      .dispose();
    animation.refresh(world);
    expect(world.hash()).toBe(hash);
    expect(times[0]).toBe(0.5);
    expect(at(one, 0)).toEqual([0, 5, 0]);
    world.step(systems);
    expect(at(one, 0)[1]).toBeCloseTo(6.25, 5);
  });

  it("hold things at their joints, and what is below those", () => {
    const systems = begin();
    const carrier = world.spawn(
      [Limb.component, { turning: true }],
      [Transform, { translation: { x: 10 } }],
      WorldMatrix,
    );
    const sword = world.spawn([Socket, { joint: 3 }], [ChildOf, { target: carrier }], Transform, WorldMatrix);
    const gem = world.spawn([ChildOf, { target: sword }], [Transform, { translation: { x: 1 } }], WorldMatrix);
    const place = system("place", {
      query: [Transform, write(WorldMatrix)],
      reads: [ChildOf],
      after: ["LimbSockets"],
      run: ({ query }) => propagate(query),
    });
    const simulation = new Simulation(
      world,
      schedule({ systems: [...systems, socketSystem(animation), place] }),
      serial(),
    );
    for (let i = 0; i < 10; i++) simulation.step();
    const where = (entity: number) => {
      const { m03, m13, m23 } = world.get(entity, WorldMatrix)!;
      return [m03, m13, m23];
    };
    const close = (given: number[], wanted: number[]) =>
      expect(Math.max(...given.map((value, i) => Math.abs(value - wanted[i]!)))).toBeLessThan(1e-5);
    close(where(sword), [10, 1, -0.8]);
    close(where(gem), [10, 1, -1.8]);
  });

  it("are finished by inverse kinematics where asked", () => {
    const systems = begin({
      finish: (batch) => {
        batch.twoBone({ upper: "spine", middle: "arm", end: "hand", target: [0, 1.6, 0] });
      },
    });
    const one = world.spawn(Limb.component);
    world.step(systems);
    const [x, y, z] = at(one, 3) as [number, number, number];
    expect(Math.abs(x) + Math.abs(y - 1.6) + Math.abs(z)).toBeLessThan(1e-4);
  });

  it("are refused with a model that lacks a clip, and the tick is dropped", () => {
    const systems = begin();
    assets.add("poor", limbModel(arena, [{ name: "idle", frames: 2 }]));
    world.spawn([Limb.component, { model: 1 }]);
    const hash = world.hash();
    expect(() => world.step(systems)).toThrowError(
      expect.objectContaining({ code: "tick-failed", cause: expect.objectContaining({ code: "anim-graph" }) }),
    );
    expect(world.hash()).toBe(hash);
  });
});
