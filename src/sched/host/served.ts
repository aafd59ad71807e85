import { badArgument } from "../../core/argument.ts";
import type { Loop, LoopTick } from "../loop.ts";
import type { Simulation } from "../simulation.ts";
import { continueFrom, eventNamed, inputNamed, resourceNamed, typeNamed } from "./named.ts";
import type { Calls, Told } from "./protocol.ts";
import { rowsOf } from "./rows.ts";

const STEPS_MAX = 0x7fff_ffff;

/** Does in the worker what the host asks of its world. `tell` sends what the host did not ask for. */
export function served(simulation: Simulation, loop: Loop, tell: (told: Told) => void): Calls {
  const { world } = simulation;
  let ticksFollowed = false;
  /** The tick up to which events were told, by type. */
  const toldUpTo = new Map<string, number>();
  let [stepMs, stepMsMax] = [0, 0];

  const ticked = (tick: LoopTick): void => {
    stepMs = tick.stepMs;
    stepMsMax = Math.max(stepMsMax, stepMs);
    const events: Record<string, readonly object[]> = {};
    for (const [name, upTo] of toldUpTo) {
      const news = world.events(eventNamed(world, name)).filter((event) => event.tick > upTo);
      if (news.length > 0) events[name] = news;
      toldUpTo.set(name, tick.tick);
    }
    if (ticksFollowed) tell({ is: "ticked", tick, events });
    else if (Object.keys(events).length > 0) tell({ is: "ticked", events });
  };
  loop.onTick(ticked);
  simulation.keep({
    jumped() {
      for (const name of toldUpTo.keys()) toldUpTo.set(name, world.tick);
    },
  });

  return {
    ping() {},
    step(count) {
      if (!Number.isInteger(count) || count < 1 || count > STEPS_MAX)
        throw badArgument("count", count, `an integer from 1 to ${STEPS_MAX}`);
      for (let n = 0; n < count; n++) loop.step();
      return simulation.tick;
    },
    start: () => loop.start(),
    pause: () => loop.pause(),
    speed(speed) {
      loop.speed = speed;
    },
    input: (type, values) => simulation.input(inputNamed(world, type), values),
    query: (columns, having, without) => rowsOf(world, columns, having, without),
    get: (entity, component) => world.get(entity, typeNamed(world, component, "component").component),
    resource: (name) => world.resource(resourceNamed(world, name)),
    hash: () => world.hash(),
    snapshot: () => world.save(),
    restore: (bytes) => continueFrom(simulation, bytes),
    metrics: () => ({
      ...world.metrics(),
      state: loop.state,
      speed: loop.speed,
      ticks: loop.ticks,
      overruns: loop.overruns,
      behindMs: loop.behindMs,
      stepMs,
      stepMsMax,
      jobs: world.jobs,
      executor: simulation.executor.name,
      threads: simulation.executor.threads,
    }),
    followTicks(on) {
      ticksFollowed = on;
    },
    followEvents(type, on) {
      eventNamed(world, type);
      if (!on) toldUpTo.delete(type);
      else if (!toldUpTo.has(type)) toldUpTo.set(type, world.tick);
    },
    async close() {
      await loop.stop();
      await simulation.close();
    },
  };
}
