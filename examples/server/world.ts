import {
  component,
  createWorld,
  event,
  f32,
  input,
  Name,
  type Simulation,
  simulate,
  str,
  system,
  write,
} from "../../src/index.ts";

/** Seconds a tick. */
export const DT = 1 / 30;
const FIELD = 100;

const Position = component("Position", { x: f32, y: f32 }, { doc: "In metres, 0 to 100." });
const Velocity = component("Velocity", { x: f32, y: f32 }, { doc: "In metres a second." });
const Join = input("Join", { name: str });
const Steer = input("Steer", { name: str, x: f32, y: f32 });
const Joined = event("Joined", { name: str });

const join = system("join", {
  doc: "Players come in, each name once.",
  reads: [Name],
  hears: [Joined],
  emits: [Joined],
  run: ({ world, commands }) => {
    const names = new Set<string>();
    for (const { name } of world.inputs(Join)) {
      if (name === "" || names.has(name) || world.find(name) !== 0) continue;
      names.add(name);
      commands.spawn([Name, { text: name }], [Position, { x: FIELD / 2, y: FIELD / 2 }], Velocity);
      commands.emit(Joined, { name });
    }
  },
});

const steer = system("steer", {
  reads: [Name],
  writes: [Velocity],
  after: ["join"],
  run: ({ world, commands }) => {
    for (const { name, x, y } of world.inputs(Steer)) {
      const who = world.find(name);
      if (who !== 0) commands.set(who, Velocity, { x, y });
    }
  },
});

const move = system("move", {
  query: [write(Position), Velocity],
  after: ["steer"],
  run: ({ query }) => {
    for (const { count, position, velocity } of query.chunks()) {
      for (let i = 0; i < count; i++) {
        position.x[i] = Math.min(Math.max(position.x[i]! + velocity.x[i]! * DT, 0), FIELD);
        position.y[i] = Math.min(Math.max(position.y[i]! + velocity.y[i]! * DT, 0), FIELD);
      }
    }
  },
});

/** A field that players walk on. Made in the thread that the world lives in. */
export default async function makeField({ seed = 0 }: { seed?: number } = {}): Promise<Simulation> {
  const components = [Position, Velocity, Name];
  const world = createWorld({ components, inputs: [Join, Steer], events: [Joined], seed });
  return simulate(world, [join, steer, move]);
}
