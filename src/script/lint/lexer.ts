import { type Complaint, replacement } from "./finding.ts";
import type { Span } from "./syntax.ts";

export interface Token extends Span {
  readonly kind: "name" | "keyword" | "number" | "string" | "sign";
  readonly text: string;
}

export interface Comment extends Span {
  /** Without dashes and brackets. */
  readonly text: string;
}

export interface Lexed {
  readonly tokens: readonly Token[];
  readonly comments: readonly Comment[];
  /** What Lua's own lexer would refuse, and signs of other languages. */
  readonly complaints: readonly Complaint[];
}

export const KEYWORDS: ReadonlySet<string> = new Set(
  "and break do else elseif end false for function goto if in local nil not or repeat return then true until while".split(
    " ",
  ),
);

/** `text` as a sequence of tokens, as Lua 5.4 reads it. */
export function lex(text: string): Lexed {
  const tokens: Token[] = [];
  const comments: Comment[] = [];
  const complaints: Complaint[] = [];
  let at = 0;
  const complain = (start: number, end: number, message: string): void => {
    complaints.push({ start, end, message });
  };
  const add = (kind: Token["kind"], end: number): void => {
    tokens.push({ kind, text: text.slice(at, end), start: at, end });
    at = end;
  };
  if (text.startsWith("\ufeff")) {
    const fix = { title: "remove it", edits: [{ start: 0, end: 1, text: "" }], isSafe: true };
    complaints.push({ start: 0, end: 1, message: "the file begins with a byte order mark; remove it", fix });
    at = 1;
  }
  if (text.startsWith("#")) {
    const end = match(/[^\r\n]*/y, text, 0);
    const fix = { title: "make a comment of it", edits: [{ start: 0, end: 0, text: "--" }], isSafe: true };
    complaints.push({ start: 0, end, message: "scripts have no first line with #; make a comment of it", fix });
    at = end;
  }
  while (at < text.length) {
    const space = match(/[ \t\v\f\r\n]+/y, text, at);
    if (space > at) {
      at = space;
    } else if (text.startsWith("--", at)) {
      const start = at;
      const long = longBracket(text, at + 2);
      at = long?.end ?? match(/[^\r\n]*/y, text, at);
      if (long?.isOpen) complain(start, start + 4, "the comment is never closed; close it with its brackets");
      const inside = long === undefined ? text.slice(start + 2, at) : text.slice(long.from, long.to);
      comments.push({ start, end: at, text: inside });
    } else if (/[A-Za-z_\u0080-\uffff]/.test(text[at]!)) {
      const end = match(/[\w\u0080-\uffff]+/y, text, at);
      const word = text.slice(at, end);
      if (!/^\w+$/.test(word))
        complain(at, end, `names are made of a to z, A to Z, digits and underscores; rename ${word}`);
      add(KEYWORDS.has(word) ? "keyword" : "name", end);
    } else if (/^\.?\d/.test(text.slice(at, at + 2))) {
      const end = numberEnd(text, at);
      const digits = text.slice(at, end);
      if (numberOf(digits) === undefined) complain(at, end, `${digits} is no number`);
      add("number", end);
    } else if (text[at] === '"' || text[at] === "'") {
      const { end, problem } = quoted(text, at);
      if (problem !== undefined) complaints.push(problem);
      add("string", end);
    } else {
      const long = longBracket(text, at);
      if (long?.isOpen) complain(at, at + 2, "the string is never closed; close it with its brackets");
      if (long !== undefined) add("string", long.end);
      else sign();
    }
  }
  return { tokens, comments, complaints };

  function sign(): void {
    const end = match(SIGNS, text, at);
    const found = text.slice(at, end > at ? end : at + 1);
    const meant = FOREIGN[found];
    if (meant !== undefined) {
      const span = { start: at, end };
      const title = `write ${meant.trim()}`;
      const fix = { title, edits: [replacement(span, spaced(meant, text, at, end))], isSafe: true };
      complaints.push({ ...span, message: `Lua has no ${found}; write ${meant.trim()}`, fix });
    } else if (COMPOUND.test(found)) {
      complaints.push(compound(text, tokens, { start: at, end }));
    } else if (end === at) {
      complain(at, at + 1, `${JSON.stringify(found)} means nothing in Lua; remove it`);
    }
    add("sign", Math.max(end, at + 1));
  }
}

