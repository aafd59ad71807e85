import { randomBelow } from "../../src/core/prng.ts";
import {
  Arena,
  createWorld,
  entity,
  f32,
  f64,
  i32,
  input,
  kernel,
  loadWorld,
  relation,
  resource,
  SpatialIndex,
  type System,
  str,
  system,
  type World,
  without,
  write,
} from "../../src/index.ts";
import {
  Child,
  Died,
  driftQuery,
  Energy,
  Follows,
  followQuery,
  Position,
  Tired,
  tireQuery,
  types,
  Velocity,
  Weather,
} from "./bodies.ts";
import { bodiesUrl } from "./crowd.ts";
import { rules, ruleTypes } from "./random-rules.ts";

export const Shove = input("Shove", { x: f32, who: entity, name: str });
export const Likes = relation("Likes", {}, { exclusive: false });
const Sums = resource("Sums", { x: f64, most: f32, count: i32 });
const Toll = resource("Toll", { died: f64 });

/** When a system runs. */
interface Rate {
  readonly after?: readonly string[];
  readonly every?: number;
  readonly offset?: number;
  readonly when?: (world: World) => boolean;
}

/** What a maker gets: a name, when the system runs, and the index of the world. */
interface Wish {
  readonly name: string;
  readonly rate: Rate;
  readonly index: SpatialIndex;
}

const step = kernel("step", { write: [Position], read: [Velocity], constants: { D: 1 / 32 } }, (p, v, k) => {
  p.x += v.x * k.D;
  p.y += v.y * k.D;
  if (p.x > 100) p.x = 0;
});
const starve = kernel("starve", { write: [Energy], uses: [Died] }, (energy, k) => {
  energy.left -= 1;
  if (energy.left < 0) {
    k.despawn();
    k.emit(Died, { who: k.entity, at: energy.left });
  } else if (energy.left > 160) energy.left = k.random() * 90;
});
const rest = kernel("rest", { read: [Energy], uses: [Tired] }, (energy, k) => {
  if (energy.left % 3 === 0) k.addTag(Tired);
  else if (k.random() < 0.3) k.removeTag(Tired);
});
const chase = kernel("chase", { write: [Velocity], read: [Follows], uses: [Position, Energy] }, (v, follows, k) => {
  if (k.has(follows.whom, Energy)) {
    v.x = v.x * 0.5 + k.at(follows.whom, Position).x * 0.01;
    v.y = k.at(follows.whom, Energy).left * 0.1;
  } else v.y = -1;
});
const crowd = kernel("crowd", { write: [Velocity], read: [Position] }, (v, _, k) => {
  let push = 0;
  k.neighbours(3, (other) => {
    push += other.dx;
  });
  v.x += push * 0.125;
});
const weigh = kernel("weigh", { read: [Position], uses: [Sums] }, (p, k) => {
  k.sum(Sums, "x", p.x);
  k.max(Sums, "most", p.y);
  k.count(Sums, "count", p.x > 50);
});

export type Maker = (wish: Wish) => readonly unknown[];

