import { component, entity } from "../../src/index.ts";
import { random } from "./random.ts";

/** Which entity a rule looks up. */
export const Chase = component("Chase", { of: entity });

/** Bits of an entity's index, as in a world of 2^20 entities. */
export const INDEX_BITS = 20;
export const INDEX_MASK = (1 << INDEX_BITS) - 1;
/** One target in so many does not exist any more. */
const STALE = 64;

export type Plane = { readonly x: Float32Array; readonly y: Float32Array };
/** By index of an entity: its generation and its row. */
type Entities = { readonly generation: Uint16Array; readonly row: Int32Array };
export type Targets = { readonly chase: { readonly of: Int32Array }; readonly entities: Entities };

/** Targets up to `reach` rows away from `count` entities. */
export function targetsOf(count: number, reach: number): Targets {
  const target = (i: number): number => {
    const away = Math.min(reach, count);
    const row = (i + Math.floor(random(i, 3) * away) - (away >> 1) + count) % count;
    return ((i % STALE === 0 ? 2 : 1) << INDEX_BITS) | row;
  };
  return {
    chase: { of: Int32Array.from({ length: count }, (_, i) => target(i)) },
    entities: { generation: new Uint16Array(count).fill(1), row: Int32Array.from({ length: count }, (_, i) => i) },
  };
}

/** Numbers in [0, 256) that are multiples of 1/16. */
export function placesOf(count: number, seed: number): Float32Array {
  return Float32Array.from({ length: count }, (_, i) => Math.floor(random(i, seed) * 4096) / 16);
}