/** The value of a number as written, or undefined if it is none. Integers past 2^53 lose their last digits. */
export function numberOf(digits: string): { readonly value: number; readonly isInteger: boolean } | undefined {
  if (/^\d+$/.test(digits)) {
    const whole = BigInt(digits);
    return { value: Number(whole), isInteger: whole <= 0x7fffffffffffffffn };
  }
  if (/^(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(digits)) return { value: Number(digits), isInteger: false };
  const hex = /^0[xX]([\da-fA-F]*)(\.?)([\da-fA-F]*)(?:[pP]([+-]?\d+))?$/.exec(digits);
  if (hex === null || `${hex[1]}${hex[3]}` === "") return undefined;
  const [, whole = "", dot, fraction = "", exponent] = hex;
  if (dot === "" && exponent === undefined)
    return { value: Number(BigInt.asIntN(64, BigInt(`0x${whole}`))), isInteger: true };
  let value = Number(BigInt(`0x${whole}${fraction}`));
  let power = Math.max(-4096, Math.min(4096, Number(exponent ?? 0) - 4 * fraction.length));
  for (; power > 0; power--) value *= 2;
  for (; power < 0; power++) value /= 2;
  return { value, isInteger: false };
}

/** What a string as written stands for. Bytes are code units, and so are the parts of UTF-8 escapes past U+FFFF. */
export function stringOf(written: string): string {
  if (written.startsWith("[")) {
    const long = longBracket(written, 0)!;
    return written.slice(long.from, long.to);
  }
  return written.slice(1, -1).replace(ESCAPE, (sequence: string) => {
    const letter = sequence[1]!;
    if (letter === "z") return "";
    if (letter === "x") return String.fromCharCode(Number.parseInt(sequence.slice(2), 16));
    if (letter === "u") {
      const point = Number.parseInt(sequence.slice(3, -1), 16);
      return point <= 0x10ffff ? String.fromCodePoint(point) : "\ufffd";
    }
    if (/\d/.test(letter)) return String.fromCharCode(Number(sequence.slice(1)));
    return PLAIN_ESCAPES[letter] ?? (/[\r\n]/.test(letter) ? "\n" : letter);
  });
}

const ESCAPE = /\\(z\s*|x[\da-fA-F]{2}|u\{[\da-fA-F]+\}|\d{1,3}|\r\n|\n\r|[\s\S])/g;
const PLAIN_ESCAPES: Readonly<Record<string, string>> = {
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
};
const SIGNS =
  /!=|&&|\|\||\+\+|(?:\.\.|\/\/|<<|>>|[-+*/%^&|])=(?!=)|\.\.\.|\.\.|\/\/|<<|>>|[=~<>]=|::|[-+*/%^#&~|<>=(){}[\];:,.!]/y;
const FOREIGN: Readonly<Record<string, string>> = { "!=": "~=", "&&": " and ", "||": " or ", "!": " not " };
const COMPOUND = /^(\+\+|(\.\.|\/\/|<<|>>|[-+*/%^&|])=)$/;

/** A word in place of signs, with spaces where there are none yet. */
function spaced(word: string, text: string, start: number, end: number): string {
  let result = word;
  if (/[\s([{,=]/.test(text[start - 1] ?? " ")) result = result.trimStart();
  if (/\s/.test(text[end] ?? " ")) result = result.trimEnd();
  return result;
}

/** `a.b += c` to the end of the line, as `a.b = a.b + (c)`. */
function compound(text: string, tokens: readonly Token[], sign: Span): Complaint {
  const operator = text.slice(
    sign.start,
    sign.end === sign.start + 2 && text[sign.start] === "+" && text[sign.start + 1] === "+"
      ? sign.start + 1
      : sign.end - 1,
  );
  const found = text.slice(sign.start, sign.end);
  const message = `Lua has no ${found}; write a = a ${operator} b`;
  const line = Math.max(text.lastIndexOf("\n", sign.start - 1), text.lastIndexOf(";", sign.start - 1)) + 1;
  const target = /((?:[A-Za-z_]\w*)(?:\.[A-Za-z_]\w*)*)\s*$/.exec(text.slice(line, sign.start))?.[1];
  const last = tokens.at(-1);
  if (target === undefined || last === undefined) return { ...sign, message };
  const end = match(/(?:(?!--|;|\s+end\b)[^\r\n])*/y, text, sign.end);
  const operand = found === "++" ? "1" : text.slice(sign.end, end).trim();
  if (operand === "" || (found === "++" && text.slice(sign.end, end).trim() !== "")) return { ...sign, message };
  const value = /^[\w.]+$/.test(operand) ? operand : `(${operand})`;
  const tail = /\s*$/.exec(text.slice(sign.end, end))![0].length;
  const span = { start: sign.start, end: found === "++" ? sign.end : end - tail };
  const space = /\s/.test(text[sign.start - 1] ?? " ") ? "" : " ";
  const edits = [replacement(span, `${space}= ${target} ${operator} ${value}`)];
  return { ...sign, message, fix: { title: `write ${target} = ${target} ${operator} ${value}`, edits, isSafe: true } };
}

/** End of what a sticky expression finds at `at`, or `at`. */
function match(sticky: RegExp, text: string, at: number): number {
  sticky.lastIndex = at;
  return sticky.test(text) ? sticky.lastIndex : at;
}

function numberEnd(text: string, start: number): number {
  const exponent = /^0[xX]/.test(text.slice(start, start + 2)) ? /[pP]/ : /[eE]/;
  let at = exponent.source === "[pP]" ? start + 2 : start;
  for (; at < text.length; at++) {
    const letter = text[at]!;
    if (exponent.test(letter)) {
      if (/[-+]/.test(text[at + 1] ?? "")) at++;
    } else if (!/[\da-fA-F.]/.test(letter)) break;
  }
  return match(/\w/y, text, at);
}

/** The string or comment in long brackets at `at`: what is inside is from `from` to `to`. */
function longBracket(text: string, at: number): { from: number; to: number; end: number; isOpen: boolean } | undefined {
  const opening = /\[(=*)\[(\r\n|\n\r|\n|\r)?/y;
  opening.lastIndex = at;
  const open = opening.exec(text);
  if (open === null) return undefined;
  const from = opening.lastIndex;
  const closing = `]${open[1]}]`;
  const to = text.indexOf(closing, at + open[1]!.length + 2);
  if (to < 0) return { from, to: text.length, end: text.length, isOpen: true };
  return { from: Math.min(from, to), to, end: to + closing.length, isOpen: false };
}

function quoted(text: string, start: number): { end: number; problem?: Complaint } {
  const quote = text[start]!;
  let problem: Complaint | undefined;
  let at = start + 1;
  for (; at < text.length && text[at] !== quote; at++) {
    if (/[\r\n]/.test(text[at]!)) break;
    if (text[at] !== "\\") continue;
    const end = escapeEnd(text, at);
    if (end === undefined) {
      const span = { start: at, end: Math.min(at + 2, text.length) };
      const fix = { title: "write two backslashes", edits: [{ start: at, end: at, text: "\\" }], isSafe: false };
      problem ??= { ...span, message: `${text.slice(span.start, span.end)} is no escape sequence`, fix };
      at++;
    } else {
      at = end - 1;
    }
  }
  if (text[at] === quote) return problem === undefined ? { end: at + 1 } : { end: at + 1, problem };
  at = Math.min(at, text.length);
  const message = `the string is not closed; add ${quote}`;
  // Brackets and commas at the end of the line are rather behind the string.
  const last = start + 1 + text.slice(start + 1, at).replace(/[\s)\]},;]+$/, "").length;
  const isEscaped = /(^|[^\\])(\\\\)*\\$/.test(text.slice(start + 1, last));
  if (problem !== undefined || isEscaped) return { end: at, problem: problem ?? { start, end: at, message } };
  const fix = { title: "close the string", edits: [{ start: last, end: last, text: quote }], isSafe: false };
  return { end: at, problem: { start, end: at, message, fix } };
}

/** End of the escape sequence at `at`, or undefined if it is none. */
function escapeEnd(text: string, at: number): number | undefined {
  const end = match(
    /\\(?:[abfnrtv\\'"]|z[ \t\v\f\r\n]*|x[\da-fA-F]{2}|u\{[\da-fA-F]+\}|\d{1,3}|\r\n|\n\r|\n|\r)/y,
    text,
    at,
  );
  if (end === at) return undefined;
  const written = text.slice(at + 1, end);
  if (/^\d/.test(written) && Number(written) > 255) return undefined;
  if (written.startsWith("u") && BigInt(`0x${written.slice(2, -1)}`) > 0x7fffffffn) return undefined;
  return end;
}
