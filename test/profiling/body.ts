import type { ChunkBody } from "../../src/index.ts";

/** Takes its time over each chunk. */
export const add: ChunkBody = (chunk) => {
  const { count, sum } = chunk as unknown as { count: number; sum: { value: Float64Array } };
  for (let i = 0; i < count; i++) for (let k = 0; k < 200; k++) sum.value[i]! += k % 3;
};
