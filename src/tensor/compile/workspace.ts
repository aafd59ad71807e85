import { BLOCK_ALIGNMENT } from "../arena.ts";
import type { Buffer } from "./buffer.ts";

/** From the first to the last instruction, by number, that touches a buffer. */
export interface Lifetime {
  readonly buffer: Buffer;
  readonly first: number;
  last: number;
}

/**
 * Gives each buffer an offset so that those that live at the same time are apart, and returns the bytes that they take
 * together: largest first, each at the lowest offset where it fits (greedy by size, as in "Efficient memory management for
 * deep neural net inference", Pisarchyk and Lee, 2020).
 */
export function planMemory(
  lifetimes: readonly Lifetime[],
  bytesOf: (buffer: Buffer) => number = (buffer) => buffer.bytes,
): number {
  const placed: Lifetime[] = [];
  let total = 0;
  const order = [...lifetimes].sort((a, b) => bytesOf(b.buffer) - bytesOf(a.buffer) || a.first - b.first);
  for (const lifetime of order) {
    const bytes = aligned(bytesOf(lifetime.buffer));
    const beside = placed
      .filter((other) => other.first <= lifetime.last && lifetime.first <= other.last)
      .sort((a, b) => a.buffer.offset - b.buffer.offset);
    let offset = 0;
    for (const other of beside) {
      if (other.buffer.offset - offset >= bytes) break;
      offset = Math.max(offset, other.buffer.offset + aligned(bytesOf(other.buffer)));
    }
    lifetime.buffer.offset = offset;
    placed.push(lifetime);
    total = Math.max(total, offset + bytes);
  }
  return total;
}

function aligned(bytes: number): number {
  return Math.max(BLOCK_ALIGNMENT, Math.ceil(bytes / BLOCK_ALIGNMENT) * BLOCK_ALIGNMENT);
}
