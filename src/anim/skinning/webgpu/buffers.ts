import type { GpuBuffer, GpuDevice } from "./api.ts";

/** A buffer that is used again. */
export interface PooledBuffer {
  /** Never given twice. */
  readonly id: number;
  readonly buffer: GpuBuffer;
  readonly bytes: number;
  readonly usage: number;
}

const BYTES_MIN = 4096;
/** Bytes of buffers that wait to be used again. */
const IDLE_MAX = 256 * 2 ** 20;

/** Buffers of the device, handed out and taken back, so that a steady frame makes none. */
export class BufferPool {
  readonly #device: GpuDevice;
  readonly #destroyed: () => void;
  #idle: PooledBuffer[] = [];
  #idleBytes = 0;
  #count = 0;

  /** `destroyed` is called whenever a buffer is given up for good. */
  constructor(device: GpuDevice, destroyed: () => void) {
    this.#device = device;
    this.#destroyed = destroyed;
  }

  /** Buffers that were ever made. */
  get made(): number {
    return this.#count;
  }

  /** A buffer of at least `bytes`; at most an eighth more, but not above `bytesMax`. Its content is not defined. */
  take(label: string, usage: number, bytes: number, bytesMax: number): PooledBuffer {
    const size = Math.min(sizeClass(bytes), bytesMax - (bytesMax % 4));
    const at = this.#idle.findIndex((one) => one.usage === usage && one.bytes === size);
    if (at >= 0) {
      const [found] = this.#idle.splice(at, 1);
      this.#idleBytes -= size;
      return found!;
    }
    return { id: this.#count++, buffer: this.#device.createBuffer({ label, size, usage }), bytes: size, usage };
  }

  give(buffer: PooledBuffer): void {
    this.#idle.push(buffer);
    this.#idleBytes += buffer.bytes;
    while (this.#idleBytes > IDLE_MAX) {
      const oldest = this.#idle.shift()!;
      this.#idleBytes -= oldest.bytes;
      oldest.buffer.destroy();
      this.#destroyed();
    }
  }

  /** Destroys what waits; what is in use must have been given back. */
  dispose(): void {
    for (const { buffer } of this.#idle) buffer.destroy();
    this.#idle = [];
    this.#idleBytes = 0;
  }
}

/** In eighths of a power of two. */
function sizeClass(bytes: number): number {
  let step = BYTES_MIN / 8;
  while (bytes > step * 16) step *= 2;
  return Math.max(BYTES_MIN, Math.ceil(bytes / step) * step);
}
