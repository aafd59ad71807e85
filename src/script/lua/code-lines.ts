import type { Machine } from "./machine.ts";
import { luaClosure, luaString, nameAt, proto } from "./offsets.ts";

/** A function as Lua compiled it. */
export interface LuaCode {
  /** Address of its `Proto`. */
  readonly at: number;
  /** What it was compiled from: the name of a script or module. */
  readonly source: string;
  /** Where it begins and ends, from 1; both 0 for the top level. */
  readonly firstLine: number;
  readonly lastLine: number;
  /** Address of its first instruction. */
  readonly code: number;
  /** Of each instruction. */
  readonly lines: Int32Array;
  /** The first instruction that stands for something in the source. */
  readonly entry: number;
}

/** Bytes of an `AbsLineInfo`: an instruction and its line. */
const ABSOLUTE_BYTES = 8;
/** The delta of instructions whose line is in the list of absolute ones. */
const ABSOLUTE = -128;

/** The code of the closure of Lua at an address. */
export function codeOf(machine: Machine, closure: number): LuaCode {
  return codeAt(machine, machine.words[(closure + luaClosure.proto) >> 2]!);
}

function codeAt({ words, bytes }: Machine, at: number): LuaCode {
  const count = words[(at + proto.codeCount) >> 2]!;
  const deltas = words[(at + proto.lineDeltas) >> 2]!;
  const absolutes = words[(at + proto.absolutes) >> 2]!;
  const firstLine = words[(at + proto.firstLine) >> 2]!;
  const lines = new Int32Array(count);
  let line = firstLine;
  let next = 0;
  for (let i = 0; i < count; i++) {
    const delta = (bytes[deltas + i]! << 24) >> 24;
    if (delta === ABSOLUTE) line = words[(absolutes + ABSOLUTE_BYTES * next++ + 4) >> 2]!;
    else line += delta;
    lines[i] = line;
  }
  return {
    at,
    source: sourceOf(bytes, words[(at + proto.source) >> 2]!),
    firstLine,
    lastLine: words[(at + proto.lastLine) >> 2]!,
    code: words[(at + proto.code) >> 2]!,
    lines,
    entry: bytes[at + proto.isVararg]! === 0 ? 0 : 1,
  };
}

/** A function and those that are written in it. */
export function codesIn(machine: Machine, closure: number): LuaCode[] {
  const found: LuaCode[] = [];
  const visit = (at: number): void => {
    found.push(codeAt(machine, at));
    const { words } = machine;
    const protos = words[(at + proto.protos) >> 2]!;
    for (let i = 0; i < words[(at + proto.protoCount) >> 2]!; i++) visit(words[(protos >> 2) + i]!);
  };
  visit(machine.words[(closure + luaClosure.proto) >> 2]!);
  return found;
}

/** Names and registers of the locals that live at an instruction, in the order of their declarations. */
export function localsAt({ words, bytes }: Machine, at: number, instruction: number): string[] {
  const locals = words[(at + proto.locals) >> 2]! >> 2;
  const names: string[] = [];
  for (let i = 0; i < words[(at + proto.localCount) >> 2]!; i++) {
    const [name, start, end] = [words[locals + 3 * i]!, words[locals + 3 * i + 1]!, words[locals + 3 * i + 2]!];
    if (start > instruction) break;
    if (instruction < end) names.push(nameAt(bytes, name + luaString.text));
  }
  return names;
}

/** The name of upvalue `index` of a function, from 0. */
export function upvalueName({ words, bytes }: Machine, at: number, index: number): string {
  const name = words[(words[(at + proto.upvalues) >> 2]! + 8 * index) >> 2]!;
  return name === 0 ? "" : nameAt(bytes, name + luaString.text);
}

/** Without the mark that says that it is a name. */
function sourceOf(bytes: Uint8Array<ArrayBufferLike>, name: number): string {
  return name === 0 ? "" : nameAt(bytes, name + luaString.text).replace(/^[=@]/, "");
}
