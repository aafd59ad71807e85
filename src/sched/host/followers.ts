import type { WorldloomError } from "../../core/errors.ts";
import type { Schema } from "../../ecs/component.ts";
import type { Happened } from "../../ecs/event.ts";
import type { LoopTick } from "../loop.ts";
import { Stream, type StreamOptions } from "../stream.ts";
import type { Told } from "./protocol.ts";
import type { ThreadListener } from "./thread.ts";

/** Asks the worker to tell of ticks, or of events of a type, or no more to. */
type Follow = (type: string | undefined, on: boolean) => Promise<void>;

/** Those who read the ticks and events of a hosted world, and who is told when it fails. */
export class Followers implements ThreadListener {
  readonly #onError: ((error: Error) => void) | undefined;
  readonly #ticks = new Set<Stream<LoopTick>>();
  readonly #events = new Map<string, Set<Stream<Happened<Schema>>>>();

  constructor(onError: ((error: Error) => void) | undefined) {
    this.#onError = onError;
  }

  ticks(options: StreamOptions, follow: Follow): Stream<LoopTick> {
    return this.#follow(this.#ticks, undefined, options, follow);
  }

  events(type: string, options: StreamOptions, follow: Follow): Stream<Happened<Schema>> {
    let streams = this.#events.get(type);
    if (streams === undefined) this.#events.set(type, (streams = new Set()));
    return this.#follow(streams, type, options, follow);
  }

  ticked({ tick, events }: Told & { readonly is: "ticked" }): void {
    for (const [type, list] of Object.entries(events)) {
      for (const stream of this.#events.get(type) ?? [])
        for (const event of list) stream.push(event as Happened<Schema>);
    }
    if (tick !== undefined) for (const stream of this.#ticks) stream.push(tick);
  }

  tickFailed(error: Error): void {
    this.#tell(error, false);
  }

  failed(error: WorldloomError, known: boolean): void {
    this.#tell(error, known);
  }

  /** The world is closed. */
  end(): void {
    for (const stream of this.#all()) stream.end();
  }

  #follow<T>(streams: Set<Stream<T>>, type: string | undefined, options: StreamOptions, follow: Follow): Stream<T> {
    const stream = new Stream<T>(options, (ended) => {
      streams.delete(ended);
      // A world that is no more has no followers.
      if (streams.size === 0) follow(type, false).catch(() => {});
    });
    streams.add(stream);
    if (streams.size === 1) {
      follow(type, true).catch((error) => {
        for (const one of [...streams]) one.fail(error);
      });
    }
    return stream;
  }

  /** An error that nobody gets is thrown to the event loop. */
  #tell(error: Error, known: boolean): void {
    const all = this.#all();
    for (const stream of all) stream.fail(error);
    if (this.#onError !== undefined) this.#onError(error);
    else if (!known && all.length === 0) throw error;
  }

  #all(): Stream<never>[] {
    return [this.#ticks, ...this.#events.values()].flatMap((streams) => [...streams] as unknown as Stream<never>[]);
  }
}
