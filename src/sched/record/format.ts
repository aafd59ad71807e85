import type { FileType } from "./frame.ts";

export const recordingFile: FileType = { magic: "WLRECORD", version: 2, noun: "recording" };

/**
 * Frames of a recording: head; state; then a tick for each tick, with a state before the first tick after the world was
 * set to another one; at last an end, if the recorder was closed.
 *
 *     head   JSON: {@link RecordingHead}
 *     state  bytes of the save file, then the file packed against nothing
 *     tick   tick; bytes of what came in, then that; hash (low, high) and count of part words, or 0 0 0, then the parts;
 *            count of points, then for each: hash (low, high), bytes of the save file, bytes packed, and the file packed
 *            against that of the point before, the first against the last state; 0 0 where nothing changed
 *     end    tick; 0; the hash and its parts as in a tick
 */
export const frameKind = { head: 1, state: 2, tick: 3, end: 4 } as const;

/** What a recording says about what was recorded. */
export interface RecordingHead {
  /** Fingerprint of the schema, and everything declared. */
  readonly schema: number;
  readonly declared: readonly string[];
  readonly schedule: number;
  /** The names of the systems of each stage. */
  readonly stages: readonly (readonly string[])[];
  /** Fingerprint of the code of each system. */
  readonly code: Readonly<Record<string, number>>;
  readonly seed: number;
  /** The tick of the start. */
  readonly tick: number;
  readonly hashEvery: number;
  readonly fine: boolean;
  /** Which implementation of the jobs ran: for people, the result is the same. */
  readonly jobs: string;
  /** What the recorder was told besides. */
  readonly about: Readonly<Record<string, unknown>>;
}

export function hashWords(hash: string): readonly [low: number, high: number] {
  return [Number.parseInt(hash.slice(8), 16), Number.parseInt(hash.slice(0, 8), 16)];
}

export function hashText16(low: number, high: number): string {
  return high.toString(16).padStart(8, "0") + low.toString(16).padStart(8, "0");
}
