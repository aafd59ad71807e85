import { describe, expect, it } from "vitest";
import {
  Arena,
  type Component,
  createWorld,
  type Entity,
  type Snapshot,
  type World,
  WorldloomError,
  write,
} from "../../src/index.ts";
import { columnsOf, someValues } from "./fuzz.ts";
import { ChildOf, components, Health, Likes, Position, plain } from "./model.ts";
import { Random } from "./random.ts";

/** One random operation; which one, so that a failure can say it. */
function operate(world: World, random: Random, ids: Entity[]): void {
  const component = random.pick([...plain]) as Component;
  const some = ids.filter((id) => world.isAlive(id));
  const [entity, other] = [random.pick(some), random.pick(some)];
  const few = some.slice(0, random.below(40));
  const rows = (count: number) =>
    columnsOf(
      random,
      Array.from({ length: count }, () => someValues(random, component.name, true)),
    ) as never;
  const count = random.below(300);
  switch (random.below(12)) {
    case 0:
      ids.push(
        world.spawn(
          [component, someValues(random, component.name) as never],
          ...(entity === undefined ? [] : ([[ChildOf, { target: entity }]] as const)),
        ),
      );
      return;
    case 1:
    case 2:
      ids.push(...world.spawnMany(count, [component, rows(count)]));
      return;
    case 3:
      world.addMany(few, component, rows(few.length));
      return;
    case 4:
      world.setMany(
        few.filter((id) => world.has(id, component)),
        component,
        rows(few.filter((id) => world.has(id, component)).length),
      );
      return;
    case 5:
      world.removeMany(few, component);
      return;
    case 6:
      world.despawnMany(few.slice(0, 3));
      return;
  }
  if (entity === undefined || other === undefined) return;
  switch (random.below(6)) {
    case 0:
      world.add(entity, component, someValues(random, component.name) as never);
      return;
    case 1:
      world.remove(entity, component);
      return;
    case 2:
      if (world.has(entity, component)) world.set(entity, component, someValues(random, component.name) as never);
      return;
    case 3:
      world.relate(entity, Likes, other, { weight: random.below(9) });
      return;
    case 4:
      world.unrelate(entity, Likes);
      return;
    default:
      world.despawn(entity);
  }
}

describe("a full arena", () => {
  it.each([1, 2, 3, 4])("refuses operations and leaves the world as it was (%i)", (seed) => {
    const random = new Random(seed);
    const arena = new Arena({ bytesMax: 1 << 20 });
    const world = createWorld({ components, arena, chunkRows: random.pick([32, 64, 256]) });
    const filling = createWorld({ components, arena });
    while (arena.committedBytes < 700_000) filling.spawnMany(200, Position, Health);
    const ids: Entity[] = [];
    const snapshots: Snapshot[] = [];
    let refused = 0;
    for (let i = 0; i < 1200; i++) {
      if (snapshots.length > 4) snapshots.splice(random.below(5), 1)[0]!.dispose();
      const before = [world.hash(), world.contentHash(), ...pairs(world, ids)];
      try {
        if (random.once(6)) snapshots.push(world.snapshot());
        else if (random.once(40) && snapshots.length > 0) world.restore(random.pick(snapshots));
        else operate(world, random, ids);
      } catch (error) {
        if (!(error instanceof WorldloomError) || (error.code !== "arena-full" && error.code !== "hierarchy-cycle"))
          throw error;
        if (error.code === "arena-full") refused++;
        expect(
          [world.hash(), world.contentHash(), ...pairs(world, ids)],
          `WORLDLOOM_SEED=${random.seed}, operation ${i}`,
        ).toEqual(before);
      }
    }
    expect(refused).toBeGreaterThan(5);
    for (const snapshot of snapshots) snapshot.dispose();
    world.dispose();
    filling.dispose();
    expect(arena.usedBlocks).toBeLessThanOrEqual(1);
  });
});

it("ends a loop whose next step does not fit", () => {
  const world = createWorld({ components: [Position], arena: new Arena({ bytesMax: 1 << 20 }) });
  world.spawnMany(20_000, Position);
  const snapshots: Snapshot[] = [];
  const writeAll = (): void => {
    for (let i = 0; i < 10; i++) {
      snapshots.push(world.snapshot());
      for (const { position } of world.query(write(Position)).chunks()) position.x[0] = i;
    }
  };
  expect(writeAll).toThrow(expect.objectContaining({ code: "arena-full" }));
  for (const snapshot of snapshots) snapshot.dispose();
  expect(world.spawnMany(1, Position).length).toBe(1);
  world.dispose();
});

/** Who is related to the first few entities: what caches say. */
function pairs(world: World, ids: readonly Entity[]): number[] {
  return ids
    .filter((id) => world.isAlive(id))
    .slice(0, 12)
    .flatMap((id) => [
      ...world.sources(ChildOf, id),
      -1,
      ...world.sources(Likes, id),
      -2,
      ...world.targets(id, Likes),
      -3,
    ]);
}
