import type { Loop, Node } from "../node.ts";
import type { Store } from "../program.ts";

/**
 * A part of the function that runs under a condition, or more or less often than the rows: `call` once, `group` for
 * each group of four rows, `loop` for each neighbour, `rare` where a condition holds in some lane.
 */
export class Region {
  readonly kind: "call" | "group" | "loop" | "rare";
  parent: Region | undefined;
  readonly depth: number;
  /** Of a `rare` one: it is a branch, whatever it weighs. */
  always = false;
  /** What is done in it, in order. */
  readonly steps: Step[] = [];

  constructor(kind: Region["kind"], parent?: Region) {
    this.kind = kind;
    this.parent = parent;
    this.depth = parent === undefined ? 0 : parent.depth + 1;
  }

  /** Whether it is within another, or the same. */
  isWithin(outer: Region): boolean {
    for (let at: Region | undefined = this; at !== undefined; at = at.parent) if (at === outer) return true;
    return false;
  }

  /** The innermost region that this and another are within. */
  common(other: Region): Region {
    let [x, y]: Region[] = [this, other];
    while (x!.depth > y!.depth) x = x!.parent;
    while (y!.depth > x!.depth) y = y!.parent;
    while (x !== y) {
      x = x!.parent;
      y = y!.parent;
    }
    return x!;
  }

  /** Whether it is within what is always a branch. */
  get isRare(): boolean {
    return this.always || this.parent?.isRare === true;
  }

  /** The loop that it is within. */
  loop(): Region | undefined {
    for (let at: Region | undefined = this; at !== undefined; at = at.parent) if (at.kind === "loop") return at;
    return;
  }
}

/** Compute a node into locals, store a value, run a loop, or do something if a condition holds in some lane. */
export type Step =
  | { readonly at: number; readonly node: Node }
  | { readonly at: number; readonly store: Store; readonly late: boolean }
  | { readonly at: number; readonly loop: Loop }
  | { readonly at: number; readonly branch: Branch };

/** Steps that are done if all tests hold in one lane of a group, and what they find out. */
export interface Branch {
  readonly at: number;
  readonly tests: readonly Test[];
  readonly steps: readonly Step[];
  readonly members: readonly Member[];
}

export interface Test {
  readonly condition: Node;
  /** Whether the condition holds, or does not. */
  readonly holds: boolean;
}

/** An operation whose operand `arm` matters only to lanes in which the tests of a branch hold. */
export interface Member {
  readonly node: Node;
  readonly arm: number;
}

/** Nodes first, then stores whose value is left to them, for it may hold the last read of others; then the other stores. */
export function inOrder(a: Step, b: Step): number {
  return a.at - b.at || rank(a) - rank(b);
}

function rank(step: Step): number {
  if ("node" in step) return 0;
  return "store" in step ? (step.late ? 3 : 2) : 1;
}
