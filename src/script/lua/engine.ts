import { expectList, expectOptions, expectText } from "../../core/argument.ts";
import { scriptApi } from "../api/index.ts";
import type { ApiNamespace } from "../api.ts";
import { expectCounts, expectOpen, expectSource } from "../checked.ts";
import { expectApi } from "../checked-api.ts";
import type { DomainOptions, ScriptDomain, ScriptEngine, ScriptSource } from "../engine.ts";
import { Cache, type CacheMetrics, type CacheOptions } from "./cache.ts";
import { type LuaChunk, LuaCompiler } from "./compile.ts";
import { LuaDomain } from "./domain.ts";
import { libraries } from "./library/index.ts";
import { type LuaModuleSource, LuaModules } from "./modules.ts";
import { Pool, type PoolMetrics, type PoolOptions } from "./pool.ts";
import type { Probe } from "./probe.ts";
import { makeTemplate } from "./template.ts";

export interface LuaOptions {
  /** The functions that scripts can call, such as `[...scriptApi, mine]`. Default: {@link scriptApi}. */
  readonly api?: readonly ApiNamespace[];
  /** What scripts can `require` besides the standard library. */
  readonly modules?: readonly LuaModuleSource[];
  /** Machines that are kept ready, for each API. */
  readonly pool?: PoolOptions;
  /** Compiled chunks. */
  readonly cache?: CacheOptions;
}

/** Lua 5.4 with exact budgets, in WebAssembly. */
export interface LuaEngine extends ScriptEngine {
  compile(source: ScriptSource): Promise<LuaChunk>;
  /** As in every engine; here modules have versions, and may need a capability. */
  addModule(module: LuaModuleSource): void;
  /** Names of modules. */
  readonly modules: readonly string[];
  /**
   * Looks at all machines of the engine, each from the next tick of its world on. While it does, they are slower; what scripts
   * do, and all hashes, stay the same.
   */
  probe: Probe | undefined;
  readonly metrics: { readonly pool: PoolMetrics; readonly cache: CacheMetrics };
}

/** Loads Lua, which is in the package wasmoon. Throws `peer-missing`, `script-invalid` for another version of it. */
export async function luaEngine(options: LuaOptions = {}): Promise<LuaEngine> {
  expectOptions(options, "options");
  const { api, modules = [], pool, cache } = options;
  if (api !== undefined) expectApi(api, "options.api");
  expectList(modules, "options.modules");
  expectCounts(pool, "options.pool", ["least", "most"]);
  expectCounts(cache, "options.cache", ["bytes", "ttlMs"]);
  return new Engine(options);
}

class Engine implements LuaEngine {
  readonly name = "lua";
  readonly extensions = ["lua"];
  readonly version: string;
  readonly api: readonly ApiNamespace[];
  readonly #options: LuaOptions;
  readonly #modules = new LuaModules(libraries);
  readonly #cache: Cache<LuaChunk>;
  readonly #compiler: LuaCompiler;
  readonly #pools = new Map<string, Pool>();
  #probe: Probe | undefined;
  #disposed = false;

  constructor(options: LuaOptions) {
    this.#options = options;
    this.#cache = new Cache(options.cache);
    this.api = options.api ?? scriptApi;
    const pool = this.#poolOf(this.api);
    this.#compiler = new LuaCompiler(pool, this.#modules);
    this.version = pool.template.hash;
    for (const module of options.modules ?? []) this.addModule(module);
  }

  get probe(): Probe | undefined {
    return this.#probe;
  }

  set probe(probe: Probe | undefined) {
    this.#probe = probe;
    for (const pool of this.#pools.values()) pool.probe = probe;
  }

  get modules(): readonly string[] {
    return this.#modules.names;
  }

  get metrics() {
    const all = [...this.#pools.values()].map(({ metrics }) => metrics);
    const sum = (of: (one: PoolMetrics) => number): number => all.reduce((total, one) => total + of(one), 0);
    const pool = {
      hits: sum(({ hits }) => hits),
      misses: sum(({ misses }) => misses),
      live: sum(({ live }) => live),
      ready: sum(({ ready }) => ready),
      wanted: sum(({ wanted }) => wanted),
    };
    return { pool, cache: this.#cache.metrics };
  }

  addModule(module: LuaModuleSource): void {
    expectModule(module);
    this.#compiler.checkModule(module);
    this.#modules.add(module);
  }

  async compile(source: ScriptSource): Promise<LuaChunk> {
    expectOpen(this.#disposed, this.name);
    expectSource(source);
    const key = this.#compiler.key(source);
    const known = this.#cache.get(key);
    if (known !== undefined) return known;
    const chunk = this.#compiler.compile(source);
    this.#cache.put(
      key,
      chunk,
      chunk.code.length + chunk.modules.reduce((bytes, { code }) => bytes + code.length, 512),
    );
    return chunk;
  }

  open(options: DomainOptions): ScriptDomain {
    expectOpen(this.#disposed, this.name);
    return new LuaDomain(options, this.#poolOf(options.host.api));
  }

  dispose(): void {
    this.#disposed = true;
    for (const pool of this.#pools.values()) pool.close();
    this.#pools.clear();
    this.#cache.clear();
  }

  #poolOf(api: readonly ApiNamespace[]): Pool {
    const key = JSON.stringify(api.map(({ name, functions }) => [name, ...functions.map((fn) => fn.name)]));
    let pool = this.#pools.get(key);
    if (pool === undefined) {
      pool = new Pool(makeTemplate(api), this.#options.pool);
      pool.probe = this.#probe;
      pool.warm();
      this.#pools.set(key, pool);
    }
    return pool;
  }
}

function expectModule(module: LuaModuleSource): void {
  expectOptions(module, "module");
  for (const part of ["name", "code"] as const) expectText(module[part], `module.${part}`);
  for (const part of ["version", "file"] as const)
    if (module[part] !== undefined) expectText(module[part], `module.${part}`);
}
