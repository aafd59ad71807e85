import { said } from "../../core/argument.ts";
import { WorldloomError } from "../../core/errors.ts";
import { type SkinTicket, TICKETS_MAX } from "./skinner.ts";

interface Entry<T> {
  readonly slot: T;
  /** Submits that had begun when the results were first collected; -1 until then. */
  collectedAt: number;
}

/** Submits after which results that were collected are given back. */
const SUBMITS_KEPT = 2;

/** Who may still read the results of which submit: the rule of `Skinner.collect`, the same for all backends. */
export class TicketBook<T> {
  readonly #free: (slot: T) => void;
  readonly #entries = new Map<SkinTicket, Entry<T>>();
  #submits = 0;
  #disposed = false;

  /** `free` takes the memory of one submit back. */
  constructor(free: (slot: T) => void) {
    this.#free = free;
  }

  /** Before a submit takes memory, and after its requests were found right: what has been kept long enough goes. */
  begin(): void {
    this.check();
    const waiting = [...this.#entries.values()].filter(({ collectedAt }) => collectedAt < 0).length;
    if (waiting >= TICKETS_MAX) {
      throw new WorldloomError(
        "skin-ticket",
        `${waiting} submits wait to be collected, as many as may; collect or release some of them.`,
        { waiting },
      );
    }
    this.#submits++;
    for (const [ticket, { collectedAt }] of this.#entries) {
      if (collectedAt >= 0 && this.#submits - collectedAt >= SUBMITS_KEPT) this.release(ticket);
    }
  }

  /** The ticket of the submit that has begun. */
  open(slot: T, requests: number): SkinTicket {
    const ticket: SkinTicket = Object.freeze({ id: this.#submits, requests });
    this.#entries.set(ticket, { slot, collectedAt: -1 });
    return ticket;
  }

  /** What belongs to a ticket. Throws `skin-ticket` when it is no longer there. */
  slot(ticket: SkinTicket): T {
    this.check();
    const entry = this.#entries.get(ticket);
    if (entry !== undefined) return entry.slot;
    throw new WorldloomError(
      "skin-ticket",
      `The results of submit ${said(ticket?.id)} are gone, or another skinner's: collect a ticket before the second submit after it was first collected, and before it is released.`,
      { ticket: ticket?.id },
    );
  }

  /** The results of a ticket have been handed out. */
  collected(ticket: SkinTicket): void {
    const entry = this.#entries.get(ticket);
    if (entry !== undefined && entry.collectedAt < 0) entry.collectedAt = this.#submits;
  }

  release(ticket: SkinTicket): void {
    const entry = this.#entries.get(ticket);
    if (entry === undefined) return;
    this.#entries.delete(ticket);
    this.#free(entry.slot);
  }

  /** Releases all. */
  dispose(): void {
    for (const ticket of [...this.#entries.keys()]) this.release(ticket);
    this.#disposed = true;
  }

  /** Throws `skin-ticket` once the skinner is disposed. */
  check(): void {
    if (!this.#disposed) return;
    throw new WorldloomError("skin-ticket", "The skinner has been disposed; make another one with createSkinner.");
  }
}
