import type { Machine } from "./machine.ts";
import { PRELUDE_NAME } from "./prelude/index.ts";
import { record } from "./template.ts";

export interface Trace {
  /** Of the innermost frame in the script itself; 0 without one. */
  readonly line: number;
  readonly frames: readonly string[];
}

/** Offsets in a `lua_Debug`. */
const NAME = 4;
const NAME_WHAT = 8;
const WHAT = 12;
const LINE = 24;
const LINE_DEFINED = 28;
const SOURCE = 44;
const FRAMES_MAX = 20;

/** The calls that are going on in a thread, or were when it stopped. `at` is a record for `lua_getinfo`; nothing is allocated. */
export function traceOf(machine: Machine, thread: number, at: number, script: string): Trace {
  const { lua } = machine;
  const frames: string[] = [];
  /** Frames of C functions, until it shows who called them. */
  let native: string[] = [];
  let line = 0;
  for (let level = 0; frames.length < FRAMES_MAX && lua.lua_getstack(thread, level, at) !== 0; level++) {
    if (lua.lua_getinfo(thread, at + record.what, at) === 0) break;
    const { words } = machine;
    const source = textAt(machine, at + SOURCE);
    if (source === PRELUDE_NAME) {
      native = [];
      continue;
    }
    const current = words[(at + LINE) >> 2]!;
    if (line === 0 && source === script && current > 0) line = current;
    const name = textAt(machine, words[(at + NAME) >> 2]!);
    const kind = textAt(machine, words[(at + NAME_WHAT) >> 2]!);
    const what = textAt(machine, words[(at + WHAT) >> 2]!);
    if (what === "C") {
      if (name !== "") native.push(`in ${kind} ${name}`);
      continue;
    }
    const defined = `function of line ${words[(at + LINE_DEFINED) >> 2]!}`;
    const called = what === "main" ? "top level" : name === "" ? defined : `${kind} ${name}`;
    frames.push(...native, `${source}:${current}: in ${called}`);
    native = [];
  }
  frames.push(...native);
  return { line, frames };
}

/** A string of C's, of at most 80 bytes. */
function textAt({ bytes }: Machine, at: number): string {
  if (at === 0) return "";
  let text = "";
  for (let i = at; bytes[i] !== 0 && i < at + 80; i++) text += String.fromCharCode(bytes[i]!);
  return text;
}
