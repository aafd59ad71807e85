/** Modules of worlds for the tests of hosted worlds: good ones and bad ones. */
import { parentPort } from "node:worker_threads";
import {
  Arena,
  array,
  bool,
  ChildOf,
  type ChunkBody,
  component,
  createWorld,
  durable,
  entity,
  event,
  f32,
  f64,
  fileLog,
  i16,
  input,
  Name,
  parallel,
  record,
  resource,
  type Simulation,
  serial,
  simulate,
  str,
  system,
  u8,
  vec3,
  WorldloomError,
  write,
} from "../../../src/index.ts";

export const Position = component("Position", { x: f32, y: f32 });
export const Velocity = component("Velocity", { x: f32({ default: 1 }), y: f32 });
export const Frozen = component("Frozen");
export const All = component("All", { at: vec3(f64), on: bool, few: array(i16, 3), who: entity, small: u8, text: str });
export const Score = resource("Score", { points: f64, label: str({ default: "none" }) });
export const Bounced = event("Bounced", { who: entity, x: f32 }, { lifetime: 1 });
export const Push = input("Push", { who: entity, x: f32 });
export const Command = input("Command", { what: str, ms: f64 });

export interface TestOptions {
  readonly entities?: number;
  readonly seed?: number;
  readonly all?: boolean;
}

/** Entities that move; every tenth tick the first one of them is said to have bounced. */
export default async function make({ entities = 10, seed = 0, all = false }: TestOptions = {}): Promise<Simulation> {
  const world = createWorld({
    components: [Position, Velocity, Frozen, All, Name, ChildOf],
    resources: [Score],
    events: [Bounced],
    inputs: [Push, Command],
    seed,
    arena: new Arena(),
  });
  world.spawnMany(entities, Position, Velocity);
  if (all) {
    const parent = world.spawn([Position, { x: -1 }], Frozen, [Name, { text: "the parent" }]);
    const values = { at: { x: 1, y: 2, z: 3 }, on: true, few: [4, -5, 6], who: parent, small: 255, text: "größer" };
    world.spawn([Position, { y: 0.5 }], [All, values], [ChildOf, { target: parent }]);
  }
  const push = system("push", {
    writes: [Velocity],
    run: ({ world, commands }) => {
      for (const { who, x } of world.inputs(Push)) commands.set(who, Velocity, { x });
    },
  });
  const move = system("move", {
    query: [write(Position), Velocity],
    run: ({ query }) => {
      for (const { count, position, velocity } of query.chunks()) {
        for (let i = 0; i < count; i++) position.x[i]! += velocity.x[i]!;
      }
    },
  });
  const score = system("score", {
    query: [Position],
    sets: [Score],
    gets: [Score],
    emits: [Bounced],
    run: ({ query, world, commands, tick }) => {
      commands.setResource(Score, { points: world.resource(Score).points + 1 });
      if (tick % 10 === 0) commands.emit(Bounced, { who: query.entities()[0]!, x: tick });
    },
  });
  const obey = system("obey", {
    run: ({ world }) => {
      for (const { what, ms } of world.inputs(Command)) obeyed(what, ms);
    },
  });
  return simulate(world, [push, move, score, obey]);
}

/** Ways in which a tick goes wrong. */
function obeyed(what: string, ms: number): void {
  if (what === "throw") throw new Error("told to throw");
  if (what === "throw coded") throw new WorldloomError("bad-value", "told to throw", { what, odd: () => 1 });
  if (what === "throw odd")
    throw Object.assign(new Error(), { message: () => 1, stack: [() => 1], name: Symbol("odd") });
  if (what === "exit") process.exit(3);
  if (what === "throw later")
    setTimeout(() => {
      throw new Error("thrown later");
    });
  if (what === "post null") parentPort?.postMessage(null);
  if (what === "hold up") holdUp(ms);
  if (what === "hang") holdUp(Number.POSITIVE_INFINITY);
  if (what === "keep a timer") setInterval(() => {}, 1000);
}

function holdUp(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}

export const number = 5;
export function noSimulation(): object {
  return { step() {}, tick: 0 };
}
export function throws(): never {
  throw new WorldloomError("bad-argument", "no such world", { world: "no" });
}
export function throwsText(): never {
  throw "a text";
}
export function never(): Promise<never> {
  setInterval(() => {}, 1000);
  return new Promise(() => {});
}
export function exits(): never {
  process.exit(4);
}
export function hangs(): void {
  holdUp(Number.POSITIVE_INFINITY);
}

const moved = [write(Position), Velocity] as const;
export const drift: ChunkBody<typeof moved> = ({ count, position, velocity }) => {
  for (let i = 0; i < count; i++) position.x[i]! += velocity.x[i]!;
};

/** Drifting on several threads besides the one that it lives in. */
export async function makeParallel({ threads }: { threads: number }): Promise<Simulation> {
  const world = createWorld({ components: [Position, Velocity], arena: new Arena() });
  world.spawnMany(10_000, Position, Velocity);
  const drift = system("drift", {
    query: moved,
    module: { url: import.meta.url, export: "drift" },
  });
  return simulate(world, [drift], { executor: parallel({ threads }) });
}

/** A simulation whose end fails, or takes for ever. */
export async function endsBadly({ how }: { how: "throws" | "never" }): Promise<Simulation> {
  const executor = {
    ...serial(),
    close: () => (how === "throws" ? Promise.reject(new Error("cannot end")) : new Promise<void>(() => {})),
  };
  return simulate(createWorld({ arena: new Arena() }), [], { executor });
}

/** Recorded, and kept in a log. */
export async function kept({ folder }: { folder: string }): Promise<Simulation> {
  const simulation = await make();
  record(simulation, `${folder}/recording`, { hashEvery: 0 });
  await durable(simulation, { log: fileLog(`${folder}/log`) });
  return simulation;
}
