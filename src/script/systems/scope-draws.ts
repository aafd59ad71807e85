import { randomBits, streamOf } from "../../core/prng.ts";
import type { Entity } from "../host.ts";

/** How many numbers were drawn in a tick, by script and entity. */
export type DrawCounts = ReadonlyMap<string, ReadonlyMap<Entity, number>>;

/** Random numbers of scripts, counted through a tick by script and entity. */
export class Draws {
  readonly #streams = new Map<string, number>();
  readonly #counts = new Map<string, Map<Entity, number>>();
  readonly #bits = new Int32Array(2);
  #tick = -1;

  /** The next number in [0, 1), a multiple of 2^-53. */
  next(seed: number, tick: number, script: string, entity: Entity): number {
    if (tick !== this.#tick) this.restart(tick);
    let stream = this.#streams.get(script);
    if (stream === undefined) this.#streams.set(script, (stream = streamOf(`script ${script}`)));
    let counts = this.#counts.get(script);
    if (counts === undefined) this.#counts.set(script, (counts = new Map()));
    const draw = counts.get(entity) ?? 0;
    counts.set(entity, draw + 1);
    randomBits(this.#bits, seed, (stream + Math.imul(draw, 0x9e3779b1)) | 0, tick, entity);
    return ((this.#bits[0]! >>> 5) * 67_108_864 + (this.#bits[1]! >>> 6)) / 9_007_199_254_740_992;
  }

  /** Counts from 0 again. */
  restart(tick: number): void {
    this.#tick = tick;
    this.#counts.clear();
  }

  /** A copy of how many were drawn. */
  counts(): DrawCounts {
    return new Map([...this.#counts].map(([script, counts]) => [script, new Map(counts)]));
  }
  setCounts(counts: DrawCounts): void {
    this.#counts.clear();
    for (const [script, drawn] of counts) this.#counts.set(script, new Map(drawn));
  }
}
