import { type ChunkBody, component, event, f32, i32, input, resource, write } from "../../src/index.ts";

/** The types and bodies of the tests of systems with modules. */
export const Position = component("Position", { x: f32 });
export const Velocity = component("Velocity", { x: f32({ default: 1 }) });
export const Order = component("Order", { of: i32 });
export const Score = resource("Score", { x: f32 });
export const Hit = event("Hit", { at: f32 });
export const Push = input("Push", { by: f32 });

export const types = {
  components: [Position, Velocity, Order],
  resources: [Score],
  events: [Hit],
  inputs: [Push],
};

export const moveQuery = [write(Position), Velocity] as const;
export const move: ChunkBody<typeof moveQuery> = ({ count, entities, position, velocity }, { random }) => {
  for (let i = 0; i < count; i++) position.x[i]! += velocity.x[i]! + random(entities[i]!);
};

/** A command for each row, in their order, and two at the start of each chunk. */
export const tell: ChunkBody<typeof moveQuery> = ({ count, position }, { commands, chunk }) => {
  commands.emit(Hit, { at: -chunk });
  commands.spawn([Order, { of: chunk }]);
  for (let i = 0; i < count; i++) commands.emit(Hit, { at: position.x[i]! });
};

/** What a body reads besides its chunk: what it asks for is told by the resource. */
export const look: ChunkBody<readonly [typeof Order]> = ({ entities, order }, { world, tick, seed, chunk }) => {
  const who = entities[0]!;
  switch (order.of[0]) {
    case 0:
      world.get(who, Velocity);
      break;
    case 1:
      world.resource(Score);
      break;
    case 2:
      world.events(Hit);
      break;
    case 3:
      world.get(who, Order);
      break;
    case 4:
      world.get(who + 1, Position);
      break;
    default:
      if (
        tick !== 1 ||
        seed !== 7 ||
        chunk !== 0 ||
        world.get(who, Position)?.x !== 3 ||
        !world.isAlive(who) ||
        world.has(who, Velocity) ||
        world.inputs(Push)[0]?.by !== 2
      )
        throw new Error("it sees something else");
  }
};

export const fail: ChunkBody = ({ count }, { chunk, commands }) => {
  commands.emit(Hit, { at: count });
  if (chunk === 1) throw new RangeError("on purpose");
};
export const number = 3;
