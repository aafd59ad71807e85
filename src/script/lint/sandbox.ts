import { scriptApi } from "../api/index.ts";
import type { ApiFunction, ApiNamespace } from "../api.ts";

/** What scripts can call without declaring it. */
export interface Sandbox {
  /** Names of values and functions that stand alone. */
  readonly names: ReadonlySet<string>;
  /** Members of tables that are written in Lua; they go before functions of the host. */
  readonly libraries: ReadonlyMap<string, ReadonlySet<string>>;
  /** Functions of the host by namespace, then name. */
  readonly api: ReadonlyMap<string, ReadonlyMap<string, ApiFunction>>;
  /** Namespaces that are not Worldloom's. */
  readonly own: readonly string[];
}

/** The sandbox of Lua scripts with the given functions of the host; `names` are further globals. */
export function sandboxOf(api: readonly ApiNamespace[], names: readonly string[] = []): Sandbox {
  return {
    names: new Set([...BASE.split(" "), ...names]),
    libraries: new Map(Object.entries(LIBRARIES).map(([name, members]) => [name, new Set(members.split(" "))])),
    api: new Map(api.map(({ name, functions }) => [name, new Map(functions.map((one) => [one.name, one]))])),
    own: api.filter((namespace) => !scriptApi.includes(namespace)).map(({ name }) => name),
  };
}

/** All names that stand for something without a declaration. */
export function globalsOf({ names, libraries, api }: Sandbox): Set<string> {
  return new Set([...names, ...libraries.keys(), ...api.keys()]);
}

const BASE =
  "_G _ENV _VERSION assert error getmetatable ipairs load next pairs pcall print rawequal rawget rawlen rawset require select setmetatable tonumber tostring type xpcall script f32 f64 i32 u32 bool str entity";

const LIBRARIES: Readonly<Record<string, string>> = {
  coroutine: "close create isyieldable resume running status wrap yield",
  math: "abs acos asin atan ceil cos deg exp floor fmod huge log max maxinteger min mininteger modf pi rad random sin sqrt tan tointeger type ult",
  string: "byte char find format gmatch gsub len lower match pack packsize rep reverse sub unpack upper",
  table: "concat insert move pack remove sort unpack",
  utf8: "char charpattern codepoint codes len offset",
  Tasks: "after cancel defer own start wait waitFor",
};

/** What older versions of Lua had, and what to write now. */
export const RENAMED: Readonly<Record<string, string>> = {
  unpack: "table.unpack",
  loadstring: "load",
  "table.getn": "#",
  "table.foreach": "for ... in pairs",
  "math.pow": "^",
  "math.mod": "math.fmod",
  "string.gfind": "string.gmatch",
};
