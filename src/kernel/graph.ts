import { assert } from "../core/errors.ts";
import { evaluate, toType } from "./evaluate.ts";
import type { Loop, Node, Op, ValueType } from "./node.ts";
import type { Append, Fold, Program, Store } from "./program.ts";

const COMPARES = new Set<Op>(["eq", "ne", "lt", "le", "gt", "ge"]);
const COMMUTES = new Set<Op>(["add", "mul", "and", "or", "xor", "eq", "ne"]);
/** Operations on constants that are carried out when the node is made. */
const FOLDABLE = new Set<Op>(
  "add sub mul div neg abs min max sqrt floor ceil trunc nearest copysign eq ne lt le gt ge and or xor not shl shr convert bits".split(
    " ",
  ) as Op[],
);

/** Makes nodes: equal ones once, those of constants at once, and trivial ones not at all. */
export class Graph {
  readonly nodes: Node[] = [];
  readonly #known = new Map<string, Node>();
  readonly #apart = new Map<string, Node>();
  #scope = "";
  #loops = 0;

  /** A constant, rounded to its type. */
  constant(type: ValueType, value: number): Node {
    return this.#make("const", type, [], toType(type, value));
  }

  load(type: ValueType, buffer: number, lane: number): Node {
    return this.#make("load", type, [], (buffer << 16) | lane);
  }

  uniform(type: ValueType, slot: number): Node {
    return this.#make("uniform", type, [], slot);
  }

  entity(): Node {
    return this.#make("entity", "i32", [], 0);
  }

  /** An operation whose result has the type of its last operand, or bool for comparisons. */
  op(op: Op, ...args: Node[]): Node {
    const last = args[args.length - 1]!;
    const type = COMPARES.has(op) ? "bool" : op === "shl" || op === "shr" ? args[0]!.type : last.type;
    if (FOLDABLE.has(op) && args.every(isConstant)) {
      const [a, b] = args;
      return this.constant(type, evaluate(op, a!.type, type)(a!.value, b?.value ?? 0, 0));
    }
    const simple = this.#simplify(op, args);
    if (simple !== undefined) return simple;
    if (COMMUTES.has(op) && args[0]!.id > args[1]!.id) args.reverse();
    return this.#make(op, type, args, 0);
  }

  convert(type: ValueType, a: Node): Node {
    if (a.type === type) return a;
    if (isConstant(a)) return this.constant(type, evaluate("convert", a.type, type)(a.value, 0, 0));
    return this.#make("convert", type, [a], 0);
  }

  bits(type: ValueType, a: Node): Node {
    if (a.type === type) return a;
    if (isConstant(a)) return this.constant(type, evaluate("bits", a.type, type)(a.value, 0, 0));
    return this.#make("bits", type, [a], 0);
  }

  alive(gather: number, entity: Node, mask: Node): Node {
    return this.#make("alive", "bool", [entity, mask], gather);
  }

  fetch(type: ValueType, gather: number, entity: Node, mask: Node): Node {
    return this.#make("fetch", type, [entity, mask], gather);
  }

  /**
   * What `make` gives, once for each `name`. Operations that it makes are shared with those that are there already, and
   * with nothing made elsewhere later: for the second operand of a `rare`, which would have to be computed everywhere if
   * another shared parts of it.
   */
  apart(name: string, make: () => Node): Node {
    const known = this.#apart.get(name);
    if (known !== undefined) return known;
    const outer = this.#scope;
    this.#scope = `${outer}${name}: `;
    const made = make();
    this.#scope = outer;
    this.#apart.set(name, made);
    return made;
  }

