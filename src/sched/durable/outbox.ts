import { badArgument, expectList, expectOptions } from "../../core/argument.ts";
import type { EventType } from "../../ecs/event.ts";
import type { World } from "../../ecs/world.ts";

/** Something that the world outside shall do. */
export interface Effect {
  /**
   * `TICK/SOURCE/SEQUENCE`: the same each time that the same run makes the same effect, so that a receiver can drop what it
   * has done already.
   */
  readonly key: string;
  readonly tick: number;
  /** The name of the event. */
  readonly source: string;
  /** From 0, among the events of this name and tick. */
  readonly sequence: number;
  /** The fields of the event. */
  readonly values: Readonly<Record<string, unknown>>;
}

export interface OutboxOptions {
  /** Events that are effects when systems emit them. */
  readonly events: readonly EventType[];
  /**
   * Hands an effect to the outside. When it has returned, or its promise is fulfilled, the effect is acknowledged, and that
   * is kept; if it fails, or the process ends before, the effect comes again.
   */
  readonly deliver: (effect: Effect) => void | Promise<void>;
}

/** Effects that were made and not acknowledged, in the order (tick, source, sequence). */
export class Outbox {
  readonly #options: OutboxOptions;
  #waiting: Effect[] = [];
  /** How many of them, from the first, have left. They are dropped now and then: that moves all others. */
  #gone = 0;
  /** How many of the others, from the first, may leave. */
  #ready = 0;
  #busy: Promise<void> | undefined;
  /** What the last delivery failed with; undefined if it did not. */
  failure: unknown;

  /** Throws `bad-argument`. */
  constructor(options: OutboxOptions) {
    expectOptions(options, "outbox");
    expectList(options.events, "outbox.events");
    for (const event of options.events)
      if (event?.is !== "event") throw badArgument("outbox.events", event, "a list of events");
    if (typeof options.deliver !== "function") throw badArgument("outbox.deliver", options.deliver, "a function");
    this.#options = options;
  }

  get waiting(): readonly Effect[] {
    this.#drop();
    return this.#waiting;
  }

  get any(): boolean {
    return this.#gone < this.#waiting.length;
  }

  /** The effects that systems made in the tick that ended. */
  made(world: World): readonly Effect[] {
    const { tick } = world;
    return this.#options.events.flatMap((event) =>
      world
        .events(event)
        .filter((happened) => happened.tick === tick)
        .map(({ tick: _, ...values }, sequence) => ({
          key: `${tick}/${event.name}/${sequence}`,
          tick,
          source: event.name,
          sequence,
          values,
        })),
    );
  }

  add(effects: readonly Effect[]): void {
    for (const effect of effects) this.#waiting.push(effect);
  }

  /** Lets so many more leave: what made them is kept. */
  release(count: number): void {
    this.#ready += count;
  }

  /** Takes out what was acknowledged before; nothing has been released yet. */
  forget(keys: ReadonlySet<string>): void {
    this.#waiting = this.waiting.filter(({ key }) => !keys.has(key));
  }

  /**
   * Delivers one after the other until none that may leave is left, or one fails; `acknowledged` is told of each. Who calls this meanwhile
   * gets the same promise.
   */
  deliver(acknowledged: (effect: Effect) => void | Promise<void>): Promise<void> {
    this.#busy ??= this.#deliver(acknowledged).finally(() => {
      this.#busy = undefined;
    });
    return this.#busy;
  }

  /** Without a break where nobody returns a promise: what is delivered at once is acknowledged at once. */
  async #deliver(acknowledged: (effect: Effect) => void | Promise<void>): Promise<void> {
    this.failure = undefined;
    try {
      while (this.#ready > 0) {
        const effect = this.#waiting[this.#gone]!;
        const delivered = this.#options.deliver(effect);
        if (delivered !== undefined) await delivered;
        this.#gone++;
        if (this.#gone * 2 > this.#waiting.length) this.#drop();
        this.#ready--;
        const kept = acknowledged(effect);
        if (kept !== undefined) await kept;
      }
    } catch (error) {
      this.failure = error;
    }
  }

  #drop(): void {
    this.#waiting.splice(0, this.#gone);
    this.#gone = 0;
  }
}
