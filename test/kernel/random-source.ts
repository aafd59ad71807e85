import { randomBelow } from "../../src/core/prng.ts";

/** Writes functions of all kinds of control flow. Numbers stay small, and multiples of a half. */
export class RandomSource {
  readonly #seed: number;
  #draws = 0;
  #names = 0;
  #left = 24;

  constructor(seed: number) {
    this.#seed = seed;
  }

  /** `more`: statements at the start. */
  source(more = ""): string {
    const lines = Array.from({ length: 2 + this.#below(5) }, () => this.#statement(["a", "b"], 0, ""));
    return `(body, mind, other, k) => {\nlet a = ${this.#number([])}, b = 1;\n${more}${lines.join("\n")}\nbody.y = a; body.big = b;\n}`;
  }

  /** `inside` has `b` where break may stand and `c` where continue may. */
  #statement(names: readonly string[], depth: number, inside: string): string {
    this.#left--;
    const kind = this.#left < 0 || depth > 3 ? this.#below(5) : this.#below(16);
    const again = (more = names, to = inside): string => this.#statement(more, depth + 1, to);
    switch (kind) {
      case 0:
      case 1:
        return `${this.#target(names)} ${this.#pick(["=", "=", "+=", "-="])} ${this.#number(names)};`;
      case 2:
        return this.#pick([
          "k.despawn();",
          "k.addTag(k.Tag);",
          "k.removeTag(k.Tag);",
          `k.emit(k.Hit, { amount: ${this.#number(names)} });`,
        ]);
      case 3:
        return `mind.on = ${this.#boolean(names)};`;
      case 4:
        return inside.includes("b") && this.#below(2) === 0
          ? `if (${this.#boolean(names)}) ${inside.includes("c") && this.#below(2) === 0 ? "continue" : "break"};`
          : `if (${this.#boolean(names)}) return;`;
      case 5:
      case 6:
        return `if (${this.#boolean(names)}) { ${again()} ${again()} }`;
      case 7:
      case 8:
        return `if (${this.#boolean(names)}) { ${again()} } else { ${again()} ${again()} }`;
      case 9:
      case 10: {
        const i = `i${this.#names++}`;
        return `for (let ${i} = 0; ${i} < ${1 + this.#below(4)}; ${i}++) { ${again([...names, i], "bc")} ${again([...names, i], "bc")} }`;
      }
      case 11: {
        const c = `c${this.#names++}`;
        return `{ let ${c} = ${this.#number(names)}; ${again([...names, c])} ${again([...names, c])} body.x = ${c}; }`;
      }
      case 12:
        return `${this.#boolean(names)} ${this.#pick(["&&", "||"])} (${this.#target(names)} = ${this.#number(names)});`;
      case 13:
        return `${this.#boolean(names)} ? ${this.#target(names)} += 1 : (${this.#target(names)} = 2, ${this.#target(names)}--);`;
      case 14: {
        const to = inside.includes("c") ? "bc" : "b";
        const last = again(names, to);
        return `switch (${this.#pick(["body.n", "mind.counts[0]"])}) { case 1: ${again(names, to)} break; case 2: case ${3 + this.#below(3)}: ${again(names, to)} ${this.#pick(["return", "break"])}; default: ${last} }`;
      }
      default:
        return `${this.#target(names)} = ${this.#boolean(names)} ? ${this.#number(names)} : k.${this.#pick(["sign", "clamp"])}(${this.#number(names)}, -2, 2);`;
    }
  }

  /** Counters are not assigned to. */
  #target(names: readonly string[]): string {
    return this.#pick([
      "body.x",
      "body.y",
      "mind.items[1]",
      "mind.goal.y",
      ...names.filter((name) => !name.startsWith("i")),
    ]);
  }

  #number(names: readonly string[]): string {
    const one = (): string =>
      this.#pick([
        "body.x",
        "body.n",
        "other.x",
        "mind.items[1]",
        "mind.goal.y",
        "1",
        "0",
        "0.5",
        "-3",
        ...names,
        ...names,
      ]);
    switch (this.#below(7)) {
      case 6:
        return `Number(${this.#boolean(names)})`;
      case 0:
        return `(${one()} + ${one()})`;
      case 1:
        return `(${one()} - ${one()})`;
      case 2:
        return `(${this.#boolean(names)} ? ${one()} : ${one()})`;
      case 3:
        return `Math.${this.#pick(["min", "max"])}(${one()}, ${one()})`;
      default:
        return one();
    }
  }

  #boolean(names: readonly string[]): string {
    const one = (): string => this.#pick(["body.x", "body.y", "body.n", "mind.items[2]", "1", "-0.5", ...names]);
    const compare = (): string => `${one()} ${this.#pick(["<", "<=", ">", ">=", "===", "!=="])} ${one()}`;
    switch (this.#below(7)) {
      case 6:
        return `${this.#pick(["Boolean", "isNaN", "Number.isFinite", "Number.isInteger", "Number.isSafeInteger"])}(${this.#number(names)})`;
      case 0:
        return "mind.on";
      case 1:
        return `!(${compare()})`;
      case 2:
        return `(${compare()} && ${compare()})`;
      case 3:
        return `(${compare()} || other.on)`;
      default:
        return `(${compare()})`;
    }
  }

  #below(n: number): number {
    return randomBelow(n, this.#seed, 1, this.#draws++, 0);
  }

  #pick(list: readonly string[]): string {
    return list[this.#below(list.length)]!;
  }
}
