import { randomBelow } from "../../src/core/prng.ts";

type Type = "f64" | "i32" | "bool";

interface Name {
  readonly name: string;
  readonly type: Type;
  readonly fixed: boolean;
}

/**
 * Writes functions `(a, b, k) => { ... }` over f64, i32 and bool fields that compute what JavaScript computes, to the bit: no
 * integer is divided, none leaves 32 bits, and every variable says its type.
 */
export class RandomDouble {
  readonly #seed: number;
  #draws = 0;
  #count = 0;
  #names: readonly Name[] = [];

  constructor(seed: number) {
    this.#seed = seed;
  }

  source(): string {
    const lines = Array.from({ length: 3 + this.below(7) }, () => this.#statement(0, false));
    return `(a, b, k) => {\n${lines.join("\n")}\n}`;
  }

  below(n: number): number {
    return randomBelow(n, this.#seed, 2, this.#draws++, 0);
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }

  #statement(depth: number, inside: boolean): string {
    const d = 1 + this.below(3);
    switch (this.below(depth > 3 ? 11 : 20)) {
      case 0:
      case 1:
      case 2:
      case 3:
        return `${this.#target("f64")} ${this.pick(["=", "=", "+=", "-=", "*=", "/="])} ${this.#double(d)};`;
      case 4:
      case 5:
      case 6:
        return `${this.#target("i32")} ${this.pick(["=", "=", "&=", "|=", "^="])} ${this.#integer(d)};`;
      case 7:
        return `a.u = ${this.#integer(d)} >>> ${this.below(5)};`;
      case 8:
        return `${this.#target("bool")} = ${this.#boolean(d)};`;
      case 9:
      case 10:
        return this.#declaration(d);
      case 11:
      case 12:
      case 13: {
        const otherwise = this.below(2) === 0 ? "" : ` else ${this.#block(depth, inside)}`;
        return `if (${this.#boolean(d)}) ${this.#block(depth, inside)}${otherwise}`;
      }
      case 14:
      case 15: {
        const before = this.#names;
        const name = `l${this.#count++}`;
        this.#names = [...before, { name, type: "i32", fixed: true }];
        const step = this.pick(["++", " += 1", " += 2"]);
        const text = `for (let ${name} = ${this.below(3)}; ${name} < ${2 + this.below(3)}; ${name}${step}) ${this.#block(depth, true)}`;
        this.#names = before;
        return text;
      }
      case 16:
        return `if (${this.#boolean(1)}) ${inside ? this.pick(["break", "continue"]) : "return"};`;
      case 17:
        return `${this.#boolean(d)} && (a.y = ${this.#double(d)});`;
      case 18:
        return `${this.#boolean(d)} || (a.i = ${this.#integer(d)});`;
      default:
        return `a.x = ${this.#target("f64")} = ${this.#double(d)};`;
    }
  }

  #block(depth: number, inside: boolean): string {
    const before = this.#names;
    const lines = Array.from({ length: 1 + this.below(3) }, () => this.#statement(depth + 1, inside));
    this.#names = before;
    return `{\n${lines.join("\n")}\n}`;
  }

  #declaration(depth: number): string {
    const type = this.pick(["f64", "f64", "i32", "bool"] as const);
    const value = this.#value(type, depth);
    const fixed = this.below(3) === 0;
    const name = `v${this.#count++}`;
    this.#names = [...this.#names, { name, type, fixed }];
    const typed = type === "f64" ? `k.f64(${value})` : type === "i32" ? `${value} | 0` : value;
    return `${fixed ? "const" : "let"} ${name} = ${typed};`;
  }

