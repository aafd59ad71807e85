import { expectOptions, type Known } from "../core/argument.ts";
import { WorldloomError } from "../core/errors.ts";
import type { Jobs } from "../native/jobs.ts";
import type { Arena } from "./arena.ts";
import type { Core } from "./core.ts";
import { diffOf, type WorldDiff } from "./diff.ts";
import { contentHashWorld, hashWorld } from "./hash.ts";
import type { Region } from "./region.ts";
import type { PageMemory } from "./region-pages.ts";
import { saveWorld } from "./save.ts";
import { Snapshot } from "./snapshot.ts";
import { shareRoot } from "./store.ts";

/** Memory that lives elsewhere. */
export interface RegionPlace {
  readonly bytes: Uint8Array<ArrayBufferLike>;
  /** The WebAssembly memory that the bytes are part of, if they are. */
  readonly memory?: PageMemory;
}

const PLACE: Known<RegionPlace> = { bytes: true, memory: true };

/** The state of a world as a whole: kept, brought back, compared, hashed, saved. */
export class State {
  /** The parts that this face stands in front of. Not part of the public interface. */
  readonly core: Core;

  constructor(core: Core) {
    this.core = core;
  }

  get tick(): number {
    return this.core.store.tick;
  }
  get seed(): number {
    return this.core.store.seed;
  }

  /** The memory that the world lives in, maybe with others. */
  get arena(): Arena {
    return this.core.arena;
  }
  /** Which implementation of the jobs is in use. */
  get jobs(): Jobs["name"] {
    return this.core.jobs.name;
  }

  /** The world at this moment, sharing its blocks. Throws `arena-full`, `structure-locked`. */
  snapshot(): Snapshot {
    this.core.checkOpen("snapshot");
    return new Snapshot(this.core, this.core.copyRoot());
  }
  /** Continues from a snapshot, which stays valid. Throws `schema-mismatch`, `arena-full`. */
  restore(snapshot: Snapshot): void {
    this.core.checkOpen("restore");
    if (!(snapshot instanceof Snapshot))
      throw new WorldloomError("bad-argument", "A world continues from a snapshot, made with snapshot().");
    snapshot.checkFits(this.core);
    this.core.adopt(shareRoot(this.core.arena, snapshot.root));
  }
  /** The state hash, 16 hexadecimal digits: equal hashes mean equal futures. */
  hash(): string {
    this.core.checkOpen("hash");
    return hashWorld(this.core);
  }
  /** The content hash, 16 hexadecimal digits: the same entities with the same values, however they came to be. */
  contentHash(): string {
    this.core.checkOpen("contentHash");
    return contentHashWorld(this.core);
  }
  /** What changed from `before`, another world or a snapshot of this arena and schema, to this world. */
  diff(before: State | Snapshot): WorldDiff {
    return diffOf(before, this);
  }
  /** The world as a portable file, which `loadWorld` continues from: equal hash, equal future. Throws `arena-full`. */
  save(): Uint8Array<ArrayBuffer> {
    this.core.checkOpen("save");
    return saveWorld(this.core);
  }

  /**
   * Makes memory that lives elsewhere part of this world's state. `memory` is the WebAssembly memory that the bytes are part
   * of, if they are: WebAssembly then compares and copies their pages. Throws `bad-argument`, `name-taken`, `arena-full`.
   */
  attach(name: string, place: RegionPlace): Region {
    this.core.checkOpen("attach");
    expectOptions(place, "place", PLACE);
    return this.core.regions.attach(name, place.bytes, place.memory);
  }
  /** An attached region. Worlds that were forked or loaded get memory of their own for it at first use. */
  region(name: string): Region | undefined {
    this.core.checkOpen();
    return this.core.regions.find(name);
  }
}
