import type { Node } from "../node.ts";
import type { Program } from "../program.ts";
import type { Code, Local } from "./code.ts";
import type { Values } from "./values.ts";

/** Replaces NaNs in the vector that `local` holds by the one NaN that columns may hold; puts the result on the stack. */
export function canonical(values: Values, type: Node["type"], local: Local): void {
  const { code } = values;
  if (type === "f64") code.words(0, 0x7ff8_0000, 0, 0x7ff8_0000);
  else code.splat(0x7fc0_0000);
  code.get(local);
  code.get(local);
  code.get(local);
  code.op(type === "f64" ? "f64x2.ne" : "f32x4.ne");
  values.choose({ type });
}

/**
 * Finds out whether a chunk may have got a NaN: sums what is stored. A sum that is NaN without need (infinities) costs
 * time only.
 */
export class NanWatch {
  readonly #values: Values;
  readonly #code: Code;
  /** For each type one, or two where vectors are in pairs: for the halves of a group, or the parts of an f64. */
  readonly #watches: readonly { type: "f32" | "f64"; side: number; sum: Local; group: Local }[];
  /** What the group has added so far. */
  readonly #begun = new Set<object>();

  constructor(values: Values, types: ReadonlySet<Node["type"]>) {
    const { code, halves, pairs } = values;
    this.#values = values;
    this.#code = code;
    this.#watches = (["f32", "f64"] as const)
      .filter((type) => types.has(type))
      .flatMap((type) =>
        Array.from({ length: type === "f64" && pairs ? 2 : halves }, (_, side) => ({
          type,
          side,
          sum: code.local("v128"),
          group: code.local("v128"),
        })),
      );
  }

  beginChunk(): void {
    for (const { sum } of this.#watches) clear(this.#code, sum);
  }

  beginGroup(): void {
    this.#begun.clear();
  }

  /** Takes note of a vector that is stored. */
  add(type: Node["type"], part: number, vector: () => void): void {
    const code = this.#code;
    const { half, pairs } = this.#values;
    const side = type === "f64" && pairs ? part : half;
    const watch = this.#watches.find((one) => one.type === type && one.side === side)!;
    const { group } = watch;
    vector();
    if (this.#begun.has(watch)) {
      code.get(group);
      code.op(type === "f64" ? "f64x2.add" : "f32x4.add");
    }
    this.#begun.add(watch);
    code.set(group);
  }

  endGroup(): void {
    const code = this.#code;
    for (const { type, sum, group } of this.#watches) {
      code.get(sum);
      code.get(group);
      code.op(type === "f64" ? "f64x2.add" : "f32x4.add");
      code.set(sum);
      if (this.#values.pairs) clear(code, group);
    }
  }

  /** What the sums held is not needed any more. */
  endChunk(): void {
    for (const { sum } of this.#watches) clear(this.#code, sum);
  }

  /** Puts on the stack whether the chunk must be looked through. */
  alarm(): void {
    const code = this.#code;
    // Of two halves a sum of masks: V8 looks behind some additions of vectors for pairs, and behind no other operation.
    this.#watches.forEach(({ type, sum }, i) => {
      code.get(sum);
      code.get(sum);
      code.op(type === "f64" ? "f64x2.ne" : "f32x4.ne");
      if (i > 0) code.op("i32x4.add");
    });
    code.op("v128.any_true");
  }
}

function clear(code: Code, local: Local): void {
  code.splat(0);
  code.set(local);
}

/** Of each node by its id: whether it is stored and can be NaN. */
export function nanNodes({ nodes, stores }: Program): Uint8Array {
  const size = nodes.length === 0 ? 0 : nodes[nodes.length - 1]!.id + 1;
  const finite = new Uint8Array(size);
  const number = new Uint8Array(size);
  for (const { id, op, type, args, value } of nodes) {
    if (type !== "f32" && type !== "f64") continue;
    const [a, b, c] = args;
    const both = (of: Uint8Array): boolean => of[a!.id] === 1 && of[b!.id] === 1;
    if (op === "const") {
      finite[id] = Number(Number.isFinite(value));
      number[id] = Number(!Number.isNaN(value));
    } else if (op === "convert" && a!.type !== "f32" && a!.type !== "f64") {
      finite[id] = 1;
      number[id] = 1;
    } else if (op === "convert") {
      finite[id] = type === "f64" ? finite[a!.id]! : 0;
      number[id] = number[a!.id]!;
    } else if (SAME.has(op)) {
      finite[id] = finite[a!.id]!;
      number[id] = number[a!.id]!;
    } else if (op === "min" || op === "max") {
      finite[id] = Number(both(finite));
      number[id] = Number(both(number));
    } else if (op === "select" || op === "rare") {
      finite[id] = finite[b!.id]! & finite[c!.id]!;
      number[id] = number[b!.id]! & number[c!.id]!;
    } else if (op === "add" || op === "sub" || op === "mul") number[id] = Number(both(finite));
  }
  const may = new Uint8Array(size);
  for (const { value } of stores) {
    may[value.id] = (value.type === "f32" || value.type === "f64") && number[value.id] === 0 ? 1 : 0;
  }
  return may;
}

const SAME = new Set<Node["op"]>(["neg", "abs", "floor", "ceil", "trunc", "nearest", "copysign"]);
