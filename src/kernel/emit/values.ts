import type { Loop, Node } from "../node.ts";
import { UNIFORM_BYTES } from "../program.ts";
import type { Code, Local } from "./code.ts";
import type { Options } from "./emit.ts";
import type { OpcodeName } from "./opcode.ts";
import { operate } from "./operation.ts";
import { isZero, operands, type Plan } from "./plan.ts";
import type { Branch, Member, Region, Step } from "./region.ts";
import { pairsOf } from "./wide.ts";

/** The parameters of every function. */
export const LIST: Local = 0;
export const COUNT: Local = 1;
export const FRAME: Local = 2;

/** How the rows of a call are walked: what depends on it. */
export interface Walk {
  /** Puts one vector of a load, the entity, or what a loop provides on the stack. */
  leaf(node: Node, part: number): void;
  /** Computes `alive` or `fetch` into `into`. */
  look(node: Node, into: readonly Local[]): void;
  store(buffer: number, lane: number, value: Node): void;
  loop(loop: Loop, body: Region): void;
}

/**
 * Writes the nodes of a plan as code: four rows a vector, masks of 32 bits a lane, f64 as rows 0 and 1, then 2 and 3.
 * Groups of eight rows are two halves of four, written one after the other, instruction by instruction.
 */
export class Values {
  readonly code: Code;
  readonly plan: Plan;
  readonly options: Options;
  walk!: Walk;
  /** Whether vectors are written so that an engine can make one of two. */
  readonly pairs: boolean;
  /** How many times four rows a group has. */
  readonly halves: 1 | 2;
  /** Which four of them the code is about that is written now. */
  half: 0 | 1 = 0;
  readonly #held: readonly (readonly Local[] | undefined)[][];
  readonly #left: readonly Int32Array[];
  /** Of what two branches decide: what one has decided about. */
  readonly #begun = new Set<Node>();
  readonly #extras = new Map<string, Local>();

  constructor(code: Code, plan: Plan, options: Options) {
    this.code = code;
    this.plan = plan;
    this.options = options;
    const pairs = options.wide ? pairsOf(plan) : undefined;
    this.pairs = pairs !== undefined;
    this.halves = pairs === "rows" ? 2 : 1;
    this.#held = Array.from({ length: this.halves }, () => []);
    this.#left = this.#held.map(() => Int32Array.from(plan.uses));
  }

  parts(node: Node): number {
    return this.plan.parts[node.id]!;
  }

  isKept(node: Node): boolean {
    return this.plan.kept[node.id]!;
  }

  /** Whether pushing it again costs nothing. */
  isHeld(node: Node): boolean {
    return this.#heldNow[node.id] !== undefined;
  }

  /** Puts a vector of a value on the stack. */
  push(node: Node, part = 0): void {
    const held = this.#heldNow[node.id];
    if (held !== undefined) return this.code.get(held[part % held.length]!);
    if (isZero(node)) return this.code.splat(0);
    this.#compute(node, part % this.parts(node));
  }

  /** Says that a value was an operand or a root once. */
  drop(node: Node): void {
    if (--this.#left[this.half]![node.id]! > 0 || this.plan.pinned[node.id]) return;
    const held = this.#heldNow[node.id];
    if (held === undefined || !this.isKept(node)) return;
    for (const local of held) this.code.release(local);
    this.#heldNow[node.id] = undefined;
  }

  /** The locals that hold a value. */
  held(node: Node): readonly Local[] {
    return this.#heldNow[node.id]!;
  }

  /** Makes locals the place of a value. */
  hold(node: Node, locals: readonly Local[]): void {
    if (this.plan.regions[node.id] === this.plan.call) for (const held of this.#held) held[node.id] = locals;
    else this.#heldNow[node.id] = locals;
  }

  /** A vector that was computed once for the whole call, such as what corrects a minimum. */
  extra(key: string): Local | undefined {
    return this.#extras.get(key);
  }

  /** Keeps the vector on the stack under a key. */
  addExtra(key: string): void {
    const local = this.code.local("v128");
    this.code.set(local);
    this.#extras.set(key, local);
  }

  locals(count: number): Local[] {
    return Array.from({ length: count }, () => this.code.local("v128"));
  }

  /** Everything that a region does. */
  region({ steps, kind }: Region): void {
    this.#steps(steps, kind === "call");
  }

  #steps(steps: readonly Step[], once: boolean): void {
    for (const step of steps) {
      if ("loop" in step) this.walk.loop(step.loop, this.plan.loops.get(step.loop)!);
      else if ("store" in step) {
        const { buffer, lane, value } = step.store;
        this.eachHalf(() => {
          this.walk.store(buffer, lane, value);
          this.drop(value);
        }, LAST_FIRST);
      } else if ("branch" in step) this.#branch(step.branch);
      else if (once) this.#keep(step.node);
      else this.eachHalf(() => this.#keep(step.node));
    }
  }

  /** Writes code for each half of a group. */
  eachHalf(write: (half: 0 | 1) => void, order: readonly (0 | 1)[] = FIRST_FIRST): void {
    for (const half of order) {
      if (half >= this.halves) continue;
      this.half = half;
      write(half);
    }
    this.half = 0;
  }

  get #heldNow(): (readonly Local[] | undefined)[] {
    return this.#held[this.half]!;
  }

  #keep(node: Node): void {
    const locals = this.locals(this.parts(node));
    if (node.op === "alive" || node.op === "fetch") {
      this.walk.look(node, locals);
      this.#dropOperands(node);
    } else if (this.plan.members.has(node)) this.#begin(node, locals);
    else {
      for (let part = 0; part < locals.length; part++) {
        this.#compute(node, part);
        this.code.set(locals[part]!);
      }
    }
    this.hold(node, locals);
  }

