import { frameLookups } from "../frame.ts";
import { Graph } from "../graph.ts";
import type { Node } from "../node.ts";
import type { Buffer, Program } from "../program.ts";
import { operands, type Plan, planOf } from "./plan.ts";
import { pairsOf } from "./wide.ts";

/** Two programs in the place of one. Buffers behind those of the program are what `lookups` finds and `rest` goes on with. */
export interface Split {
  readonly lookups: Plan;
  readonly rest: Plan;
}

/** Operations from which on the rest gains more by longer vectors than it costs to put aside what was looked up. */
const WORK_MIN = 8;

/**
 * A program that looks at other entities, as one that only does that and one that does the rest, which can then have vectors of
 * 256 bits. Undefined where the rest cannot, or is next to nothing.
 */
export function splitOf(program: Program, dear?: number): Split | undefined {
  const { buffers, folds, appends } = program;
  const found = frameLookups(program);
  if (found.length === 0) return;
  // The same with loads for lookups. Users come after their operands.
  const known = new Map<Node, Node>();
  for (const node of program.nodes) {
    if (found.includes(node)) {
      known.set(node, { ...node, op: "load", args: [], value: (buffers.length + found.indexOf(node)) << 16 });
    } else {
      const args = node.args.map((arg) => known.get(arg)!);
      known.set(node, args.every((arg, i) => arg === node.args[i]) ? node : { ...node, args });
    }
  }
  const of = (node: Node): Node => known.get(node)!;
  const stores = program.stores.map((store) => ({ ...store, value: of(store.value) }));
  const restFolds = folds.map((fold) => ({ ...fold, mask: of(fold.mask), value: of(fold.value) }));
  const restAppends = appends.map(({ mask, values }) => ({ mask: of(mask), values: values.map(of) }));
  const graph = new Graph();
  const nodes = graph.reached(stores, restFolds, restAppends);
  const needed = found.filter((node) => nodes.includes(of(node)));
  if (needed.some(({ type }) => type === "f64")) return;
  const all = [...buffers, ...found.map((node) => bufferOf(program, node))];
  const rest = planOf(
    { ...program, buffers: all, gathers: [], stores, folds: restFolds, appends: restAppends, nodes },
    dear,
  );
  if (pairsOf(rest) !== "rows" || workOf(rest) < WORK_MIN) return;
  const puts = needed.map((node) => {
    const value = masked(node, program.nodes.at(-1)!.id + 1 + 2 * node.id);
    return { buffer: buffers.length + found.indexOf(node), lane: 0, value };
  });
  const lookups = {
    ...program,
    buffers: all,
    stores: puts,
    folds: [],
    appends: [],
    nodes: graph.reached(puts, [], []),
  };
  return { lookups: planOf(lookups, dear), rest };
}

/** What a lookup finds, which is 0 but where its mask holds anyway, as a choice by that: so it is left out where nobody needs it. */
function masked(node: Node, id: number): Node {
  const { type, args } = node;
  const [, mask] = args as [Node, Node];
  if (mask.op === "const") return node;
  const zero: Node = { id, op: "const", type, args: [], value: 0, loop: undefined, of: undefined };
  return { ...zero, id: id + 1, op: "select", args: [mask, node, zero] };
}

/** Where what is found is put aside; booleans as masks of 32 bits, as vectors have them. */
function bufferOf({ gathers }: Program, { op, value, type }: Node): Buffer {
  const { name } = gathers[value]!;
  const element = type === "f32" || type === "u32" ? type : "i32";
  return { name: op === "alive" ? `has ${name}` : name, element, lanes: 1, written: true };
}

/** Operations on rows. */
function workOf({ program, regions, call }: Plan): number {
  return program.nodes.filter((node) => operands(node).length > 0 && regions[node.id] !== call).length;
}
