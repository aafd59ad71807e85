import { randomFloat } from "../core/prng.ts";
import { Arena } from "../ecs/arena.ts";
import { type Component, component } from "../ecs/component.ts";
import { f32 } from "../ecs/field.ts";
import { isRelation } from "../ecs/relation.ts";
import { SpatialIndex } from "../ecs/spatial-index.ts";
import { type Term, write } from "../ecs/term.ts";
import type { AnyArray } from "../ecs/views.ts";
import { createWorld, type World } from "../ecs/world.ts";
import type { Kernel } from "./kernel.ts";
import { unitOf } from "./modules.ts";
import { lenient } from "./runner.ts";

const Place = component("TrialPlace", { x: f32, y: f32 });
const Apart = component("TrialApart");

/** Runs of which all events have room, at least. */
const RUNS = 3;

/** A small world of a kernel's own, with chunks and memory like another world's, to run it on when nothing may change. */
export interface Trial extends Disposable {
  readonly world: World;
  readonly index: SpatialIndex;
}

/** `rows` entities in full chunks, and `apart`, if any, in a chunk that is not full. Throws `arena-unsupported`, `arena-full`. */
export function trialOf(kernel: Kernel, { core }: World, rows: number, apart: number): Trial {
  const { components, events, resources } = kernel.declaration;
  const { shift } = core.store;
  const needed = neededBy(kernel);
  // A row has each effect once at most.
  const effects = unitOf(kernel.declaration).lowered.effects.length;
  const world = createWorld({
    components: [...new Set([...needed, ...components, ...kernel.terms.flatMap(mentioned)]), Place, Apart],
    events: [...events],
    resources: [...resources],
    arena: new Arena({ shared: core.arena.memory.shared }),
    chunkRows: 1 << shift,
    checked: false,
    limits: {
      entities: Math.max(1 << 16, rows + apart + (1 << shift)),
      events: (rows + apart) * Math.max(1, effects) * RUNS,
    },
  });
  lenient.add(world);
  const parts = [...needed.filter((one) => !isRelation(one)), Place];
  world.spawnMany(rows, ...parts);
  if (apart > 0) world.spawnMany(apart, ...parts, Apart);
  const index = new SpatialIndex(world, { cell: 1, width: 64, height: 64 });
  for (const { count, trialPlace } of world.query(write(Place)).chunks()) {
    for (let i = 0; i < count; i++) {
      trialPlace.x[i] = (i * 7) % 64;
      trialPlace.y[i] = (i * 11) % 61;
    }
  }
  index.build(world.query(Place), Place);
  const close = (): void => {
    index.dispose();
    world.dispose();
  };
  return { world, index, [Symbol.dispose]: close };
}

/** Fills the columns of a kernel's components with numbers that are always the same, and entities. */
export function scatter(kernel: Kernel, { world }: Trial): void {
  const entities = [...world.query(Place).chunks()].flatMap(({ entities }) => [...entities]);
  for (const one of neededBy(kernel)) {
    if (isRelation(one) || one.columns.length === 0) continue;
    let stream = 0;
    for (const chunk of world.query(write(one)).chunks()) {
      const columns = (
        chunk as unknown as Record<string, Readonly<Record<string, AnyArray | Record<string, AnyArray>>>>
      )[one.key]!;
      for (const { field, axis, kind } of one.columns) {
        const column = columns[field]!;
        if (kind === "entity") choose(column as Int32Array, entities, stream++);
        else if (kind !== "str")
          fill(
            (axis === undefined ? column : (column as Record<string, AnyArray>)[axis]) as AnyArray,
            stream++,
            kind === "bool",
          );
      }
    }
  }
}

/** Rows that are alike, in the second half of each 32: what a condition decides, it decides for all of eight. */
const ALIKE = 16;

function drawn(stream: number, row: number): number {
  return randomFloat(1, stream, 0, row & ALIKE ? row & -ALIKE : row);
}

/** Small numbers of either sign and, one in 32, large ones; in columns of integers and truth values their remains. */
function fill(column: AnyArray, stream: number, isBool: boolean): void {
  const [low, high] = column instanceof Float32Array || column instanceof Float64Array ? [-4, 4] : [0, isBool ? 2 : 5];
  for (let i = 0; i < column.length; i++) {
    const value = low + (high - low) * drawn(stream, i);
    column[i] = i % 32 === 15 && low < 0 ? value * 1e6 : value;
  }
}

/** Entities from all over the world, and one in 32 that does not exist. */
function choose(column: Int32Array, entities: readonly number[], stream: number): void {
  for (let i = 0; i < column.length; i++) {
    const some = entities[Math.floor(drawn(stream, i) * entities.length)]!;
    column[i] = i % 32 === 15 ? some + 1_000_000 : some;
  }
}

/** Components that the rows of a kernel have. */
function neededBy({ declaration, terms }: Kernel): readonly Component[] {
  return [...new Set([...declaration.parameters.map((parameter) => parameter.component), ...terms.flatMap(present)])];
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
