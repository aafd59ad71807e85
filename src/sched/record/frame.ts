import { type ErrorOperands, WorldloomError } from "../../core/errors.ts";
import { checksum } from "../../ecs/checksum.ts";
import { loadJobs } from "../../native/index.ts";

/**
 * A file of frames, each a kind and some bytes. Only appended to, so whatever ends the writer leaves whole frames and
 * at most the first bytes of one more. Words are u32, little-endian.
 *
 *     start  8 bytes magic, version, a check of the 12 bytes before
 *     frame  kind, bytes of the payload, checksum of the payload (low, high), a check of the 16 bytes before and of the
 *            number of the frame; the payload
 *
 * A check that is wrong in bytes that are all there is damage; bytes that are missing at the end are not.
 */
export const START_BYTES = 16;
const HEAD_BYTES = 20;

export interface FileType {
  /** Eight characters. */
  readonly magic: string;
  readonly version: number;
  /** What messages call it: `recording`. */
  readonly noun: string;
}

export interface Frame {
  readonly kind: number;
  readonly payload: Uint8Array<ArrayBufferLike>;
  /** Bytes of the file up to the end of the frame. */
  readonly end: number;
}

/** The bytes that a file of frames starts with. */
export function startOf({ magic, version }: FileType): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(START_BYTES);
  for (let i = 0; i < 8; i++) bytes[i] = magic.charCodeAt(i);
  const view = new DataView(bytes.buffer);
  view.setUint32(8, version, true);
  view.setUint32(12, wordCheck(bytes.subarray(0, 12), 0), true);
  return bytes;
}

/** What comes in front of the payload of frame `number`, counted from 0. */
export function frameHead(kind: number, payload: Uint8Array<ArrayBufferLike>, number: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(HEAD_BYTES);
  const view = new DataView(bytes.buffer);
  const [low, high] = checksum(loadJobs(), payload, 0, []);
  view.setUint32(0, kind, true);
  view.setUint32(4, payload.length, true);
  view.setUint32(8, low, true);
  view.setUint32(12, high, true);
  view.setUint32(16, wordCheck(bytes.subarray(0, 16), number), true);
  return bytes;
}

/**
 * The whole frames of a file; bytes of an unfinished one at the end are left out. Throws `bad-file` where bytes are not
 * what was written, `file-version`.
 */
export function framesOf(bytes: Uint8Array<ArrayBufferLike>, type: FileType): Frame[] {
  checkStart(bytes, type);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const frames: Frame[] = [];
  for (let at = START_BYTES; bytes.length - at >= HEAD_BYTES; ) {
    const number = frames.length;
    if (wordCheck(bytes.subarray(at, at + 16), number) !== view.getUint32(at + 16, true))
      throw damaged(type, number, at);
    const end = at + HEAD_BYTES + view.getUint32(at + 4, true);
    if (end > bytes.length) break;
    const payload = bytes.subarray(at + HEAD_BYTES, end);
    const [low, high] = checksum(loadJobs(), payload, 0, []);
    if (low !== view.getUint32(at + 8, true) || high !== view.getUint32(at + 12, true)) throw damaged(type, number, at);
    frames.push({ kind: view.getUint32(at, true), payload, end });
    at = end;
  }
  return frames;
}

/** A recording that cannot be what was written. */
export function badRecording(reason: string, operands: ErrorOperands = {}, cause?: unknown): WorldloomError {
  return new WorldloomError(
    "bad-file",
    `This is not a sound recording: ${reason}. Take another copy of it.`,
    { reason, ...operands },
    cause,
  );
}

function checkStart(bytes: Uint8Array<ArrayBufferLike>, { magic, version, noun }: FileType): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (bytes.length < START_BYTES)
    throw badRecording(`its start is missing: a ${noun} has at least ${START_BYTES} bytes`);
  for (let i = 0; i < 8; i++)
    if (bytes[i] !== magic.charCodeAt(i)) throw badRecording(`it does not start as a ${noun} does`);
  if (wordCheck(bytes.subarray(0, 12), 0) !== view.getUint32(12, true)) throw badRecording("its start is damaged");
  const found = view.getUint32(8, true);
  if (found === version) return;
  throw new WorldloomError(
    "file-version",
    `The ${noun} has version ${found} and this Worldloom reads version ${version}; ${found > version ? "update Worldloom" : "use the Worldloom that wrote it"}.`,
    { version: found, supported: version },
  );
}

function damaged({ noun }: FileType, number: number, at: number): WorldloomError {
  return badRecording(`frame ${number} of the ${noun}, at byte ${at}, is not what was written`, {
    frame: number,
    byte: at,
  });
}

/** FNV-1a over some bytes and a number. */
function wordCheck(bytes: Uint8Array<ArrayBufferLike>, number: number): number {
  let hash = 0x811c9dc5 ^ number;
  hash = Math.imul(hash, 0x01000193);
  for (let i = 0; i < bytes.length; i++) hash = Math.imul(hash ^ bytes[i]!, 0x01000193);
  return hash >>> 0;
}
