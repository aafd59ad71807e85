import { createHash } from "node:crypto";
import { WorldloomError } from "../../core/errors.ts";
import type { Capability } from "../capability.ts";
import type { LuaLibrary } from "./library/index.ts";
import { numbersOf } from "./version.ts";

/** A module that scripts can `require`. */
export interface LuaModuleSource {
  /** Letters, digits, underscores, dots and slashes. */
  readonly name: string;
  /** Default 1.0.0. */
  readonly version?: string;
  /** Where it came from, for messages. */
  readonly file?: string;
  readonly code: string;
  /** Needed to require it, besides those that every script has. */
  readonly capability?: Capability;
}

/** A module as chunks carry it. */
export interface LuaModuleChunk {
  readonly name: string;
  readonly version: string;
  readonly code: string;
  readonly capability: Capability | undefined;
  /** Run once in a machine, and read-only for those that share it; others are run for each instance. */
  readonly shared: boolean;
  /** Names of modules that it names itself. */
  readonly requires: readonly string[];
  /** Of its code and of all that it needs. */
  readonly hash: string;
}

type Known = Omit<LuaModuleChunk, "hash">;

/** The modules that an engine knows. */
export class LuaModules {
  readonly #known = new Map<string, Known>();

  constructor(libraries: readonly LuaLibrary[]) {
    for (const { name, version, source, capability, requires } of libraries)
      this.#known.set(name, { name, version, code: source, capability, shared: true, requires });
  }

  get names(): readonly string[] {
    return [...this.#known.keys()];
  }

  /** Adds a module, or a newer version of one. Throws `script-invalid`, `name-taken` for names of the standard library. */
  add({ name, version = "1.0.0", code, capability }: LuaModuleSource): void {
    if (!/^\w[\w./]*$/.test(name))
      throw new WorldloomError("script-invalid", `"${name}" cannot name a module: use letters, digits, _ . and /`, {
        name,
      });
    numbersOf(version);
    if (this.#known.get(name)?.shared)
      throw new WorldloomError("name-taken", `Module ${name} is part of the standard library; choose another name.`, {
        name,
      });
    this.#known.set(name, { name, version, code, capability, shared: false, requires: requiredBy(code) });
  }

  /**
   * What code needs that names these modules: each module after those that it needs itself. Names that are not known are
   * left out: `require` says so if it comes to them. Throws `script-invalid` where modules need each other.
   */
  resolve(names: readonly string[]): readonly LuaModuleChunk[] {
    const found = new Map<string, LuaModuleChunk>();
    const path: string[] = [];
    const visit = (name: string): LuaModuleChunk | undefined => {
      const module = this.#known.get(name);
      const done = found.get(name);
      if (module === undefined || done !== undefined) return done;
      if (path.includes(name)) {
        const circle = [...path.slice(path.indexOf(name)), name].join(" -> ");
        throw new WorldloomError(
          "script-invalid",
          `Modules need each other: ${circle}; move what they share into another.`,
          {
            circle,
          },
        );
      }
      path.push(name);
      const hash = createHash("sha256").update(JSON.stringify([name, module.version, module.code, module.shared]));
      for (const other of module.requires) hash.update(visit(other)?.hash ?? other);
      path.pop();
      const chunk = { ...module, hash: hash.digest("hex").slice(0, 32) };
      found.set(name, chunk);
      return chunk;
    };
    for (const name of names) visit(name);
    return [...found.values()];
  }
}

/** The names that code gives to `require` as texts, in order: what it needs can be told without running it. */
export function requiredBy(code: string): readonly string[] {
  const found = new Set<string>();
  for (const [, , name] of code.matchAll(/\brequire\s*\(?\s*(["'])([\w./]+)\1/g)) found.add(name!);
  return [...found];
}
