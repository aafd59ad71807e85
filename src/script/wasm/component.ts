import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { peerMissing } from "../../core/peer.ts";
import { workerFile } from "../../core/worker-file.ts";
import { MANIFEST_SECTION } from "./abi.ts";
import { Reader, Writer } from "./binary.ts";
import { readManifest, wrong } from "./manifest.ts";
import { decodeModule } from "./module.ts";

export interface ComponentBuilderOptions {
  /** Where modules that were built are kept, by the hash of their components. Left out, nowhere. */
  readonly cacheFolder?: string;
  /** How the worker finds jco. Default the package. */
  readonly jco?: string;
}

export interface TranspileTask {
  readonly id: number;
  readonly component: Uint8Array;
}

export type TranspileAnswer =
  | { readonly id: number; readonly modules: readonly Uint8Array[]; readonly imports: readonly string[] }
  | { readonly id: number; readonly failure: "missing" | "refused"; readonly message: string };

/**
 * Makes modules of components that were written against the WIT world, with the package `@bytecodealliance/jco` in a worker
 * that stays warm. jco takes the component apart and checks it; what we keep is its module. Engines call that by the
 * canonical ABI themselves, without jco's JavaScript: that would be code of its own with state of its own between guest and
 * host, which no budget counts and no snapshot holds.
 */
export class ComponentBuilder {
  readonly #options: ComponentBuilderOptions;
  readonly #waiting = new Map<number, (answer: TranspileAnswer) => void>();
  #worker: Worker | undefined;
  #next = 1;

  constructor(options: ComponentBuilderOptions = {}) {
    this.#options = options;
  }

  /**
   * The module of a component, with a manifest if one is given. Throws `peer-missing` without jco, `script-invalid` for
   * components that import anything else, or are made of several modules.
   */
  async build(file: string, component: Uint8Array, manifest?: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
    const hash = createHash("sha256").update(VERSION).update(component).digest("hex");
    let module = this.#read(hash);
    if (module === undefined) {
      module = mainModule(file, await this.#transpile(component));
      this.#write(hash, module);
    }
    return manifest === undefined ? module : withManifest(file, module, manifest);
  }

  async close(): Promise<void> {
    await this.#worker?.terminate();
    this.#worker = undefined;
  }

  #transpile(component: Uint8Array): Promise<TranspileAnswer> {
    const worker = (this.#worker ??= this.#start());
    const id = this.#next++;
    worker.postMessage({ id, component } satisfies TranspileTask);
    worker.ref();
    return new Promise((resolve) => this.#waiting.set(id, resolve));
  }

  #start(): Worker {
    const file = workerFile("component-worker", import.meta.url);
    const worker = new Worker(file, { workerData: { jco: this.#options.jco ?? JCO }, name: "worldloom components" });
    const settle = (answer: TranspileAnswer): void => {
      const resolve = this.#waiting.get(answer.id);
      this.#waiting.delete(answer.id);
      if (this.#waiting.size === 0) worker.unref();
      resolve?.(answer);
    };
    const end = (message: string): void => {
      this.#worker = undefined;
      for (const id of [...this.#waiting.keys()]) settle({ id, failure: "refused", message });
    };
    worker.on("message", settle);
    worker.on("error", (error) => end(error instanceof Error ? error.message : String(error)));
    worker.on("exit", () => end("its worker ended"));
    return worker;
  }

  #read(hash: string): Uint8Array<ArrayBuffer> | undefined {
    if (this.#options.cacheFolder === undefined) return undefined;
    try {
      return Uint8Array.from(readFileSync(join(this.#options.cacheFolder, `${hash}.wasm`)));
    } catch {
      return undefined;
    }
  }

  #write(hash: string, module: Uint8Array): void {
    const folder = this.#options.cacheFolder;
    if (folder === undefined) return;
    mkdirSync(folder, { recursive: true });
    const draft = join(folder, `${hash}.${process.pid}`);
    writeFileSync(draft, module);
    renameSync(draft, join(folder, `${hash}.wasm`));
  }
}

/** Whether bytes are a component, not a module. */
export function isComponent(bytes: Uint8Array): boolean {
  return COMPONENT_HEAD.every((byte, i) => bytes[i] === byte);
}

/** Whether bytes begin as a module does; components do not. */
export function isModule(bytes: Uint8Array): boolean {
  return MODULE_HEAD.every((byte, i) => bytes[i] === byte);
}

/** A module whose manifest is the JSON text given, instead of one that it has. Throws `script-invalid`. */
export function withManifest(file: string, module: Uint8Array, manifest: Uint8Array): Uint8Array<ArrayBuffer> {
  readManifest(file, manifest, undefined, []);
  const out = new Writer(module.length + manifest.length + MANIFEST_SECTION.length + 16).part(module, 0, HEAD_BYTES);
  const reader = new Reader(module, HEAD_BYTES);
  while (!reader.done) {
    const from = reader.at;
    const id = reader.byte();
    const end = reader.u32() + reader.at;
    const isManifest = id === CUSTOM && new Reader(module, reader.at, end).name() === MANIFEST_SECTION;
    reader.skip(end - reader.at);
    if (!isManifest) out.part(module, from, end);
  }
  const content = new Writer().name(MANIFEST_SECTION).bytes(manifest);
  return out.byte(CUSTOM).block(content.written).written.slice();
}

const JCO = "@bytecodealliance/jco";
const VERSION = "worldloom-component-1";
/** Of a module: what says that it is one, and its version. */
const HEAD_BYTES = 8;
/** The number of sections with names of their own. */
const CUSTOM = 0;
const MODULE_HEAD = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
const COMPONENT_HEAD = [0x00, 0x61, 0x73, 0x6d, 0x0d, 0x00, 0x01, 0x00];

/** The one module that has a memory: the others pass calls on. */
function mainModule(file: string, answer: TranspileAnswer): Uint8Array<ArrayBuffer> {
  if ("failure" in answer) {
    if (answer.failure === "refused") throw wrong(file, `jco does not take it: ${answer.message.slice(0, 300)}`);
    throw peerMissing("Components are built", [JCO], new Error(answer.message));
  }
  const foreign = answer.imports.find((name) => !name.startsWith("worldloom:script/"));
  if (foreign !== undefined) throw wrong(file, `imports ${foreign}, which the host does not have`, { import: foreign });
  const main = answer.modules.filter((bytes) => decodeModule(bytes).memories.length > 0);
  if (main.length !== 1) throw wrong(file, `is made of ${main.length} modules with memory instead of one`);
  return Uint8Array.from(main[0]!);
}
