/** Words of a stream of commands that a list of so many entities and tickets takes: two in each. */
export function entityWords(count: number): number {
  return (count + 1) >>> 1;
}

/** A view of the list of `count` entities at a word of a stream. It is shorter if the stream ends before. */
export function entitiesAt({ buffer, byteOffset, length }: Float64Array, word: number, count: number): Int32Array {
  const room = Math.max(0, length - word) * 2;
  return new Int32Array(buffer, byteOffset + Math.min(word, length) * 8, Math.min(Math.max(0, count), room));
}
