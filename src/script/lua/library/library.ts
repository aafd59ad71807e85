import type { Capability } from "../../capability.ts";

/** A module in Lua that scripts get with `require`: a chunk that returns a table, which may be frozen. */
export interface LuaLibrary {
  readonly name: string;
  /** `major.minor.patch`. */
  readonly version: string;
  /** Names of libraries that it requires itself. */
  readonly requires: readonly string[];
  /** Needed to require it, besides those that every script has. */
  readonly capability?: Capability;
  readonly source: string;
}
