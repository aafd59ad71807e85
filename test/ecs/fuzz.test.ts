import { describe, expect, it } from "vitest";
import { Arena, type Component, type Entity, type Relation } from "../../src/index.ts";
import { columnsOf, expectSame, makeTwin, outcome, type Saved, someValues, type Twin } from "./fuzz.ts";
import { ChildOf, exclusive, Likes, many, Needs, plain } from "./model.ts";
import { Random } from "./random.ts";

const OPERATIONS = 100_000;
const ENTITIES_MAX = 160;

describe.each([
  { entities: 1 << 16, chunkRows: 32, shared: true, seed: 1 },
  { entities: 1 << 24, chunkRows: 1024, shared: false, seed: 2 },
])(
  "a world of at most $entities entities in chunks of $chunkRows, shared: $shared",
  ({ entities, chunkRows, shared, seed }) => {
    it(`does what a naive one does, ${OPERATIONS} times`, () => {
      const random = new Random(seed);
      const arena = new Arena({ bytesMax: 1 << 28, shared });
      const run = new Run(random, [makeTwin(arena, entities, chunkRows)]);
      for (let i = 0; i < OPERATIONS; i++) {
        try {
          run.step();
          if (i % 1000 === 999) for (const twin of run.twins) expectSame(twin);
        } catch (error) {
          throw new Error(`WORLDLOOM_SEED=${random.seed}, operation ${i}: ${run.last}`, { cause: error });
        }
      }
      for (const { snapshot } of run.saved) snapshot.dispose();
      for (const { world } of run.twins) world.dispose();
      expect(arena.usedBlocks).toBeLessThanOrEqual(1);
    });
  },
);

class Run {
  readonly random: Random;
  readonly twins: Twin[];
  saved: Saved[] = [];
  last = "";

  constructor(random: Random, twins: Twin[]) {
    this.random = random;
    this.twins = twins;
  }

  step(): void {
    const { random } = this;
    const twin = random.pick(this.twins);
    const { world, naive } = twin;
    const alive = [...naive.alive.keys()];
    const some =
      alive.length === 0 ? [] : [...new Set(Array.from({ length: random.below(6) }, () => random.pick(alive)))];
    const [entity, other] = [some[0], some[1]];
    const component = random.pick([...plain]) as Component;
    const choice = this.random.below(100);
    const say = (what: string): void => {
      this.last = `${what} ${some} ${component.name}`;
    };
    if (choice < 16 && naive.alive.size < ENTITIES_MAX) {
      say("spawn");
      const items = random
        .shuffled([...plain] as Component[])
        .slice(0, random.below(4))
        .map((part) => [part, someValues(random, part.name)] as const);
      if (entity !== undefined && random.once(3))
        items.push([random.pick([...exclusive]) as Component, { target: entity }]);
      const made = world.spawn(...(items as unknown as []));
      expect(made).toBe(naive.spawn(items.map(([part, values]) => [part.name, values])));
    } else if (choice < 22 && naive.alive.size < ENTITIES_MAX) {
      say("spawnMany");
      const rows = Array.from({ length: random.below(40) }, () => someValues(random, component.name, true));
      const targets = rows.map(() => entity ?? 0);
      const made = world.spawnMany(
        rows.length,
        [component, columnsOf(random, rows) as never],
        [ChildOf, { target: targets }],
      );
      expect(Array.from(made)).toEqual(
        rows.map((values, i) =>
          naive.spawn([
            [component.name, values],
            ["ChildOf", { target: targets[i]! }],
          ]),
        ),
      );
    } else if (choice < 34) {
      if (entity === undefined) return;
      say("despawn");
      world.despawn(entity);
      naive.despawn(entity);
      expect(outcome(() => world.despawn(entity))).toBe("entity-stale");
    } else if (choice < 38) {
      say("despawnMany");
      world.despawnMany(some);
      for (const end of some) if (naive.alive.has(end)) naive.despawn(end);
    } else if (choice < 48) {
      if (entity === undefined) return;
      say("add");
      const values = someValues(random, component.name);
      world.add(entity, component, values as never);
      naive.add(entity, component.name, values);
    } else if (choice < 52) {
      say("addMany");
      const rows = some.map(() => someValues(random, component.name, true));
      world.addMany(some, component, columnsOf(random, rows) as never);
      some.forEach((to, i) => {
        naive.add(to, component.name, rows[i]);
      });
    } else if (choice < 60) {
      if (entity === undefined) return;
      say("remove");
      expect(world.remove(entity, component)).toBe(naive.remove(entity, component.name));
    } else if (choice < 63) {
      say("removeMany");
      expect(world.removeMany(some, component)).toBe(some.filter((from) => naive.remove(from, component.name)).length);
    } else if (choice < 72) {
      if (entity === undefined) return;
      say("set");
      const values = someValues(random, component.name);
      const had = naive.alive.get(entity)!.has(component.name);
      expect(outcome(() => world.set(entity, component, values as never))).toBe(had ? undefined : "component-missing");
      if (had) naive.add(entity, component.name, values);
    } else if (choice < 75) {
      say("setMany");
      const having = some.filter((to) => naive.alive.get(to)!.has(component.name));
      const rows = having.map(() => someValues(random, component.name, true));
      world.setMany(having, component, columnsOf(random, rows) as never);
      having.forEach((to, i) => {
        naive.add(to, component.name, rows[i]);
      });
    } else if (choice < 88) {
      if (entity !== undefined && other !== undefined) this.pairUp(twin, entity, random.once(9) ? entity : other, say);
    } else this.wholeWorld(twin, say);
  }

