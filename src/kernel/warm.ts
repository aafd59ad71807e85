import { nowMs } from "../core/clock.ts";
import { Arena } from "../ecs/arena.ts";
import { type Component, component } from "../ecs/component.ts";
import { f32 } from "../ecs/field.ts";
import { isRelation } from "../ecs/relation.ts";
import { SpatialIndex } from "../ecs/spatial-index.ts";
import { type Term, write } from "../ecs/term.ts";
import { createWorld, type World } from "../ecs/world.ts";
import type { Kernel } from "./kernel.ts";

/** Runs between two looks at the clock. */
const RUNS = 40;
const ROUNDS_MIN = 6;
const LIMIT_MS = 120;
/** A round that takes this share of the slowest of the first ones ran the engine's best code. */
const FASTER = 0.5;
/** Full chunks of the world that is warmed up on. */
const CHUNKS = 4;

const Place = component("WarmingPlace", { x: f32, y: f32 });
const Apart = component("WarmingApart");

/**
 * Engines compile in a hurry at first, and replace the code of what runs often, in another thread. This runs a kernel on a
 * small world of its own, with the same chunks and kind of memory as `world`, until it has become much faster or that is not to be expected any more.
 * `world` stays as it is. Throws `arena-unsupported`, `arena-full`.
 */
export function warm(kernel: Kernel, { core }: World): void {
  const { components, events, resources, uniforms } = kernel.declaration;
  const parameters = kernel.declaration.parameters.map((parameter) => parameter.component);
  const needed = [...new Set([...parameters, ...kernel.terms.flatMap(present)])];
  const registered = new Set([...needed, ...components, ...kernel.terms.flatMap(mentioned)]);
  using world = createWorld({
    components: [...registered, Place, Apart],
    events: [...events],
    resources: [...resources],
    arena: new Arena({ shared: core.arena.memory.shared }),
    chunkRows: 1 << core.store.shift,
    checked: false,
    limits: { entities: Math.max(1 << 16, (CHUNKS + 1) << core.store.shift), events: (CHUNKS + 1) << core.store.shift },
  });
  const parts = [...needed.filter((one) => !isRelation(one)), Place];
  world.spawnMany(CHUNKS << core.store.shift, ...parts);
  // Chunks that are not full have code of their own.
  world.spawnMany((1 << core.store.shift) / 2, ...parts, Apart);
  const index = new SpatialIndex(world, { cell: 1, width: 64, height: 64 });
  for (const { count, warmingPlace } of world.query(write(Place)).chunks()) {
    for (let i = 0; i < count; i++) {
      warmingPlace.x[i] = (i * 7) % 64;
      warmingPlace.y[i] = (i * 11) % 61;
    }
  }
  index.build(world.query(Place), Place);
  const values = Object.fromEntries(
    Object.entries(uniforms).map(([name, type]) => [name, type === "bool" ? false : 0]),
  );
  const start = world.snapshot();
  const round = (): number => {
    const before = nowMs();
    for (let i = 0; i < RUNS; i++) {
      kernel.run(world, values as never, { index, interpreted: false });
      if (kernel.hasCommands) world.restore(start);
    }
    return nowMs() - before;
  };
  const began = nowMs();
  let slowest = 0;
  for (let rounds = 0, settled = 0; settled < 2 && nowMs() - began < LIMIT_MS; rounds++) {
    const took = round();
    if (rounds < ROUNDS_MIN) slowest = Math.max(slowest, took);
    else if (took < slowest * FASTER) settled++;
  }
  start.dispose();
  index.dispose();
}

/** Components that the entities of a query must have by a term, other than the parameters. */
function present(term: Term): readonly Component[] {
  if (term.is === "component") return [term];
  if (term.is === "anyOf") return term.components;
  return term.is === "changed" || term.is === "added" ? [term.component] : [];
}

/** All components that a term names. */
function mentioned(term: Term): readonly Component[] {
  if (term.is === "without") return [term.component];
  if (term.is === "related") return [term.relation];
  return term.is === "optional" ? [term.term.is === "write" ? term.term.component : term.term] : present(term);
}
