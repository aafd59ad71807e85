import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { wasm } from "../../native/wasm.ts";

/**
 * Instrumented modules by the hash of the originals: compiled ones in memory, the most recently used last, and their bytes
 * in a folder, which other processes use too. A file that is damaged, or cannot be written, is as if it were not there.
 */
export class ModuleCache {
  readonly #folder: string | undefined;
  readonly #version: string;
  readonly #modules = new Map<string, object>();

  constructor(folder: string | undefined, version: string) {
    this.#folder = folder;
    this.#version = version;
  }

  /** The compiled module for `original`; `instrument` makes its bytes where they are not known. */
  module(original: Uint8Array, instrument: () => Uint8Array<ArrayBuffer>): object {
    const key = createHash("sha256").update(this.#version).update(original).digest("hex");
    let module = this.#modules.get(key);
    if (module === undefined) {
      let bytes = this.#read(key);
      if (bytes === undefined) {
        bytes = instrument();
        this.#write(key, bytes);
      }
      module = new wasm.Module(bytes);
    }
    this.#modules.delete(key);
    this.#modules.set(key, module);
    if (this.#modules.size > MODULES_MAX) this.#modules.delete(this.#modules.keys().next().value!);
    return module;
  }

  clear(): void {
    this.#modules.clear();
  }

  #read(key: string): Uint8Array<ArrayBuffer> | undefined {
    if (this.#folder === undefined) return undefined;
    try {
      const file = Uint8Array.from(readFileSync(join(this.#folder, `${key}.wasm`)));
      const bytes = file.slice(SUM_BYTES);
      return Buffer.compare(sum(bytes), file.subarray(0, SUM_BYTES)) === 0 ? bytes : undefined;
    } catch {
      return undefined;
    }
  }

  #write(key: string, bytes: Uint8Array): void {
    if (this.#folder === undefined) return;
    try {
      mkdirSync(this.#folder, { recursive: true });
      const path = join(this.#folder, `${key}.wasm`);
      const draft = `${path}.${process.pid}`;
      writeFileSync(draft, Buffer.concat([sum(bytes), bytes]));
      renameSync(draft, path);
    } catch {
      // The next process instruments it again.
    }
  }
}

const MODULES_MAX = 256;
/** A file starts with the hash of the rest. */
const SUM_BYTES = 32;

function sum(bytes: Uint8Array): Buffer {
  return createHash("sha256").update(bytes).digest();
}
