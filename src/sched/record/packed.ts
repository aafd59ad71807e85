import { deflateRawSync, inflateRawSync } from "node:zlib";
import { badRecording } from "./frame.ts";

/** Of what changed little from the last state, this is fast and small; more effort gains little. */
const LEVEL = 1;

/** A save file as what differs from another one, compressed. */
export function packState(save: Uint8Array<ArrayBuffer>, base: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  return new Uint8Array(deflateRawSync(mixed(save, base), { level: LEVEL }));
}

/** The save file again, `length` bytes of it. Throws `bad-file`. */
export function unpackState(
  packed: Uint8Array<ArrayBufferLike>,
  length: number,
  base: Uint8Array<ArrayBuffer>,
): Uint8Array<ArrayBuffer> {
  let difference: Uint8Array<ArrayBuffer>;
  try {
    difference = new Uint8Array(inflateRawSync(packed, { maxOutputLength: Math.max(1, length) }));
  } catch (cause) {
    throw badRecording("a state in it cannot be unpacked", {}, cause);
  }
  if (difference.length !== length) throw badRecording("a state in it has another length than it says");
  return mixed(difference, base);
}

/** The exclusive or of two lists, as long as the first; both have whole words, as save files do. */
function mixed(bytes: Uint8Array<ArrayBuffer>, base: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  if (bytes.length % 4 !== 0) throw badRecording("a state in it is not made of words");
  const result = bytes.slice();
  const to = new Uint32Array(result.buffer);
  const from = new Uint32Array(base.buffer, 0, base.length >> 2);
  const count = Math.min(to.length, from.length);
  for (let i = 0; i < count; i++) to[i]! ^= from[i]!;
  return result;
}
