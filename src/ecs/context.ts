import { badArgument, expectInstance, expectList } from "../core/argument.ts";
import { WorldloomError } from "../core/errors.ts";
import { belowOf, randomBelow, randomFloat, streamOf } from "../core/prng.ts";
import { runChecked } from "./checked.ts";
import { ChunkScope, checkBelow, DRAW_STRIDE } from "./chunk-context.ts";
import { Commands } from "./commands.ts";
import type { Component } from "./component.ts";
import type { Entity } from "./entities.ts";
import type { Lanes } from "./lanes.ts";
import { Query } from "./query.ts";
import type { Role, SchemaSet } from "./schema.ts";
import type { System, SystemContext } from "./system.ts";
import type { Term } from "./term.ts";
import { tickFailed } from "./tick.ts";
import type { World } from "./world.ts";

/** What a system declared, as component ids. */
export interface Access {
  readonly system: string;
  /** What it may read of any entity. What its queries name it reads through them only. */
  readonly reads: ReadonlySet<number>;
  readonly writes: ReadonlySet<number>;
  readonly sets: ReadonlySet<number>;
  readonly gets: ReadonlySet<number>;
  readonly emits: ReadonlySet<number>;
  readonly hears: ReadonlySet<number>;
}

/** The context of one system in one world; made once. */
export class Context implements SystemContext {
  readonly world: World;
  readonly query: Query;
  readonly queries: Readonly<Record<string, Query>>;
  readonly commands: Commands;
  readonly system: System;
  readonly access: Access;
  /** Components whose columns queries may hand out to it for reading. */
  readonly columns: ReadonlySet<number>;
  /** Whether a schedule takes it to touch nothing but the entities of its one query. */
  readonly bounded: boolean;
  /** Which random numbers are its own. */
  readonly stream: number;
  /** What its module's body gets, on this thread. */
  readonly scope: ChunkScope;
  /** Whether it runs in this tick. */
  due = true;
  /** While it decides that: then it may look at everything, and write nothing. */
  asking = false;
  readonly merged: Commands[] = [];
  /** Set by the executor that runs it. */
  lanes: Lanes | undefined;
  #picked = new Int32Array(64);
  #drawn = new Float64Array(64);

  constructor(world: World, system: System) {
    const { query, queries, reads = [], writes = [], name } = system;
    this.world = world;
    this.system = system;
    this.query = world.query(...(query ?? []));
    this.queries = Object.fromEntries(
      Object.entries(queries ?? {}).map(([key, terms]) => [key, world.query(...terms)]),
    );
    this.commands = new Commands(world.core, 0);
    this.stream = streamOf(name);
    this.access = accessOf(world.core.schema, system);
    this.columns = columnsOf(world.core.schema, system);
    this.bounded = reads.length + writes.length + Object.keys(queries ?? {}).length === 0;
    this.scope = new ChunkScope(world.core, this.access, this.stream);
  }

  get tick(): number {
    return this.world.tick;
  }

  /** Says whether the system runs in this tick, and forgets what it recorded before. Throws `tick-failed`. */
  decide(tick: number, checked = false): void {
    const { every, offset, when } = this.system;
    if (this.commands.count > 0) this.commands.clear();
    this.scope.clear();
    this.due =
      (every === undefined || tick % every === (offset ?? 0)) && (when === undefined || this.#ask(when, checked));
  }

  #ask(when: (world: World) => boolean, checked: boolean): boolean {
    const { core } = this.world;
    core.running = this;
    core.busy++;
    this.asking = true;
    try {
      let answer: unknown;
      if (checked) runChecked(core, this, () => (answer = when(this.world)));
      else answer = when(this.world);
      if (typeof answer !== "boolean")
        throw badArgument(`what when of system ${this.system.name} says`, answer, "true or false");
      if (this.commands.count === 0) return answer;
      throw new WorldloomError(
        "structure-locked",
        `The condition of system ${this.system.name} changes the world; leave that to its body.`,
        { system: this.system.name },
      );
    } catch (cause) {
      throw tickFailed(core, this.system.name, cause);
    } finally {
      this.asking = false;
      core.busy--;
      core.running = undefined;
    }
  }

  /** The buffers with commands, in their order: those of the system, then those of its chunks. */
  recorded(): readonly Commands[] {
    const { commands, scope, merged } = this;
    if (merged.length > 0) merged.length = 0;
    if (commands.count > 0) merged.push(commands);
    const { gathered, buffers, filled } = scope;
    if (gathered !== undefined) merged.push(...gathered);
    else for (let b = 0; b < filled; b++) merged.push(buffers[b]!);
    return merged;
  }

