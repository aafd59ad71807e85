import { createHash } from "node:crypto";
import { expectText } from "../../core/argument.ts";
import { WorldloomError } from "../../core/errors.ts";
import { PAGE_BYTES } from "../../native/memory.ts";
import { wasm } from "../../native/wasm.ts";
import { scriptApi } from "../api/index.ts";
import type { ApiNamespace } from "../api.ts";
import { DEFAULT_BUDGET } from "../budget.ts";
import { expectCounts, expectOpen, expectSource } from "../checked.ts";
import { expectApi } from "../checked-api.ts";
import type { DomainOptions, Hook, ScriptChunk, ScriptDomain, ScriptEngine, ScriptSource } from "../engine.ts";
import type { ScriptHost } from "../host.ts";
import { expectScriptName } from "../manifest.ts";
import { UndoLog } from "../undo.ts";
import {
  componentNames,
  type Flat,
  type GuestNames,
  type HostFunction,
  hostFunctions,
  importName,
  MANIFEST_SECTION,
  moduleNames,
  REALLOC,
} from "./abi.ts";
import { Call } from "./call.ts";
import { WasmChunk } from "./chunk.ts";
import { isComponent } from "./component.ts";
import { startGuest, WasmDomain } from "./domain.ts";
import type { GuestModule } from "./guest.ts";
import { GLOBALS_MAX } from "./image.ts";
import { instrument, START } from "./instrument.ts";
import { readManifest, wrong } from "./manifest.ts";
import { decodeModule, type FunctionType, type WasmModule } from "./module.ts";
import { ModuleCache } from "./module-cache.ts";
import { type } from "./opcode.ts";

export interface WasmEngineOptions {
  /** The functions that guests can import, such as `[...scriptApi, mine]`. Default: {@link scriptApi}. */
  readonly api?: readonly ApiNamespace[];
  /** Most bytes of a guest's memory, in steps of 64 KiB. Default 64 MiB. */
  readonly memoryBytesMax?: number;
  /** Where instrumented modules are kept for other processes. Left out, they are kept in this process alone. */
  readonly cacheFolder?: string;
}

/** The engine for modules of WebAssembly, by the name `wasm`. */
export function wasmEngine(options: WasmEngineOptions = {}): ScriptEngine {
  expectCounts(options, "options", ["memoryBytesMax"]);
  if (options.api !== undefined) expectApi(options.api, "options.api");
  if (options.cacheFolder !== undefined) expectText(options.cacheFolder, "options.cacheFolder");
  return new WasmEngine(options);
}

/** Runs modules of WebAssembly, instrumented so that they keep to their budgets. */
export class WasmEngine implements ScriptEngine {
  readonly name = "wasm";
  readonly version: string;
  readonly extensions = ["wasm"];
  readonly api: readonly ApiNamespace[];
  readonly #hosts: ReadonlyMap<string, HostFunction>;
  readonly #pagesMax: number;
  readonly #cache: ModuleCache;
  #disposed = false;

