/**
 * The code with a blank in place of the `script { ... }` that it begins with: when an instance is made nobody listens to that, and
 * its tables cost more than all else. Only where the tables hold nothing but constants, so that nothing else could notice; lines
 * stay where they are.
 */
export function withoutDeclaration(code: string): string {
  const tokens = new Tokens(code);
  if (!tokens.skip("script")) return code;
  const from = tokens.start;
  const inParentheses = tokens.skip("(");
  if (!skipTable(tokens) || (inParentheses && !tokens.skip(")"))) return code;
  const to = tokens.end;
  // What could go on with the value, or be the argument of another call.
  const next = tokens.next();
  if (/^[.:[({"']/.test(next)) return code;
  const blank = code.slice(from, to).replace(/[^\n]+/g, "");
  return `${code.slice(0, from)};${blank}${code.slice(to)}`;
}

/** Functions that give a table for a kind of field. */
const kinds: ReadonlySet<string> = new Set(["f32", "f64", "i32", "u32", "bool", "str", "entity"]);
const DEPTH_MAX = 8;

/** Goes behind a table of constants. False where it is none, wherever that shows. */
function skipTable(tokens: Tokens, depth = 0): boolean {
  if (depth > DEPTH_MAX || !tokens.skip("{")) return false;
  while (!tokens.skip("}")) {
    if (tokens.skip("[")) {
      if (!skipConstant(tokens) || !tokens.skip("]") || !tokens.skip("=")) return false;
    } else if (NAME.test(tokens.next()) && !words.has(tokens.next()) && tokens.nextAfter() === "=") {
      tokens.take();
      tokens.take();
    }
    if (!(tokens.next() === "{" ? skipTable(tokens, depth + 1) : skipValue(tokens))) return false;
    if (!tokens.skip(",") && !tokens.skip(";") && tokens.next() !== "}") return false;
  }
  return true;
}

function skipValue(tokens: Tokens): boolean {
  if (!kinds.has(tokens.next())) return skipConstant(tokens);
  tokens.take();
  return tokens.skip("(") && (tokens.skip(")") || (skipConstant(tokens) && tokens.skip(")")));
}

function skipConstant(tokens: Tokens): boolean {
  if (tokens.skip("-")) return NUMBER.test(tokens.take());
  const token = tokens.take();
  return NUMBER.test(token) || /^(["']|\[=*\[)/.test(token) || token === "true" || token === "false";
}

const NAME = /^[A-Za-z_]\w*$/;
const NUMBER = /^\.?\d/;
/** What is written like a name, and is none. */
const words: ReadonlySet<string> = new Set(["true", "false", "nil", "function", "not"]);
const BLANK = /(?:\s+|--\[(=*)\[[\s\S]*?\]\1\]|--(?!\[=*\[)[^\n]*)*/y;
const TOKEN =
  /[A-Za-z_]\w*|0[xX][\da-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|"(?:[^"\\\n]|\\[\s\S])*"|'(?:[^'\\\n]|\\[\s\S])*'|\[(=*)\[[\s\S]*?\]\1\]|[\s\S]/y;

/** The words, numbers, texts and signs of a code, one after the other. */
class Tokens {
  /** Where the latest that was taken begins and ends. */
  start = 0;
  end = 0;
  readonly #code: string;

  constructor(code: string) {
    this.#code = code;
  }

  /** The next one, which stays; empty at the end. */
  next(): string {
    return this.#at(this.end)[0];
  }

  /** The one after that. */
  nextAfter(): string {
    const [token, start] = this.#at(this.end);
    return this.#at(start + token.length)[0];
  }

  take(): string {
    const [token, start] = this.#at(this.end);
    this.start = start;
    this.end = start + token.length;
    return token;
  }

  /** Takes the next one if it is that. */
  skip(wanted: string): boolean {
    if (this.next() !== wanted) return false;
    this.take();
    return true;
  }

  #at(from: number): readonly [token: string, start: number] {
    BLANK.lastIndex = from;
    const start = from + (BLANK.exec(this.#code)?.[0].length ?? 0);
    TOKEN.lastIndex = start;
    return [TOKEN.exec(this.#code)?.[0] ?? "", start];
  }
}
