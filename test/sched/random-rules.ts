import {
  added,
  anyOf,
  array,
  bool,
  ChildOf,
  changed,
  component,
  type Entity,
  event,
  f32,
  f64,
  integrate,
  kernel,
  Name,
  optional,
  prefab,
  propagate,
  related,
  relation,
  resource,
  str,
  system,
  Transform,
  u8,
  u16,
  vec3,
  type World,
  WorldMatrix,
  write,
} from "../../src/index.ts";
import { Child, Died, Energy, Follows, Position, Tired, Velocity } from "./bodies.ts";
import type { Maker } from "./random-schedule.ts";

/** More kinds of systems of random schedules, and their types: what looks at changes, pairs, names, trees, lists. */
const Bag = component("Bag", { items: array(u16, 3), at: vec3(f32), open: bool });
const Owes = relation("Owes", { amount: f64, note: str }, { exclusive: false, onTargetDespawn: "despawn" });
const Leads = relation("Leads", { rank: u8 });
const Moved = event("Moved", { many: u16, who: str }, { lifetime: 3 });
const Log = resource("Log", { text: str, seen: f64 });
const guard = prefab("guard", [Position, [Energy, { left: 44 }], [Bag, { at: { y: 3 }, items: [1, 2, 3] }]]);

export const ruleTypes = {
  components: [Bag, Owes, Leads, ChildOf, Name, Transform, WorldMatrix],
  resources: [Log],
  events: [Moved],
};

const carry = kernel("carry", { write: [Bag], uses: [Log] }, (bag, k) => {
  bag.items[1] = bag.items[0]! + 1;
  bag.items[0] = bag.items[2]! * 3;
  bag.at.x += bag.items[1]! * 0.5;
  bag.at.z = bag.open ? bag.at.y : -bag.at.x;
  bag.open = bag.at.x > 7;
  k.sum(Log, "seen", bag.at.x);
});

const tell = kernel("tell", { read: [Child], uses: [Moved] }, (child, k) => {
  if (k.random() < 0.2) k.emit(Moved, { who: child.name, many: child.born * 9 });
});

/** One that has no parent and no children, so that nothing goes round. */
const isLoose = (world: World, who: Entity): boolean =>
  world.targets(who, ChildOf).length === 0 && world.sources(ChildOf, who).length === 0;