  /** One branch for the whole group. */
  #branch({ tests, steps, members }: Branch): void {
    const { code } = this;
    // Of what another branch decides as well: whether that comes later.
    const begins = members.map(({ node }) => this.plan.members.get(node)!.length > 1 && !this.#begun.has(node));
    this.eachHalf((half) => {
      tests.forEach(({ condition, holds }, i) => {
        this.push(condition);
        if (i > 0) code.op(holds ? "v128.and" : "v128.andnot");
        else if (!holds) code.op("v128.not");
      });
      if (half > 0) code.op("v128.or");
    });
    // On x64 two instructions less than `any_true`.
    code.op("i32x4.bitmask");
    code.open("if");
    this.#steps(steps, false);
    this.eachHalf(() => {
      for (const [i, member] of members.entries()) this.#decide(member, begins[i]!);
    });
    code.end();
    this.eachHalf(() => {
      for (const { condition } of tests) this.drop(condition);
      members.forEach(({ node }, i) => {
        if (!begins[i]) this.#dropOperands(node);
      });
    });
    for (const { node } of members) this.#begun.add(node);
  }

  /** Of what branches decide: what it is where they are not taken. */
  #begin(node: Node, locals: readonly Local[]): void {
    const arms = this.plan.members.get(node)!;
    if (arms.length > 1) return;
    const other = node.args[isChoice(node) ? 3 - arms[0]! : 0]!;
    for (const [part, local] of locals.entries()) {
      this.push(other, part);
      this.code.set(local);
    }
  }

  /** What it gives where the branch is taken: all of it, if another branch has `more` to say. */
  #decide({ node, arm }: Member, more: boolean): void {
    const { code } = this;
    const hides = this.pairs && node.op === "rare";
    this.held(node).forEach((local, part) => {
      if (arm === 2 && !more) code.get(local);
      this.push(node.args[arm]!, part);
      if (hides) this.hide();
      if (!more && !isChoice(node)) {
        code.get(local);
        code.op(`v128.${node.op}` as OpcodeName);
      } else if (!more) {
        if (arm === 1) code.get(local);
        this.mask(node.args[0]!, node, part);
        this.choose(node);
      }
      code.set(local);
    });
  }

  /** The same for the vector in a local. */
  hideIn(local: Local): void {
    this.code.get(local);
    this.hide();
    this.code.set(local);
  }

  /**
   * Replaces a lane of the vector on the stack by itself: V8 looks no further for pairs, and so makes one of what the
   * branch is about even if it cannot of what is computed in it.
   */
  hide(): void {
    const { code } = this;
    const vector = code.local("v128");
    code.set(vector);
    code.get(vector);
    code.get(vector);
    code.op("i32x4.extract_lane", 0);
    code.op("i32x4.replace_lane", 0);
    code.release(vector);
  }

  /** Puts a mask on the stack, as wide as the lanes of `node`. */
  mask(condition: Node, { type }: Node, part: number): void {
    this.push(condition);
    if (type === "f64") this.widen(part);
  }

  /** Makes lanes of 64 bits from half of a mask. */
  widen(part: number): void {
    this.code.op(part === 0 ? "i64x2.extend_low_i32x4_s" : "i64x2.extend_high_i32x4_s");
  }

  /** From (yes, no, mask) on the stack. Masks are all ones or all zeros a lane, so relaxed instructions are exact. */
  choose({ type }: { readonly type: Node["type"] }): void {
    if (!this.options.relaxed) this.code.op("v128.bitselect");
    else this.code.op(type === "f64" ? "i64x2.relaxed_laneselect" : "i32x4.relaxed_laneselect");
  }

  #compute(node: Node, part: number): void {
    const { code } = this;
    const { op, type, value } = node;
    if (op === "const") constant(code, node);
    else if (op === "uniform") {
      code.get(FRAME);
      code.note(`uniform ${this.plan.program.uniforms[value]!.name}`);
      code.memory(type === "f64" ? "v128.load64_splat" : "v128.load32_splat", value * UNIFORM_BYTES);
      if (type === "bool") {
        code.splat(0);
        code.op("i32x4.ne");
      }
    } else if (node.args.length === 0) this.walk.leaf(node, part);
    else {
      operate(this, node, part);
      if (part === this.parts(node) - 1) this.#dropOperands(node);
    }
  }

  #dropOperands(node: Node): void {
    for (const arg of operands(node)) this.drop(arg);
  }
}

function isChoice({ op }: Node): boolean {
  return op === "select" || op === "rare";
}

const FIRST_FIRST = [0, 1] as const;
/** V8 makes one store of two if the one with the higher address comes first. */
export const LAST_FIRST = [1, 0] as const;
const cell = new DataView(new ArrayBuffer(8));

function constant(code: Code, { type, value }: Node): void {
  if (type === "f64") {
    cell.setFloat64(0, value);
    const [high, low] = [cell.getInt32(0), cell.getInt32(4)];
    code.note(String(value));
    return code.words(low, high, low, high);
  }
  if (type === "f32") {
    cell.setFloat32(0, value);
    code.note(String(value));
    return code.splat(cell.getInt32(0));
  }
  code.splat(type === "bool" ? -value : value);
}
