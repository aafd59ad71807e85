import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { NO_PARENT } from "../../src/native/jobs.ts";
import type { Memory } from "../../src/native/memory.ts";
import { alone, expectSame, jobSets, pages } from "./both.ts";
import { anyF32 } from "./values.ts";

const LOCAL = 16_384;
const WORLD = 32_768;
const ROWS = 64;

/** Nodes as rows of a chunk of 64 rows: field f of row r is at base + (f * 64 + r) * 4. */
function describeNodes(memory: Memory, parents: readonly number[]): void {
  for (const [i, parent] of parents.entries())
    memory.u32.set([LOCAL + i * 4, ROWS * 4, WORLD + i * 4, ROWS * 4, parent], i * 5);
}

function setLocal(memory: Memory, node: number, local: readonly number[]): void {
  for (const [field, value] of local.entries()) memory.f32[LOCAL / 4 + field * ROWS + node] = value;
}

function world(memory: Memory, node: number): number[] {
  return Array.from({ length: 12 }, (_, field) => memory.f32[WORLD / 4 + field * ROWS + node]!);
}

describe.each(jobSets)("propagate (%s)", (_, jobs) => {
  test("composes translation, rotation and scale down a chain", () => {
    const memory = pages(1);
    describeNodes(memory, [NO_PARENT, 0, 1, NO_PARENT]);
    setLocal(memory, 0, [1, 0, 0, 0, 0, 1, 0, 2, 2, 2]); // half a turn about z
    setLocal(memory, 1, [3, 4, 5, 0, 0, 0, 1, 1, 1, 1]);
    setLocal(memory, 2, [1, 0, 0, 0, 0, 0, 1, 1, 1, 2]);
    setLocal(memory, 3, [7, 8, 9, 0, 0, 0, 1, 1, 1, 1]);
    jobs.propagate(memory, 0, 4);
    expect(world(memory, 0)).toEqual([-2, 0, 0, 1, 0, -2, 0, 0, 0, 0, 2, 0]);
    expect(world(memory, 1)).toEqual([-2, 0, 0, -5, 0, -2, 0, -8, 0, 0, 2, 10]);
    expect(world(memory, 2)).toEqual([-2, 0, 0, -7, 0, -2, 0, -8, 0, 0, 4, 10]);
    expect(world(memory, 3)).toEqual([1, 0, 0, 7, 0, 1, 0, 8, 0, 0, 1, 9]);
  });

  test.each([
    ["a node that is its own parent", [LOCAL, 256, WORLD, 256, 0], "parent", "order"],
    ["a parent that comes later", [LOCAL, 256, WORLD, 256, 1], "parent", "order"],
    ["world past the end", [LOCAL, 256, 65_536 - 11 * 256, 256, NO_PARENT], "world", "range"],
    ["local past the end", [0xfffffffc, 0xfffffffc, WORLD, 256, NO_PARENT], "local", "range"],
    ["an odd stride", [LOCAL, 257, WORLD, 256, NO_PARENT], "local", "alignment"],
    ["world in the list", [LOCAL, 256, 0, 256, NO_PARENT], "world", "overlap"],
    ["world over local", [LOCAL, 256, LOCAL + 512, 256, NO_PARENT], "local", "overlap"],
  ] as const)("refuses %s", (_, list, operand, reason) => {
    const memory = pages(1);
    memory.u32.set(list, 0);
    const act = () => jobs.propagate(memory, 0, 1);
    expect(act).toThrow(expect.objectContaining({ code: "job-input", operands: { operand, reason, span: 0 } }));
  });
});

test.skipIf(alone)("propagate: both job sets give the same bits", () => {
  const parents = fc.array(fc.nat(70), { maxLength: ROWS });
  fc.assert(
    fc.property(parents, fc.array(anyF32, { minLength: 640, maxLength: 640 }), (choices, values) => {
      expectSame(
        1,
        (memory) => {
          memory.u32.set(values, LOCAL / 4);
          describeNodes(
            memory,
            choices.map((choice, i) => (choice < i ? choice : NO_PARENT)),
          );
        },
        (jobs, memory) => jobs.propagate(memory, 0, choices.length),
      );
    }),
    { seed: 7, numRuns: 300 },
  );
});

test.skipIf(alone)("propagate: nodes whose memory overlaps are taken one after the other", () => {
  const node = fc.record({
    local: fc.nat(60),
    localStride: fc.nat(12),
    world: fc.nat(60),
    worldStride: fc.nat(12),
    parent: fc.nat(40),
    run: fc.integer({ min: 1, max: 40 }),
  });
  let ran = 0;
  fc.assert(
    fc.property(fc.array(node, { maxLength: 4 }), fc.nat(1), (nodes, apart) => {
      const records: number[] = [];
      for (const { local, localStride, world, worldStride, parent, run } of nodes) {
        for (let row = 0; row < run; row++) {
          const index = records.length / 5;
          const at = 8192 + (world + row) * 4 + apart * 2048;
          records.push(
            8192 + (local + row) * 4,
            localStride * 4,
            at,
            worldStride * 4,
            parent < index ? parent : NO_PARENT,
          );
        }
      }
      const outcome = expectSame(
        1,
        (memory) => {
          for (let i = 0; i < 1024; i++) memory.f32[2048 + i] = ((i * 37) % 64) / 64;
          memory.u32.set(records, 0);
        },
        (jobs, memory) => jobs.propagate(memory, 0, records.length / 5),
      );
      if ("result" in outcome && nodes.length > 1) ran++;
    }),
    { seed: 9, numRuns: 500 },
  );
  expect(ran).toBeGreaterThan(100);
});
