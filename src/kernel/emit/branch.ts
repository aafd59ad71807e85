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
  /** It is a branch, whatever it weighs. */
  always = false;
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

  /**
   * Whether what is the same for all rows is computed in a region nevertheless. What an engine makes one vector of 256 bits of
   * two has its constants from outside: where they were made in a branch, V8 left its vectors as they were.
   */
  keeps(where: Region): boolean {
    return where instanceof Skip && where.always;
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
      if (skip.settled !== skip) skip.settled = skip.parent!;
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
      for (const arg of operandsOf(node)) for (const piece of deciders.get(arg) ?? []) piece.closed = true;
      const found: Piece[] = [];
      for (const { skip, member } of deciding.get(node) ?? []) {
        for (let where: Region = skip; where !== regions[node.id]; where = where.parent!) {
          const of = pieces.get(where)!;
          if (of.at(-1)?.closed !== false) of.push(new Piece());
          const piece = of.at(-1)!;
          piece.at = places[node.id]!;
          if (where === skip) piece.members.push(member);
          found.push(piece);
        }
      }
      if (found.length > 0) deciders.set(node, found);
    }
    const branches: Branch[] = [];
    for (const skip of skips.reverse()) {
      const steps = skip.steps.sort(inOrder);
      const of = pieces.get(skip)!;
      if (steps.length > 0 && steps.at(-1)!.at > (of.at(-1)?.at ?? -1)) of.push(new Piece(end));
      let next = 0;
      for (const { at, members } of of) {
        const from = next;
        while (next < steps.length && steps[next]!.at <= at) next++;
        // A condition that came later would have been right, too.
        const tests = skip.tests.filter(({ condition }) => places[condition.id]! < at);
        const branch = { at, region: skip, tests, members, steps: steps.slice(from, next) };
        branches.push(branch);
        skip.parent!.steps.push({ at, branch });
      }
    }
    const known = new Map([...deciders].map(([node, of]) => [node, Math.max(...of.map(({ at }) => at))]));
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

class Piece {
  at: number;
  closed = false;
  readonly members: Member[] = [];

  constructor(at = 0) {
    this.at = at;
  }
}

/** Whether operand `k` matters where the first operand holds, or where it does not; undefined if it matters anyway. */
function armHolds({ op, type }: Node, k: number): boolean | undefined {
  if (k === 1 && (op === "select" || op === "rare" || (op === "and" && type === "bool"))) return true;
  if ((k === 2 && op === "select") || (k === 1 && op === "or" && type === "bool")) return false;
  return;
}
