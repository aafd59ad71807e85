import { component, createWorld, entity, event, f32, i32, kernel, resource, type World } from "../../src/index.ts";

export const Position = component("Position", { x: f32, y: f32 });
export const Velocity = component("Velocity", { x: f32, y: f32 });
export const Fatigue = component("Fatigue", { value: f32 });
export const Target = component("Target", { of: entity });
export const Health = component("Health", { points: i32({ default: 100 }) });
export const Resting = component("Resting");
export const Burning = component("Burning");
export const Tired = event("Tired", { who: entity, by: f32 });
export const Totals = resource("Totals", { sum: f32, least: f32, most: f32, tired: i32 });

export const components = [Position, Velocity, Fatigue, Target, Health, Resting, Burning] as const;

/** Entities in five archetypes of odd sizes: a full chunk and a bit, a small first chunk, one row, none. */
export function crowd(seed = 1, options: object = {}): World {
  const world = createWorld({ components, events: [Tired], resources: [Totals], seed, chunkRows: 256, ...options });
  const place = { x: (i: number) => (i % 37) * 0.25 - 3, y: (i: number) => (i % 53) * 0.5 - 11 };
  const speed = { x: (i: number) => (i % 11) - 5, y: (i: number) => ((i * 7) % 13) * 0.3 - 2 };
  const tired = { value: (i: number) => (i % 101) * 1.003 };
  world.spawnMany(700, [Position, place], [Velocity, speed], [Fatigue, tired]);
  world.spawnMany(33, [Position, place], [Velocity, speed], [Fatigue, tired], Resting);
  world.spawnMany(1, [Position, place], [Velocity, speed], [Fatigue, tired], Burning);
  const many = world.spawnMany(300, [Position, place], [Velocity, speed], [Fatigue, tired], Health, Target);
  const all = world.query(Position).entities();
  for (let i = 0; i < many.length; i++) world.set(many[i]!, Target, { of: all[(i * 31) % all.length]! });
  world.spawnMany(5, [Velocity, speed]);
  return world;
}

/** Moves, tires who is fast, and ends who is too tired. */
export const move = kernel(
  "move",
  { write: [Position, Fatigue], read: [Velocity], uniforms: { dt: f32 } },
  (p, fatigue, v, k) => {
    p.x += v.x * k.dt;
    p.y += v.y * k.dt;
    const speed = Math.sqrt(v.x * v.x + v.y * v.y);
    fatigue.value = speed > 3 ? fatigue.value + 0.1 : Math.max(0, fatigue.value - 0.05);
    if (fatigue.value > 100) k.despawn();
  },
);
