import { randomBelow } from "../../src/core/prng.ts";

type Type = "f32" | "f64" | "i32" | "u32";

/** Text for a kernel, and the same for JavaScript with its roundings written out. */
interface Text {
  readonly kernel: string;
  readonly plain: string;
}

/** An expression; of a literal the value instead of a type. */
interface Term extends Text {
  readonly type: Type | number;
  /** Of a conditional expression: what it chooses from. */
  readonly chosen?: { readonly condition: Text; readonly a: Term; readonly b: Term } | undefined;
  /** The integer that this is the negative of. */
  readonly negated?: Term | undefined;
  /** Of a quotient of integers: the plain text of what is truncated. */
  readonly exact?: string | undefined;
}
interface Typed extends Term {
  readonly type: Type;
}

/** What the plain text finds at `k`. */
export const HELPERS = {
  round: Math.fround,
  imul: Math.imul,
  divide: (a: number, b: number): number => (b === 0 ? 0 : (a / b) | 0),
  ratio: (a: number, b: number): number => (b === 0 ? 0 : a / b),
  remain: (a: number, b: number): number => (b === 0 ? 0 : (a % b) | 0),
  /** A float as u32: it wraps around below 0, as in JavaScript, and saturates. */
  bits: (a: number): number => (a < 0 ? Math.max(a, -(2 ** 31)) : Math.min(a, 2 ** 32 - 1)) >>> 0,
  unsigned: (a: number, b: number): number => (b === 0 ? 0 : Math.floor(a / b)),
  rest: (a: number, b: number): number => (b === 0 ? 0 : a % b),
  within: (low: number, high: number, x: number): number =>
    Number.isNaN(x) ? 0 : Math.max(low, Math.min(high, Math.trunc(x))) + 0,
};

/** Fields that are read; those of `a` are written, too. Narrow ones are i32 when they are read. */
const FIELDS: Readonly<Record<string, Type>> = {
  ...{ "a.x": "f32", "a.y": "f32", "a.d": "f64", "a.e": "f64", "a.i": "i32", "a.j": "i32", "a.u": "u32", "a.w": "u32" },
  ...{ "b.f": "f32", "b.g": "f32", "b.h": "f64", "b.n": "i32", "b.m": "u32" },
};
const NARROW: Readonly<Record<string, readonly [low: number, high: number]>> = {
  "a.c": [-128, 127],
  "a.b": [0, 255],
  "a.s": [-32_768, 32_767],
  "a.t": [0, 65_535],
};
const LITERALS = [0.5, 3, 0.1, -2.25, 0, 7, -1, 1e9, 100_000.7];
const COMPARE = ["<", "<=", ">", ">=", "===", "!=="];

/** Writes functions of numbers of all types, over the whole range, and what they mean. i32 and u32 only mix in bits. */
export class RandomTyped {
  readonly #seed: number;
  #draws = 0;
  #count = 0;
  #variables: readonly Typed[] = [];

  constructor(seed: number) {
    this.#seed = seed;
  }

  /** Both take `(a, b, k)`. */
  source(): Text {
    const { kernel, plain } = this.#statements(3 + this.below(6), 0);
    const names = Object.keys(HELPERS).join(", ");
    return {
      kernel: `(a, b, k) => {\n${kernel}}`,
      plain: `(a, b, { ${names} }) => {\n${plain}}`,
    };
  }

  below(n: number): number {
    return randomBelow(n, this.#seed, 3, this.#draws++, 0);
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }

  #statements(count: number, depth: number): Text {
    const list = Array.from({ length: count }, () => this.#statement(depth));
    return {
      kernel: list.map(({ kernel }) => `${kernel}\n`).join(""),
      plain: list.map(({ plain }) => `${plain}\n`).join(""),
    };
  }

  #statement(depth: number): Text {
    const kind = depth > 2 ? 0 : this.below(10);
    if (kind < 5) return this.#store();
    if (kind < 7) {
      const value = this.#typed(2);
      const name = `v${this.#count++}`;
      const { lines, term } = kept(name, value);
      this.#variables = [...this.#variables, { ...term, type: value.type }];
      return { kernel: `let ${name} = ${value.kernel};`, plain: lines.join("\n") };
    }
    const condition = this.#condition(2);
    const before = this.#variables;
    const yes = this.#statements(1 + this.below(2), depth + 1);
    this.#variables = before;
    const no = this.#statements(1 + this.below(2), depth + 1);
    this.#variables = before;
    const write = (test: string, a: string, b: string): string => `if (${test}) {\n${a}} else {\n${b}}`;
    return {
      kernel: write(condition.kernel, yes.kernel, no.kernel),
      plain: write(condition.plain, yes.plain, no.plain),
    };
  }

