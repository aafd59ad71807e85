import type { Loop, Node } from "../node.ts";
import type { Program } from "../program.ts";
import { Branches } from "./branch.ts";
import { inOrder, Region } from "./region.ts";
import { schedule } from "./schedule.ts";

/** Where and in which order the nodes of a program are computed. */
export interface Plan {
  readonly program: Program;
  readonly call: Region;
  readonly group: Region;
  /** Operations with operands that are computed in branches, and which of them are. */
  readonly members: ReadonlyMap<Node, readonly number[]>;
  readonly loops: ReadonlyMap<Loop, Region>;
  /** Of each node by its id: where it is computed. */
  readonly regions: readonly (Region | undefined)[];
  /** Whether it is computed into locals; others are where they are used. */
  readonly kept: readonly boolean[];
  /** How often it is one of the {@link operands} of another, or a root. */
  readonly uses: readonly number[];
  /** Whether its locals stay its own to the end. */
  readonly pinned: readonly boolean[];
  /** How many vectors it takes: f64 takes two unless it is the same for all rows. */
  readonly parts: Uint8Array;
}

/** Operands within operands that may be left on the stack. */
const HEIGHT_MAX = 24;

/** `dear` is for tests: from which weight on something is a branch. */
export function planOf(program: Program, dear?: number): Plan {
  const { nodes } = program;
  const size = nodes.length === 0 ? 0 : nodes[nodes.length - 1]!.id + 1;
  const call = new Region("call");
  const group = new Region("group", call);
  const regions = new Array<Region | undefined>(size).fill(undefined);
  const kept = new Array<boolean>(size).fill(false);
  const pinned = new Array<boolean>(size).fill(false);
  const uses = new Array<number>(size).fill(0);
  const users = new Array<Node | undefined>(size).fill(undefined);
  const places = new Array<Region | undefined>(size).fill(undefined);
  const { parts, fixed, within, loops, firsts } = leavesOf(program, size, group);
  const written = new Set(program.stores.map(({ buffer, lane }) => (buffer << 16) | lane));

  const need = (node: Node, where: Region): void => {
    regions[node.id] = regions[node.id]?.common(where) ?? where;
  };
  const branches = new Branches(program, need, dear);
  const use = (node: Node, where: Region, user?: Node): void => {
    need(node, where);
    uses[node.id]!++;
    users[node.id] = user;
    places[node.id] = where;
    if (where.loop() !== undefined) pinned[node.id] = true;
  };
  const keep = (node: Node, where: Region): void => {
    use(node, where);
    kept[node.id] = true;
  };
  for (const { value } of program.stores) use(value, group);
  for (const { mask, value } of program.folds) {
    keep(mask, group);
    keep(value, branches.masked(group, mask));
  }
  for (const { mask, values } of program.appends) {
    keep(mask, group);
    for (const value of values) keep(value, branches.masked(group, mask));
  }
  for (const [loop, body] of loops) {
    for (const node of [loop.radius, ...loop.starts]) keep(node, group);
    if (loop.mask.op !== "const") keep(loop.mask, group);
    for (const next of loop.nexts) use(next, body);
  }
  const belongs = (node: Node, where: Region): boolean => {
    // What is the same for all rows comes from outside of other branches: with constants made in them, V8 made no pairs.
    if (where.always) return true;
    if (fixed[node.id] === 1 || where.kind === "call") return where.kind === "call";
    if (where.kind !== "loop") return true;
    const loop = within[node.id];
    return loop !== undefined && loops.get(loop) === where;
  };
  // Users come after their operands: when a node's turn comes, all its uses are known.
  for (let i = nodes.length - 1; i >= 0; i--) {
    const node = nodes[i]!;
    let where = regions[node.id] ?? group;
    if (node.op === "result" || (node.op === "load" && written.has(node.value))) where = group;
    while (!belongs(node, where)) where = where.parent!;
    regions[node.id] = where;
    if (where.loop() !== undefined) pinned[node.id] = false;
    if (where.kind === "call") pinned[node.id] = true;
    operands(node).forEach((arg, k) => {
      use(arg, branches.arm(node, k, where), node);
    });
  }
  branches.settle(nodes, regions);
  for (const { id } of nodes) {
    regions[id] = branches.settled(regions[id]!);
    places[id] &&= branches.settled(places[id]);
  }

  const members = new Map<Node, number[]>();
  for (const { node, arm } of branches.members()) members.set(node, [...(members.get(node) ?? []), arm]);
  const plan: Plan = { program, call, group, members, loops, regions, kept, uses, pinned, parts };
  for (const node of nodes) {
    for (const arg of operands(node)) if (readsTwice(plan, node, arg)) kept[arg.id] = true;
  }
  const heights = new Uint8Array(size);
  for (const node of nodes) {
    const { id } = node;
    for (const arg of node.args) if (!kept[arg.id]) heights[id] = Math.max(heights[id]!, heights[arg.id]! + 1);
    if (uses[id]! > 1 || places[id] !== regions[id] || heights[id]! >= HEIGHT_MAX || isStatement(plan, node))
      kept[id] = true;
    // Nobody uses the constant mask of a loop that all rows make.
    if (isNeverKept(node) || uses[id] === 0) kept[id] = false;
  }
  for (const condition of branches.conditions()) kept[condition.id] = !isNeverKept(condition);
  order(plan, branches, users, firsts);
  return plan;
}