  // Bound, so that systems can take the context apart.
  readonly random = (entity: Entity, draw = 0): number =>
    randomFloat(this.world.seed, (this.stream + Math.imul(draw, DRAW_STRIDE)) | 0, this.world.tick, entity);

  readonly randomBelow = (n: number, entity: Entity, draw = 0): number => {
    checkBelow(n);
    return randomBelow(n, this.world.seed, (this.stream + Math.imul(draw, DRAW_STRIDE)) | 0, this.world.tick, entity);
  };

  readonly randomBelowMany = (n: number, entities: ArrayLike<Entity>, draw = 0): Float64Array => {
    checkBelow(n);
    expectList(entities, "entities");
    const { core } = this.world;
    const { length } = entities;
    const ids = core.arena.scratch(length * 12);
    const out = ids + length * 4;
    const { memory } = core.arena;
    const { i32 } = memory;
    i32.set(entities, ids >>> 2);
    const stream = (this.stream + Math.imul(draw, DRAW_STRIDE)) >>> 0;
    core.jobs.random(memory, out, ids, length, core.store.seed, stream, core.store.tick);
    if (this.#drawn.length < length) this.#drawn = new Float64Array(length * 2);
    const drawn = this.#drawn.subarray(0, length);
    for (let i = 0, word = out >>> 2; i < length; i++, word += 2) drawn[i] = belowOf(n, i32[word]!, i32[word + 1]!);
    return drawn;
  };

  readonly sample = (query: Query<readonly Term[]>, probability: number, draw = 0): Int32Array => {
    const { core } = this.world;
    expectInstance(query, Query, "query", "a query of a world");
    query.checkUse();
    if (!(probability >= 0 && probability <= 1)) throw badArgument("probability", probability, "a number from 0 to 1");
    const stream = (this.stream + Math.imul(draw, DRAW_STRIDE)) >>> 0;
    let [spans, rows] = [0, 0];
    for (const { table } of query.matches) {
      spans += table.usedChunks;
      rows += table.rows;
    }
    const list = core.arena.scratch(spans * 8 + rows * 4);
    const out = list + spans * 8;
    const { memory } = core.arena;
    const words = memory.i32;
    let at = list >>> 2;
    for (const { table } of query.matches) {
      for (let k = 0, n = table.usedChunks; k < n; k++) {
        words[at++] = table.blockOf(table.columns[0]!, k) * 64;
        words[at++] = table.rowsOf(k);
      }
    }
    const { seed, tick } = core.store;
    const count = core.jobs.sample(memory, list, spans, seed, stream, tick, probability, out, rows);
    if (this.#picked.length < count) this.#picked = new Int32Array(count * 2);
    const picked = this.#picked.subarray(0, count);
    picked.set(words.subarray(out >>> 2, (out >>> 2) + count));
    return picked;
  };
}

/** Throws `component-unknown`, `bad-argument`. */
export function accessOf(schema: SchemaSet, system: System): Access {
  const { query, queries, reads, writes, sets, gets, emits, hears, name } = system;
  const terms = [...(query ?? []), ...Object.values(queries ?? {}).flat()];
  const ids = (list: readonly Component[]): number[] => list.map((component) => schema.idOf(component));
  const of = (role: Role, list: readonly { readonly component: unknown }[] = []): Set<number> =>
    new Set(list.map(({ component }) => schema.idOf(component as Component, role)));
  return {
    system: name,
    reads: new Set(ids(reads ?? [])),
    writes: new Set([...ids(writes ?? []), ...ids(terms.flatMap(writtenBy))]),
    sets: of("resource", sets),
    gets: of("resource", gets),
    emits: of("event", emits),
    hears: of("event", hears),
  };
}

/** Throws `component-unknown`. */
function columnsOf(schema: SchemaSet, { query, queries, reads, writes }: System): ReadonlySet<number> {
  const terms = [...(query ?? []), ...Object.values(queries ?? {}).flat()];
  const components = [...(reads ?? []), ...(writes ?? []), ...terms.flatMap(readBy), ...terms.flatMap(writtenBy)];
  return new Set(components.map((component) => schema.idOf(component)));
}

function writtenBy(term: Term): Component[] {
  if (term.is === "write") return [term.component];
  return term.is === "optional" && term.term.is === "write" ? [term.term.component] : [];
}

function readBy(term: Term): readonly Component[] {
  switch (term.is) {
    case "component":
      return [term];
    case "optional":
      return term.term.is === "write" ? [] : [term.term];
    case "related":
      return [term.relation];
    case "changed":
    case "added":
      return [term.component];
    default:
      return [];
  }
}
