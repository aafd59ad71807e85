import { Chance } from "./random-program.ts";

type Kind = "float" | "whole" | "truth" | "who";

/** Something that has a value; what is fixed cannot be assigned. */
interface Name {
  readonly text: string;
  readonly kind: Kind;
  readonly isFixed?: boolean;
}

const WRITTEN = named({
  "m.a": "float",
  "m.d": "float",
  "m.at.y": "float",
  "m.n": "whole",
  "m.s": "whole",
  "m.u": "whole",
  "m.list[2]": "whole",
  "m.list[p.n & 1]": "whole",
  "m.list[m.n & 1]": "whole",
  "m.on": "truth",
  "m.who": "who",
});
const READ = named({
  "p.x": "float",
  "p.at.x": "float",
  "p.n": "whole",
  "p.who": "who",
  "k.dt": "float",
  "k.flag": "truth",
  "k.entity": "who",
  "k.tick": "whole",
});
/** Of another entity. */
const OTHER = named({
  x: "float",
  d: "float",
  "at.y": "float",
  n: "whole",
  on: "truth",
  next: "who",
});
const NEIGHBOUR: readonly Name[] = [
  ...["x", "y", "dx", "dy", "distanceSquared"].map((field): Name => ({ text: `o.${field}`, kind: "float" })),
  { text: "o.entity", kind: "who" },
  { text: "o.entity", kind: "who" },
];

/**
 * Writes rules `(m, p, k) => { ... }` that visit neighbours, look at other entities and have effects. Numbers stay small, and
 * multiples of a quarter.
 */
export class RandomRule {
  readonly #chance: Chance;
  #names = 0;
  #left = 14;
  /** What may leave something by its label. */
  #ways: readonly string[] = [];

  constructor(seed: number) {
    this.#chance = new Chance(seed);
  }