  pairUp({ world, naive }: Twin, source: Entity, target: Entity, say: (what: string) => void): void {
    const { random } = this;
    const choice = random.below(10);
    if (choice < 3) {
      const relation = random.pick([...many]) as Relation;
      say(`link ${relation.name}`);
      const values = someValues(random, relation.name);
      world.relate(source, relation, target, values as never);
      naive.link(relation.name, source, target, values);
    } else if (choice < 5) {
      const relation = random.pick([Likes, Needs, ChildOf]) as Relation;
      const targets = naive.targets(relation.name, source);
      const one = targets.length > 0 && random.once(2) ? random.pick(targets) : undefined;
      say(`unrelate ${relation.name} ${one}`);
      expect(world.unrelate(source, relation, one)).toBe(targets.length > 0);
      for (const end of one === undefined ? targets : [one]) {
        if (relation === ChildOf) naive.remove(source, "ChildOf");
        else naive.unlink(relation.name, source, end);
      }
    } else {
      const relation = random.pick([...exclusive]) as Relation;
      say(`relate ${relation.name}`);
      const values = someValues(random, relation.name);
      const cycle = relation === ChildOf && naive.above(source, target);
      expect(outcome(() => world.relate(source, relation, target, values as never))).toBe(
        cycle ? "hierarchy-cycle" : undefined,
      );
      if (!cycle) naive.add(source, relation.name, { ...values, target });
    }
  }

  wholeWorld(twin: Twin, say: (what: string) => void): void {
    const { random } = this;
    const { world, naive } = twin;
    const choice = random.below(12);
    if (choice < 3 && this.saved.length < 6) {
      say("snapshot");
      this.saved.push({
        snapshot: world.snapshot(),
        naive: naive.copy(),
        hash: world.hash(),
        contentHash: world.contentHash(),
      });
    } else if (choice < 6 && this.saved.length > 0) {
      say("restore");
      const saved = random.pick(this.saved);
      world.restore(saved.snapshot);
      twin.naive = saved.naive.copy();
      expect(world.hash()).toBe(saved.hash);
      expect(world.contentHash()).toBe(saved.contentHash);
    } else if (choice < 7 && this.saved.length > 0) {
      say("dispose a snapshot");
      const [saved] = this.saved.splice(random.below(this.saved.length), 1);
      saved!.snapshot.dispose();
    } else if (choice < 8) {
      say("fork");
      const fork = { world: world.fork(), naive: naive.copy() };
      expect(fork.world.hash()).toBe(world.hash());
      if (this.twins.length < 3) this.twins.push(fork);
      else {
        world.dispose();
        this.twins[this.twins.indexOf(twin)] = fork;
      }
    } else if (choice < 9 && this.twins.length > 1) {
      say("dispose a world");
      world.dispose();
      this.twins.splice(this.twins.indexOf(twin), 1);
    } else {
      say("hash");
      expect(world.contentHash()).toBe(world.contentHash());
      expect(world.hash()).toBe(world.hash());
    }
  }
}
