import { WorldloomError } from "../core/errors.ts";
import { copyModule } from "./copy.ts";
import { type WasmMemory, wasm } from "./wasm.ts";

export const PAGE_BYTES = 65_536;
/** 4 GiB: what a 32-bit WebAssembly memory can address. */
export const MEMORY_PAGES_MAX = 65_536;

export interface MemoryOptions {
  /** Upper bound in bytes, at most 4 GiB (default), rounded up to 64 KiB. Address space is reserved, memory is not. */
  readonly bytesMax?: number;
  /** `false` gives memory that workers cannot see, for places without shared memory. */
  readonly shared?: boolean;
  /** A shared memory that another thread made with the same `bytesMax`, to open here. */
  readonly over?: WasmMemory;
}

/**
 * Linear memory that TypeScript, WebAssembly and the addon read at the same address,
 * with views over all of it. It only grows; shared memory never moves.
 */
export class Memory {
  readonly wasm: WasmMemory;
  readonly shared: boolean;
  readonly pagesMax: number;
  /** Counts how often the views were replaced: it changes when the memory grows. */
  version = 0;
  /** Under which id the addon knows this memory, and the `version` that it knows: for `addon.ts` alone. */
  addonId = 0;
  addonVersion = -1;
  u8!: Uint8Array<ArrayBufferLike>;
  i8!: Int8Array<ArrayBufferLike>;
  u16!: Uint16Array<ArrayBufferLike>;
  i16!: Int16Array<ArrayBufferLike>;
  u32!: Uint32Array<ArrayBufferLike>;
  i32!: Int32Array<ArrayBufferLike>;
  f32!: Float32Array<ArrayBufferLike>;
  f64!: Float64Array<ArrayBufferLike>;
  /** `copy(destination, source, bytes)`, byte offsets; ranges may overlap. */
  readonly copy: (destination: number, source: number, bytes: number) => void;
  /** `fill(destination, byte, bytes)`. */
  readonly fill: (destination: number, byte: number, bytes: number) => void;
  /** `copyMany(list, count)`: `count` triples of u32 (destination, source, bytes) at byte offset `list`. */
  readonly copyMany: (list: number, count: number) => void;

  constructor(options: MemoryOptions = {}) {
    const bytesMax = options.bytesMax ?? MEMORY_PAGES_MAX * PAGE_BYTES;
    this.shared = options.shared ?? true;
    this.pagesMax = Math.min(MEMORY_PAGES_MAX, Math.max(1, Math.ceil(bytesMax / PAGE_BYTES)));
    try {
      this.wasm = options.over ?? new wasm.Memory({ initial: 1, maximum: this.pagesMax, shared: this.shared });
    } catch (cause) {
      throw new WorldloomError(
        "arena-unsupported",
        `Cannot reserve ${this.pagesMax * PAGE_BYTES} bytes of ${this.shared ? "shared " : ""}memory; ask for less with bytesMax${this.shared ? ", or pass shared: false" : ""}.`,
        { bytes: this.pagesMax * PAGE_BYTES, shared: this.shared },
        cause,
      );
    }
    const functions = copyModule(this.wasm, this.pagesMax, this.shared);
    this.copy = functions.copy;
    this.fill = functions.fill;
    this.copyMany = functions.copyMany;
    this.#replaceViews();
  }

  get byteLength(): number {
    return this.u8.length;
  }

  /** Grows to at least `pages` pages of 64 KiB. Views of shared memory that exist stay valid. */
  grow(pages: number): void {
    const missing = pages - this.u8.length / PAGE_BYTES;
    if (missing <= 0) return;
    try {
      this.wasm.grow(missing);
    } catch (cause) {
      throw new WorldloomError(
        "arena-full",
        `The arena cannot grow to ${pages * PAGE_BYTES} bytes (limit ${this.pagesMax * PAGE_BYTES}); raise bytesMax or dispose worlds and snapshots.`,
        { bytes: pages * PAGE_BYTES, limit: this.pagesMax * PAGE_BYTES },
        cause,
      );
    }
    this.#replaceViews();
  }

  /** To be told when another thread may have made the memory grow. */
  follow(): void {
    if (this.wasm.buffer.byteLength !== this.u8.length) this.#replaceViews();
  }

  #replaceViews(): void {
    const buffer = this.wasm.buffer;
    this.u8 = new Uint8Array(buffer);
    this.i8 = new Int8Array(buffer);
    this.u16 = new Uint16Array(buffer);
    this.i16 = new Int16Array(buffer);
    this.u32 = new Uint32Array(buffer);
    this.i32 = new Int32Array(buffer);
    this.f32 = new Float32Array(buffer);
    this.f64 = new Float64Array(buffer);
    this.version++;
  }
}