  #store(): Text {
    const value = this.#typed(1 + this.below(3));
    const { type } = value;
    const wide = Object.keys(FIELDS).filter((name) => name.startsWith("a") && mixes(FIELDS[name]!, type));
    const name = this.pick(type === "u32" ? wide : [...wide, ...Object.keys(NARROW)]);
    return { kernel: `${name} = ${value.kernel};`, plain: `${name} = ${stored(value, name)};` };
  }

  #leaf(): Term {
    if (this.below(5) === 0) {
      const value = this.pick(LITERALS);
      return { kernel: `(${value})`, plain: `(${value})`, type: value };
    }
    const fields = [...Object.entries(FIELDS), ...Object.keys(NARROW).map((name) => [name, "i32"] as [string, Type])];
    const read = fields.map(([name, type]) => ({ kernel: name, plain: name, type }));
    return this.pick([...read, ...this.#variables, ...this.#variables]);
  }

  /** An expression that is no literal. */
  #typed(depth: number): Typed {
    for (;;) {
      const { type, ...term } = this.#term(depth);
      if (typeof type === "string") return { ...term, type };
    }
  }

  #term(depth: number): Term {
    if (depth <= 0) return this.#leaf();
    const one = (): Typed => this.#typed(depth - 1);
    switch (this.below(20)) {
      case 0:
      case 1:
        return this.#call(one());
      case 2:
      case 3: {
        const [{ a, b, type }, name] = [this.#operands(depth), this.pick(["min", "max"])];
        return {
          kernel: `Math.${name}(${a.kernel}, ${b.kernel})`,
          plain: `Math.${name}(${as(a, type)}, ${as(b, type)})`,
          type,
        };
      }
      case 4:
      case 5: {
        const condition = this.#condition(depth - 1);
        const { a, b, type } = this.#operands(depth);
        return {
          kernel: `(${condition.kernel} ? ${a.kernel} : ${b.kernel})`,
          plain: `(${condition.plain} ? ${as(a, type)} : ${as(b, type)})`,
          type,
          chosen: { condition, a, b },
          exact:
            isInteger(type) && (a.exact !== undefined || b.exact !== undefined)
              ? `(${condition.plain} ? ${a.exact ?? as(a, type)} : ${b.exact ?? as(b, type)})`
              : undefined,
        };
      }
      case 6: {
        const value = one();
        return { ...negative(value), kernel: `(- ${value.kernel})` };
      }
      case 7:
      case 8: {
        const [value, type] = [one(), this.pick(["f32", "f64", "i32", "u32"] as const)];
        return { kernel: `k.${type}(${value.kernel})`, plain: as(value, type), type };
      }
      case 9:
        return this.#bits(one(), one());
      case 10:
        return this.#shift(one());
      default:
        return this.#arithmetic(depth);
    }
  }

  /** Two that go together, and the type in which they do. */
  #operands(depth: number, signed = false): { a: Term; b: Term; type: Type } {
    for (;;) {
      const [a, b] = [this.#term(depth - 1), this.#term(depth - 1)];
      const type = common(a, b, signed);
      if (type !== undefined) return { a, b, type };
    }
  }

  #arithmetic(depth: number): Term {
    const drawn = this.pick(["+", "-", "*", "/", "%"]);
    const { a, b, type } = this.#operands(depth, SIGNED.has(drawn));
    const operator = drawn === "%" && !isInteger(type) ? "*" : drawn;
    return { ...computed(operator, a, b, type), kernel: `(${a.kernel} ${operator} ${b.kernel})` };
  }

  #call(value: Typed): Typed {
    const name = this.pick(["abs", "floor", "ceil", "trunc", "round", "sign", "sqrt"]);
    const type = name === "sqrt" && isInteger(value.type) ? "f32" : value.type;
    if (value.exact !== undefined && ["floor", "ceil", "round"].includes(name))
      return {
        kernel: `Math.${name}(${value.kernel})`,
        plain: `within(${RANGE[type as "i32"]}, Math.${name}(${value.exact}))`,
        type,
      };
    return {
      kernel: `Math.${name}(${value.kernel})`,
      plain: rounded(type, `Math.${name}(${as(value, type)})`),
      type,
    };
  }

  #bits(a: Typed, b: Typed): Typed {
    const type = a.type === "u32" && b.type === "u32" ? "u32" : "i32";
    const operator = this.pick(["&", "|", "^"]);
    return {
      kernel: `(${a.kernel} ${operator} ${b.kernel})`,
      plain: rounded(type, `${as(a, type)} ${operator} ${as(b, type)}`),
      type,
    };
  }

  #shift(value: Typed): Typed {
    const [operator, count] = [this.pick(["<<", ">>", ">>>"]), this.pick([0, 1, 5, 31, 32, 40])];
    const type = operator === ">>>" || (operator === "<<" && value.type === "u32") ? "u32" : "i32";
    const bits = type === "u32" && !isInteger(value.type) ? `bits(${as(value, "f64")})` : as(value, type);
    return {
      kernel: `(${value.kernel} ${operator} ${count})`,
      plain: rounded(type, `${bits} ${operator} ${count}`),
      type,
    };
  }

  #condition(depth: number): Text {
    const known = this.pick(["a.p", "b.q"]);
    if (depth <= 0) return { kernel: known, plain: known };
    if (this.below(4) === 0) {
      const [a, b] = [this.#condition(depth - 1), this.#condition(depth - 1)];
      const operator = this.pick(["&&", "||"]);
      return { kernel: `(${a.kernel} ${operator} ${b.kernel})`, plain: `(${a.plain} ${operator} ${b.plain})` };
    }
    const [{ a, b, type }, operator] = [this.#operands(depth), this.pick(COMPARE)];
    return {
      kernel: `(${a.kernel} ${operator} ${b.kernel})`,
      plain: `(${as(a, type)} ${operator} ${as(b, type)})`,
    };
  }
}

