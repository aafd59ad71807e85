import { badArgument, expectList, expectOptions, type Known } from "../../core/argument.ts";
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
   * is kept; if it fails, or the process ends before, the effect comes again. It may do with the simulation what can be done
   * after a tick. The next effect waits for it, and so do `settled` and `close`, for which it must not wait itself.
   */
  readonly deliver: (effect: Effect) => void | Promise<void>;
}

const KNOWN: Known<OutboxOptions> = { events: true, deliver: true };

/** Effects that were made and not acknowledged, in the order (tick, source, sequence). */
export class Outbox {
  readonly #options: OutboxOptions;
  #waiting: Effect[] = [];
  /** How many of them, from the first, have left. They are dropped now and then: that moves all others. */
  #gone = 0;
  /** How many of the others, from the first, nobody takes back, and how many of these may leave. */
  #firm = 0;
  #ready = 0;
  #delivers = false;
  #busy: Promise<void> = Promise.resolve();
  /** What the last delivery failed with; undefined if it did not. */
  failure: unknown;

  /** Throws `bad-argument`. */
  constructor(options: OutboxOptions) {
    expectOptions(options, "outbox", KNOWN);
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

  /** Puts the effects of a tick where those were that it made before, which are not confirmed. */
  replace(tick: number, effects: readonly Effect[]): void {
    const first = this.#firstOf(tick);
    this.#waiting.splice(first, this.#firstOf(tick + 1) - first, ...effects);
  }

  /** Takes out what ticks from this one on made, but what is confirmed. */
  cut(tick: number): void {
    this.#waiting.length = this.#firstOf(tick);
  }

  /** What waits while the world is at a tick: without what later ones made that may be taken back. */
  waitingAt(tick: number): readonly Effect[] {
    return this.#waiting.slice(this.#gone, this.#firstOf(tick + 1));
  }

  /** Nobody takes back what ticks up to this one made. Returns how many effects that is new for. */
  confirm(tick: number): number {
    const before = this.#firm;
    this.#firm = this.#firstOf(tick + 1) - this.#gone;
    return this.#firm - before;
  }

  /** Lets so many more leave, which are confirmed: what made them is kept. */
  release(count: number): void {
    this.#ready += count;
  }

  /** Takes out what was acknowledged before; nothing has been released yet. */
  forget(keys: ReadonlySet<string>): void {
    this.#waiting = this.waiting.filter(({ key }) => !keys.has(key));
  }

  /**
   * Delivers one after the other until none that may leave is left, or one fails; `acknowledged` is told of each. Without a
   * break where nobody returns a promise: what is delivered at once is acknowledged at once. Who calls this meanwhile gets the
   * same promise.
   */
  deliver(acknowledged: (effect: Effect) => void | Promise<void>): Promise<void> {
    if (this.#delivers) return this.#busy;
    this.#delivers = true;
    this.#busy = this.#deliver(acknowledged);
    return this.#busy;
  }

  async #deliver(acknowledged: (effect: Effect) => void | Promise<void>): Promise<void> {
    this.failure = undefined;
    try {
      while (this.#ready > 0) {
        const effect = this.#waiting[this.#gone]!;
        const delivered = this.#options.deliver(effect);
        if (delivered !== undefined) await delivered;
        this.#gone++;
        if (this.#gone * 2 > this.#waiting.length) this.#drop();
        this.#firm--;
        this.#ready--;
        const kept = acknowledged(effect);
        if (kept !== undefined) await kept;
      }
    } catch (error) {
      this.failure = error ?? new Error("the receiver of effects failed, and did not say why");
    } finally {
      this.#delivers = false;
    }
  }

  /** Where the effects of a tick begin, of those that are not confirmed. */
  #firstOf(tick: number): number {
    let first = this.#waiting.length;
    while (first > this.#gone + this.#firm && this.#waiting[first - 1]!.tick >= tick) first--;
    return first;
  }

  #drop(): void {
    this.#waiting.splice(0, this.#gone);
    this.#gone = 0;
  }
}
