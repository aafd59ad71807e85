import { fileURLToPath } from "node:url";
import type { Frame, FrameKind } from "./stacks.ts";

/** One sample of `perf script`, outermost frame first. */
export interface PerfSample {
  readonly stack: readonly Frame[];
}

export interface PerfNames {
  /** The folder whose files are shown by relative paths. */
  readonly root: string;
  /** File name of the addon: its frames are Rust. */
  readonly addon: string;
}

/** Steps of V8 from one JavaScript frame to the next, which say nothing. */
const STEP = /^Builtins_(Interpreter|JSEntry|JSRunMicrotasksEntry|CallApiCallback|CallFunction_|Call_|\w+Handler$)/;
/** `JS:`, how far V8 had optimized the function, its name, file, line. */
const JS = /^(?:JS|Function|Script|Eval|LazyCompile):[~^+*]?'?(.*?) ?((?:file|node|worldloom):\S*|\/\S+?):(\d+):\d+$/;

/**
 * The samples in the text of `perf script -F comm,pid,tid,time,period,event,ip,sym,dso`: a header of one line, then a line
 * for each frame, innermost first, then an empty line.
 */
export function readPerfScript(text: string, names: PerfNames): PerfSample[] {
  const samples: PerfSample[] = [];
  for (const block of text.split(/\n\s*\n/)) {
    const [header = "", ...lines] = block.split("\n").filter((line) => line.trim() !== "");
    if (!/\s\d+\/\d+\s/.test(header)) continue;
    const stack = lines.flatMap((line) => readFrame(line, names) ?? []).reverse();
    if (stack.length > 0) samples.push({ stack });
  }
  return samples;
}

/** A line `ADDRESS SYMBOL (FILE)`; undefined where it says nothing. */
function readFrame(line: string, names: PerfNames): Frame | undefined {
  const [, symbol = "", file = ""] = /^\s*[0-9a-f]+ (.*) \(([^()]*(?:\([^()]*\))?[^()]*)\)$/.exec(line) ?? [];
  if (symbol === "" || STEP.test(symbol)) return undefined;
  if (/\/perf-\d+\.map$/.test(file)) return readScriptFrame(symbol, names.root);
  const kind = kindOf(file, names.addon);
  const bare = symbol.replace(/::h[0-9a-f]{16}$/, "").replace(/^Builtins_/, "");
  const name = bare === "[unknown]" ? `(${file.split("/").at(-1)})` : bare;
  return { name, kind, place: "" };
}

function readScriptFrame(symbol: string, root: string): Frame {
  const [, name = "", url = "", line = ""] = JS.exec(symbol) ?? [];
  if (url === "") return { name: symbol, kind: "js", place: "" };
  if (name.startsWith("system ")) return { name, kind: "system", place: "" };
  const file = url.startsWith("file:") ? fileURLToPath(url.split("?")[0]!) : url;
  const own = file.startsWith(root) ? file.slice(root.length).replace(/^\//, "") : file;
  const kind = url.startsWith("node:") ? "engine" : "js";
  return { name: name === "" ? "(anonymous)" : name, kind, place: `${own}:${line}` };
}

function kindOf(file: string, addon: string): FrameKind {
  if (file.startsWith("[kernel") || file === "[guest.kernel.kallsyms]") return "kernel";
  const name = file.split("/").at(-1);
  if (name === addon) return "rust";
  return name === "node" ? "engine" : "native";
}
