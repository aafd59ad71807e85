import { readFileSync } from "node:fs";
import { aboutFile } from "../../core/about-file.ts";
import { WorldloomError } from "../../core/errors.ts";
import { ByteReader } from "./bytes.ts";
import { frameKind, hashText16, type RecordingHead, recordingFile } from "./format.ts";
import { badRecording, type Frame, framesOf } from "./frame.ts";
import { unpackState } from "./packed.ts";
import type { Parts } from "./parts.ts";

/** The state after a stage, or before the first one. */
export interface RecordedPoint {
  readonly hash: string;
  /** The save file packed against that of the point before; undefined where nothing changed. */
  readonly packed: { readonly length: number; readonly bytes: Uint8Array<ArrayBufferLike> } | undefined;
}

export interface RecordedTick {
  readonly tick: number;
  /** The world was set to this save file before what came in. */
  readonly jump: (() => Uint8Array<ArrayBuffer>) | undefined;
  /** What came in before the tick, as bytes. */
  readonly incoming: Uint8Array<ArrayBufferLike>;
  /** The state hash after the tick, and what it is made of. */
  readonly check: RecordedCheck | undefined;
  readonly points: readonly RecordedPoint[];
}

export interface RecordedCheck {
  readonly hash: string;
  readonly parts: Parts;
}

/** A recording in memory. */
export interface Recording {
  readonly head: RecordingHead;
  readonly ticks: readonly RecordedTick[];
  /** The world was set to this save file after the last tick. */
  readonly jump: RecordedTick["jump"];
  /** The state after that as the recorder saw it when it was closed; undefined if it was not closed. */
  readonly end: { readonly tick: number; readonly check: RecordedCheck | undefined } | undefined;
  /** Bytes of an unfinished record at the end, which count for nothing; 0 if it was closed. */
  readonly bytesLost: number;
  /** The state that the first tick starts from, as a save file. */
  start(): Uint8Array<ArrayBuffer>;
}

const NOTHING = new Uint8Array(0);

/**
 * Reads a recording, from a file or from bytes, up to its last whole tick. Throws `file-io`, `file-version`, and
 * `bad-file` where it is not what was written or has no whole start.
 */
export function readRecording(from: string | Uint8Array<ArrayBufferLike>): Recording {
  if (typeof from === "string") return aboutFile(from, () => readBytes(readFile(from)));
  if (from instanceof Uint8Array) return readBytes(from);
  throw new WorldloomError("bad-argument", "A recording is read from a path or from a Uint8Array.");
}

/** The state at a point of a tick, as a save file: all points since the last whole state are unpacked. Throws `bad-file`. */
export function stateAt(recording: Recording, tick: RecordedTick, point: number): Uint8Array<ArrayBuffer> {
  let save = recording.start();
  for (const { jump, points } of recording.ticks) {
    if (jump !== undefined) save = jump();
    const isLast = points === tick.points;
    for (const { packed } of isLast ? points.slice(0, point + 1) : points)
      if (packed !== undefined) save = unpackState(packed.bytes, packed.length, save);
    if (isLast) break;
  }
  return save;
}

/** Throws `file-version`, `bad-file`. */
function readBytes(bytes: Uint8Array<ArrayBufferLike>): Recording {
  const frames = framesOf(bytes, recordingFile);
  const [first, second, ...rest] = frames;
  if (first?.kind !== frameKind.head || second?.kind !== frameKind.state)
    throw badRecording("it ends before its first tick could begin");
  const head = readHead(first);
  const ticks: RecordedTick[] = [];
  let end: Recording["end"];
  let jump: RecordedTick["jump"];
  for (const { kind, payload } of rest) {
    if (end !== undefined) throw badRecording("something follows its end");
    if (kind === frameKind.state) jump = stateOf(payload);
    else if (kind === frameKind.tick) {
      ticks.push(readTick(payload, jump));
      jump = undefined;
    } else if (kind === frameKind.end) end = readEnd(payload);
    else throw badRecording(`it has a record of kind ${kind}, which is unknown`);
  }
  const bytesLost = bytes.length - frames.at(-1)!.end;
  if (end !== undefined && bytesLost > 0) throw badRecording("something follows its end");
  return { head, ticks, jump, end, bytesLost, start: stateOf(second.payload) };
}

/** Reads a file. Throws `file-io`. */
function readFile(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new WorldloomError("file-io", `The recording ${path} cannot be read: ${reason}.`, { path }, cause);
  }
}

function readHead({ payload }: Frame): RecordingHead {
  let head: Partial<RecordingHead> | null;
  try {
    head = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(payload.slice()));
  } catch (cause) {
    throw badRecording("its head is not JSON", {}, cause);
  }
  const numbers = [head?.schema, head?.schedule, head?.seed, head?.tick, head?.hashEvery];
  const lists = [head?.declared, ...(Array.isArray(head?.stages) ? head.stages : [undefined])];
  if (
    numbers.every((value) => Number.isSafeInteger(value)) &&
    lists.every((value) => Array.isArray(value) && value.every((text) => typeof text === "string")) &&
    [head?.code, head?.about].every((value) => typeof value === "object" && value !== null)
  )
    return head as RecordingHead;
  throw badRecording("its head lacks what every recording says");
}

function stateOf(payload: Uint8Array<ArrayBufferLike>): () => Uint8Array<ArrayBuffer> {
  return () => {
    const reader = new ByteReader(payload);
    const length = reader.u32();
    return unpackState(reader.bytes(reader.left), length, NOTHING);
  };
}

function readTick(payload: Uint8Array<ArrayBufferLike>, jump: RecordedTick["jump"]): RecordedTick {
  const reader = new ByteReader(payload);
  const [tick, incoming, check] = [reader.u32(), reader.bytes(reader.u32()), readCheck(reader)];
  const points: RecordedPoint[] = [];
  for (let left = reader.u32(); left > 0; left--) {
    const hash = hashText16(reader.u32(), reader.u32());
    const [length, count] = [reader.u32(), reader.u32()];
    points.push({ hash, packed: length === 0 ? undefined : { length, bytes: reader.bytes(count) } });
  }
  return { tick, jump, incoming, check, points };
}

function readEnd(payload: Uint8Array<ArrayBufferLike>): NonNullable<Recording["end"]> {
  const reader = new ByteReader(payload);
  const tick = reader.u32();
  reader.bytes(reader.u32());
  return { tick, check: readCheck(reader) };
}

function readCheck(reader: ByteReader): RecordedCheck | undefined {
  const [low, high, count] = [reader.u32(), reader.u32(), reader.u32()];
  if (count === 0) return undefined;
  return { hash: hashText16(low, high), parts: reader.u32s(count) };
}
