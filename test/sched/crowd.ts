import { Arena, createWorld, f32, kernel, resource, type System, system, type World, write } from "../../src/index.ts";
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

export const Sums = resource("Sums", { energy: f32 });
const url = new URL("./bodies.ts", import.meta.url).href;

const wake = kernel("wake", { read: [Energy], where: [Tired], uses: [Tired] }, (energy, k) => {
  if (energy.left > 30 && k.random() < 0.2) k.removeTag(Tired);
});
const weigh = kernel("weigh", { read: [Energy], uses: [Sums] }, (energy, k) => {
  k.sum(k.Sums, "energy", energy.left);
});
const slow = kernel("slow", { write: [Velocity] }, (velocity) => {
  velocity.x = velocity.x * 0.96875 + Math.sin(velocity.y);
  velocity.y = Math.max(-4, velocity.y - 0.015625);
});

/** Systems of every kind, some of which can run side by side. */
export function crowdSystems(): readonly System[] {
  const blow = system("blow", {
    sets: [Weather],
    gets: [Weather],
    every: 3,
    run: ({ world, commands }) => commands.setResource(Weather, { wind: world.resource(Weather).wind * -0.5 }),
  });
  const mourn = system("mourn", {
    query: [Follows],
    hears: [Died],
    when: (world) => world.tick % 2 === 0,
    run({ world, query, commands }) {
      const ids = query.entities();
      for (const { who } of world.events(Died))
        if (ids.length > 0) commands.set(ids[who % ids.length]!, Follows, { whom: ids[0]! });
    },
  });
  const visit = system("visit", {
    run({ world, commands }) {
      // Gets its id at once, while other threads may be at work.
      const made = world.spawn(Position, Velocity, Energy);
      commands.add(made, Follows, { whom: made });
    },
  });
  return [
    blow,
    system("drift", { query: driftQuery, gets: [Weather], module: { url, export: "drift" } }),
    system("tire", { query: tireQuery, emits: [Died], module: { url, export: "tire" } }),
    visit,
    system("follow", { query: followQuery, reads: [Energy], module: { url, export: "follow" } }),
    mourn,
    slow.system(),
    weigh.system({ after: ["tire"] }),
    wake.system({ offset: 1, every: 2 }),
  ] as unknown as readonly System[];
}

export function crowdWorld(
  options: { entities?: number; seed?: number; chunkRows?: number; checked?: boolean; arena?: Arena } = {},
): World {
  const { entities = 1000, seed = 1, chunkRows = 64, checked = false, arena = new Arena() } = options;
  const world = createWorld({
    ...types,
    resources: [...types.resources, Sums],
    arena,
    seed,
    chunkRows,
    checked,
  });
  const ids = world.spawnMany(
    entities,
    [Position, { x: (i: number) => i }],
    [Velocity, { y: (i: number) => (i % 7) - 3 }],
    [Energy, { left: (i: number) => 1 + (i % 200) }],
  );
  const half = ids.filter((_, i) => i % 2 === 0);
  world.addMany(half, Follows, { whom: half.map((_, i) => ids[(i * 7919) % ids.length]!) });
  world.addMany(
    ids.filter((_, i) => i % 5 === 0),
    Tired,
  );
  world.addMany(
    ids.filter((_, i) => i % 11 === 0),
    Child,
    { name: "first", born: 0 },
  );
  return world;
}

export { url as bodiesUrl, write };
