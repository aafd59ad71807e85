import { Graph } from "../../src/kernel/graph.ts";
import type { Node, Op, ValueType } from "../../src/kernel/node.ts";
import {
  type Append,
  type Buffer,
  type BufferElement,
  type Fold,
  type FoldKind,
  type Gather,
  type Program,
  type Store,
  type Uniform,
  valueTypeOf,
} from "../../src/kernel/program.ts";

/** Random numbers from a seed (xorshift). */
export class Chance {
  #state: number;

  constructor(seed: number) {
    this.#state = (Math.imul(seed + 1, 0x9e3779b1) ^ 0x5bd1e995) >>> 0 || 1;
    for (let i = 0; i < 8; i++) this.bits();
  }

  bits(): number {
    let x = this.#state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#state = x >>> 0;
    return this.#state;
  }

  /** 0 to `count - 1`. */
  below(count: number): number {
    return Math.floor((this.bits() / 2 ** 32) * count);
  }

  of<T>(items: readonly T[]): T {
    return items[this.below(items.length)]!;
  }
}

/** Floats at the ends of ranges, or that rounding and signs could get wrong. */
export const FLOATS: readonly number[] = [
  0,
  -0,
  1,
  -1,
  0.5,
  -1.5,
  2.5,
  3,
  1e-3,
  1e10,
  -1e10,
  2 ** 23 + 0.5,
  2 ** 31,
  -(2 ** 31),
  2 ** 32,
  2 ** 53,
  1e-40,
  -1e-45,
  1.17549435e-38,
  3.4028235e38,
  -3.4028235e38,
  5e-324,
  1.7976931348623157e308,
  Infinity,
  -Infinity,
  NaN,
];
export const INTEGERS: readonly number[] = [
  0,
  1,
  -1,
  2,
  3,
  7,
  31,
  32,
  33,
  127,
  128,
  255,
  256,
  32_767,
  32_768,
  65_535,
  65_536,
  2 ** 31 - 1,
  -(2 ** 31),
  -129,
  -32_769,
  0x7f80_0000,
  0x7f80_0001,
  0x8000_0001,
];

/** A number of an element or type: special ones, small ones, any. */
export function randomNumber(chance: Chance, type: BufferElement): number {
  if (type === "bool") return chance.below(2);
  const isFloat = type === "f32" || type === "f64";
  const pick = chance.below(4);
  if (pick === 0) return isFloat ? chance.of(FLOATS) : chance.of(INTEGERS);
  if (pick === 1) return chance.below(20) - 8;
  if (!isFloat) return chance.bits() | 0;
  return pick === 2 ? (chance.bits() / 2 ** 32 - 0.5) * 8 : (chance.bits() - 2 ** 31) * 2 ** (chance.below(200) - 100);
}

const TYPES: readonly ValueType[] = ["f32", "f64", "i32", "u32", "bool"];
const ELEMENTS: readonly BufferElement[] = ["f32", "f64", "i8", "u8", "i16", "u16", "i32", "u32", "bool", "f32"];
const WORDS: readonly BufferElement[] = ["f32", "f32", "f32", "i32", "u32", "i8", "u16", "bool"];
const COMPARES: readonly Op[] = ["eq", "ne", "lt", "le", "gt", "ge"];
const FLOAT_OPS: readonly Op[] = "add sub mul div min max min max neg abs sqrt floor ceil trunc nearest copysign".split(
  " ",
) as Op[];
const INTEGER_OPS: readonly Op[] = "add sub mul div min max neg abs and or xor not shl shr".split(" ") as Op[];
const MASK_OPS: readonly Op[] = ["and", "or", "xor", "not"];
const ONE = new Set<Op>(["neg", "abs", "sqrt", "floor", "ceil", "trunc", "nearest", "not"]);

export interface Wishes {
  /** Nodes to be made, about. */
  readonly size: number;
  readonly gathers?: boolean;
  /** Neighbour loops. */
  readonly loops?: boolean;
  /** Numbers of 32 bits, and nothing else that keeps a program from running on eight rows at a time; but for what is rare. */
  readonly words?: boolean;
}