/** What computes with integers where an operator of JavaScript does not. */
const INTEGER: Readonly<Record<string, string>> = {
  "i32*": "imul",
  "i32/": "divide",
  "i32%": "remain",
  "u32*": "imul",
  "u32/": "unsigned",
  "u32%": "rest",
};

const SIGNED = new Set(["*", "/", "%"]);

/** `a operator b`; the sign of integers goes through `*`, `/` and `%`. */
function computed(operator: string, a: Term, b: Term, type: Type): Typed {
  if (SIGNED.has(operator)) {
    const [p, q] = [positive(a, b), positive(b, a)];
    if (p !== a || q !== b) {
      const value = computed(operator, p, q, type);
      return (p !== a) === (q !== b && operator !== "%") ? value : negative(value);
    }
  }
  const [x, y] = [as(a, type), as(b, type)];
  const call = INTEGER[`${type}${operator}`];
  const plain = rounded(type, call === undefined ? `${x} ${operator} ${y}` : `${call}(${x}, ${y})`);
  const exact = operator === "/" && isInteger(type) ? `ratio(${x}, ${y})` : undefined;
  return { kernel: "", plain, type, exact };
}

function positive(a: Term, other: Term): Term {
  const { type } = a;
  if (typeof type === "string") return a.negated ?? a;
  const isNegative = typeof other.type === "string" && isInteger(other.type) && Number.isInteger(type) && type < 0;
  return isNegative ? { kernel: "", plain: String(-type), type: -type } : a;
}

