import { expect } from "vitest";
import {
  array,
  bool,
  ChildOf,
  component,
  createWorld,
  entity,
  event,
  f32,
  f64,
  i8,
  input,
  Name,
  relation,
  resource,
  str,
  u16,
  vec3,
  type World,
  WorldloomError,
  type WorldOptions,
  write,
} from "worldloom";

export const Position = component("Position", { x: f32, y: f32, from: vec3(f64) });
export const Health = component("Health", { left: u16({ default: 100 }), shield: i8, immune: bool });
export const Label = component("Label", { text: str({ default: "nobody" }), parts: array(str, 3) });
export const Target = component("Target", { who: entity, noise: f32({ nan: true }), trail: array(f32, 5) });
export const Frozen = component("Frozen");
export const Likes = relation("Likes", { much: f32({ default: 1 }), why: str }, { exclusive: false });
export const Follows = relation("Follows", { distance: f32 });
export const Weather = resource("Weather", { wind: f32, name: str({ default: "calm" }), grid: array(u16, 4) });
export const Hit = event("Hit", { by: entity, word: str }, { lifetime: 3 });
export const Key = input("Key", { code: u16 });

/** One of everything. */
export const everything = {
  components: [Position, Health, Label, Target, Frozen, Name, ChildOf, Likes, Follows],
  resources: [Weather],
  events: [Hit],
  inputs: [Key],
} satisfies WorldOptions;

export function worldOfEverything(options: WorldOptions = {}): World {
  return createWorld({ ...everything, seed: 5, chunkRows: 32, ...options });
}

/** Makes `steps` random changes of all kinds, which depend on `random` and on the state of the world alone. */
export function runChanges(world: World, random: (n: number) => number, steps: number): void {
  const all = world.query();
  const moving = world.query(write(Position));
  for (let step = 0; step < steps; step++) {
    const alive = all.entities().sort();
    const one = alive[random(alive.length)] ?? 0;
    const other = alive[random(alive.length)] ?? 0;
    const action = random(20);
    if (action < 4 || one === 0) {
      const made = world.spawn([Position, { x: random(9) / 7, from: { y: random(100) / 3 } }]);
      if (random(2) === 0) world.add(made, Frozen);
      if (random(2) === 0) world.add(made, Label, { text: `label ${random(30)}` });
    } else if (action === 4)
      world.spawnMany(random(40), Health, [Target, { noise: random(3) === 0 ? Number.NaN : -0, who: other }]);
    else if (action === 5) world.despawn(one);
    else if (action === 6) world.add(one, [Position, Health, Label, Target, Frozen][random(5)]! as typeof Frozen);
    else if (action === 7) world.remove(one, [Position, Health, Label, Target, Frozen][random(5)]!);
    else if (action === 8 && world.has(one, Health))
      world.set(one, Health, { left: random(60_000), shield: random(200) - 100, immune: random(2) === 0 });
    else if (action === 9 && world.has(one, Label))
      world.set(one, Label, { parts: ["a", `part ${random(20)}`, "\ud83d x"] });
    else if (action === 10) world.relate(one, Likes, other, { much: random(5), why: `why ${random(9)}` });
    else if (action === 11) world.unrelate(one, Likes);
    else if (action === 12) world.relate(one, Follows, other, { distance: random(50) / 3 });
    else if (action === 13 && one < other) world.relate(other, ChildOf, one);
    else if (action === 14 && !world.has(one, Name)) world.add(one, Name, { text: `name ${one}` });
    else if (action === 15)
      world.setResource(Weather, { wind: random(100) / 9, name: `wind ${random(5)}`, grid: [1, 2, 3, random(9)] });
    else if (action === 16) world.emit(Hit, { by: one, word: `word ${random(4)}` });
    else if (action === 17) world.input(Key, { code: random(100) });
    else if (action === 18) world.step([]);
    else
      for (const { count, position } of moving.chunks())
        for (let i = 0; i < count; i++) position.x[i] = position.x[i]! + 0.1 * random(10);
  }
}

/** The error that `run` throws; anything but a coded error fails the test. */
export function errorOf(run: () => unknown, what = ""): WorldloomError {
  try {
    run();
  } catch (error) {
    if (error instanceof WorldloomError) return error;
    throw error;
  }
  return expect.unreachable(`nothing was thrown: ${what}`) as never;
}

/** A seed that WORLDLOOM_SEED overrides. */
export function seedOf(fallback: number): number {
  return Number(process.env["WORLDLOOM_SEED"] ?? fallback);
}

/** Integers from 0 to before `n`, from a linear congruence. */
export function rng(seed: number): (n: number) => number {
  let state = (seed ^ 0x9e3779b9) >>> 0;
  return (n) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 4_294_967_296) * n);
  };
}
