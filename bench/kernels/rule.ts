import type { Component, Kernel, RunOptions, World } from "../../src/index.ts";
import type { NativeKernels } from "./addon.ts";

/** Values of all entities by component and field: what a chunk of a query has, in one piece. */
export type Columns = Readonly<Record<string, Readonly<Record<string, Column>>>>;
export type Column = Float32Array | Int32Array | Uint16Array;

/** Takes one turn. Turns count from 0 after each reset; most rules do the same in each. */
export type Loop<C> = (columns: C, count: number, turn: number) => void;

/** One rule of a game as a kernel and as whatever else can be written for it. */
export interface Rule<C extends Columns = Columns> {
  readonly name: string;
  /** What an entity has; a component's columns lie at its key. */
  readonly components: readonly Component[];
  /** Keys of the components that the rule changes: put back before every group of turns, checked after it. */
  readonly changes: readonly (keyof C & string)[];
  /** Columns of `count` entities, always the same, with what else loops look things up in. */
  readonly inputs: (count: number) => C;
  /** One for each turn, or one for all. */
  readonly kernels: () => readonly Kernel[];
  readonly uniforms: Readonly<Record<string, number>>;
  /** What the kernels need besides. Called when the world is filled. */
  readonly options?: (world: World) => RunOptions;
  /** JavaScript loops, the one first whose results are the right ones: all others are compared with it. */
  readonly loops: Readonly<Record<string, Loop<C>>>;
  /** Loops that are right to the bit, as the kernel then has to be. Without any the kernel may differ by the tolerance, too. */
  readonly exact: readonly string[];
  /** How far other results may be from the right ones, in parts of them, or absolutely below 1. */
  readonly tolerance: number;
  /** The same for a library that has lists of entities: arrays start with an element that nobody has. */
  readonly listed?: (columns: C, ids: ArrayLike<number>, turn: number) => void;
  /** The columns in the order in which native code takes them, and a turn of it. */
  readonly native?: {
    readonly columns: (columns: C, turn: number) => readonly Column[];
    readonly run: (addon: NativeKernels, count: number, columns: C) => void;
  };
  /** Give the entities another order before every group, so that no branch is taken in an order that was seen before. */
  readonly shuffled?: boolean;
  /**
   * Its kernels despawn, into commands that nobody applies; loops and native code put entities into the column `of` of
   * `list`, and how many there are into its column `length`.
   */
  readonly lists?: boolean;
}
