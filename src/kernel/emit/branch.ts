import type { Node } from "../node.ts";
import type { Program } from "../program.ts";
import { type Branch, inOrder, type Member, Region, type Test } from "./region.ts";
import { weightOf } from "./weight.ts";

/** Weight from which on it pays to look whether any lane needs something: about so many instructions on a vector. */
const DEAR = 32;
/** What a branch weighs. */
const BRANCH = 4;
/** Branches inside one another at most: each is a block of WebAssembly in another. */
const DEPTH_MAX = 64;
/** Conditions that one branch looks at, at most. */
const TESTS_MAX = 4;

/** What matters only to those lanes of a region in which a test holds. */
class Skip extends Region {
  /** Those that follow from it come first. */
  tests: readonly Test[];
  weight = 0;
  /** What it turns out to be: itself, or a part of a region around it. */
  settled: Region = this;
  readonly arms: Member[] = [];

  constructor(parent: Region, test: Test) {
    super("rare", parent);
    this.tests = [test];
  }
}

/**
 * Parts of a program that are computed only where a condition holds in some lane: both ways of `select`, the second operand
 * of `rare`, of `and` where the first holds, of `or` where it does not, and what effects need. What one condition decides within
 * one region belongs together.
 */
export class Branches {
  /** Outer ones come before those in them. */
  readonly #skips: Skip[] = [];
  readonly #known = new Map<Region, Map<number, Skip>>();
  readonly #needs: (condition: Node, where: Region) => void;
  readonly #dear: number;
  /** Whether there is nothing to gain but by `rare`. */
  readonly #plain: boolean;
  /** Those of choices are looked at as they are, other conjunctions one part after the other. */
  readonly #conditions = new Set<Node>();

  /** `needs` is told that a condition must be known in a region. */
  constructor({ nodes }: Program, needs: (condition: Node, where: Region) => void, dear = DEAR) {
    this.#needs = needs;
    this.#dear = dear;
    const weight = nodes.reduce((sum, node) => sum + weightOf(node), 0);
    this.#plain = weight < dear || nodes.some(({ op }) => op === "result");
    for (const { op, args } of nodes) if (op === "select") this.#conditions.add(args[0]!);
  }

