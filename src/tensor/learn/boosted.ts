import { randomFloat } from "../../core/prng.ts";
import { checkInteger, checkNumber, optionsOf } from "../argument.ts";
import { checkColumns, checkSamples, type Regressor, type Rows, shares } from "./regressor.ts";

export interface BoostedOptions {
  /** Trees; 100 unless given. */
  readonly trees?: number;
  /** Splits from the root to a leaf; 3 unless given. */
  readonly depth?: number;
  /** Of each tree's correction that is taken; 0.1 unless given. */
  readonly rate?: number;
  /** Samples that a leaf needs; 3 unless given. */
  readonly leaf?: number;
  /** Of the samples that each tree sees; 1 unless given. */
  readonly sample?: number;
  /** Decides which, the same each time. */
  readonly seed?: number;
}

/** A split (`left` where the column is at most `limit`), or a leaf, where `column` is -1 and `value` counts. */
interface Node {
  readonly column: number;
  readonly limit: number;
  readonly left: number;
  readonly right: number;
  readonly value: number;
}

/** Gradient-boosted regression trees for squared errors (Friedman, 2001): each tree fits what those before left over. */
export function boostedTrees(options?: BoostedOptions): Regressor {
  const names = ["trees", "depth", "rate", "leaf", "sample", "seed"] as const;
  const given = optionsOf("boostedTrees", options, names);
  const { trees = 100, depth = 3, rate = 0.1, leaf = 3, sample = 1, seed = 0 } = given;
  checkInteger("boostedTrees", "trees", trees, 1, 100_000);
  checkInteger("boostedTrees", "depth", depth, 1, 20);
  checkNumber("boostedTrees", "rate", rate, 0, 1);
  checkInteger("boostedTrees", "leaf", leaf, 1);
  checkNumber("boostedTrees", "sample", sample, 0, 1);
  checkInteger("boostedTrees", "seed", seed, 0);
  return {
    name: "gradient-boosted trees",
    fit: (rows, targets) => {
      const columns = checkSamples("boostedTrees", rows, targets);
      const base = targets.reduce((sum, y) => sum + y, 0) / targets.length;
      const rest = Float64Array.from(targets, (y) => y - base);
      const gains = new Float64Array(columns);
      const forest: Node[][] = [];
      for (let t = 0; t < trees; t++) {
        const seen = rows.map((_, i) => i).filter((i) => sample >= 1 || randomFloat(seed, 0, t, i) < sample);
        const tree = new Growth(rows, rest, columns, leaf, gains).grow(seen, depth);
        forest.push(tree);
        for (const [i, row] of rows.entries()) rest[i] = (rest[i] as number) - rate * leafOf(tree, row);
      }
      return {
        importance: shares(gains),
        predict: (others) => {
          checkColumns("boostedTrees", others, columns);
          return Float64Array.from(others, (row) => forest.reduce((sum, tree) => sum + rate * leafOf(tree, row), base));
        },
      };
    },
  };
}

function leafOf(tree: readonly Node[], row: readonly number[]): number {
  let node = tree[0] as Node;
  while (node.column >= 0) node = tree[(row[node.column] as number) <= node.limit ? node.left : node.right] as Node;
  return node.value;
}

/** One tree that is being made: nodes in a list, the root first. */
class Growth {
  readonly #nodes: Node[] = [];
  readonly #rows: Rows;
  readonly #rest: Float64Array;
  readonly #columns: number;
  readonly #leaf: number;
  readonly #gains: Float64Array;

  constructor(rows: Rows, rest: Float64Array, columns: number, leaf: number, gains: Float64Array) {
    this.#rows = rows;
    this.#rest = rest;
    this.#columns = columns;
    this.#leaf = leaf;
    this.#gains = gains;
  }

  grow(seen: readonly number[], depth: number): Node[] {
    this.#node(seen, depth);
    return this.#nodes;
  }

  #node(seen: readonly number[], depth: number): number {
    const at = this.#nodes.length;
    const value = seen.length === 0 ? 0 : seen.reduce((sum, i) => sum + (this.#rest[i] as number), 0) / seen.length;
    this.#nodes.push({ column: -1, limit: 0, left: 0, right: 0, value });
    const split = depth === 0 ? undefined : this.#split(seen);
    if (split === undefined) return at;
    const { column, limit, gain } = split;
    this.#gains[column] = (this.#gains[column] as number) + gain;
    const left = this.#node(
      seen.filter((i) => this.#at(i, column) <= limit),
      depth - 1,
    );
    const right = this.#node(
      seen.filter((i) => this.#at(i, column) > limit),
      depth - 1,
    );
    this.#nodes[at] = { column, limit, left, right, value };
    return at;
  }

  /** The split that takes most off the sum of squares; the first of equal ones. */
  #split(seen: readonly number[]): { column: number; limit: number; gain: number } | undefined {
    const total = seen.reduce((sum, i) => sum + (this.#rest[i] as number), 0);
    const count = seen.length;
    let best: { column: number; limit: number; gain: number } | undefined;
    for (let column = 0; column < this.#columns; column++) {
      const order = [...seen].sort((a, b) => this.#at(a, column) - this.#at(b, column) || a - b);
      let sum = 0;
      for (let k = 1; k < count; k++) {
        sum += this.#rest[order[k - 1] as number] as number;
        const [low, high] = [this.#at(order[k - 1] as number, column), this.#at(order[k] as number, column)];
        if (low === high || k < this.#leaf || count - k < this.#leaf) continue;
        const gain = (sum * sum) / k + ((total - sum) * (total - sum)) / (count - k) - (total * total) / count;
        if (gain > 1e-12 && gain > (best?.gain ?? 0))
          best = { column, limit: low + (high - low) / 2 < high ? low + (high - low) / 2 : low, gain };
      }
    }
    return best;
  }

  #at(row: number, column: number): number {
    return (this.#rows[row] as readonly number[])[column] as number;
  }
}
