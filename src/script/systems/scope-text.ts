import type { Core } from "../../ecs/core.ts";
import type { Texts } from "./scope-cells.ts";

/** Texts for which scripts leave room, or a quarter where that is less: what befalls them has names, too. */
const HOST_TEXTS = 1024;

/**
 * Texts of a world and those that scripts of the current run brought: these have the ids that they get when they are interned
 * at its end, in the order in which they came. Until then nobody else may intern.
 */
export class ScopeTexts implements Texts {
  readonly #core: Core;
  readonly #added: string[] = [];
  readonly #ids = new Map<string, number>();

  constructor(core: Core) {
    this.#core = core;
  }

  /** Texts that wait. */
  get count(): number {
    return this.#added.length;
  }

  text(id: number): string {
    const { strings } = this.#core;
    return this.#added[id - 1 - strings.count] ?? strings.text(id);
  }

  intern(text: string): number {
    const { strings } = this.#core;
    const known = strings.find(text);
    if (known >= 0) return known;
    const waiting = this.#ids.get(text);
    if (waiting !== undefined) return waiting;
    const id = strings.count + this.#added.length + 1;
    if (id > strings.limit - Math.min(HOST_TEXTS, strings.limit >> 2)) return -1;
    this.#added.push(text);
    this.#ids.set(text, id);
    return id;
  }

  /** Forgets all but the first `count` that wait. */
  truncate(count: number): void {
    while (this.#added.length > count) this.#ids.delete(this.#added.pop()!);
  }

  /** Interns what waits. Throws `arena-full`. */
  settle(): void {
    if (this.#added.length === 0) return;
    this.#core.join();
    for (const text of this.#added) this.#core.strings.intern(text);
    this.truncate(0);
  }
}
