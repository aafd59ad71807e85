import { shown } from "../core/argument.ts";
import { WorldloomError } from "../core/errors.ts";
import type { Entity } from "./entities.ts";
import type { SchemaSet } from "./schema.ts";

/** What an observer is told of. `despawned` concerns the components that the entity had. */
const changeKinds = ["added", "removed", "set", "despawned"] as const;
export type ChangeKind = (typeof changeKinds)[number];

export type Observer = (entity: Entity) => void;

/** One registration: the same function may be registered more than once. */
interface Observing {
  readonly observer: Observer;
}

/** Most changes that one change and its observers may cause before it counts as endless. */
const NOTES_MAX = 1 << 22;

/**
 * Callbacks on changes. They run when the change is complete, in the order in which changes happened and, for each,
 * in the order in which they were registered. They may change the world; what that causes is told afterwards.
 */
export class Observers {
  readonly #schema: SchemaSet;
  /** One bit for each kind, by component id. */
  readonly #watched: Uint8Array;
  readonly #observers = new Map<number, readonly Observing[]>();
  readonly #intercepts = new Map<number, Observer>();
  #queue: { kind: number; id: number; entity: Entity }[] = [];
  #delivering = false;
  /** Changes whenever somebody begins or ceases to be told of something. */
  version = 1;
  /** The ids of components without further rules of whose changes nobody is told, by the serial of the component. */
  unwatched: readonly (number | undefined)[];

  constructor(schema: SchemaSet) {
    this.#schema = schema;
    this.#watched = new Uint8Array(schema.declared.length);
    this.unwatched = schema.plainIds;
  }

  /** Registers `observer` and returns what takes it back. */
  observe(kind: ChangeKind, id: number, observer: Observer): () => void {
    const bit = changeKinds.indexOf(kind);
    if (bit < 0 || typeof observer !== "function") {
      throw new WorldloomError(
        "bad-argument",
        `An observer is a function told of ${changeKinds.join(", ")}; ${shown(kind)} and ${shown(observer)} were given.`,
        {
          kind,
        },
      );
    }
    const key = id * changeKinds.length + bit;
    // Lists are replaced, never changed: those who are being told keep the list with which that began.
    const entry: Observing = { observer };
    this.#observers.set(key, [...(this.#observers.get(key) ?? []), entry]);
    this.#watched[id]! |= 1 << bit;
    this.#turn(id);
    return () => {
      const left = this.#observers.get(key)!.filter((other) => other !== entry);
      this.#observers.set(key, left);
      if (left.length === 0) this.#watched[id]! &= ~(1 << bit);
      this.#turn(id);
    };
  }

  /** Whether nobody is told of changes to a component. */
  isQuiet(id: number): boolean {
    return this.#watched[id] === 0;
  }

  /** Calls `observer` at once on every change to a component: for caches. */
  intercept(id: number, observer: Observer): void {
    this.#intercepts.set(id, observer);
    this.#watched[id]! |= 0x80;
    this.#turn(id);
  }

  note(kind: ChangeKind, id: number, entity: Entity): void {
    if (this.#watched[id]! >= 0x80) this.#intercepts.get(id)!(entity);
    const bit = changeKinds.indexOf(kind);
    if ((this.#watched[id]! & (1 << bit)) !== 0) this.#queue.push({ kind: bit, id, entity });
  }

  /** Notes the same for every component of a list. */
  noteAll(kind: ChangeKind, ids: readonly number[], entity: Entity): void {
    for (let i = 0; i < ids.length; i++) if (this.#watched[ids[i]!] !== 0) this.note(kind, ids[i]!, entity);
  }

  /** Changes noted and not told yet. */
  get noted(): number {
    return this.#queue.length;
  }

  /** Forgets all but the first `count` notes: the others were of changes that were taken back. */
  drop(count: number): void {
    this.#queue.length = Math.min(this.#queue.length, count);
  }

  /** Tells everybody. Called when the outermost change is complete. */
  deliver(): void {
    if (this.#queue.length === 0 || this.#delivering) return;
    this.#delivering = true;
    try {
      for (let i = 0; i < this.#queue.length; i++) {
        const { kind, id, entity } = this.#queue[i]!;
        if (i >= NOTES_MAX) {
          throw new WorldloomError("bad-argument", "Observers keep causing changes; break the cycle.", { changes: i });
        }
        for (const { observer } of this.#observers.get(id * changeKinds.length + kind) ?? []) observer(entity);
      }
    } finally {
      this.#queue.length = 0;
      this.#delivering = false;
    }
  }

  /** To be told whenever somebody begins or ceases to be told of changes to a component. */
  #turn(id: number): void {
    this.version++;
    const { serial } = this.#schema.component(id);
    const unwatched = this.isQuiet(id) ? this.#schema.plainIds[serial] : undefined;
    if (this.unwatched[serial] === unwatched) return;
    // Worlds of one schema share the list until somebody watches.
    const list = [...this.unwatched];
    list[serial] = unwatched;
    this.unwatched = list;
  }
}