  /** A loop of the rows where `mask` holds over candidates within `radius`; end it with {@link close}. */
  open(radius: Node, mask: Node): Loop {
    assert(radius.loop === undefined && mask.loop === undefined, "loops are not nested");
    return { id: ++this.#loops, radius, mask, starts: [], phis: [], nexts: [] };
  }

  /** A value that a loop carries from one candidate to the next. */
  carry(loop: Loop, start: Node): Node {
    const phi = this.#make("phi", start.type, [], loop.starts.length, loop);
    loop.starts.push(start);
    loop.phis.push(phi);
    return phi;
  }

  leaf(loop: Loop, op: "other" | "otherX" | "otherY" | "selfX" | "selfY"): Node {
    return this.#make(op, op === "other" ? "i32" : "f32", [], 0, loop);
  }

  /** Says what each carried value is after a candidate; returns what they are after all. */
  close(loop: Loop, nexts: readonly Node[]): Node[] {
    loop.nexts.push(...nexts);
    return nexts.map((next, i) => this.#make("result", next.type, [], i, undefined, loop));
  }

  /** Whatever `roots` reach, operands first. */
  reached(stores: readonly Store[], folds: readonly Fold[], appends: readonly Append[]): Program["nodes"] {
    const seen = new Set<Node>();
    const loops = new Set<Loop>();
    // Chains may be too long to be followed by calls.
    const waiting: Node[] = [];
    const visit = (node: Node): void => {
      if (seen.has(node)) return;
      seen.add(node);
      waiting.push(node);
    };
    for (const { value } of stores) visit(value);
    for (const { mask, value } of folds) for (const node of [mask, value]) visit(node);
    for (const { mask, values } of appends) for (const node of [mask, ...values]) visit(node);
    while (waiting.length > 0) {
      const node = waiting.pop()!;
      for (const arg of node.args) visit(arg);
      const loop = node.of ?? node.loop;
      if (loop === undefined || loops.has(loop)) continue;
      loops.add(loop);
      for (const part of [loop.radius, loop.mask, ...loop.starts, ...loop.phis, ...loop.nexts]) visit(part);
    }
    return [...seen].sort((a, b) => a.id - b.id);
  }

  #make(op: Op, type: ValueType, args: readonly Node[], value: number, own?: Loop, of?: Loop): Node {
    const number = Object.is(value, -0) ? "-0" : String(value);
    const key = `${op} ${type} ${number} ${own?.id ?? of?.id ?? 0} ${args.map(({ id }) => id).join()}`;
    const scope = args.length > 0 ? this.#scope : "";
    const known = this.#known.get(key) ?? this.#known.get(scope + key);
    if (known !== undefined) return known;
    const loop = own ?? args.find((arg) => arg.loop !== undefined)?.loop;
    const node: Node = { id: this.nodes.length, op, type, args, value, loop, of };
    this.nodes.push(node);
    this.#known.set(scope + key, node);
    return node;
  }

  /** Only what gives the same bits for every operand, NaN and -0 included. */
  #simplify(op: Op, args: readonly Node[]): Node | undefined {
    const [a, b, c] = args as [Node, Node, Node];
    switch (op) {
      case "select":
      case "rare":
        if (b === c) return b;
        if (isConstant(a)) return a.value !== 0 ? b : c;
        if (op === "rare") return;
        if (b.type === "bool") return this.#selectBool(a, b, c);
        if (a.op === "not") return this.op("select", a.args[0]!, c, b);
        return;
      case "not":
        return a.op === "not" ? a.args[0] : undefined;
      case "and":
        if (a === b) return a;
        if (a.type !== "bool") return;
        if (isConstant(a)) return a.value !== 0 ? b : a;
        if (isConstant(b)) return b.value !== 0 ? a : b;
        return;
      case "or":
        if (a === b) return a;
        if (a.type !== "bool") return;
        if (isConstant(a)) return a.value !== 0 ? a : b;
        if (isConstant(b)) return b.value !== 0 ? b : a;
        return;
      case "mul":
      case "div":
        if (isOne(b)) return a;
        return op === "mul" && isOne(a) ? b : undefined;
      case "add":
        // x + -0 is x for floats, x + 0 is not.
        if (isNothing(b)) return a;
        return isNothing(a) ? b : undefined;
      case "sub":
        return isConstant(b) && Object.is(b.value, 0) ? a : undefined;
      default:
        return;
    }
  }

  #selectBool(condition: Node, yes: Node, no: Node): Node | undefined {
    if (isConstant(yes) && isConstant(no)) return yes.value !== 0 ? condition : this.op("not", condition);
    if (isConstant(no)) return no.value === 0 ? this.op("and", condition, yes) : undefined;
    if (isConstant(yes)) return yes.value !== 0 ? this.op("or", condition, no) : undefined;
    return;
  }
}

function isConstant({ op }: Node): boolean {
  return op === "const";
}

function isOne(node: Node): boolean {
  return isConstant(node) && node.value === 1;
}

function isNothing(node: Node): boolean {
  if (!isConstant(node)) return false;
  return node.type === "f32" || node.type === "f64" ? Object.is(node.value, -0) : node.value === 0;
}