/** The operands that are computed: a constant number of bits to shift is not. */
export function operands(node: Node): readonly Node[] {
  const { op, args } = node;
  return (op === "shl" || op === "shr") && args[1]!.op === "const" ? [args[0]!] : args;
}

/** Whether every bit is zero: nothing that needs a local. */
export function isZero({ op, value }: Node): boolean {
  return op === "const" && Object.is(value, 0);
}

function isNeverKept(node: Node): boolean {
  return isZero(node) || node.op === "phi" || node.op === "result";
}

/** Whether it is computed by statements rather than by an expression. */
function isStatement({ members }: Plan, node: Node): boolean {
  return node.op === "alive" || node.op === "fetch" || members.has(node);
}

/** Whether the code of `node` reads a vector of its operand more than once. */
function readsTwice(plan: Plan, node: Node, arg: Node): boolean {
  if (arg.op === "const") return false;
  const { op, type } = node;
  const { parts } = plan;
  if (isStatement(plan, node)) return true;
  if (op === "div" && (type === "i32" || type === "u32")) return true;
  if ((op === "shl" || op === "shr") && node.args[1]!.op !== "const") return true;
  const reads = type === "f64" ? parts[node.id]! : arg.type === "f64" ? 2 : 1;
  return reads > parts[arg.id]!;
}

/**
 * So many stores wait for the end of a group: columns of a block lie a multiple of 4,096 bytes apart, and a load waits for a
 * store before it to an address with the same lower bits. More would not fit into registers.
 */
const LAST_STORES_MAX = 8;

/** Puts the steps into their regions: nodes by id, stores at the end or as soon as their value is there and the old one was read. */
function order(
  plan: Plan,
  branches: Branches,
  users: readonly (Node | undefined)[],
  firsts: ReadonlyMap<Loop, number>,
): void {
  const { program, regions, group } = plan;
  const kept = plan.kept as boolean[];
  const uses = plan.uses as number[];
  const dependsOn = (node: Node): readonly Node[] =>
    node.of === undefined ? operands(node) : [node.of.radius, node.of.mask, ...node.of.starts, ...node.of.nexts];
  const size = regions.length;
  const places = schedule(program.nodes, branches.groups(), dependsOn, size);
  for (const node of program.nodes) if (kept[node.id]) regions[node.id]!.steps.push({ at: places[node.id]!, node });
  for (const [loop, first] of firsts) group.steps.push({ at: places[first]!, loop });
  const placed = branches.place(program.nodes, places, regions, dependsOn, size);
  for (const { tests } of placed.branches) for (const { condition } of tests) uses[condition.id]!++;
  const known = (node: Node): number => placed.known.get(node) ?? places[node.id]!;
  const reads = new Map<number, number>();
  for (const node of program.nodes) {
    if (node.op !== "load") continue;
    let top = node;
    for (let user = users[top.id]; !kept[top.id] && user !== undefined; user = users[top.id]) top = user;
    reads.set(node.value, known(top));
  }
  const last = program.stores.length <= LAST_STORES_MAX;
  for (const store of program.stores) {
    const { value } = store;
    const at = last ? size : Math.max(known(value), reads.get((store.buffer << 16) | store.lane) ?? 0);
    const late = kept[value.id]! || at > places[value.id]!;
    if (at > places[value.id]! && !kept[value.id] && !isZero(value) && value.op !== "result") {
      kept[value.id] = true;
      regions[value.id]!.steps.push({ at: places[value.id]!, node: value });
    }
    group.steps.push({ at, store, late });
  }
  for (const where of [plan.call, group, ...plan.loops.values()]) where.steps.sort(inOrder);
}

/** What the leaves of nodes say of them: vectors, whether they are the same for all rows, and of which neighbour they depend. */
function leavesOf({ nodes }: Program, size: number, group: Region) {
  const parts = new Uint8Array(size);
  const fixed = new Uint8Array(size);
  const within = new Array<Loop | undefined>(size).fill(undefined);
  const loops = new Map<Loop, Region>();
  const firsts = new Map<Loop, number>();
  for (const { id, op, args, type, loop, of } of nodes) {
    const same = op === "const" || op === "uniform" || (args.length > 0 && args.every((arg) => fixed[arg.id] === 1));
    fixed[id] = same && op !== "alive" && op !== "fetch" ? 1 : 0;
    parts[id] = type === "f64" && fixed[id] === 0 ? 2 : 1;
    // selfX is NaN in turns that are not about the row.
    if (op === "phi" || op === "other" || op === "otherX" || op === "otherY" || op === "selfX") within[id] = loop;
    for (const arg of args) within[id] ??= within[arg.id];
    if (of === undefined || loops.has(of)) continue;
    loops.set(of, new Region("loop", group));
    firsts.set(of, id);
  }
  return { parts, fixed, within, loops, firsts };
}