/** A random well-typed program. NaNs never get to where their bits would count. */
export function randomProgram(seed: number, wishes: Wishes): Program {
  const chance = new Chance(seed);
  const graph = new Graph();
  const buffers = Array.from({ length: 3 + chance.below(5) }, (_, b): Buffer => {
    const element = chance.of(wishes.words ? WORDS : ELEMENTS);
    const lanes = !wishes.words && chance.below(4) === 0 ? 2 + chance.below(3) : 1;
    return { name: `b${b}`, element, lanes, written: chance.below(2) === 0 };
  });
  // Whom rows look at is in a column, half of the time.
  if (wishes.gathers) buffers.push({ name: "whom", element: "i32", lanes: 1, written: chance.below(4) === 0 });
  const uniforms = TYPES.map((type): Uniform => ({ name: `u_${type}`, type }));
  const gathers = wishes.gathers
    ? Array.from({ length: 2 }, (_, g): Gather => {
        const lanes = 1 + chance.below(2);
        return { name: `g${g}`, element: chance.of(wishes.words ? WORDS : ELEMENTS), lanes, lane: chance.below(lanes) };
      })
    : [];
  // Sometimes two columns of one component.
  if (gathers.length > 0 && chance.below(2) === 0) gathers[1] = { ...gathers[0]!, name: "g1", lane: 0, like: 0 };
  const maker = new Maker(graph, chance, buffers, uniforms, gathers, wishes.words === true);
  maker.grow(wishes.size);
  if (wishes.loops) {
    for (let loop = 1 + chance.below(2); loop > 0; loop--) maker.loop(wishes.size >> 1);
    maker.grow(wishes.size >> 1);
  }
  const stores: Store[] = [];
  buffers.forEach(({ element, lanes, written }, buffer) => {
    if (!written) return;
    for (let lane = 0; lane < lanes; lane++) {
      if (chance.below(5) > 0) stores.push({ buffer, lane, value: maker.any(valueTypeOf(element)) });
    }
  });
  const folds = Array.from({ length: chance.below(3) }, (): Fold => {
    const type = chance.of(["f32", wishes.words ? "f32" : "f64", "i32", "u32"] as const);
    const kind = chance.of<FoldKind>(["sum", "min", "max", "count"]);
    return { kind, mask: maker.any("bool"), value: maker.any(type) };
  });
  const appends = Array.from({ length: chance.below(3) }, (): Append => {
    const values = Array.from({ length: chance.below(3) }, () => maker.any(chance.of(maker.types)));
    return { mask: maker.any("bool"), values: [graph.entity(), ...values] };
  });
  const nodes = graph.reached(stores, folds, appends);
  return { name: `random${seed}`, buffers, uniforms, gathers, stores, folds, appends, nodes };
}

class Maker {
  readonly #graph: Graph;
  readonly #chance: Chance;
  readonly #buffers: readonly Buffer[];
  readonly #uniforms: readonly Uniform[];
  readonly #gathers: readonly Gather[];
  readonly types: readonly ValueType[];
  readonly #words: boolean;
  /** Nodes that others can be made of. */
  #made: Record<ValueType, Node[]> = { f32: [], f64: [], i32: [], u32: [], bool: [] };

  constructor(
    graph: Graph,
    chance: Chance,
    buffers: readonly Buffer[],
    uniforms: readonly Uniform[],
    gathers: readonly Gather[],
    words: boolean,
  ) {
    this.#words = words;
    this.types = words ? TYPES.filter((type) => type !== "f64") : TYPES;
    this.#graph = graph;
    this.#chance = chance;
    this.#buffers = buffers;
    this.#uniforms = uniforms;
    this.#gathers = gathers;
    this.#note(graph.entity());
  }

  grow(count: number): void {
    for (let i = 0; i < count; i++) this.#note(this.#node());
  }

  /** A node that was made, rather a late one; a leaf if there is none. */
  any(type: ValueType): Node {
    const chance = this.#chance;
    const made = this.#made[type];
    if (made.length === 0 || chance.below(8) === 0) return this.#leaf(type);
    return made[Math.max(chance.below(made.length), chance.below(made.length))]!;
  }

