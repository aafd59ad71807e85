import { elementCode } from "../native/element.ts";
import type { Jobs } from "../native/jobs.ts";
import { Memory, PAGE_BYTES } from "../native/memory.ts";

/** Bytes that are digested at once; part of what the checksum is. */
const SEGMENT_BYTES = 1 << 18;
/** Where the stage has the list of spans, the digest and the bytes. */
const LIST = 0;
const OUT = 16;
const BYTES = 64;

let stage: Memory | undefined;

/**
 * 64 bits, as two words, over `bytes` from `from` on and over `words`: the digests of segments, folded in order. Finds
 * accidents, not forgers. The same with either job set.
 */
export function checksum(
  jobs: Jobs,
  bytes: Uint8Array<ArrayBufferLike>,
  from: number,
  words: readonly number[],
): readonly [low: number, high: number] {
  stage ??= newStage();
  let low = 0x6a09e667;
  let high = 0xbb67ae85;
  const fold = (word: number): void => {
    low = Math.imul(low ^ word, 0x9e3779b1);
    low ^= low >>> 15;
    high = Math.imul(high + word, 0x85ebca6b) ^ low;
    high = (high << 13) | (high >>> 19);
  };
  for (const word of words) fold(word);
  for (let at = from; at < bytes.length; at += SEGMENT_BYTES) {
    const count = Math.min(SEGMENT_BYTES, bytes.length - at);
    stage.u8.set(bytes.subarray(at, at + count), BYTES);
    stage.u32.set([BYTES, count, elementCode.u8], LIST);
    jobs.hash(stage, LIST, 1, OUT);
    fold(stage.i32[OUT / 4]!);
    fold(stage.i32[OUT / 4 + 1]!);
  }
  return [low >>> 0, high >>> 0];
}

/** Memory that jobs can read: only they digest at the speed of the machine. */
function newStage(): Memory {
  const pages = Math.ceil((SEGMENT_BYTES + BYTES) / PAGE_BYTES);
  const memory = new Memory({ bytesMax: pages * PAGE_BYTES, shared: false });
  memory.grow(pages);
  return memory;
}
