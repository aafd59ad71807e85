import type { Region } from "../../ecs/region.ts";
import type { World } from "../../ecs/world.ts";
import type { WasmMemory } from "../../native/wasm.ts";
import type { AccessLayout, ScriptChunk, ScriptDomain } from "../engine.ts";

/** A domain of one world, and the regions of the world that its memory is. */
export class DomainSlot {
  readonly domain: ScriptDomain;
  readonly #world: World;
  readonly #memory: string;
  readonly #globals: string;
  /** Of each script the version that is loaded, and its number. */
  readonly #loaded = new Map<string, { hash: string; program: number }>();
  #bytes: Uint8Array<ArrayBufferLike>;
  #began = "";
  #touched = false;
  /** Whether something ran in this tick that the world knows of: what is loaded anew after a restore does not count. */
  #ran = false;
  #tidied = false;
  /** Set where its memory cannot be trusted any more, or is nearly full: it starts afresh after the tick. */
  worn = false;
  /** What the world had adopted when the machine was last brought to what it holds. */
  followed = -1;

  constructor(world: World, domain: ScriptDomain) {
    this.#world = world;
    this.domain = domain;
    this.#memory = `script_${domain.name}`;
    this.#globals = `script_${domain.name}_globals`;
    this.#bytes = domain.bytes;
  }

  /**
   * Brings the machine to what the world holds: after a restore, in a fork, or when the world was loaded. Attaches it where the
   * world has no image of it yet. `chunks` are the versions that the world runs.
   */
  follow(chunks: readonly ScriptChunk[]): void {
    const { domain } = this;
    const { regions } = this.#world.core;
    const region = this.#world.region(this.#memory);
    // A restore must not write to memory that another machine, or another world, has by then.
    regions.release(this.#memory, region);
    if (region === undefined) {
      domain.reset();
      regions.attach(this.#memory, domain.bytes, domain.memory);
      if (domain.globals.length > 0) regions.attach(this.#globals, domain.globals);
    } else {
      if (region.length !== domain.bytes.length) domain.resize(region.length);
      this.#bind(region, domain.bytes, domain.memory);
      const globals = this.#world.region(this.#globals);
      if (globals !== undefined) this.#bind(globals, domain.globals);
      domain.restored(chunks);
    }
    this.#bytes = domain.bytes;
    this.#loaded.clear();
    this.#began = "";
  }

  #bind(region: Region, bytes: Uint8Array<ArrayBufferLike>, memory?: WasmMemory): void {
    if (region.bytes !== bytes) region.bind(bytes, memory);
  }

  /** To be told that scripts are about to run in `tick`; `run` differs where a tick runs again. */
  begin(tick: number, run: number): void {
    this.#touched = false;
    const began = `${tick} ${run}`;
    if (this.#began === began) return;
    this.#began = began;
    this.#ran = false;
    this.#tidied = false;
    this.domain.beginTick(tick);
  }

  /** To be told before what changes the machine: a machine that only waits is not compared. */
  touch(): void {
    this.#ran = true;
    this.#mark();
  }

  #mark(): void {
    if (this.#touched) return;
    this.#touched = true;
    this.#world.region(this.#memory)!.touchAll();
    if (this.domain.globals.length > 0) this.#world.region(this.#globals)!.touchAll();
  }

  /** Gives up an instance without a call. */
  discard(instance: number): void {
    this.touch();
    this.domain.discard(instance);
  }

  /** The same for many. */
  discardMany(instances: readonly number[]): void {
    const { domain } = this;
    this.touch();
    if (domain.discardMany !== undefined) domain.discardMany(instances);
    else for (const instance of instances) domain.discard(instance);
  }

  /** The number of a program, loaded if that version is not. */
  program(chunk: ScriptChunk, access: () => readonly AccessLayout[]): number {
    const known = this.#loaded.get(chunk.name);
    if (known?.hash === chunk.hash) return known.program;
    this.#mark();
    const program = this.domain.load(chunk, access());
    this.#loaded.set(chunk.name, { hash: chunk.hash, program });
    return program;
  }

  /** Calls are over for now. Memory that grew has moved: the world's regions follow it. */
  settle(): void {
    if (this.#ran && !this.#tidied) {
      this.#tidied = true;
      this.domain.tidy?.();
    }
    this.#followMoved();
  }

  #followMoved(): void {
    const { domain } = this;
    if (domain.bytes === this.#bytes && this.#bytes.length > 0) return;
    this.#world.core.regions.resize(this.#world.region(this.#memory)!, domain.bytes, domain.memory);
    this.#bytes = domain.bytes;
  }

  /** To be told that the tick fails: what the world holds of the machine counts, not the machine. */
  abandon(): void {
    this.#world.core.regions.release(this.#memory);
    this.#world.core.regions.release(this.#globals);
    this.followed = -1;
  }

  /** Has the world hold the machine as it is, for {@link putBack} in the same tick. */
  keep(): void {
    this.#followMoved();
    const { regions } = this.#world.core;
    for (const region of this.#regions()) region.flush(regions.tableOf(region)!);
    this.#touched = false;
  }

  /** The machine as it was. `chunks` are the versions that the world ran then. */
  putBack(chunks: readonly ScriptChunk[]): void {
    const { domain } = this;
    const { regions } = this.#world.core;
    const moved = domain.bytes !== this.#bytes || this.#bytes.length === 0;
    for (const region of this.#regions()) {
      const table = regions.tableOf(region)!;
      if (region.name === this.#memory && moved) {
        domain.resize(region.length);
        region.bind(domain.bytes, domain.memory);
        this.#bytes = domain.bytes;
      } else region.follow(table, region.blocks(table));
    }
    domain.restored(chunks);
    this.#loaded.clear();
    this.#touched = false;
    this.#mark();
  }

  #regions(): Region[] {
    const found = [this.#world.region(this.#memory), this.#world.region(this.#globals)];
    return found.filter((region) => region !== undefined);
  }

  /** Starts afresh: all instances are gone. */
  renew(): void {
    this.worn = false;
    this.domain.reset();
    this.#loaded.clear();
    this.settle();
    this.#touched = false;
    this.touch();
  }
}
