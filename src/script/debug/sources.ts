import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { codesIn } from "../lua/code-lines.ts";
import { Machine } from "../lua/machine.ts";
import { luaValue, state } from "../lua/offsets.ts";
import { ENVIRONMENT_ARGUMENT, loadText } from "../lua/template.ts";

/** A script or module as people edit it. */
export interface DebugSource {
  /** What Lua calls it. */
  readonly name: string;
  /** Absolute; undefined where there is no such file. */
  readonly path: string | undefined;
  readonly text: string;
  /** By which it is asked for where it has no path. */
  readonly reference: number;
}

/** Which files the code of machines came from. */
export class Sources {
  readonly #byName = new Map<string, DebugSource>();
  readonly #lines = new Map<string, readonly number[]>();
  #machine: Machine | undefined;
  /** Grows with each change. */
  version = 0;

  /** Makes a source known; text that is left out is read from the file. */
  add({ name, file, text }: { readonly name: string; readonly file?: string; readonly text?: string }): DebugSource {
    const known = this.#byName.get(name);
    const found = file === undefined ? undefined : readText(file);
    const path = found === undefined ? undefined : resolve(file!);
    if (known !== undefined && known.path === path && (text === undefined || text === known.text)) return known;
    const reference = known?.reference ?? this.#byName.size + 1;
    const source = { name, path, text: text ?? found ?? "", reference };
    this.#byName.set(name, source);
    this.version++;
    return source;
  }

  /** Reads a source again whose file may have changed. */
  refresh(name: string, file: string): void {
    const text = readText(file);
    if (text !== undefined || this.#byName.get(name) === undefined)
      this.add({ name, file, ...(text !== undefined && { text }) });
  }

  named(name: string): DebugSource | undefined {
    return this.#byName.get(name);
  }

  at(path: string): DebugSource | undefined {
    const absolute = resolve(path);
    for (const source of this.#byName.values()) if (source.path === absolute) return source;
    return undefined;
  }

  get names(): readonly string[] {
    return [...this.#byName.keys()];
  }

  /** A file that no script is known to come from, as yet. */
  fileAt(path: string): DebugSource | undefined {
    const text = readText(path);
    return text === undefined ? undefined : { name: "", path: resolve(path), text, reference: 0 };
  }

  byReference(reference: number): DebugSource | undefined {
    for (const source of this.#byName.values()) if (source.reference === reference) return source;
    return undefined;
  }

  /** Lines on which something runs, ascending; none for what is malformed. */
  codeLines(text: string): readonly number[] {
    let lines = this.#lines.get(text);
    if (lines === undefined) {
      lines = this.#compile(text);
      if (this.#lines.size > TEXTS_MAX) this.#lines.clear();
      this.#lines.set(text, lines);
    }
    return lines;
  }

  /** Where functions of a name begin: `hurt`, or of `function Enemy:hurt` the whole of it as well. */
  definitions(wanted: string): { readonly source: string; readonly line: number }[] {
    const found: { source: string; line: number }[] = [];
    for (const { name: source, text } of this.#byName.values())
      for (const [i, line] of text.split(/\r\n|\n|\r/).entries())
        for (const pattern of DEFINITIONS) {
          const name = pattern.exec(line)?.[1];
          const last = name?.replace(/^.*[.:]/, "");
          if (name !== undefined && (wanted === name || wanted === last || wanted === name.replace(":", ".")))
            found.push({ source, line: i + 1 });
        }
    return found;
  }

  /** What the function that begins on a line is called where it is written. */
  functionAt(source: string, line: number): string {
    const text = this.#byName.get(source)?.text.split(/\r\n|\n|\r/)[line - 1] ?? "";
    for (const pattern of DEFINITIONS) {
      const name = pattern.exec(text)?.[1];
      if (name !== undefined) return name;
    }
    return `function of line ${line}`;
  }

  #compile(text: string): readonly number[] {
    this.#machine ??= new Machine();
    const machine = this.#machine;
    machine.limitBytes = TEXT_BYTES_MAX;
    machine.arm(0x7fffffff, 0x7fffffff, 100_000);
    const L = machine.lua.luaL_newstate();
    if (loadText(machine, L, ENVIRONMENT_ARGUMENT + text, "text") !== 0) return [];
    const lines = new Set<number>();
    const closure = machine.words[(machine.words[(L + state.top) >> 2]! - luaValue.bytes) >> 2]!;
    for (const code of codesIn(machine, closure))
      for (let i = code.entry; i < code.lines.length; i++) lines.add(code.lines[i]!);
    this.#machine = undefined;
    // Every chunk returns, though nothing stands there.
    const last = text.split(/\r\n|\n|\r/).length;
    return [...lines].filter((line) => line > 0 && line <= last).sort((a, b) => a - b);
  }
}

const TEXTS_MAX = 100;
const TEXT_BYTES_MAX = 256 << 20;
const DEFINITIONS = [/\bfunction\s+([A-Za-z_][\w.:]*)/, /([A-Za-z_][\w.]*)\s*=\s*function\b/];

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}