  #value(type: Type, depth: number): string {
    return type === "f64" ? this.#double(depth) : type === "i32" ? this.#integer(depth) : this.#boolean(depth);
  }

  #all(type: Type): string[] {
    return this.#names.filter((one) => one.type === type).map(({ name }) => name);
  }

  #target(type: Type): string {
    const own = this.#names.filter((one) => one.type === type && !one.fixed).map(({ name }) => name);
    return this.pick([...{ f64: ["a.x", "a.y", "a.z"], i32: ["a.i", "a.j"], bool: ["a.p"] }[type], ...own]);
  }

  #double(depth: number): string {
    if (depth <= 0) {
      const literals = ["0.5", "0.1", "3", "-2.25", "0", "1e10"];
      return this.pick(["a.x", "a.y", "a.z", "b.r", "b.s", ...literals, ...this.#all("f64"), ...this.#all("f64")]);
    }
    const one = (): string => this.#double(depth - 1);
    const operator = (): string => this.pick(["+", "-", "*", "/"]);
    switch (this.below(20)) {
      case 0:
      case 1:
        return `(${one()} ${operator()} ${one()} ${operator()} ${one()})`;
      case 2:
      case 3:
      case 4:
        return `Math.${this.pick(["sqrt", "abs", "floor", "ceil", "trunc", "sign", "round"])}(${one()})`;
      case 5:
      case 6:
        return `Math.${this.pick(["min", "max"])}(${one()}, ${one()})`;
      case 7:
      case 8:
      case 9:
        return `(${this.#boolean(depth - 1)} ? ${one()} : ${one()})`;
      case 10:
        return `(- ${one()})`;
      case 11:
        return `(${this.#target("f64")} ${this.pick(["=", "+=", "-=", "*=", "/="])} ${one()})`;
      case 12:
        return this.pick([`(${this.#target("f64")}++)`, `(--${this.#target("f64")})`]);
      case 13:
        return `(${this.#target("f64")} = 2, ${one()})`;
      case 14:
        return `k.f64(${this.#integer(depth - 1)})`;
      default:
        return `(${one()} ${operator()} ${one()})`;
    }
  }

  #integer(depth: number): string {
    if (depth <= 0)
      return this.pick(["a.i", "a.j", "b.n", "7", "-3", "0", "1", ...this.#all("i32"), ...this.#all("i32")]);
    const one = (): string => this.#integer(depth - 1);
    switch (this.below(12)) {
      case 0:
      case 1:
        return `(${one()} ${this.pick(["<<", ">>"])} ${this.pick(["1", "3", "33", this.#integer(0)])})`;
      case 2:
        return `(~${one()})`;
      case 3:
      case 4:
        return `((${one()} & 4095) ${this.pick(["+", "-", "*"])} (${one()} & 4095))`;
      case 5:
        return `(${this.#boolean(depth - 1)} ? ${one()} : ${one()})`;
      case 6:
        return `(${this.#target("i32")} ${this.pick(["=", "&=", "|=", "^=", "<<=", ">>="])} ${one()})`;
      case 7:
        return `Math.${this.pick(["min", "max"])}(${one()}, ${one()})`;
      case 8:
        // Beyond 32 bits, and for NaN, kernels saturate and JavaScript does not.
        return `(Math.max(-1e9, Math.min(1e9, ${this.pick(["a.x", "b.r", "0.5"])})) | 0)`;
      default:
        return `(${one()} ${this.pick(["&", "|", "^"])} ${one()})`;
    }
  }

  #boolean(depth: number): string {
    if (depth <= 0) return this.pick(["a.p", "b.q", "true", ...this.#all("bool")]);
    const compare = this.pick(["<", "<=", ">", ">=", "===", "!=="]);
    switch (this.below(10)) {
      case 0:
      case 1:
        return `(${this.#boolean(depth - 1)} ${this.pick(["&&", "||"])} ${this.#boolean(depth - 1)})`;
      case 2:
        return `(!${this.#boolean(depth - 1)})`;
      case 3:
      case 4:
      case 5:
        return `(${this.#integer(depth - 1)} ${compare} ${this.#integer(depth - 1)})`;
      default:
        return `(${this.#double(depth - 1)} ${compare} ${this.#double(depth - 1)})`;
    }
  }
}
