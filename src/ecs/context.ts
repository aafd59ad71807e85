import { randomBelow, randomFloat, streamOf } from "../core/prng.ts";
import { badArgument } from "./argument.ts";
import { Commands } from "./commands.ts";
import type { Component } from "./component.ts";
import type { Entity } from "./entities.ts";
import type { Query } from "./query.ts";
import type { System, SystemContext } from "./system.ts";
import type { Term } from "./term.ts";
import type { World } from "./world.ts";

/** What a system declared, as component ids. */
export interface Access {
  readonly system: string;
  readonly reads: ReadonlySet<number>;
  readonly writes: ReadonlySet<number>;
  readonly sets: ReadonlySet<number>;
}

/** Spacing of the streams of further draws: 2^32 divided by the golden ratio, odd. */
const DRAW_STRIDE = 0x9e3779b1;

/** The context of one system in one world; made once. */
export class Context implements SystemContext {
  readonly world: World;
  readonly query: Query;
  readonly queries: Readonly<Record<string, Query>>;
  readonly commands: Commands;
  readonly system: System;
  readonly access: Access;
  readonly #stream: number;
  #picked = new Int32Array(64);

  constructor(world: World, system: System) {
    const { query, queries, reads, writes, sets, name } = system;
    this.world = world;
    this.system = system;
    this.query = world.query(...(query ?? []));
    this.queries = Object.fromEntries(
      Object.entries(queries ?? {}).map(([key, terms]) => [key, world.query(...terms)]),
    );
    this.commands = new Commands(world.core, 0);
    this.#stream = streamOf(name);
    const { schema } = world.core;
    const terms = [...(query ?? []), ...Object.values(queries ?? {}).flat()];
    const ids = (list: readonly Component[]): number[] => list.map((component) => schema.idOf(component));
    this.access = {
      system: name,
      reads: new Set([...ids(reads ?? []), ...ids(terms.flatMap(readBy))]),
      writes: new Set([...ids(writes ?? []), ...ids(terms.flatMap(writtenBy))]),
      sets: new Set((sets ?? []).map((resource) => schema.idOf(resource.component, "resource"))),
    };
  }

  get tick(): number {
    return this.world.tick;
  }

  // Bound, so that systems can take the context apart.
  readonly random = (entity: Entity, draw = 0): number =>
    randomFloat(this.world.seed, (this.#stream + Math.imul(draw, DRAW_STRIDE)) | 0, this.world.tick, entity);

  readonly randomBelow = (n: number, entity: Entity, draw = 0): number =>
    randomBelow(n, this.world.seed, (this.#stream + Math.imul(draw, DRAW_STRIDE)) | 0, this.world.tick, entity);

  readonly sample = (query: Query<readonly Term[]>, probability: number, draw = 0): Int32Array => {
    const { core } = this.world;
    query.checkUse();
    if (!(probability >= 0 && probability <= 1)) throw badArgument("probability", probability, "a number from 0 to 1");
    const stream = (this.#stream + Math.imul(draw, DRAW_STRIDE)) >>> 0;
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
    case "anyOf":
      return term.components;
    case "related":
      return [term.relation];
    case "write":
      return [];
    default:
      return [term.component];
  }
}
