import { resolve } from "node:path";
import type { DebugSource, Sources } from "./sources.ts";

/** What a client asks for. */
export interface WantedBreakpoint {
  readonly line: number;
  readonly condition?: string;
  /** `5` (from the fifth time on: `>= 5`), `== 5`, `> 5`, `% 5` and the like. */
  readonly hitCondition?: string;
  /** Printed instead of a stop; expressions stand in braces. */
  readonly logMessage?: string;
}

export interface Breakpoint extends WantedBreakpoint {
  readonly id: number;
  /** Whether something runs on the line. */
  readonly verified: boolean;
  hits: number;
}

/** Breakpoints of lines and of functions, by the source's name and the line. */
export class Breakpoints {
  readonly #sources: Sources;
  readonly #wanted = new Map<string, Breakpoint[]>();
  #functions: (Breakpoint & { readonly name: string })[] = [];
  #found = new Map<string, Breakpoint[]>();
  /** The version of the sources for which that holds. */
  #foundIn = -1;
  #ids = 0;
  /** How many there are. */
  count = 0;

  constructor(sources: Sources) {
    this.#sources = sources;
  }

  /** Replaces those of a file, or of a source without one. Lines move down to the next one with code. */
  set(where: { readonly path?: string; readonly name?: string }, wanted: readonly WantedBreakpoint[]): Breakpoint[] {
    const source = this.#sourceOf(where);
    const lines = source === undefined ? [] : this.#sources.codeLines(source.text);
    const made = wanted.map((one): Breakpoint => {
      const line = lines.find((each) => each >= one.line);
      return { ...one, id: ++this.#ids, line: line ?? one.line, verified: line !== undefined, hits: 0 };
    });
    this.#wanted.set(keyOf(where), made);
    this.#counted();
    return made;
  }

  /** Replaces those of functions. */
  setFunctions(wanted: readonly ({ readonly name: string } & Omit<WantedBreakpoint, "line">)[]): readonly Breakpoint[] {
    this.#functions = wanted.map((one) => {
      const verified = this.#sources.definitions(one.name).length > 0;
      return { ...one, id: ++this.#ids, line: 0, verified, hits: 0 };
    });
    this.#counted();
    this.#foundIn = -1;
    return this.#functions;
  }

  clear(): void {
    this.#wanted.clear();
    this.#functions = [];
    this.#counted();
  }

  #counted(): void {
    this.count = this.#functions.length;
    for (const list of this.#wanted.values()) this.count += list.length;
  }

  /** Those that stand on a line of a source, or at the function that begins there. */
  at(name: string, line: number, firstLine: number | undefined): Breakpoint[] {
    const path = this.#sources.named(name)?.path;
    const own = (path === undefined ? undefined : this.#wanted.get(path)) ?? this.#wanted.get(keyOf({ name })) ?? [];
    const found = own.filter((one) => one.verified && one.line === line);
    if (firstLine === undefined) return found;
    return this.#functions.length === 0 ? found : [...found, ...(this.#begins().get(`${name} ${firstLine}`) ?? [])];
  }

  /** Those of functions, by where these begin. */
  #begins(): ReadonlyMap<string, readonly Breakpoint[]> {
    if (this.#foundIn === this.#sources.version) return this.#found;
    this.#foundIn = this.#sources.version;
    this.#found = new Map();
    for (const one of this.#functions)
      for (const { source, line } of this.#sources.definitions(one.name)) {
        const key = `${source} ${line}`;
        this.#found.set(key, [...(this.#found.get(key) ?? []), one]);
      }
    return this.#found;
  }

  #sourceOf({ path, name }: { readonly path?: string; readonly name?: string }): DebugSource | undefined {
    if (path === undefined) return name === undefined ? undefined : this.#sources.named(name);
    return this.#sources.at(path) ?? this.#sources.fileAt(path);
  }
}

function keyOf({ path, name }: { readonly path?: string; readonly name?: string }): string {
  return path === undefined ? `name ${name}` : resolve(path);
}

/** Whether a hit counts, by how often it came. */
export function hitCounts(condition: string | undefined, hits: number): boolean {
  const [, sign = "", digits] = /^\s*(>=|<=|==|=|>|<|%)?\s*(\d+)\s*$/.exec(condition ?? "") ?? [];
  if (digits === undefined) return true;
  const count = Number(digits);
  switch (sign) {
    case "==":
    case "=":
      return hits === count;
    case ">":
      return hits > count;
    case "<":
      return hits < count;
    case "<=":
      return hits <= count;
    case "%":
      return count > 0 && hits % count === 0;
    default:
      return hits >= count;
  }
}
