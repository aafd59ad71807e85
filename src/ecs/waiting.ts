import { applyCommands } from "./apply.ts";
import { Commands } from "./commands.ts";
import type { Core } from "./core.ts";
import type { Entity } from "./entities.ts";
import type { Item } from "./operations.ts";

/** Changes that wait because a query is being iterated or a system runs. */
export class Waiting {
  readonly #core: Core;
  readonly #commands: Commands;
  /** Ids given to entities that will be spawned when the iteration has ended. */
  readonly #reserved: Entity[] = [];
  /** Slots that there were before the first of them. */
  #slots = 0;

  constructor(core: Core) {
    this.#core = core;
    this.#commands = new Commands(core, 0);
    core.onIdle = () => this.#apply();
  }

  /** Where changes have to go now; undefined when they can happen at once. */
  get commands(): Commands | undefined {
    const { running, iterations } = this.#core;
    return running?.commands ?? (iterations > 0 ? this.#commands : undefined);
  }

  /** Gives an id to what will be spawned. Throws `entity-limit`, `arena-full`. */
  reserve(commands: Commands, items: readonly Item[]): Entity {
    this.#core.join();
    this.#core.entities.reserve(1);
    if (this.#reserved.length === 0) this.#slots = this.#core.entities.slots.rows;
    const entity = this.#core.entities.allocate();
    commands.settle(entity, items);
    if (commands === this.#commands) this.#reserved.push(entity);
    return entity;
  }

  #apply(): void {
    if (this.#commands.count === 0 || this.#core.running !== undefined) return;
    try {
      applyCommands(this.#core, [this.#commands], false);
    } catch (error) {
      for (const entity of this.#reserved.reverse()) this.#core.entities.takeBack(entity, this.#slots);
      throw error;
    } finally {
      this.#commands.clear();
      this.#reserved.length = 0;
    }
    this.#core.observers.deliver();
  }
}
