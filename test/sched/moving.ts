import {
  Arena,
  type Commands,
  component,
  createWorld,
  entity,
  event,
  f32,
  f64,
  input,
  type Recording,
  randomBelow,
  resource,
  type Simulation,
  type System,
  simulate,
  str,
  streamOf,
  system,
  u8,
  vec2,
  write,
} from "../../src/index.ts";

export const Position = component("Position", { x: f32, y: f32 });
export const Velocity = component("Velocity", { x: f32, y: f32 });
export const Health = component("Health", { points: u8, spot: vec2(f32) });
export const Label = component("Label", { text: str, other: entity });
export const Score = resource("Score", { total: f64, best: str });
export const Died = event("Died", { who: entity, points: u8 });
export const Push = input("Push", { x: f32, y: f32, who: str });

export const types = {
  components: [Position, Velocity, Health, Label],
  resources: [Score],
  events: [Died],
  inputs: [Push],
};

const steer = system("steer", {
  query: [write(Velocity)],
  run({ query, world }) {
    let [x, y] = [0, 0];
    for (const push of world.inputs(Push)) {
      x += push.x;
      y += push.y;
    }
    for (const { velocity, count } of query.chunks()) {
      for (let row = 0; row < count; row++) {
        velocity.x[row]! += x * 0.25 - velocity.x[row]! * 0.01;
        velocity.y[row]! += y * 0.25 - velocity.y[row]! * 0.01;
      }
    }
  },
});
const move = system("move", {
  query: [write(Position), Velocity],
  after: ["steer"],
  run({ query }) {
    for (const { position, velocity, count } of query.chunks()) {
      for (let row = 0; row < count; row++) {
        position.x[row]! += velocity.x[row]! * 0.1;
        position.y[row]! += velocity.y[row]! * 0.1;
      }
    }
  },
});
const age = system("age", {
  query: [write(Health)],
  emits: [Died],
  sets: [Score],
  gets: [Score],
  run({ query, commands, tick, world, randomBelow: below }) {
    let total = 0;
    for (const { health, entities, count } of query.chunks()) {
      for (let row = 0; row < count; row++) {
        total += health.points[row]!;
        if (health.points[row]! > 0 && (tick + row) % 3 === 0) health.points[row]! -= 1;
        if (health.points[row]! > 0) continue;
        commands.emit(Died, { who: entities[row]!, points: below(100, entities[row]!) });
        commands.despawn(entities[row]!);
        commands.spawn([Position, { x: below(50, entities[row]!, 1) }], Velocity, [
          Health,
          { points: 20 + below(20, tick) },
        ]);
      }
    }
    commands.setResource(Score, { total: world.resource(Score).total + total });
  },
});

export const systems: readonly System[] = [steer, move, age];

/** A small world that moves, with `count` entities. Its ticks depend on the inputs. */
export async function moving(count = 40, seed = 7, list: readonly System[] = systems): Promise<Simulation> {
  const world = createWorld({ ...types, seed, arena: new Arena({ bytesMax: 64 << 20 }) });
  for (let i = 0; i < count; i++) {
    const [x, y] = [randomBelow(100, seed, 1, 0, i), randomBelow(100, seed, 2, 0, i)];
    const points = 1 + randomBelow(40, seed, 3, 0, i);
    world.spawn([Position, { x, y }], [Velocity, { x: 1 }], [Health, { points }]);
  }
  return simulate(world, list);
}

/** What comes in before tick `tick`: a function of the tick and the seed. */
export function drive(simulation: Simulation, tick: number, seed = 1): void {
  const draw = (n: number, what: number): number => randomBelow(n, seed, streamOf("drive"), tick, what);
  for (let i = draw(3, 0); i > 0; i--)
    simulation.input(Push, { x: draw(5, i) - 2, y: draw(5, i + 10) - 2, who: `p${draw(3, i + 20)}` });
  if (draw(3, 30) !== 0) return;
  const commands = simulation.world.commands(draw(3, 31));
  const spawned = commands.spawn([Position, { x: tick, y: -0 }], Velocity, [Health, { points: 9, spot: { x: tick } }]);
  commands.add(spawned, Label, { text: `n${tick} \ud800`, other: spawned });
  if (draw(2, 32) === 0) return void simulation.apply(commands);
  const more: Commands = simulation.world.commands(1);
  more.spawnMany(2, [Position, { x: Float32Array.of(1, -0) }], Velocity, Health);
  simulation.apply([commands, more]);
  simulation.input(Push, { x: 0.5 });
}

/** Runs ticks with what {@link drive} gives them; the hash after each. */
export function run(simulation: Simulation, ticks: number, seed = 1): string[] {
  const hashes: string[] = [];
  for (let i = 0; i < ticks; i++) {
    drive(simulation, simulation.tick + 1, seed);
    simulation.step();
    hashes.push(simulation.world.hash());
  }
  return hashes;
}

/** Takes the bytes of a recording. */
export class Bytes {
  readonly #parts: Uint8Array[] = [];
  closed = false;
  write(bytes: Uint8Array): void {
    this.#parts.push(bytes.slice());
  }
  close(): void {
    this.closed = true;
  }
  get all(): Uint8Array<ArrayBuffer> {
    const all = new Uint8Array(this.#parts.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of this.#parts) {
      all.set(part, at);
      at += part.length;
    }
    return all;
  }
}

/** What a replay of a recording of {@link moving} runs in. */
export const again = (_: Recording): Promise<Simulation> => moving(1, 99);
