import { basename, extname, relative, resolve, sep } from "node:path";
import type { ScriptEngine, ScriptSource } from "../engine.ts";
import type { Scripts } from "./scripts.ts";

/**
 * The source in a file: of the script that was added from it, or has its name, or else of a module, which is named by its
 * path below one of the `roots`: `lib.steps` for `lib/steps.lua`. Undefined where no engine has files with that ending.
 */
export function sourceIn(
  scripts: Scripts,
  roots: readonly string[],
  file: string,
  code: ScriptSource["code"],
): ScriptSource | undefined {
  const added = scripts.list.find(({ first }) => resolve(first.file) === file);
  if (added !== undefined) return { name: added.name, file: added.first.file, code };
  const engine = engineOf(scripts, file);
  if (engine === undefined) return undefined;
  const bare = basename(file, extname(file));
  if (scripts.list.some(({ name }) => name === bare)) return { name: bare, file, code };
  const root = roots.map((path) => resolve(path)).find((path) => file.startsWith(path + sep));
  const below = root === undefined ? bare : relative(root, file).slice(0, -extname(file).length);
  const names = [below.replaceAll(sep, "."), below.replaceAll(sep, "/"), bare];
  return { name: names.find((name) => engine.modules?.includes(name)) ?? names[0]!, file, code };
}

/** The engine whose files end like that one. */
export function engineOf({ engines }: Scripts, file: string): ScriptEngine | undefined {
  return engines.find(({ extensions }) => extensions.includes(extname(file).slice(1)));
}

/** What a file holds, as engines take it: one that ends in .wasm is never text, not even where it is empty. */
export function codeOf(file: string, bytes: Buffer): ScriptSource["code"] {
  const isBinary = extname(file) === ".wasm" || (bytes.length >= 4 && bytes.readUInt32BE(0) === WASM_MAGIC);
  return isBinary ? new Uint8Array(bytes) : bytes.toString("utf8");
}

/** How WebAssembly modules and components begin. */
const WASM_MAGIC = 0x0061736d;