export const rules: readonly Maker[] = [
  ({ name, rate }) => [
    system(name, {
      ...rate,
      query: [changed(Position), write(Energy)],
      run({ query, tick }) {
        for (const { energy, position, count } of query.chunks(tick - 2))
          for (let i = 0; i < count; i++) energy.left[i]! += position.x[i]! > 50 ? 2 : 1;
      },
    }),
  ],
  ({ name, rate }) => [
    system(name, {
      ...rate,
      query: [added(Tired), write(Position)],
      run({ query, tick, commands }) {
        for (const { position, count, entities } of query.chunks(tick - 1)) {
          for (let i = 0; i < count; i++) position.y[i]! += 3;
          if (count > 0) commands.emit(Moved, { many: count & 0xffff, who: `first ${entities[0]! % 13}` });
        }
      },
    }),
  ],
  ({ name, rate }) => [
    system(name, {
      ...rate,
      query: [Position],
      reads: [ChildOf],
      run({ query, world, commands, sample }) {
        const some = [...sample(query, 0.08)].filter((who) => isLoose(world, who));
        for (let i = 2; i < some.length; i += 3) {
          commands.relate(some[i]!, ChildOf, some[i - 1]!);
          commands.relate(some[i - 1]!, ChildOf, some[i - 2]!);
        }
      },
    }),
  ],
  ({ name, rate }) => [
    system(name, {
      ...rate,
      query: [ChildOf],
      run({ query, world, commands, sample }) {
        const some = sample(query, 0.1);
        for (let i = 0; i < some.length; i++) {
          const [parent] = world.targets(some[i]!, ChildOf);
          if (i % 3 === 0) commands.unrelate(some[i]!, ChildOf);
          else if (parent !== undefined && i % 3 === 1) commands.despawn(parent);
        }
      },
    }),
  ],
  ({ name, rate }) => [
    system(name, {
      ...rate,
      query: [Position],
      reads: [Owes],
      run({ query, world, commands, sample, tick }) {
        const some = sample(query, 0.03);
        for (let i = 1; i < some.length; i++) {
          const [debts, one, other] = [world.targets(some[i]!, Owes), some[i]!, some[i - 1]!];
          if (debts.length > 1) commands.unrelate(one, Owes, debts[0]!);
          else commands.relate(one, Owes, other, { amount: tick / 3, note: `since ${tick % 5}` });
        }
        if (some.length > 2) commands.relate(some[0]!, Leads, some[1]!, { rank: tick & 7 });
      },
    }),
  ],
  ({ name, rate }) => [
    system(name, {
      ...rate,
      query: [Position],
      reads: [Leads, Owes],
      writes: [Energy],
      run({ query, world, commands, sample }) {
        for (const who of sample(query, 0.05)) {
          const owed = world.query(Position, related(Owes, who)).entities();
          const leaders = world.sources(Leads, who);
          if (owed.length + leaders.length > 0)
            commands.add(who, Energy, { left: owed.length * 10 + leaders.length + 5 });
        }
      },
    }),
  ],
  ({ name, rate }) => [
    system(name, {
      ...rate,
      query: [anyOf(Energy, Follows), optional(write(Velocity)), optional(Energy)],
      run({ query }) {
        for (const { velocity, energy, count } of query.chunks()) {
          if (velocity === undefined) continue;
          for (let i = 0; i < count; i++) velocity.y[i]! += energy === undefined ? 1 : energy.left[i]! / 64;
        }
      },
    }),
  ],
  ({ name, rate }) => [
    system(name, {
      ...rate,
      exclusive: true,
      query: [Position],
      run({ query, world, sample }) {
        for (const who of sample(query, 0.03)) {
          if (!world.has(who, Bag)) world.add(who, Bag, { at: { x: who & 7 }, items: [who & 0xff, 1, 2] });
          else if ((who & 3) === 0) world.remove(who, Bag);
          else world.set(who, Bag, { open: (who & 4) !== 0 });
        }
        world.spawn(guard, [Position, { x: 9 }]);
      },
    }),
  ],
  ({ name, rate }) => [carry.system({ ...rate, name })],
  ({ name, rate }) => [tell.system({ ...rate, name })],
  ({ name, rate }) => [
    system(name, {
      ...rate,
      query: [Position],
      emits: [Moved, Died],
      run({ query, commands, sample, world }) {
        const some = sample(query, 0.04);
        commands.emitMany(Died, some.length, { who: some, at: (i) => i / 2 });
        world.emitMany(Moved, some.length >> 1, { who: (i) => `many ${some[i]! % 7}` });
      },
    }),
  ],
  ({ name, rate }) => [
    system(name, {
      ...rate,
      query: [write(Position), Velocity],
      run: ({ query }) => integrate(query, Math.fround(1 / 60)),
    }),
  ],
  ({ name, rate }) => [
    system(`${name}grow`, {
      ...rate,
      query: [Position],
      run({ query, commands, sample }) {
        const some = sample(query, 0.05);
        commands.addMany(some, Transform, { translation: { x: (i) => i & 15, y: 1 } });
        commands.addMany(some, WorldMatrix);
      },
    }),
    system(name, {
      ...rate,
      after: [`${name}grow`],
      query: [Transform, write(WorldMatrix)],
      reads: [ChildOf],
      run: ({ query }) => propagate(query),
    }),
  ],
  ({ name, rate }) => [
    system(name, {
      ...rate,
      query: [Position],
      reads: [Name],
      run({ query, world, commands, sample, tick }) {
        const some = sample(query, 0.02);
        const known = world.find(`one ${tick % 6}`);
        if (known !== 0) commands.remove(known, Name);
        else if (some.length > 0) commands.add(some[0]!, Name, { text: `one ${tick % 6}` });
      },
    }),
  ],
  ({ name, rate }) => [
    system(name, {
      ...rate,
      sets: [Log],
      gets: [Log],
      hears: [Moved, Died],
      run({ world, commands, tick }) {
        const moved = world.events(Moved).map(({ many, who }) => `${many} ${who}`);
        const { seen } = world.resource(Log);
        commands.setResource(Log, {
          text: `${moved.join().slice(0, 40)} ${tick}`,
          seen: seen + world.events(Died).length,
        });
      },
    }),
  ],
  ({ name, rate }) => [
    system(name, {
      ...rate,
      query: [Position, Child],
      run({ query, commands, sample }) {
        const some = sample(query, 0.3);
        commands.setMany(some, Position, { y: (i) => i });
        commands.setMany(some.slice(0, 9), Child, { name: (i) => `set ${i % 4}` });
        commands.removeMany(some.slice(9), Child);
      },
    }),
  ],
];
