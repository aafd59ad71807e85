import { expect, test } from "vitest";
import {
  Arena,
  component,
  createWorld,
  f32,
  f64,
  type Kernel,
  kernel,
  parallel,
  resource,
  SpatialIndex,
  serial,
  simulate,
  u8,
  u32,
  type World,
} from "../../src/index.ts";
import { Burning, crowd, Fatigue, Health, Position, Resting, Velocity } from "./world.ts";

/** Pushes that tell which row they came to: positions may have changed since the index was built. */
const spread = kernel(
  "spread",
  { write: [Velocity], read: [Position], uniforms: { radius: f32 } },
  (velocity, position, k) => {
    let x = 0;
    let y = 0;
    k.neighbours(k.radius, (other) => {
      x = x * 0.5 + other.dx;
      y = y * 0.5 + other.dy + position.x;
    });
    velocity.x = x;
    velocity.y = y + position.y;
  },
);

/** Of few of the tables that are in the index. */
const tire = kernel("tire", { write: [Fatigue], read: [Health], uniforms: { radius: f32 } }, (fatigue, health, k) => {
  k.neighbours(k.radius, (other) => {
    fatigue.value += other.distanceSquared + health.points;
  });
});

const changes: readonly [name: string, change: (world: World, ids: Int32Array) => void][] = [
  ["nothing", () => {}],
  ["the last rows went", (world, ids) => world.despawnMany(ids.subarray(ids.length - 40))],
  ["the first rows went", (world, ids) => world.despawnMany(ids.subarray(0, 40))],
  ["every third row went", (world, ids) => world.despawnMany(ids.filter((_, i) => i % 3 === 0))],
  [
    "rows went, and others came in their place",
    (world, ids) => {
      for (let i = 0; i < 300; i += 7) world.despawn(ids[i]!);
      world.spawnMany(60, [Position, { x: 3 }], Velocity, Fatigue, Health);
      world.spawnMany(400, [Position, { x: 1 }], Velocity, Fatigue);
    },
  ],
  [
    "rows changed their tables, some to new ones",
    (world, ids) => {
      for (let i = 0; i < ids.length; i += 5) {
        if (world.isAlive(ids[i]!)) world.add(ids[i]!, i % 2 === 0 ? Resting : Burning);
      }
      for (let i = 3; i < ids.length; i += 11) world.remove(ids[i]!, Velocity);
    },
  ],
  ["all rows went", (world, ids) => world.despawnMany(ids)],
  [
    "rows moved, and were restored",
    (world, ids) => {
      const before = world.snapshot();
      for (const id of ids) world.add(id, Resting);
      world.restore(before);
      before.dispose();
    },
  ],
];

test.for(changes.flatMap(([name, change]) => [true, false].map((all) => [name, change, all] as const)))(
  "rows of neighbours are found where they are when since the index was built: %s",
  ([, change, all]) => {
    const outcome = (one: Kernel, interpreted: boolean): string => {
      const world = crowd();
      const index = new SpatialIndex(world, { cell: 1.5, minX: -3, minY: -11, width: 8, height: 14 });
      // Without the others some rows that the kernel is about are not in the index.
      index.build(all ? world.query(Position) : world.query(Position, Health), Position);
      change(world, world.query(Position).entities());
      one.run(world, { radius: 1.25 } as never, { index, interpreted });
      const hash = world.hash();
      world.dispose();
      return hash;
    };
    for (const one of [spread, tire] as unknown as Kernel[]) expect(outcome(one, false)).toBe(outcome(one, true));
  },
);

test.for([true, false])(
  "rows that are not in the index are left alone if something of a loop is used: interpreted %s",
  (interpreted) => {
    const uses = kernel("uses", { write: [Velocity] }, (velocity, k) => {
      velocity.x = 7;
      k.neighbours(1, (other) => {
        velocity.y += other.dx;
      });
    });
    const uselessly = kernel("uselessly", { write: [Velocity] }, (velocity, k) => {
      k.neighbours(1, (other) => {
        velocity.x += other.dx;
      });
      velocity.x = 7;
    });
    const touched = (one: Kernel): number[] => {
      const world = createWorld({ components: [Position, Velocity, Health] });
      const ids = [world.spawn(Position, Velocity, Health), world.spawn(Position, Velocity), world.spawn(Velocity)];
      const index = new SpatialIndex(world, { cell: 1, width: 4, height: 4 });
      index.build(world.query(Position, Health), Position);
      one.run(world, {}, { index, interpreted });
      return ids.map((id) => world.get(id, Velocity)!.x);
    };
    expect(touched(uses as never)).toEqual([7, 0, 0]);
    expect(touched(uselessly as never)).toEqual([7, 7, 7]);
  },
);