function negative(value: Typed): Typed {
  const { type, negated } = value;
  const exact = value.exact && `(- ${value.exact})`;
  if (negated !== undefined) return { ...negated, type, exact };
  return {
    kernel: "",
    plain: rounded(type, `- ${value.plain}`),
    type,
    exact,
    negated: isInteger(type) ? { ...value, chosen: undefined } : undefined,
  };
}

function isInteger(type: Type): boolean {
  return type === "i32" || type === "u32";
}

/** Whether a number of one type can be stored as another. */
function mixes(a: Type, b: Type): boolean {
  return a === b || !isInteger(a) || !isInteger(b);
}

/** Plain variables for a value and for what it is chosen from. */
function kept(name: string, { plain, type, chosen, negated, exact }: Term): { lines: string[]; term: Term } {
  const of = negated && kept(`${name}n`, negated);
  const lines = [`let ${name} = ${plain};`, ...(of?.lines ?? []), ...(exact ? [`let ${name}x = ${exact};`] : [])];
  const term: Term = { kernel: name, plain: name, type, negated: of?.term, exact: exact && `${name}x` };
  if (chosen === undefined) return { lines, term };
  const [a, b] = [kept(`${name}a`, chosen.a), kept(`${name}b`, chosen.b)];
  const condition = { kernel: "", plain: `${name}c` };
  return {
    lines: [...lines, `let ${name}c = ${chosen.condition.plain};`, ...a.lines, ...b.lines],
    term: { ...term, chosen: { condition, a: a.term, b: b.term } },
  };
}

/** The result of one operation. */
function rounded(type: Type, text: string): string {
  return type === "f32" ? `round(${text})` : type === "f64" ? `(${text})` : `((${text}) ${ZERO[type]})`;
}

const ZERO = { i32: "| 0", u32: ">>> 0" };
const RANGE = { i32: "-2147483648, 2147483647", u32: "0, 4294967295" };

/** What a field holds of a value: where it takes all types of numbers that are chosen from, each converts for itself. */
function stored(value: Term, name: string): string {
  const { chosen } = value;
  const types = typesOf(value);
  const refused = { i32: "u32", u32: "i32" } as Readonly<Record<string, string>>;
  if (chosen !== undefined && types.size > 1 && !types.has(refused[FIELDS[name] ?? ""] ?? ""))
    return `(${chosen.condition.plain} ? ${stored(chosen.a, name)} : ${stored(chosen.b, name)})`;
  const field = FIELDS[name];
  if (field !== undefined && (typeof value.type === "string" || !isInteger(field))) return as(value, field);
  return `within(${NARROW[name]?.join() ?? RANGE[field as "i32"]}, ${value.plain})`;
}

function typesOf({ type, chosen, negated }: Term): ReadonlySet<string> {
  if (chosen !== undefined) return new Set([...typesOf(chosen.a), ...typesOf(chosen.b)]);
  return new Set([typeof type === "string" ? type : "literal", ...(negated === undefined ? [] : ["negative"])]);
}

/** An expression converted to a type. */
function as({ plain, type, negated }: Term, to: Type): string {
  if (type === to) return plain;
  if (negated !== undefined && !isInteger(to)) return rounded(to, `- ${as(negated, to)}`);
  if (to === "f64") return plain;
  if (to === "f32") return `round(${plain})`;
  return typeof type === "number" || isInteger(type) ? `(${plain} ${ZERO[to]})` : `within(${RANGE[to]}, ${plain})`;
}

/** The type that two numbers are computed in, `signed` where a sign goes through; undefined where kernels refuse them or nothing says. */
function common(a: Term, b: Term, signed: boolean): Type | undefined {
  if (typeof a.type === "number") return typeof b.type === "number" ? undefined : common(b, a, signed);
  if (typeof b.type === "number") {
    if (!isInteger(a.type)) return a.type;
    if (!Number.isInteger(b.type)) return "f32";
    return a.type === "u32" && b.type < 0 && !signed ? undefined : a.type;
  }
  if (a.type === b.type) return a.type;
  if (isInteger(a.type)) return isInteger(b.type) ? undefined : b.type;
  return isInteger(b.type) ? a.type : "f64";
}