/** Systems of all kinds of bodies, with commands of all kinds. Those with a crowd need two. */
const makers: readonly Maker[] = [
  ...rules,
  ({ name, rate }) => [step.system({ ...rate, name })],
  ({ name, rate }) => [starve.system({ ...rate, name })],
  ({ name, rate }) => [rest.system({ ...rate, name })],
  ({ name, rate }) => [chase.system({ ...rate, name })],
  ({ name, rate, index }) => [
    system(`${name}build`, { ...rate, query: [Position], run: ({ query }) => index.build(query, Position) }),
    crowd.system({ ...rate, name, index, after: [`${name}build`] }),
  ],
  ({ name, rate }) => [
    system(name, {
      ...rate,
      query: [Position],
      run({ query, commands, sample }) {
        const gone = sample(query, 0.05);
        commands.despawnMany(gone);
        commands.spawnMany(gone.length, [Position, { x: 5, y: (i) => i % 90 }], Velocity, [Energy, { left: 30 }]);
      },
    }),
  ],
  ({ name, rate }) => [
    system(name, {
      ...rate,
      query: [Position, without(Follows)],
      run({ query, commands, sample }) {
        const some = sample(query, 0.1);
        commands.addMany(some, Follows, { whom: [...some].reverse() });
      },
    }),
  ],
  ({ name, rate }) => [
    system(name, {
      ...rate,
      query: [Follows],
      run: ({ query, commands, sample }) => commands.removeMany(sample(query, 0.1), Follows),
    }),
  ],
  ({ name, rate }) => [
    system(name, {
      ...rate,
      query: [Position],
      run({ query, commands, sample }) {
        const some = sample(query, 0.02);
        for (let i = 1; i < some.length; i++) commands.relate(some[i]!, Likes, some[i - 1]!);
      },
    }),
  ],
  ({ name, rate }) => [
    system(name, {
      ...rate,
      query: [Child],
      run({ query, commands, sample }) {
        for (const who of sample(query, 0.05)) commands.set(who, Child, { name: `child ${who % 97}` });
      },
    }),
  ],
  ({ name, rate }) => [
    system(name, {
      ...rate,
      run({ world, commands }) {
        const made = world.spawn(Position, [Energy, { left: 5 }]);
        commands.add(made, Tired);
      },
    }),
  ],
  ({ name, rate }) => [
    system(name, { ...rate, query: driftQuery, gets: [Weather], module: { url: bodiesUrl, export: "drift" } }),
  ],
  ({ name, rate }) => [
    system(name, { ...rate, query: tireQuery, emits: [Died], module: { url: bodiesUrl, export: "tire" } }),
  ],
  ({ name, rate }) => [
    system(name, { ...rate, query: followQuery, reads: [Energy], module: { url: bodiesUrl, export: "follow" } }),
  ],
];

/** A world and systems, both drawn by `seed`; the world may be a saved one. All systems are in one order. */
export function randomSchedule(seed: number, saved?: Uint8Array): { world: World; systems: readonly System[] } {
  let draws = 0;
  const below = (n: number): number => randomBelow(n, seed, 4, draws++, 0);
  const declared = {
    components: [...types.components, ...ruleTypes.components, Likes],
    resources: [...types.resources, ...ruleTypes.resources, Sums, Toll],
    events: [...types.events, ...ruleTypes.events],
    inputs: [Shove],
    arena: new Arena(),
  };
  const [chunkRows, entities] = [[32, 64, 128, 1024][below(4)]!, [0, 1, 40, 300, 1500, 4000][below(6)]!];
  const world = saved === undefined ? createWorld({ ...declared, seed, chunkRows }) : loadWorld(saved, declared);
  if (saved === undefined) populate(world, entities);
  const index = new SpatialIndex(world, { cell: 4, width: 32, height: 32 });
  const shove = system("shove", {
    query: [write(Position)],
    before: ["toll"],
    run({ query, world, commands }) {
      let x = 0;
      for (const shove of world.inputs(Shove)) {
        x += shove.x;
        if (world.isAlive(shove.who)) commands.despawn(shove.who);
        commands.spawn(Position, [Child, { name: shove.name }]);
      }
      for (const { position, count } of query.chunks()) for (let i = 0; i < count; i++) position.x[i]! += x;
    },
  });
  const toll = system("toll", {
    hears: [Died],
    sets: [Toll],
    gets: [Toll],
    run: ({ world, commands }) =>
      commands.setResource(Toll, { died: world.resource(Toll).died + world.events(Died).length }),
  });
  const systems: unknown[] = [shove, toll, weigh.system({ after: ["toll"] })];
  let last = "weigh";
  for (let i = 3 + below(7); i > 0; i--) {
    const every = below(4) === 0 ? 2 + below(3) : 1;
    const rate: Rate = {
      after: [last],
      every,
      offset: below(every),
      ...(below(8) === 0 && { when: ({ tick }) => tick % 3 !== 1 }),
    };
    last = `system${i}`;
    systems.push(...makers[below(makers.length)]!({ name: last, rate, index }));
  }
  return { world, systems: systems as System[] };
}

function populate(world: World, entities: number): void {
  const ids = world.spawnMany(
    entities,
    [Position, { x: (i) => (i * 37) % 100, y: (i) => (i * 17) % 100 }],
    [Velocity, { x: (i) => (i % 7) - 3 }],
    [Energy, { left: (i) => 20 + (i % 50) }],
  );
  const some = (n: number, of: number): Int32Array => ids.filter((_, i) => i % n === of % n);
  world.addMany(some(3, 0), Follows, { whom: some(3, 0).map((_, i) => ids[(i * 7919) % entities]!) });
  world.addMany(some(5, 0), Tired);
  world.addMany(some(4, 1), Child, { name: "first" });
}