const Wide = component("Wide", { a: f64, b: f64, c: f64, d: f64, e: u8 });
const Spot = component("Spot", { x: f32, y: f32 });
const widen = kernel("widen", { write: [Wide], uniforms: { radius: f32 } }, (wide, k) => {
  let x = 0;
  k.neighbours(k.radius, (other) => {
    x += other.dx + other.dy * 0.5;
  });
  wide.a += x;
  wide.b = wide.a * x;
  wide.d = -x;
  wide.e = x * 16;
});

test.for([
  [0, 64 << 20],
  [3, 64 << 20],
  // Without room to put them aside.
  [0, 14 << 20],
] as const)(
  "results of many bytes come to their rows, with %i rows that have moved, in %i bytes",
  async ([moved, bytesMax]) => {
    // 25 bytes a row, without c: 2 MB from 83,887 rows on.
    const count = 84_000;
    const arena = new Arena({ bytesMax });
    const world = createWorld({
      components: [Wide, Spot, Resting],
      chunkRows: 4096,
      arena,
      limits: { entities: 2 ** 17 },
    });
    const place = (axis: number) => Float32Array.from({ length: count }, (_, i) => random(i, axis));
    world.spawnMany(count, Wide, [Spot, { x: place(1), y: place(2) }]);
    const index = new SpatialIndex(world, { cell: 0.004, width: 250, height: 250 });
    index.build(world.query(Spot), Spot);
    const ids = world.query(Spot).entities();
    for (let i = 0; i < moved; i++) world.add(ids[i * 1000]!, Resting);
    const before = world.snapshot();
    const outcome = async (interpreted: boolean, executor = serial()): Promise<string> => {
      world.restore(before);
      const system = widen.system({ uniforms: { radius: 0.003 }, index, interpreted });
      await using simulation = await simulate(world, [system], { executor });
      simulation.step();
      return simulation.hash();
    };
    const hash = await outcome(false);
    expect(hash).toBe(await outcome(true));
    // Parts have room of their own, if there is as much.
    for (const threads of [2, 3]) expect(await outcome(false, parallel({ threads, eager: true }))).toBe(hash);
    expect(world.get(ids[1]!, Wide)!.d).not.toBe(0);
    world.dispose();
  },
);

test("a kernel that only counts neighbours asks for nothing that nobody wrote", () => {
  const Total = resource("Total", { pairs: u32 });
  const tally = kernel("tally", { read: [Position], uses: [Total], uniforms: { radius: f32 } }, (_, k) => {
    let count = 0;
    k.neighbours(k.radius, () => {
      count += 1;
    });
    k.sum(k.Total, "pairs", count);
  });
  const world = createWorld({ components: [Position], resources: [Total] });
  world.spawnMany(500, [Position, { x: (i: number) => i % 7, y: (i: number) => i % 5 }]);
  const index = new SpatialIndex(world, { cell: 1, width: 8, height: 8 });
  index.build(world.query(Position), Position);
  const outcome = (interpreted: boolean): number => {
    // Whatever was in the memory of calls before.
    const { arena } = world;
    arena.memory.i32.fill(0x7fff_fff0, arena.scratch(1 << 16) >>> 2, (arena.scratch(1 << 16) + (1 << 16)) >>> 2);
    tally.run(world, { radius: 1.25 }, { index, interpreted });
    return world.resource(Total).pairs;
  };
  const found = outcome(false);
  expect(found).toBeGreaterThan(500);
  expect(found).toBe(outcome(true));
});

/** From 0 to 1, the same for the same numbers. */
function random(i: number, axis: number): number {
  let bits = Math.imul(i + 1, 0x9e3779b1) ^ Math.imul(axis, 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 15), 0x2c1b3c6d);
  return ((bits ^ (bits >>> 13)) >>> 8) / 2 ** 24;
}