  /** Where operand `arm` of a node is needed that is computed in `where`. */
  arm(node: Node, arm: number, where: Region): Region {
    const holds = armHolds(node, arm);
    const always = node.op === "rare";
    if (holds === undefined || !(always || this.#isOpen(where))) return where;
    const condition = node.args[0]!;
    const inner = holds && !always ? this.masked(where, condition) : this.#under(where, condition, holds);
    if (!(inner instanceof Skip)) return where;
    if (always) inner.always = true;
    inner.arms.push({ node, arm });
    return inner;
  }

  /** Where something is needed that matters to lanes of `mask` only, in `where`. */
  masked(where: Region, mask: Node): Region {
    let inner = where;
    const parts = [mask];
    for (let part = parts.pop(); part !== undefined && this.#isOpen(inner); part = parts.pop()) {
      if (part.op === "and" && !this.#conditions.has(part)) parts.push(part.args[1]!, part.args[0]!);
      else if (part.op !== "const") inner = this.#under(inner, part, true);
    }
    return inner;
  }

  /** Decides what is worth a branch, when the region of each node is known. */
  settle(nodes: readonly Node[], regions: readonly (Region | undefined)[]): void {
    for (const node of nodes) {
      const where = regions[node.id];
      if (where instanceof Skip) where.weight += weightOf(node);
    }
    for (const skip of this.#skips.toReversed()) {
      const isBranch = skip.always || skip.weight >= this.#dear;
      const outer = skip.parent;
      if (!isBranch) skip.settled = outer!;
      if (outer instanceof Skip) outer.weight += isBranch ? BRANCH : skip.weight;
    }
    for (const skip of this.#skips) {
      const outer = skip.parent!;
      if (outer instanceof Skip && outer.settled !== outer) {
        skip.tests = [...outer.tests, ...skip.tests].slice(-TESTS_MAX);
        skip.parent = outer.settled;
      }
      if (skip.settled === skip) continue;
      skip.settled = skip.parent!;
      // What is decided two levels below an operation, in the one between.
      if (!(skip.settled instanceof Skip)) continue;
      for (const member of skip.arms) {
        if (this.settled(regions[member.node.id]!) !== skip.settled) skip.settled.arms.push(member);
      }
    }
  }

  /** The region that what was in `where` is in. */
  settled(where: Region): Region {
    return where instanceof Skip ? where.settled : where;
  }

  *members(): Generator<Member> {
    for (const { arms } of this.#taken()) yield* arms;
  }

  *conditions(): Generator<Node> {
    for (const { tests } of this.#taken()) for (const { condition } of tests) yield condition;
  }

  /** The operations of each branch that it decides about, in order. */
  groups(): Node[][] {
    const groups = [...this.#taken()].map(({ arms }) => [...new Set(arms.map(({ node }) => node))]);
    return groups.map((group) => group.sort((a, b) => a.id - b.id));
  }

  /**
   * Puts branches among the steps of the regions around them, in which all nodes have their places. What uses a member comes
   * after its branch: a branch ends where the first of its members is used, and the next of its condition begins later. `end`
   * is behind all nodes. Gives the branches, and where each member is known.
   */
  place(
    nodes: readonly Node[],
    places: Int32Array,
    regions: readonly (Region | undefined)[],
    operandsOf: (node: Node) => readonly Node[],
    end: number,
  ) {
    const skips = [...this.#taken()];
    const pieces = new Map<Region, Piece[]>(skips.map((skip) => [skip, []]));
    const arms = skips.flatMap((skip) => skip.arms.map((member) => ({ skip, member })));
    const deciding = Map.groupBy(arms, ({ member }) => member.node);
    const deciders = new Map<Node, Piece[]>();
    for (const node of nodes.toSorted((a, b) => places[a.id]! - places[b.id]!)) {
      for (const arg of operandsOf(node)) for (const piece of deciders.get(arg) ?? []) piece.close(regions[arg.id]!);
      for (const { skip, member } of deciding.get(node) ?? []) {
        const piece = extended(pieces, skip, regions[node.id]!, places[node.id]!);
        piece.members.push(member);
        deciders.set(node, [...(deciders.get(node) ?? []), piece]);
      }
    }
    const known = new Map(
      [...deciders].map(([node, of]) => [node, Math.max(...of.map((piece) => piece.end(regions[node.id]!)))]),
    );
    const branches: Branch[] = [];
    for (const skip of skips.reverse()) {
      const steps = skip.steps.sort(inOrder);
      const of = pieces.get(skip)!;
      if (steps.length > 0 && steps.at(-1)!.at > (of.at(-1)?.at ?? -1)) of.push(new Piece(skip, end));
      let next = 0;
      for (const { at, members } of of) {
        const from = next;
        while (next < steps.length && steps[next]!.at <= at) next++;
        // A condition that is known later would have been right, too.
        const tests = skip.tests.filter(({ condition }) => (known.get(condition) ?? places[condition.id]!) < at);
        const branch = { at, tests, members, steps: steps.slice(from, next) };
        branches.push(branch);
        skip.parent!.steps.push({ at, branch });
      }
    }
    return { branches, known };
  }

  *#taken(): Generator<Skip> {
    for (const skip of this.#skips) if (skip.settled === skip) yield skip;
  }

  /** Whether there may be more branches in a region. */
  #isOpen(where: Region): boolean {
    if (this.#plain || where.depth >= DEPTH_MAX) return false;
    return where.kind === "group" || (where instanceof Skip && !where.always);
  }

  #under(where: Region, condition: Node, holds: boolean): Skip {
    let test = { condition, holds };
    while (test.condition.op === "not") test = { condition: test.condition.args[0]!, holds: !test.holds };
    let inside = this.#known.get(where);
    if (inside === undefined) {
      inside = new Map();
      this.#known.set(where, inside);
    }
    const key = test.holds ? test.condition.id : ~test.condition.id;
    let skip = inside.get(key);
    if (skip === undefined) {
      skip = new Skip(where, test);
      inside.set(key, skip);
      this.#skips.push(skip);
      this.#needs(test.condition, where);
    }
    return skip;
  }
}

/** A branch of those that a region is cut into. */
class Piece {
  readonly region: Region;
  at: number;
  /** The branch that it must be in, as it decides what is used outside. */
  outer: Piece | undefined;
  readonly members: Member[] = [];
  #closed = false;

  constructor(region: Region, at: number) {
    this.region = region;
    this.at = at;
  }

  get isOpen(): boolean {
    return !this.#closed && (this.outer?.isOpen ?? true);
  }

  /** Nothing more in it: something that it decides is used now in `where`. */
  close(where: Region): void {
    this.#closed = true;
    if (this.region.parent !== where) this.outer!.close(where);
  }

  /** Where it ends for those in a region around it. */
  end(where: Region): number {
    return this.region.parent === where ? this.at : this.outer!.end(where);
  }

  /** Moves it, and what it is in, to a later place. */
  move(at: number): void {
    this.at = at;
    this.outer?.move(at);
  }
}

/** The last piece of a region, or a new one, moved to `at`; what it decides is used in `where`. */
function extended(pieces: ReadonlyMap<Region, Piece[]>, region: Region, where: Region, at: number): Piece {
  const of = pieces.get(region)!;
  let piece = of.at(-1);
  if (piece?.isOpen !== true) of.push((piece = new Piece(region, at)));
  piece.move(at);
  if (region.parent !== where) {
    const outer = extended(pieces, region.parent!, where, at);
    piece.outer = outer;
  }
  return piece;
}

/** Whether operand `k` matters where the first operand holds, or where it does not; undefined if it matters anyway. */
function armHolds({ op, type }: Node, k: number): boolean | undefined {
  if (k === 1 && (op === "select" || op === "rare" || (op === "and" && type === "bool"))) return true;
  if ((k === 2 && op === "select") || (k === 1 && op === "or" && type === "bool")) return false;
  return;
}