  constructor({ api = scriptApi, memoryBytesMax = DEFAULT_BUDGET.memoryBytes, cacheFolder }: WasmEngineOptions) {
    this.api = api;
    this.#hosts = hostFunctions(api);
    this.#pagesMax = Math.floor(memoryBytesMax / PAGE_BYTES);
    const signatures = [...this.#hosts].map(([name, host]) => [name, host.index, host.parameters, host.results]);
    this.version = digest([VERSION, this.#pagesMax, JSON.stringify(signatures)]);
    this.#cache = new ModuleCache(cacheFolder, this.version);
  }

  async compile(source: ScriptSource): Promise<ScriptChunk> {
    expectOpen(this.#disposed, this.name);
    expectSource(source);
    const file = source.file ?? source.name;
    if (typeof source.code === "string") throw wrong(file, "is text, but modules of WebAssembly are bytes");
    expectScriptName(source.name);
    const bytes = Uint8Array.from(source.code);
    if (isComponent(bytes)) throw wrong(file, "is a component; make a module of it with worldloom wasm build");
    const decoded = inFile(file, () => decodeModule(bytes));
    // Also checks what the format asks: from here on, numbers in `decoded` are those of things that exist.
    const module = inFile(file, () => this.#cache.module(bytes, () => instrument(bytes, { pagesMax: this.#pagesMax })));
    const names = namesOf(decoded);
    const hooks = hooksOf(file, decoded, names);
    const section = decoded.customs.find(({ name }) => name === MANIFEST_SECTION)?.bytes;
    const { manifest, columns } = readManifest(file, section, source.manifest, hooks);
    const guest = this.#link(file, decoded, module, names);
    const hash = digest([this.version, bytes, JSON.stringify([manifest, columns])]);
    const chunk = new WasmChunk({ name: source.name, file, hash, manifest, columns, module: guest });
    // What starts here starts in worlds, too, whose ticks would fail otherwise.
    startGuest(chunk, new Call({ host: noHost(), budget: DEFAULT_BUDGET }, () => {}), DEFAULT_BUDGET);
    return chunk;
  }

  open(options: DomainOptions): ScriptDomain {
    expectOpen(this.#disposed, this.name);
    return new WasmDomain(options);
  }

  dispose(): void {
    this.#disposed = true;
    this.#cache.clear();
  }

  /** An instrumented module, and what it imports. Throws `script-invalid` for what guests may not have. */
  #link(file: string, decoded: WasmModule, module: object, names: GuestNames): GuestModule {
    const imports = decoded.imports.map(({ module: from, name, kind, type: number }) => {
      const host = this.#hosts.get(importName(from, name));
      if (kind !== "function" || host === undefined) {
        throw wrong(file, `imports ${kind} ${from}.${name}, which the host does not have`, {
          import: `${from}.${name}`,
        });
      }
      const found = decoded.types[number]!;
      if (!isOfType(found, host.parameters, host.results)) {
        throw wrong(file, `imports ${from}.${name} as ${shown(found)}, but it is ${shown(host)}`);
      }
      return { module: from, name, host };
    });
    const functions = new Map(
      decoded.exports.flatMap(({ name, kind, index }): [string, FunctionType][] =>
        kind === "function" ? [[name, signatureOf(decoded, index)]] : [],
      ),
    );
    checkMemory(file, decoded);
    if (decoded.globals.filter(({ mutable }) => mutable).length > GLOBALS_MAX) {
      throw wrong(file, `has more than ${GLOBALS_MAX} mutable globals`);
    }
    const allocates = imports.some(({ host: { definition } }) => TEXTS.has(definition?.returns ?? "nothing"));
    if (allocates) checkFunction(file, decoded, REALLOC, ["i32", "i32", "i32", "i32"], ["i32"]);
    const starts = STARTS.filter((name) => functions.has(name) || (name === START && decoded.start !== undefined));
    for (const name of starts) if (name !== START) checkFunction(file, decoded, name, [], []);
    const callable = new Map(
      [...functions].flatMap(([name, { parameters, results }]): [string, readonly number[]][] =>
        INTERNAL.test(name) || ![...parameters, ...results].every((one) => NUMBERS.has(one))
          ? []
          : [[name, parameters]],
      ),
    );
    return { module, names, imports, functions: callable, starts };
  }
}

/** Of what this file and the instrumenter do: images of other versions are not taken. */
const VERSION = "worldloom-wasm-2";
/** Results that the guest's allocator places. */
const TEXTS: ReadonlySet<string> = new Set(["string", "bytes", "entities", "strings", "list", "table", "value"]);
/** What toolchains export to be called before anything else. */
const STARTS = [START, "_initialize", "__wasm_call_ctors"];
/** Types of what hosts can pass and take. */
const NUMBERS: ReadonlySet<number> = new Set([type.i32, type.i64, type.f32, type.f64]);
/** Exports that are no functions for hosts to call. */
const INTERNAL = /^(_|cabi_|worldloom[_-]|asyncify_)/;

const hookTypes: Readonly<Partial<Record<Hook, readonly Flat[]>>> = {
  onStart: ["i32", "i32"],
  onUpdate: ["i32", "f64", "i32"],
  onEvent: ["i32", "i32", "i32", "i32", "i32", "i32"],
  onDestroy: ["i32", "i32"],
};

/** Names the file in what is said about its bytes. */
function inFile<T>(file: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof WorldloomError) || error.code !== "script-invalid") throw error;
    throw new WorldloomError("script-invalid", `${file}: ${error.message}`, { file, ...error.operands }, error);
  }
}

/** Those of WIT where it exports one of them. */
function namesOf({ exports }: WasmModule): GuestNames {
  const known = new Set([componentNames.alloc, ...Object.values(componentNames.hooks)]);
  return exports.some(({ name }) => known.has(name)) ? componentNames : moduleNames;
}

function hooksOf(file: string, decoded: WasmModule, names: GuestNames): Hook[] {
  const hooks = (Object.entries(names.hooks) as [Hook, string][]).filter(([, name]) =>
    decoded.exports.some((item) => item.name === name && item.kind === "function"),
  );
  for (const [hook, name] of hooks) checkFunction(file, decoded, name, hookTypes[hook]!, []);
  if (hooks.length > 0) checkFunction(file, decoded, names.alloc, ["i32"], ["i32"]);
  const takesTexts = names.owned && hooks.some(([hook]) => hook === "onEvent");
  if (takesTexts) checkFunction(file, decoded, REALLOC, ["i32", "i32", "i32", "i32"], ["i32"]);
  return hooks.map(([hook]) => hook);
}

function checkFunction(
  file: string,
  decoded: WasmModule,
  name: string,
  parameters: readonly Flat[],
  results: readonly Flat[],
): void {
  const found = decoded.exports.find((item) => item.name === name && item.kind === "function");
  if (found === undefined) throw wrong(file, `does not export the function ${name}`, { export: name });
  const signature = signatureOf(decoded, found.index);
  if (isOfType(signature, parameters, results)) return;
  throw wrong(file, `exports ${name} as ${shown(signature)}, but it is ${shown({ parameters, results })}`);
}

/** The type of a function by its number, imports first. */
function signatureOf(decoded: WasmModule, index: number): FunctionType {
  const imported = decoded.imports.filter(({ kind }) => kind === "function");
  return decoded.types[imported[index]?.type ?? decoded.functions[index - imported.length]!]!;
}

function checkMemory(file: string, decoded: WasmModule): void {
  if (!decoded.exports.some(({ name, kind }) => name === "memory" && kind === "memory")) {
    throw wrong(file, "does not export its memory as memory", { export: "memory" });
  }
}

const FLAT_TYPES: Readonly<Record<Flat, number>> = { i32: type.i32, i64: type.i64, f64: type.f64 };

function isOfType(found: FunctionType, parameters: readonly Flat[], results: readonly Flat[]): boolean {
  const same = (types: readonly number[], flats: readonly Flat[]): boolean =>
    types.length === flats.length && flats.every((name, i) => types[i] === FLAT_TYPES[name]);
  return same(found.parameters, parameters) && same(found.results, results);
}

/** `(i32, f64) -> i32`. */
function shown({
  parameters,
  results,
}: {
  parameters: readonly (number | Flat)[];
  results: readonly (number | Flat)[];
}) {
  const names = (types: readonly (number | Flat)[]): string => types.map(typeName).join(", ");
  return `(${names(parameters)}) -> ${results.length === 0 ? "nothing" : names(results)}`;
}

function typeName(one: number | Flat): string {
  if (typeof one === "string") return one;
  return Object.entries(type).find(([, number]) => number === one)?.[0] ?? `type ${one}`;
}

/** For guests that only start: they may call nothing. */
function noHost(): ScriptHost {
  return {
    api: [],
    memory: new wasm.Memory({ initial: 1, maximum: 1 }),
    undo: new UndoLog(1),
    call: () => undefined,
    text: () => "",
    intern: () => 0,
  };
}

/** 32 hexadecimal digits. */
function digest(parts: readonly (string | number | Uint8Array)[]): string {
  const hash = createHash("sha256");
  for (const part of parts) {
    const bytes = part instanceof Uint8Array ? part : Buffer.from(String(part));
    hash.update(`${bytes.length}:`).update(bytes);
  }
  return hash.digest("hex").slice(0, 32);
}
