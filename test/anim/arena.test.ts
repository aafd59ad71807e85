import { expect, test } from "vitest";
import { AnimArena } from "../../src/anim.ts";

test("blocks are aligned, count as live until they are released, and are used again", () => {
  const arena = new AnimArena();
  const sizes = [1, 64, 65, 1000, 5000, 100_000];
  const blocks = sizes.map((bytes) => arena.allocate(bytes));
  expect(blocks.every(({ offset, bytes }, i) => offset % 64 === 0 && offset > 0 && bytes >= sizes[i]!)).toBe(true);
  expect(arena.live).toBe(6);
  for (const block of blocks) arena.release(block);
  expect([arena.live, arena.liveBytes]).toEqual([0, 0]);
  expect(arena.allocate(5000).offset).toBe(blocks[4]!.offset);
});

test("an arena says when it is full", () => {
  const arena = new AnimArena({ bytesMax: 1 << 17 });
  arena.allocate(60_000);
  expect(() => arena.allocate(80_000)).toThrow(expect.objectContaining({ code: "anim-memory" }));
  expect(arena.live).toBe(1);
});
