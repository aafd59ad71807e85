import { badArgument, expectList, expectOptions, expectText } from "../core/argument.ts";
import { WorldloomError } from "../core/errors.ts";
import type { ScriptEngine, ScriptSource } from "./engine.ts";

/** What callers hand in, before it is used. All throw `bad-argument`. */

export function expectSource(source: ScriptSource): void {
  const { name, code, file } = source ?? {};
  if (typeof name !== "string") throw badArgument("name", name, "the name of a script");
  if (typeof code !== "string" && !(code instanceof Uint8Array)) throw badArgument("code", code, "a text, or bytes");
  if (file !== undefined) expectText(file, "file");
}

export function expectFunction(value: unknown, name: string): void {
  if (typeof value !== "function") throw badArgument(name, value, "a function");
}

/** Options, or none, of which some are numbers of at least 0. */
export function expectCounts<T extends object>(
  options: T | undefined,
  name: string,
  counts: readonly (keyof T)[],
): void {
  if (options === undefined) return;
  expectOptions(options, name);
  for (const key of counts) {
    const value: unknown = options[key];
    if (value !== undefined && !(typeof value === "number" && value >= 0))
      throw badArgument(`${name}.${String(key)}`, value, "a number of at least 0");
  }
}

export function expectEngines(engines: readonly ScriptEngine[]): void {
  expectList(engines, "engines");
  for (const engine of engines)
    if (!isEngine(engine)) throw badArgument("engines", engine, "a list of engines, such as [await luaEngine()]");
}

/** Throws `script-disposed` if an engine of that name was disposed. */
export function expectOpen(disposed: boolean, name: string): void {
  if (disposed)
    throw new WorldloomError(
      "script-disposed",
      `The ${name} engine was disposed; make another by scriptEngine("${name}").`,
    );
}

export function isEngine(engine: ScriptEngine): boolean {
  return typeof engine?.name === "string" && typeof engine.compile === "function";
}