  source(): string {
    const known: Name[] = [];
    const lines = Array.from({ length: 2 }, () => this.#declaration(known, false));
    lines.push(this.#statement(known, 0, ""), this.#visit(known), this.#statement(known, 0, ""));
    if (this.#below(3) === 0) lines.push(this.#visit(known));
    lines.push(...this.#ends(known), this.#total(known), this.#effect(known));
    return `(m, p, k) => {\n${lines.join("\n")}\n}`;
  }

  /** Nothing that was computed is lost. */
  #ends(known: readonly Name[]): string[] {
    return known.flatMap(({ text, kind, isFixed }) => {
      const fields = WRITTEN.filter((field) => field.kind === kind);
      return isFixed ? [] : [`${this.#of(fields).text} = ${text};`];
    });
  }

  #total(known: readonly Name[]): string {
    const sum = this.#of(["sum", "min", "max"]);
    return `if (${this.#value("truth", known, 1)}) k.${sum}(k.Total, "sum", ${this.#limited("float", known, 2)} + 0); k.count(k.Total, "count", ${this.#value("truth", known, 1)});`;
  }

  #effect(known: readonly Name[]): string {
    const hit = (): string =>
      `k.emit(k.Hit, { amount: ${this.#limited("float", known, 1)}, who: ${this.#value("who", known, 1)} });`;
    const effect = this.#of([hit, hit, () => "k.despawn();", () => "k.addTag(k.T);", () => "k.removeTag(k.T);"])();
    return `if (${this.#value("truth", known, 2)}) ${effect}`;
  }

  /** A loop over neighbours, in something or alone. */
  #visit(known: Name[]): string {
    const loop = (): string => this.#neighbours([...known]);
    switch (this.#below(8)) {
      case 0:
        return `if (${this.#value("truth", known, 2)}) return;\n${loop()}`;
      case 1:
        return `if (${this.#value("truth", known, 2)}) {\n${loop()}\n}`;
      case 2:
        return `if (${this.#value("truth", known, 1)}) {\n${loop()}\n} else {\n${loop()}\n}`;
      case 3:
        return `o: for (let i = 0; i < 2; i++) {\nif (${this.#value("truth", known, 1)}) ${this.#of(["break", "continue", "break o", "continue o"])};\n${loop()}\n}`;
      case 4:
        return `switch (m.u) { case 0: ${loop()} ${this.#of(["break;", ""])} case 1: case k.Mood.Wild: ${this.#assignment(known)} ${this.#of(["return;", ""])} default: ${loop()} }`;
      case 5:
        return `m.a = k.crowding(${this.#radius(known)}, ${this.#limited("float", known, 1)}, k);`;
      case 6: {
        const [best, who] = [`v${this.#names++}`, `v${this.#names++}`];
        const test = this.#of([
          `if (o.distanceSquared >= ${best}) return; ${best} = o.distanceSquared; ${who} = o.entity;`,
          `if (o.distanceSquared < ${best}) { ${best} = o.distanceSquared; ${who} = o.entity; }`,
          `${best} = Math.min(${best}, o.distanceSquared); if (${best} === o.distanceSquared) ${who} = o.entity;`,
        ]);
        const before = `let ${best} = 9, ${who} = ${this.#of(["p.who", "k.entity"])};`;
        known.push({ text: best, kind: "float" }, { text: who, kind: "who" });
        return `${before} k.neighbours(${this.#radius(known.slice(0, -2))}, (o) => { ${test} }); m.d = k.at(${who}, k.Other).x;`;
      }
      default:
        return loop();
    }
  }

  #neighbours(known: Name[]): string {
    const radius = this.#radius(known);
    const inside = [...known, ...NEIGHBOUR.map((name) => ({ ...name, isFixed: true }))];
    const lines = this.#apart(() => Array.from({ length: 1 + this.#below(4) }, () => this.#statement(inside, 0, "o")));
    return `k.neighbours(${radius}, (o) => {\n${lines.join("\n")}\n});`;
  }

  #radius(known: readonly Name[]): string {
    const fixed = ["1", "1.5", "k.dt", "2", "0", "-1", "p.at.x", "m.n", "m.s", "k.at(p.who, k.Other).x"];
    return this.#below(4) === 0 ? this.#limited("float", known, 1) : this.#of(fixed);
  }

  /** `inside`: has `o` in a loop over neighbours, `b` where break may stand and `c` where continue may. */
  #statement(known: Name[], depth: number, inside: string): string {
    this.#left--;
    const block = (names: readonly Name[], to = inside): string => {
      const own = [...names];
      return Array.from({ length: 1 + this.#below(2) }, () => this.#statement(own, depth + 1, to)).join(" ");
    };
    const truth = (): string => this.#value("truth", known, 2);
    const ways = [
      "return",
      ...this.#ways,
      ...(inside.includes("b") ? ["break"] : []),
      ...(inside.includes("c") ? ["continue"] : []),
    ];
    switch (this.#left < 0 || depth > 2 ? this.#below(2) : this.#below(13)) {
      case 0:
        return `if (${truth()}) ${this.#of(ways)};`;
      case 2:
      case 3:
        return `if (${truth()}) { ${block(known)} }`;
      case 4:
        return `if (${truth()}) { ${block(known)} } else { ${block(known)} }`;
      case 5: {
        const i = `i${this.#names++}`;
        const body = (): string => block([...known, { text: i, kind: "whole", isFixed: true }], `${inside}bc`);
        const loop = `for (let ${i} = 0; ${i} < ${1 + this.#below(3)}; ${i}++)`;
        return this.#labelled(["break", "continue"], () => `${loop} { ${body()} }`);
      }
      case 10: {
        const i = `i${this.#names++}`;
        const end = `${i} < ${1 + this.#below(3)}`;
        const before = block([...known, { text: i, kind: "whole", isFixed: true }], `${inside.replaceAll("c", "")}b`);
        const body = `{ ${before} if (${truth()}) break; ${i}++; ${this.#of(["", `if (${truth()}) continue;`])} }`;
        if (this.#below(3) === 0) {
          const open = `{ if (++${i} > ${1 + this.#below(3)}) break; ${before} }`;
          return `let ${i} = 0; ${this.#of([`while (${truth()}) ${open}`, `do ${open} while (${truth()});`])}`;
        }
        return `let ${i} = 0; ${this.#of([`while (${end}) ${body}`, `do ${body} while (${end});`, `for (; ${end}; ) ${body}`])}`;
      }
      case 11: {
        const kind = this.#of(["float", "truth", "who"] as const);
        const name = `v${this.#names++}`;
        const given = (): string => `${name} = ${this.#value(kind, known, 2)};`;
        const text = this.#of([
          `if (${truth()}) ${given()} else ${this.#of(ways)};`,
          `if (${truth()}) { ${block(known)} ${this.#of(ways)}; } ${given()}`,
          `if (${truth()}) { ${given()} ${block(known)} } else if (${truth()}) ${given()} else { ${block(known)} ${this.#of(ways)}; }`,
          `switch (m.u) { case 0: ${given()} break; case 1: ${given()} ${block(known, `${inside}b`)} break; default: return; }`,
        ]);
        known.push({ text: name, kind });
        return `let ${name}; ${text}`;
      }
      case 12:
        return this.#labelled(["break"], () => `{ ${block(known)} ${this.#assignment(known)} }`);
      case 6: {
        const ends = (): string => this.#of(["return;", "break;", "break;", "", `if (${truth()}) break;`]);
        const body = (): string => `{ ${block(known, `${inside}b`)} } ${ends()}`;
        const cases = [`case 0: ${body()}`, `case 1: case 3: ${body()}`];
        cases.splice(this.#below(3), 0, `default: ${body()}`);
        return `switch (m.u) { ${cases.join(" ")} }`;
      }
      case 7:
        return this.#declaration(known, true);
      case 8:
        return inside.includes("o") ? this.#assignment(known) : this.#effect(known);
      case 9: {
        const [name, x] = [`f${this.#names++}`, `v${this.#names++}`];
        const body = this.#apart(() => block([...known, { text: x, kind: "float" }], inside.replace(/[bc]/g, "")));
        const call = (): string => `${name}(${this.#limited("float", known, 1)});`;
        return `const ${name} = (${x}) => { ${body} }; ${call()} if (${truth()}) ${call()}`;
      }
      default:
        return this.#assignment(known);
    }
  }

  /** A statement with or without a label. */
  #labelled(words: readonly string[], statement: () => string): string {
    if (this.#below(2) === 0) return statement();
    const outer = this.#ways;
    const label = `l${this.#names++}`;
    this.#ways = [...outer, ...words.map((word) => `${word} ${label}`)];
    const text = `${label}: ${statement()}`;
    this.#ways = outer;
    return text;
  }

  /** In a function of its own, which labels around it do not reach. */
  #apart<T>(make: () => T): T {
    const outer = this.#ways;
    this.#ways = [];
    const made = make();
    this.#ways = outer;
    return made;
  }

  #assignment(known: readonly Name[]): string {
    const names = [...known, ...known, ...WRITTEN].filter(({ isFixed }) => !isFixed);
    const { text, kind } = this.#of(names);
    const value = this.#limited(kind, known, 2);
    if (this.#below(6) > 0) return `${text} = ${value};`;
    const other = this.#of(names.filter((name) => name.kind === kind)).text;
    return `[${text}, ${other}] = [${other === text ? value : other}, ${value}];`;
  }

  /** A variable, the row of another entity, or parts of something. */
  #declaration(known: Name[], alsoRows: boolean): string {
    const name = `v${this.#names++}`;
    const who = (): string => this.#value("who", known, 1);
    const fields = OTHER.map(({ text, kind }): Name => ({ text: `${name}.${text}`, kind, isFixed: true }));
    const looks = [
      () => `const ${name} = k.at(${who()}, k.Other);`,
      () => `const ${name} = ${this.#value("truth", known, 1)} ? k.at(${who()}, k.Other) : k.at(${who()}, k.Other);`,
      () =>
        `let ${name} = k.at(${who()}, k.Other); if (${this.#value("truth", known, 1)}) ${name} = k.at(${who()}, k.Other);`,
    ];
    if (alsoRows && this.#below(2) === 0) {
      const text = this.#of(looks)();
      known.push(...fields);
      return text;
    }
    if (alsoRows && this.#below(3) === 0) {
      const text = `const { x: ${name}, n: ${name}n } = ${this.#of(["p", `k.at(${who()}, k.Other)`])};`;
      known.push({ text: name, kind: "float", isFixed: true }, { text: `${name}n`, kind: "whole", isFixed: true });
      return text;
    }
    const kind = this.#of(["float", "float", "whole", "truth", "who"] as const);
    const start = kind === "float" || kind === "whole" ? this.#of(["0", "1", this.#limited(kind, known, 2)]) : "";
    const text = `let ${name} = ${start || this.#value(kind, known, 2)};`;
    known.push({ text: name, kind });
    return text;
  }

  /** A number that is not large. */
  #limited(kind: Kind, known: readonly Name[], depth: number): string {
    const value = this.#value(kind, known, depth);
    if (kind === "truth" || kind === "who") return value;
    return this.#below(2) === 0 ? `Math.max(-500, Math.min(500, ${value}))` : `k.limit(${value}, -500, 500)`;
  }

  #value(kind: Kind, known: readonly Name[], depth: number): string {
    const one = (of = kind): string => this.#value(of, known, depth - 1);
    if (depth <= 0 || this.#below(4) === 0) return this.#leaf(kind, known);
    if (this.#below(8) === 0) return `(${one("truth")} ? ${one()} : ${one()})`;
    switch (kind) {
      case "float":
        return this.#of([
          () => `(${one()} ${this.#of(["+", "-"])} ${one()})`,
          () => `Math.${this.#of(["min", "max"])}(${one()}, ${one("whole")})`,
          () => `(-${one()})`,
          () => `Math.abs(${one()})`,
          () => `k.look(${one("who")}, ${one()}, k)`,
        ])();
      case "whole":
        return this.#of([
          () => `(${one()} ${this.#of(["+", "-"])} ${one()})`,
          () => `Math.trunc(${one("float")})`,
          () => `(${one()} & 7)`,
        ])();
      case "truth":
        return this.#of([
          // Never known before it runs: what a constant condition leaves out is not there, reductions neither.
          () => `(${one("float")} ${this.#of(["<", "<=", ">", ">=", "===", "!=="])} (p.x - ${one("float")}))`,
          () => `(${one()} ${this.#of(["&&", "||"])} ${one()})`,
          () => `!${one()}`,
          () => `${this.#of(["Boolean", "isFinite", "Number.isNaN", "Number.isInteger"])}(p.x - ${one("float")})`,
          () => `(${one("who")} ${this.#of(["===", "!=="])} ${one("who")})`,
          () => `k.has(${one("who")}, k.${this.#of(["Other", "T", "Place"])})`,
        ])();
      default:
        return `k.at(${one()}, k.Other).next`;
    }
  }

  #leaf(kind: Kind, known: readonly Name[]): string {
    const names = [...known, ...known, ...WRITTEN, ...READ]
      .filter((name) => name.kind === kind)
      .map(({ text }) => text);
    if (kind === "float") names.push("0.5", "2");
    else if (kind === "whole") names.push("1", "k.Mood.Wild");
    const who = this.#of([...known, ...READ].filter((name) => name.kind === "who")).text;
    const field = this.#of(OTHER.filter((other) => other.kind === kind)).text;
    return this.#of([...names, ...names, `k.at(${who}, k.Other).${field}`]);
  }

  #below(n: number): number {
    return this.#chance.below(n);
  }

  #of<T>(list: readonly T[]): T {
    return this.#chance.of(list);
  }
}

function named(kinds: Readonly<Record<string, Kind>>): readonly Name[] {
  return Object.entries(kinds).map(([text, kind]) => ({ text, kind }));
}
