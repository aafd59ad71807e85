/**
 * Where a durable run keeps what it needs to go on: a snapshot and the records since. What is called later takes effect
 * later, also where promises are returned.
 */
export interface DurableLog {
  /** What was kept; undefined where nothing was. Called once, before all else. */
  load(): Stored | undefined | Promise<Stored | undefined>;
  /** Adds a record, which is given away. When this has returned, or its promise is fulfilled, the record survives the process. */
  append(record: Uint8Array): void | Promise<void>;
  /** Replaces the snapshot with this one, which is given away; earlier records count no more. Whole or not at all. */
  snapshot(bytes: Uint8Array): void | Promise<void>;
  close(): void | Promise<void>;
}

/** Bytes as they were given, records in their order; those of an unfinished one at the end are left out. */
export interface Stored {
  readonly snapshot: Uint8Array<ArrayBufferLike>;
  readonly records: readonly Uint8Array<ArrayBufferLike>[];
}
