import type { Machine } from "./machine.ts";
import { debug, nameAt } from "./offsets.ts";
import { PRELUDE_NAME } from "./prelude/index.ts";
import { record } from "./template.ts";

export interface Trace {
  /** Of the innermost frame in the script itself; 0 without one. */
  readonly line: number;
  readonly frames: readonly string[];
}

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
    const source = nameAt(machine.bytes, at + debug.source);
    if (source === PRELUDE_NAME) {
      native = [];
      continue;
    }
    const current = words[(at + debug.line) >> 2]!;
    if (line === 0 && source === script && current > 0) line = current;
    const name = nameAt(machine.bytes, words[(at + debug.name) >> 2]!);
    const kind = nameAt(machine.bytes, words[(at + debug.nameWhat) >> 2]!);
    const what = nameAt(machine.bytes, words[(at + debug.what) >> 2]!);
    if (what === "C") {
      if (name !== "") native.push(`in ${kind} ${name}`);
      continue;
    }
    const defined = `function of line ${words[(at + debug.firstLine) >> 2]!}`;
    const called = what === "main" ? "top level" : name === "" ? defined : `${kind} ${name}`;
    frames.push(...native, `${source}:${current}: in ${called}`);
    native = [];
  }
  frames.push(...native);
  return { line, frames };
}
