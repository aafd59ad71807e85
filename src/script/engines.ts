import { WorldloomError } from "../core/errors.ts";
import type { ScriptEngine } from "./engine.ts";
import { type LuaOptions, luaEngine } from "./lua/engine.ts";
import { type WasmEngineOptions, wasmEngine } from "./wasm/engine.ts";

/** Makes an engine. Its options are its own. */
export type EngineFactory<O = object> = (options: O) => ScriptEngine | Promise<ScriptEngine>;

/** The engines that come along. */
const own = {
  lua: (options: LuaOptions) => luaEngine(options),
  wasm: (options: WasmEngineOptions) => wasmEngine(options),
} as const;

/** Options by the name of the engine. */
export interface EngineOptions {
  readonly lua: LuaOptions;
  readonly wasm: WasmEngineOptions;
}

/**
 * An engine by its name, for names that come from settings. `more` are engines of other packages, by name: they come first.
 * Throws `script-unknown`, and what engines throw.
 */
export async function scriptEngine<N extends string>(
  name: N,
  options?: N extends keyof EngineOptions ? EngineOptions[N] : object,
  more: Readonly<Record<string, EngineFactory<never>>> = {},
): Promise<ScriptEngine> {
  const factories: Readonly<Record<string, EngineFactory<never>>> = { ...own, ...more };
  const make = Object.hasOwn(factories, name) ? factories[name] : undefined;
  if (make !== undefined) return make((options ?? {}) as never);
  throw new WorldloomError(
    "script-unknown",
    `There is no engine ${name}; there are ${Object.keys(factories).join(", ")}. Give those of other packages as the third argument.`,
    { name },
  );
}
