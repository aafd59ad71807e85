import { badArgument } from "../../core/argument.ts";
import { expectation, fits } from "../api/argument.ts";
import { scriptApi } from "../api/index.ts";
import { type ApiFunction, type ApiNamespace, functionsOf, type NumberedFunction } from "../api.ts";
import type { ScriptEngine } from "../engine.ts";
import type { ScriptValue } from "../value.ts";

/** Functions that a game gives its scripts besides Worldloom's own. */

/** What scripts of these engines can call. Throws `bad-argument` where they do not agree. */
export function apiOf(engines: readonly ScriptEngine[]): readonly ApiNamespace[] {
  const [first, ...others] = engines.filter(({ api }) => api !== undefined);
  const api = first?.api ?? scriptApi;
  const other = others.find((one) => one.api!.length !== api.length || one.api!.some((space, i) => space !== api[i]));
  if (other === undefined) return api;
  throw badArgument(
    "engines",
    [first!.name, other.name],
    "a list of engines with one API; give each the same namespaces, such as luaEngine({ api }) and wasmEngine({ api })",
  );
}

/** Stands for the code of a game's own functions, in what tells schedules apart; nothing where there are none. */
export function ownCode(api: readonly ApiNamespace[]): string {
  return ownFunctions(api)
    .map(({ fullName, function: fn }) => ` ${fullName} ${JSON.stringify(fn)} ${fn.run}`)
    .join("");
}

/** The functions by their numbers; those of a game check what they return. */
export function calledFunctions(api: readonly ApiNamespace[]): readonly NumberedFunction[] {
  const own = new Set(ownFunctions(api).map(({ fullName }) => fullName));
  return functionsOf(api).map((one) =>
    own.has(one.fullName) ? { ...one, function: checked(one.fullName, one.function) } : one,
  );
}

function ownFunctions(api: readonly ApiNamespace[]): readonly NumberedFunction[] {
  return functionsOf(api).filter(({ namespace }) => !scriptApi.includes(namespace));
}

/** Throws `bad-argument` for results that are not what the function says: the tick fails, as the game is wrong, not a script. */
function checked(fullName: string, fn: ApiFunction): ApiFunction {
  const { returns, nullable } = fn;
  return {
    ...fn,
    run(scope, ...values) {
      const result = fn.run(scope, ...values);
      if (result === undefined ? returns === "nothing" || returns === "value" || nullable : isResult(returns, result))
        return result;
      throw badArgument(`The result of ${fullName}`, result, expectation({ name: "", doc: "", type: returns }));
    },
  };
}

function isResult(returns: ApiFunction["returns"], result: ScriptValue): boolean {
  if (result === null || typeof result === "function") return false;
  // NaN and infinities are numbers of scripts, too.
  if (returns === "number") return typeof result === "number";
  if (returns === "hit") return fits({ name: "", doc: "", type: "table" }, result);
  return fits({ name: "", doc: "", type: returns, none: true }, result);
}