  loop(size: number): void {
    const graph = this.#graph;
    const chance = this.#chance;
    const loop = graph.open(this.any("f32"), chance.below(2) === 0 ? this.any("bool") : graph.constant("bool", 1));
    const self = [graph.leaf(loop, "selfX"), graph.leaf(loop, "selfY")] as const;
    const other = [graph.leaf(loop, "otherX"), graph.leaf(loop, "otherY")] as const;
    const who = graph.leaf(loop, "other");
    const before = Object.fromEntries(TYPES.map((type) => [type, [...this.#made[type]]])) as Record<ValueType, Node[]>;
    const phis = Array.from({ length: 1 + chance.below(3) }, () => graph.carry(loop, this.any(chance.of(this.types))));
    const [dx, dy] = [graph.op("sub", self[0], other[0]), graph.op("sub", self[1], other[1])];
    const squared = graph.op("add", graph.op("mul", dx, dx), graph.op("mul", dy, dy));
    const near = graph.op(
      "and",
      graph.op("le", squared, graph.op("mul", loop.radius, loop.radius)),
      graph.op("ne", who, graph.entity()),
    );
    for (const node of [...self, ...other, who, near, squared, ...phis]) this.#note(node);
    this.grow(size);
    const results = graph.close(
      loop,
      phis.map((phi) => graph.op(chance.of(["select", "select", "rare"]), near, this.any(phi.type), phi)),
    );
    this.#made = before;
    for (const result of results) this.#note(result);
  }

  #note(node: Node): void {
    this.#made[node.type].push(node);
  }

  #leaf(type: ValueType): Node {
    const graph = this.#graph;
    const chance = this.#chance;
    const pick = chance.below(4);
    if (pick === 0) {
      const value = randomNumber(chance, type);
      return graph.constant(type, value);
    }
    if (pick === 1)
      return graph.uniform(
        type,
        this.#uniforms.findIndex((uniform) => uniform.type === type),
      );
    const fitting = this.#buffers.flatMap(({ element }, b) => (valueTypeOf(element) === type ? [b] : []));
    if (fitting.length === 0) return graph.constant(type, randomNumber(chance, type));
    const buffer = chance.of(fitting);
    return graph.load(type, buffer, chance.below(this.#buffers[buffer]!.lanes));
  }

  #node(): Node {
    const graph = this.#graph;
    const chance = this.#chance;
    const type = chance.of(this.types);
    const pick = chance.below(10);
    if (pick === 0) return this.#leaf(type);
    if (pick === 1) {
      return graph.op(chance.of(["select", "rare"]), this.any("bool"), this.any(type), this.any(type));
    }
    if (pick === 2 && type !== "bool") {
      // What comes out of a type does not always fit the other.
      return graph.convert(type, this.any(chance.of(this.types)));
    }
    if (pick === 3 && type !== "bool" && type !== "f64") {
      return graph.bits(type, this.#number(this.any(chance.of(["f32", "i32", "u32"] as const))));
    }
    if (pick === 4 && this.#gathers.length > 0) {
      const gather = chance.below(this.#gathers.length);
      const { element } = this.#gathers[gather]!;
      const whom = chance.below(2) === 0 ? graph.load("i32", this.#buffers.length - 1, 0) : this.any("i32");
      const [entity, mask] = [whom, this.any("bool")];
      return chance.below(3) === 0
        ? graph.alive(gather, entity, mask)
        : graph.fetch(valueTypeOf(element), gather, entity, mask);
    }
    if (type === "bool") {
      if (chance.below(3) === 0) {
        const op = chance.of(MASK_OPS);
        return ONE.has(op) ? graph.op(op, this.any("bool")) : graph.op(op, this.any("bool"), this.any("bool"));
      }
      const of = chance.of(["f32", this.#words ? "f32" : "f64", "i32", "u32"] as const);
      return graph.op(chance.of(COMPARES), this.any(of), this.any(of));
    }
    const op = chance.of(type === "f32" || type === "f64" ? FLOAT_OPS : INTEGER_OPS);
    if (op === "neg" && type === "u32") return graph.op("not", this.any(type));
    if (ONE.has(op)) return graph.op(op, this.any(type));
    if (op === "shl" || op === "shr") {
      return graph.op(op, this.any(type), this.#words ? graph.constant("i32", chance.below(32)) : this.any("i32"));
    }
    if (op === "div" && type !== "f32" && this.#words) return graph.op("xor", this.any(type), this.any(type));
    return graph.op(op, this.any(type), op === "copysign" ? this.#number(this.any(type)) : this.any(type));
  }

  /** The node, or 1 where it is NaN. */
  #number(node: Node): Node {
    if (node.type !== "f32" && node.type !== "f64") return node;
    const graph = this.#graph;
    return graph.op("select", graph.op("eq", node, node), node, graph.constant(node.type, 1));
  }
}
