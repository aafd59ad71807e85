import {
  type ChunkBody,
  component,
  entity,
  event,
  f32,
  i32,
  resource,
  str,
  u32,
  without,
  write,
} from "../../src/index.ts";

/** The types and bodies of the tests of executors: this module is loaded by every thread. */
export const Position = component("Position", { x: f32, y: f32 });
export const Velocity = component("Velocity", { x: f32({ default: 1 }), y: f32 });
export const Energy = component("Energy", { left: i32({ default: 200 }) });
export const Follows = component("Follows", { whom: entity });
export const Tired = component("Tired");
export const Child = component("Child", { name: str, born: u32 });
export const Weather = resource("Weather", { wind: f32({ default: 0.25 }) });
export const Died = event("Died", { who: entity, at: f32 });

export const types = {
  components: [Position, Velocity, Energy, Follows, Tired, Child],
  resources: [Weather],
  events: [Died],
};

/** Moves by the wind and a random push. */
export const driftQuery = [write(Position), Velocity, without(Tired)] as const;
export const drift: ChunkBody<typeof driftQuery> = ({ count, entities, position, velocity }, context) => {
  const { wind } = context.world.resource(Weather);
  for (let i = 0; i < count; i++) {
    position.x[i]! += velocity.x[i]! + wind;
    position.y[i]! += velocity.y[i]! * context.random(entities[i]!) + context.randomBelow(3, entities[i]!, 1);
  }
};

/** Uses energy up; who has none leaves a child with a name, dies, or rests. */
export const tireQuery = [write(Energy)] as const;
export const tire: ChunkBody<typeof tireQuery> = (
  { count, entities, energy },
  { commands, randomBelow, tick, chunk },
) => {
  for (let i = 0; i < count; i++) {
    const who = entities[i]!;
    energy.left[i]! -= 1 + randomBelow(8, who);
    if (energy.left[i]! > 0) continue;
    const fate = randomBelow(3, who, 1);
    if (fate === 0) {
      const child = commands.spawn(
        Position,
        Velocity,
        [Energy, { left: 150 }],
        [Child, { name: `of ${who & 63}`, born: tick }],
      );
      commands.set(child, Position, { x: chunk });
      commands.despawn(who);
      commands.emit(Died, { who, at: tick });
    } else if (fate === 1) {
      commands.add(who, Tired);
      commands.set(who, Energy, { left: 90 });
    } else commands.despawn(who);
  }
};

/** Goes to where the one is that it follows, as far as that one still exists. */
export const followQuery = [write(Velocity), write(Follows)] as const;
export const follow: ChunkBody<typeof followQuery> = ({ count, velocity, follows }, { world }) => {
  for (let i = 0; i < count; i++) {
    const whom = follows.whom[i]!;
    if (whom === 0) continue;
    if (!world.isAlive(whom)) follows.whom[i] = 0;
    else if (world.has(whom, Energy)) velocity.x[i] = world.get(whom, Energy)!.left / 256;
  }
};

/** What goes wrong where the weather says so. */
export const trouble: ChunkBody<typeof tireQuery> = ({ energy }, { world, chunk }) => {
  const { wind } = world.resource(Weather);
  if (wind === 100 && chunk === 1) throw new RangeError("a broken rule");
  if (wind === 101 && chunk === 1) for (;;) energy.left[0] = 7;
  if (wind === 102 && chunk === 1) process.exit(3);
  if (wind === 103) (world as unknown as { get(entity: number, of: unknown): void }).get(1, Energy);
};
export const flood: ChunkBody<typeof tireQuery> = ({ count, entities }, { commands, world }) => {
  if (world.resource(Weather).wind === 0) return;
  for (let turn = 0; turn < 20; turn++) for (let i = 0; i < count; i++) commands.despawn(entities[i]!);
};
export const notABody = 3;
