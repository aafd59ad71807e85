import { WorldloomError } from "../../core/errors.ts";

/** What a kernel cannot do and what to write instead, both without a full stop. The place is added by who knows it. */
export class Refusal extends Error {
  readonly what: string;
  readonly instead: string;

  constructor(what: string, instead: string) {
    super(what);
    this.what = what;
    this.instead = instead;
  }
}

/** What is said of a source for whose levels there is no stack: parser and lowering call themselves for each. */
export const TOO_DEEP = [
  "the source is nested too deeply, or has an expression of too many terms",
  "split it with let or functions",
] as const;

/** The text of one function, for messages about places in it. */
export class Source {
  readonly kernel: string;
  /** For people, such as `kernel "move"`. */
  readonly title: string;
  readonly text: string;
  /** What offsets of the parser are ahead of those in the text. */
  readonly shift: number;

  constructor(kernel: string, title: string, text: string, shift = 0) {
    this.kernel = kernel;
    this.title = title;
    this.text = text;
    this.shift = shift;
  }

  /** Throws `kernel-source` for the place `start` of the parser. */
  fail(start: number, what: string, instead: string, cause?: unknown): never {
    const offset = Math.min(Math.max(start - this.shift, 0), this.text.length);
    const before = this.text.slice(0, offset).split(LINE_END);
    const line = before.length;
    const column = before[line - 1]!.length + 1;
    throw new WorldloomError(
      "kernel-source",
      `${this.title}, ${line}:${column}: ${what}. ${capital(instead)}.\n${this.#frame(line, column)}`,
      { kernel: this.kernel, line, column },
      cause,
    );
  }

  /** The line with a caret below, and a line on either side. */
  #frame(line: number, column: number): string {
    const lines = this.text.split(LINE_END);
    // Minified code has one long line.
    const from = Math.max(0, column - 1 - WIDTH / 2);
    const digits = String(line + 1).length;
    const shown: string[] = [];
    for (let n = Math.max(1, line - 1); n <= Math.min(lines.length, line + 1); n++) {
      const text = lines[n - 1]!.slice(from, from + WIDTH).replaceAll("\t", " ");
      shown.push(`${n === line ? ">" : " "} ${String(n).padStart(digits)} | ${text}`.trimEnd());
      if (n === line) shown.push(`  ${" ".repeat(digits)} | ${" ".repeat(column - 1 - from)}^`);
    }
    return shown.join("\n");
  }
}

const LINE_END = /\r\n|\n|\r/;
/** Most characters of a line in a message. */
const WIDTH = 100;

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
