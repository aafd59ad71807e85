import { expectCount, expectInstance, expectList, expectOptions, said } from "../core/argument.ts";
import { WorldloomError } from "../core/errors.ts";
import { DISTANCE_STRAIGHT, DISTANCE_UNREACHABLE, distanceScratchBytes, FIELD_CELLS_MAX } from "../native/field.ts";
import { Derived } from "./derived.ts";
import { State } from "./state.ts";
import type { World } from "./world.ts";

export interface GridOptions {
  readonly width: number;
  readonly height: number;
  /** `width * height` cells, row by row: 1 is free, anything else blocked. */
  readonly cells: ArrayLike<number>;
  /** For each flow field the cells (`y * width + x`) that it leads to, at least one, all free. */
  readonly goals: readonly ArrayLike<number>[];
}

/**
 * An octile grid with a flow field for each of some sets of goals. Steps go to eight neighbours; a diagonal one needs
 * both orthogonal neighbours free. Derived memory: it is not part of the world's state; make it again after a load.
 */
export class FlowGrid {
  readonly world: World;
  readonly width: number;
  readonly height: number;
  readonly fieldCount: number;
  readonly #memory: Derived;
  readonly #fields: number;
  readonly #table: number;

  /** Throws `bad-argument`, `job-input`, `arena-full`. */
  constructor(world: World, options: GridOptions) {
    expectOptions(options, "options");
    const { width, height, cells, goals } = options;
    expectList(cells, "cells");
    expectList(goals, "goals");
    for (const field of goals) {
      expectList(field, "goals of a flow field");
      if (field.length === 0) throw new WorldloomError("bad-argument", "A flow field needs at least one goal.");
    }
    const size = sizeOf(width, height);
    if (cells.length !== size) {
      throw new WorldloomError(
        "bad-argument",
        `A grid of ${width} x ${height} has ${size} cells, not ${cells.length}.`,
        { cells: cells.length },
      );
    }
    expectInstance(world, State, "world", "a world");
    const { core } = world;
    const { memory } = core.arena;
    this.world = world;
    this.width = width;
    this.height = height;
    this.fieldCount = goals.length;
    this.#memory = new Derived(core.arena);
    const stride = (size + 63) & ~63;
    this.#memory.reserve(stride * (1 + goals.length) + goals.length * 4);
    this.#fields = this.#memory.offset + stride;
    this.#table = this.#fields + stride * goals.length;
    for (let i = 0; i < size; i++) memory.u8[this.#memory.offset + i] = cells[i] === 1 ? 1 : 0;
    const work = new Derived(core.arena);
    try {
      goals.forEach((field, f) => {
        const goalBytes = (field.length * 4 + 63) & ~63;
        const outBytes = (size * 4 + 63) & ~63;
        work.reserve(goalBytes + outBytes + distanceScratchBytes(width, height));
        memory.u32.set(
          Array.from(field, (cell) => this.#checkCell(cell)),
          work.offset >>> 2,
        );
        const distances = work.offset + goalBytes;
        core.jobs.distanceField(
          memory,
          this.cells,
          width,
          height,
          work.offset,
          field.length,
          distances,
          distances + outBytes,
        );
        core.jobs.flowField(memory, this.cells, width, height, distances, this.#fields + f * stride);
        memory.u32[(this.#table >>> 2) + f] = this.#fields + f * stride;
      });
    } catch (error) {
      this.#memory.dispose();
      throw error;
    } finally {
      work.dispose();
    }
  }

  /** Byte offsets in the arena, for jobs. */
  get cells(): number {
    return this.#memory.offset;
  }
  get table(): number {
    return this.#table;
  }

  /** The flow field with that number: a direction code for each cell, see `flowStepX`; 8 is the goal, 255 no way. */
  field(number: number): Uint8Array {
    if (!Number.isInteger(number) || number < 0 || number >= this.fieldCount) {
      throw new WorldloomError(
        "bad-argument",
        `The grid has ${this.fieldCount} flow fields, and none with the number ${said(number)}.`,
        { number },
      );
    }
    const size = this.width * this.height;
    const start = this.#fields + number * ((size + 63) & ~63);
    return this.world.core.arena.memory.u8.subarray(start, start + size);
  }

  dispose(): void {
    this.#memory.dispose();
  }

  #checkCell(cell: number): number {
    if (Number.isInteger(cell) && cell >= 0 && cell < this.width * this.height) return cell;
    throw new WorldloomError("bad-argument", `Cell ${cell} is outside a grid of ${this.width} x ${this.height}.`, {
      cell,
    });
  }
}

/** The cells of a grid. Throws `bad-argument`. */
function sizeOf(width: number, height: number): number {
  expectCount(width, "width of a grid");
  expectCount(height, "height of a grid");
  const size = width * height;
  if (size >= 1 && size <= FIELD_CELLS_MAX) return size;
  throw new WorldloomError("bad-argument", `A grid has 1 to ${FIELD_CELLS_MAX} cells, not ${width} x ${height}.`, {
    width,
    height,
  });
}

/**
 * Lengths, in cells, of the shortest paths from every cell of an octile grid to the nearest goal; Infinity where there is
 * none. Exact to 2e-12. Throws `bad-argument`, `job-input`, `arena-full`.
 */
export function pathLengths(
  world: World,
  options: Omit<GridOptions, "goals"> & { readonly goals: ArrayLike<number> },
): Float64Array {
  expectOptions(options, "options");
  const { width, height, cells, goals } = options;
  expectList(cells, "cells");
  expectList(goals, "goals");
  expectInstance(world, State, "world", "a world");
  const { core } = world;
  const size = sizeOf(width, height);
  if (cells.length !== size) {
    throw new WorldloomError(
      "bad-argument",
      `A grid of ${width} x ${height} needs as many cells, 1 to ${FIELD_CELLS_MAX}.`,
      { width, height },
    );
  }
  const work = new Derived(core.arena);
  try {
    const [gridBytes, goalBytes, outBytes] = [(size + 63) & ~63, (goals.length * 4 + 63) & ~63, (size * 4 + 63) & ~63];
    work.reserve(gridBytes + goalBytes + outBytes + distanceScratchBytes(width, height));
    const { memory } = core.arena;
    const [grid, goalsAt] = [work.offset, work.offset + gridBytes];
    const out = goalsAt + goalBytes;
    for (let i = 0; i < size; i++) memory.u8[grid + i] = cells[i] === 1 ? 1 : 0;
    for (let i = 0; i < goals.length; i++) memory.u32[(goalsAt >>> 2) + i] = goals[i]!;
    core.jobs.distanceField(memory, grid, width, height, goalsAt, goals.length, out, out + outBytes);
    return Float64Array.from(memory.u32.subarray(out >>> 2, (out >>> 2) + size), (distance) =>
      distance === DISTANCE_UNREACHABLE ? Number.POSITIVE_INFINITY : distance / DISTANCE_STRAIGHT,
    );
  } finally {
    work.dispose();
  }
}
