import type { Loop, Node } from "../node.ts";
import type { Program, Store } from "../program.ts";

/**
 * A part of the function that runs under a condition, or more or less often than the rows: `call` once, `group` for
 * each group of four rows, `loop` for each neighbour, `rare` where a condition holds in some lane.
 */
export interface Region {
  readonly kind: "call" | "group" | "loop" | "rare";
  readonly parent: Region | undefined;
  readonly depth: number;
  /** What is done in it, in order. */
  readonly steps: Step[];
}

/** Compute a node into locals, store a value, or run a loop. */
export type Step =
  | { readonly at: number; readonly node: Node }
  | { readonly at: number; readonly store: Store }
  | { readonly at: number; readonly loop: Loop };

/** Where and in which order the nodes of a program are computed. */
export interface Plan {
  readonly program: Program;
  readonly call: Region;
  readonly group: Region;
  /** What only the second operand of a `rare` needs. */
  readonly rare: ReadonlyMap<Node, Region>;
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

/** Whether a region is within another, or the same. */
export function isWithin(region: Region, outer: Region): boolean {
  for (let at: Region | undefined = region; at !== undefined; at = at.parent) if (at === outer) return true;
  return false;
}

/** Operands within operands that may be left on the stack. */
const HEIGHT_MAX = 24;

export function planOf(program: Program): Plan {
  const { nodes } = program;
  const size = nodes.length === 0 ? 0 : nodes[nodes.length - 1]!.id + 1;
  const call = region("call", undefined);
  const group = region("group", call);
  const regions = new Array<Region | undefined>(size).fill(undefined);
  const kept = new Array<boolean>(size).fill(false);
  const pinned = new Array<boolean>(size).fill(false);
  const uses = new Array<number>(size).fill(0);
  const users = new Array<Node | undefined>(size).fill(undefined);
  const places = new Array<Region | undefined>(size).fill(undefined);
  const { parts, fixed, within, loops, firsts } = leavesOf(program, size, group);
  const rare = new Map<Node, Region>();
  const written = new Set(program.stores.map(({ buffer, lane }) => (buffer << 16) | lane));

  const use = (node: Node, where: Region, user?: Node): void => {
    const known = regions[node.id];
    regions[node.id] = known === undefined ? where : common(known, where);
    uses[node.id]!++;
    users[node.id] = user;
    places[node.id] = where;
    if (loopOf(where) !== undefined) pinned[node.id] = true;
  };
  const keep = (node: Node): void => {
    use(node, group);
    kept[node.id] = true;
  };
  for (const { value } of program.stores) use(value, group);
  for (const { mask, value } of program.folds) [mask, value].forEach(keep);
  for (const { mask, values } of program.appends) [mask, ...values].forEach(keep);
  for (const [loop, body] of loops) {
    [loop.radius, ...loop.starts].forEach(keep);
    for (const next of loop.nexts) use(next, body);
  }
  const belongs = (node: Node, where: Region): boolean => {
    if (fixed[node.id] === 1 || where.kind === "call") return where.kind === "call";
    if (where.kind === "group") return true;
    const loop = within[node.id];
    return loop !== undefined && loops.get(loop) === where;
  };
  // Users come after their operands: when a node's turn comes, all its uses are known.
  for (let i = nodes.length - 1; i >= 0; i--) {
    const node = nodes[i]!;
    let where = regions[node.id] ?? group;
    if (node.op === "result" || (node.op === "load" && written.has(node.value))) where = group;
    while (where.kind !== "rare" && !belongs(node, where)) where = where.parent!;
    regions[node.id] = where;
    if (loopOf(where) !== undefined) pinned[node.id] = false;
    if (where.kind === "call") pinned[node.id] = true;
    if (node.op === "rare") rare.set(node, region("rare", where));
    operands(node).forEach((arg, k) => {
      use(arg, node.op === "rare" && k === 1 ? rare.get(node)! : where, node);
    });
  }

  const plan: Plan = { program, call, group, rare, loops, regions, kept, uses, pinned, parts };
  for (const node of nodes) {
    for (const arg of operands(node)) if (readsTwice(plan, node, arg)) kept[arg.id] = true;
  }
  const heights = new Uint8Array(size);
  for (const node of nodes) {
    const { id, op } = node;
    for (const arg of node.args) if (!kept[arg.id]) heights[id] = Math.max(heights[id]!, heights[arg.id]! + 1);
    if (uses[id]! > 1 || places[id] !== regions[id] || heights[id]! >= HEIGHT_MAX || STATEMENTS.has(op))
      kept[id] = true;
    if (isZero(node) || op === "phi" || op === "result") kept[id] = false;
  }
  order(plan, users, firsts);
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

/** Computed by statements rather than by an expression. */
const STATEMENTS = new Set<Node["op"]>(["rare", "alive", "fetch"]);

/** Whether the code of `node` reads a vector of its operand more than once. */
function readsTwice({ parts }: Plan, node: Node, arg: Node): boolean {
  if (arg.op === "const") return false;
  const { op, type } = node;
  if (STATEMENTS.has(op)) return true;
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
function order(plan: Plan, users: readonly (Node | undefined)[], firsts: ReadonlyMap<Loop, number>): void {
  const { program, regions, group } = plan;
  const kept = plan.kept as boolean[];
  for (const node of program.nodes) if (kept[node.id]) regions[node.id]!.steps.push({ at: node.id, node });
  for (const [loop, at] of firsts) group.steps.push({ at, loop });
  const reads = new Map<number, number>();
  for (const node of program.nodes) {
    if (node.op !== "load") continue;
    let top = node;
    for (let user = users[top.id]; !kept[top.id] && user !== undefined; user = users[top.id]) top = user;
    reads.set(node.value, top.id);
  }
  const last = program.stores.length <= LAST_STORES_MAX;
  for (const store of program.stores) {
    const { value } = store;
    const at = last ? regions.length : Math.max(value.id, reads.get((store.buffer << 16) | store.lane) ?? 0);
    if (at > value.id && !kept[value.id] && !isZero(value) && value.op !== "result") {
      kept[value.id] = true;
      regions[value.id]!.steps.push({ at: value.id, node: value });
    }
    group.steps.push({ at, store });
  }
  // Nodes first, then stores whose value is left to them, for it may hold the last read of others; then the other stores.
  const rank = (step: Step): number =>
    "node" in step ? 0 : "loop" in step ? 1 : kept[step.store.value.id] || step.at > step.store.value.id ? 3 : 2;
  for (const where of [plan.call, group, ...plan.rare.values(), ...plan.loops.values()]) {
    where.steps.sort((a, b) => a.at - b.at || rank(a) - rank(b));
  }
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
    loops.set(of, region("loop", group));
    firsts.set(of, id);
  }
  return { parts, fixed, within, loops, firsts };
}

function loopOf(where: Region): Region | undefined {
  for (let at: Region | undefined = where; at !== undefined; at = at.parent) if (at.kind === "loop") return at;
  return;
}

function region(kind: Region["kind"], parent: Region | undefined): Region {
  return { kind, parent, depth: parent === undefined ? 0 : parent.depth + 1, steps: [] };
}

function common(a: Region, b: Region): Region {
  let [x, y] = [a, b];
  while (x.depth > y.depth) x = x.parent!;
  while (y.depth > x.depth) y = y.parent!;
  while (x !== y) {
    x = x.parent!;
    y = y.parent!;
  }
  return x;
}
