import { nowMs } from "../core/clock.ts";
import type { Arena } from "../ecs/arena.ts";
import { type SpatialOptions, spatialBytes, spatialHeader, spatialInit } from "../native/spatial.ts";
import { chunkRecord, entityTable, frameOf } from "./frame.ts";
import type { Unit } from "./modules.ts";
import { type Program, valueBytes } from "./program.ts";

/** Chunks a call: all the same, made of zeros. */
const CHUNKS = 64;
/** Entities near one another, for programs that visit neighbours. */
const CROWD = 256;
const ROUNDS_MAX = 400;
const LIMIT_MS = 100;
/** A round that takes this share of the time of the first ones ran better code. */
const FASTER = 0.55;
/** Rounds to go on for after that, and in which nothing has to change before one gives up. */
const ROUNDS_AFTER = 3;

/**
 * Runs a unit's code on rows of zeros in scratch memory until the engine has replaced its first, hurried code by its best:
 * until it has become much faster, or that is not to be expected any more. Changes no world. Throws `arena-full`.
 */
export function warm(unit: Unit, arena: Arena, shift: number): void {
  const code = unit.code(arena.memory, shift);
  const { full, part } = unit.bindings(shift);
  const near = unit.lowered.program.nodes.some(({ op }) => op === "result");
  if (!near) settle(code.full, layOut(unit.lowered.program, arena, shift, full.pointers, near));
  settle(code.part, layOut(unit.lowered.program, arena, shift, part.pointers, near));
}

interface Layout {
  readonly list: number;
  readonly frame: number;
  readonly count: number;
  /** Makes room again for what calls append. */
  readonly rewind: () => void;
}

function settle(run: (list: number, count: number, frame: number) => void, layout: Layout): void {
  const start = nowMs();
  let first = Number.POSITIVE_INFINITY;
  let left = ROUNDS_MAX;
  for (let round = 0; left > 0 && nowMs() - start < LIMIT_MS; round++, left--) {
    layout.rewind();
    const before = nowMs();
    run(layout.list, layout.count, layout.frame);
    const took = nowMs() - before;
    if (round < 4) first = Math.min(first, took);
    else if (took < first * FASTER) left = Math.min(left, ROUNDS_AFTER);
  }
}

/** A call over one chunk of zeros, listed again and again. */
function layOut(program: Program, arena: Arena, shift: number, pointers: number, near: boolean): Layout {
  const rows = 1 << shift;
  const frame = frameOf(program);
  const { memory } = arena;
  const widest = program.buffers.reduce((sum, { lanes }) => sum + lanes * 8, 8);
  const zeros = widest * rows;
  const lists = program.appends.flatMap(({ values }) =>
    values.map(({ type }) => CHUNKS * rows * valueBytes(type) + 64),
  );
  const shape: SpatialOptions = { cell: 1, width: 1, height: 1, capacity: CROWD };
  const parts = [
    frame.bytes,
    CHUNKS * (chunkRecord.pointers + pointers) * 4,
    CHUNKS * program.folds.length * 8,
    zeros,
    4096 + CROWD * 8,
    near ? spatialBytes(shape) : 0,
    ...lists,
  ];
  const base = arena.scratch(parts.reduce((sum, bytes) => sum + aligned(bytes), 0));
  const starts: number[] = [];
  parts.reduce((at, bytes) => {
    starts.push(at);
    return at + aligned(bytes);
  }, base);
  memory.fill(base, 0, starts[5]! - base);
  const [, list, partials, data, table, index] = starts as [number, number, number, number, number, number];
  const { i32, u16, u32 } = memory;
  for (let c = 0; c < CHUNKS; c++) {
    const word = (list >>> 2) + c * (chunkRecord.pointers + pointers);
    i32[word + chunkRecord.rows] = rows;
    for (let p = chunkRecord.entities; p < chunkRecord.pointers + pointers; p++) i32[word + p] = data;
  }
  i32[(base + frame.entities) >>> 2] = table;
  frame.gathers.forEach((gather) => {
    i32[(base + gather) >>> 2] = table;
  });
  if (near) {
    spatialInit(memory, index, shape);
    const start = u32[(index >>> 2) + spatialHeader.cellStart]! >>> 2;
    u32.set([0, CROWD, CROWD], start);
    u32[(index >>> 2) + spatialHeader.count] = CROWD;
    const words = table >>> 2;
    i32[words + entityTable.indexBits] = 16;
    i32[words + entityTable.indices] = CROWD;
    i32[words + entityTable.shift] = shift;
    i32[words + entityTable.tables] = 1;
    const [generations, tables, places] = [table + 1024, table + 1024 + CROWD * 2, table + 1024 + CROWD * 4];
    i32.set([generations, tables, places], words + entityTable.chunks);
    i32[(base + frame.index) >>> 2] = index;
    i32[((base + frame.index) >>> 2) + 1] = table + 512;
    const entities = u32[(index >>> 2) + spatialHeader.entity]! >>> 2;
    const [xs, ys] = [spatialHeader.x, spatialHeader.y].map((at) => u32[(index >>> 2) + at]!) as [number, number];
    memory.fill(xs, 0, CROWD * 4);
    memory.fill(ys, 0, CROWD * 4);
    for (let i = 0; i < CROWD; i++) {
      i32[entities + i] = (1 << 16) | i;
      u16[(generations >>> 1) + i] = 1;
      i32[(places >>> 2) + i] = i % rows;
    }
  }
  const rewind = (): void => {
    i32[(base + frame.folds) >>> 2] = partials;
    program.appends.forEach(({ values }, a) => {
      const word = (base + frame.appends[a]!) >>> 2;
      i32[word] = 0;
      const before = program.appends.slice(0, a).reduce((sum, append) => sum + append.values.length, 0);
      values.forEach((_, v) => {
        i32[word + 1 + v] = starts[6 + before + v]!;
      });
    });
  };
  return { list, frame: base, count: near ? 1 : CHUNKS, rewind };
}

function aligned(bytes: number): number {
  return (bytes + 63) & ~63;
}
