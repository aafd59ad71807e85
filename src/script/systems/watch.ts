import { readFileSync } from "node:fs";
import { basename, resolve, sep } from "node:path";
import { badArgument, expectInstance, expectList, expectOptions, expectText } from "../../core/argument.ts";
import { type Clock, systemClock } from "../../core/clock.ts";
import { WorldloomError } from "../../core/errors.ts";
import type { World } from "../../ecs/world.ts";
import type { Simulation } from "../../sched/simulation.ts";
import { Stream, type StreamOptions } from "../../sched/stream.ts";
import type { ScriptChunk, ScriptEngine, ScriptSource } from "../engine.ts";
import { filesIn, type WatchFiles, watchFiles } from "../folder-watch.ts";
import { ScriptReload } from "./events.ts";
import type { ReloadReport } from "./reload.ts";
import type { Script } from "./script.ts";
import { Scripts } from "./scripts.ts";
import { expectTarget } from "./target.ts";
import { codeOf, engineOf, sourceIn } from "./watch-source.ts";

/** What a watch found out. */
export interface WatchReport {
  /**
   * `asked`: compiled, worlds change in their next tick. `done`: a world runs it. `refused`: the version before goes on, in all
   * worlds or in one. `module`: known to what is compiled from now on. `new`, `gone`: a file came or went, nothing else happens.
   */
  readonly what: "asked" | "done" | "refused" | "module" | "new" | "gone";
  /** Of the script or module. */
  readonly name: string;
  readonly file: string;
  /** Where the error is, from 1; 0 where that is not known. */
  readonly line: number;
  /** A sentence for people. */
  readonly message: string;
  /** Of the version; empty where there is none. */
  readonly hash: string;
  /** In which a world changed or refused to; 0 before that. */
  readonly tick: number;
  /** Instances that run the new version. */
  readonly instances: number;
  /** Since the first change of the batch was seen. */
  readonly afterMs: number;
  readonly world: World | undefined;
}

export interface WatchOptions {
  /** Milliseconds without a change after which a batch is read, 0 to 10,000. Default 30. */
  readonly debounceMs?: number;
  /**
   * The source of a file that has changed; undefined leaves it out. WebAssembly is bytes. Default: that of the script that was
   * added from the file or has its name, or of a module: `lib.steps` for `lib/steps.lua` below one of the paths.
   */
  readonly sourceOf?: (file: string, code: ScriptSource["code"]) => ScriptSource | undefined;
  /** Called with each report. */
  readonly onReport?: (report: WatchReport) => void;
  /** Default: {@link systemClock}. */
  readonly clock?: Clock;
  /** What tells of changes. Default: {@link watchFiles}. */
  readonly files?: WatchFiles;
}

/** A batch is read after this time even if changes go on. */
const BATCH_MS_MAX = 1_000;

/**
 * Compiles scripts whose files change, and has worlds run them from their next tick on; inputs are given to simulations, so
 * that recordings have them. `paths` are files and folders. Throws `bad-argument`, `file-io`.
 */
export function watchScripts(
  scripts: Scripts,
  worlds: World | Simulation | readonly (World | Simulation)[],
  paths: string | readonly string[],
  options: WatchOptions = {},
): ScriptWatch {
  const targets: readonly (World | Simulation)[] = Array.isArray(worlds) ? worlds : [worlds as World | Simulation];
  const list = typeof paths === "string" ? [paths] : paths;
  expectInstance(scripts, Scripts, "scripts", "what createScripts gave");
  for (const target of targets) expectTarget(target);
  expectList(list, "paths");
  for (const path of list) expectText(path, "paths");
  return new ScriptWatch(scripts, targets, list, options);
}

/** A version that a world was asked for. */
interface Pending {
  readonly hash: string;
  readonly file: string;
  readonly sinceMs: number;
}

/** What is needed to compile a script or module. */
interface Read {
  readonly file: string;
  readonly source: ScriptSource;
}

/** Made with {@link watchScripts}. */
export class ScriptWatch implements AsyncDisposable {
  readonly #scripts: Scripts;
  readonly #targets: readonly (World | Simulation)[];
  readonly #paths: readonly string[];
  readonly #options: WatchOptions;
  readonly #clock: Clock;
  readonly #debounceMs: number;
  readonly #files: { close(): void };
  readonly #endListening: () => void;
  readonly #streams = new Set<Stream<WatchReport>>();
  /** What was read last, by file; a file that an engine refused included. */
  readonly #codes = new Map<string, Buffer>();
  readonly #sources = new Map<string, Read>();
  /** By the latest version of each script. */
  readonly #requires = new Map<string, readonly string[]>();
  readonly #pending = new Map<World, Map<string, Pending>>();
  #dirty = new Set<string>();
  #firstMs = 0;
  #cancel: (() => void) | undefined;
  #working: Promise<void> | undefined;
  #closed = false;

  constructor(
    scripts: Scripts,
    targets: readonly (World | Simulation)[],
    paths: readonly string[],
    options: WatchOptions,
  ) {
    expectOptions(options, "options");
    const { debounceMs = 30, clock = systemClock, files = watchFiles } = options;
    if (!(debounceMs >= 0 && debounceMs <= 10_000))
      throw badArgument("debounceMs", debounceMs, "a number from 0 to 10000");
    this.#scripts = scripts;
    this.#targets = targets;
    this.#paths = paths;
    this.#options = options;
    this.#clock = clock;
    this.#debounceMs = debounceMs;
    this.#files = files(paths, (file) => this.#changed(file));
    this.#endListening = scripts.onReload((report, world) => this.#reloaded(report, world));
    for (const file of filesIn(paths)) this.#learn(file);
  }

  /** Reports from now on; those that nobody reads are dropped, oldest first. */
  follow(options: StreamOptions = {}): Stream<WatchReport> {
    const stream = new Stream<WatchReport>(options, (ended) => this.#streams.delete(ended));
    this.#streams.add(stream);
    return stream;
  }

  /** Resolves when no change waits to be read and nothing is being compiled. */
  async idle(): Promise<void> {
    while (this.#working !== undefined || this.#cancel !== undefined) {
      if (this.#working !== undefined) await this.#working;
      else await new Promise<void>((done) => void this.#clock.wait(this.#debounceMs, done));
    }
  }

  /** Ends the watch: no report comes any more, and nothing keeps the process. */
  async close(): Promise<void> {
    if (this.#closed) return this.#working;
    this.#closed = true;
    this.#files.close();
    this.#endListening();
    this.#cancel?.();
    this.#cancel = undefined;
    await this.#working;
    for (const stream of this.#streams) stream.end();
    this.#streams.clear();
  }
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #changed(file: string): void {
    if (this.#closed) return;
    const now = this.#clock.nowMs();
    if (this.#dirty.size === 0) this.#firstMs = now;
    this.#dirty.add(resolve(file));
    this.#cancel?.();
    const left = Math.max(0, BATCH_MS_MAX - (now - this.#firstMs));
    this.#cancel = this.#clock.wait(Math.min(this.#debounceMs, left), () => {
      this.#cancel = undefined;
      if (this.#working === undefined) this.#work();
    });
  }

  #work(): void {
    this.#working = this.#batches().finally(() => {
      this.#working = undefined;
    });
  }

  async #batches(): Promise<void> {
    while (this.#dirty.size > 0 && this.#cancel === undefined && !this.#closed) {
      const [files, sinceMs] = [[...this.#dirty].sort(), this.#firstMs];
      this.#dirty = new Set();
      await this.#batch(files, sinceMs);
    }
  }

  async #batch(files: readonly string[], sinceMs: number): Promise<void> {
    const read = files.flatMap((file) => this.#read(file, sinceMs));
    const isScript = ({ source }: Read): boolean => this.#scripts.list.some(({ name }) => name === source.name);
    const changed = read.filter(isScript);
    const engines = this.#addModules(
      read.filter((one) => !isScript(one)),
      sinceMs,
    );
    const affected = new Map(changed.map((one) => [one.source.name, one]));
    for (const script of this.#scripts.list) {
      if (!engines.has(script.engine) || affected.has(script.name) || this.#requiredBy(script).length === 0) continue;
      const known = [...this.#sources.values()].find(({ source }) => source.name === script.name);
      if (known !== undefined) affected.set(script.name, known);
    }
    const compiled: { read: Read; chunk: ScriptChunk; changed: boolean }[] = [];
    for (const one of affected.values()) {
      try {
        const chunk = await this.#scripts.provide(one.source);
        this.#requires.set(chunk.name, chunk.manifest.requires);
        compiled.push({ read: one, chunk, changed: changed.includes(one) });
      } catch (error) {
        this.#refuse(one, error, sinceMs);
      }
    }
    if (this.#closed) return;
    // All at once, so that they change in one tick.
    for (const { read, chunk, changed } of compiled) this.#ask(read, chunk, changed, sinceMs);
  }

  #requiredBy({ name, first }: Script): readonly string[] {
    return this.#requires.get(name) ?? first.manifest.requires;
  }

  /** What is no script is a module, or of no use before a new world is made. Returns the engines that know something new. */
  #addModules(reads: readonly Read[], sinceMs: number): Set<ScriptEngine> {
    const engines = new Set<ScriptEngine>();
    for (const read of reads) {
      const { file, source } = read;
      const { name, code } = source;
      const engine = engineOf(this.#scripts, file) ?? this.#scripts.engineOf(undefined);
      const known = engine.modules?.includes(name) ?? false;
      const told = { what: known ? "module" : "new", name, file } as const;
      if (engine.addModule === undefined || typeof code !== "string") {
        this.#report(sinceMs, { ...told, message: `${file} is new: worlds that are made from now on can have it.` });
        continue;
      }
      try {
        engine.addModule({ name, code });
      } catch (error) {
        this.#refuse(read, error, sinceMs);
        continue;
      }
      engines.add(engine);
      const message = known ? `Module ${name} changed.` : `${file} is new: scripts can require it as a module.`;
      this.#report(sinceMs, { ...told, message });
    }
    return engines;
  }

  #ask({ file }: Read, chunk: ScriptChunk, changed: boolean, sinceMs: number): void {
    const { name, hash } = chunk;
    const script = this.#scripts.script(name);
    let asked = 0;
    for (const target of this.#targets) {
      const world = "world" in target ? target.world : target;
      if (world.core.disposed) continue;
      const pending = this.#pending.get(world) ?? new Map<string, Pending>();
      this.#pending.set(world, pending);
      if ((pending.get(name)?.hash ?? runs(world, script)) === hash) continue;
      target.input(ScriptReload, { script: name, hash });
      pending.set(name, { hash, file, sinceMs });
      asked++;
    }
    if (asked === 0 && !changed) return;
    const message =
      asked > 0 ? `${name} changes in the next tick.` : `${name} means the same as before; nothing changes.`;
    this.#report(sinceMs, { what: "asked", name, file, hash, message });
  }

  #reloaded({ script, hash, tick, instances, refused }: ReloadReport, world: World | undefined): void {
    const pending = world && this.#pending.get(world);
    const asked = pending?.get(script);
    if (asked === undefined || asked.hash !== hash) return;
    pending!.delete(script);
    const { file, sinceMs } = asked;
    const told = { name: script, file, hash, tick, instances, world };
    if (refused === undefined)
      this.#report(sinceMs, { ...told, what: "done", message: `${script} runs the new version since tick ${tick}.` });
    else
      this.#report(sinceMs, {
        ...told,
        what: "refused",
        line: Number(/, line (\d+)$/.exec(refused)?.[1] ?? 0),
        message: `${script} keeps the version that it runs: ${refused}`,
      });
  }

  /** The source of a file that changed; none if it did not, or what it is now is reported. */
  #read(file: string, sinceMs: number): Read[] {
    let code: Buffer;
    try {
      code = readFileSync(file);
    } catch {
      for (const known of [...this.#codes.keys()])
        if (known === file || known.startsWith(file + sep)) this.#gone(known, sinceMs);
      return [];
    }
    if (this.#codes.get(file)?.equals(code)) return [];
    const read = this.#sourceOf(file, code);
    if (read === undefined) return [];
    // Editors that write a file in place empty it first: its content comes with the next change.
    if (code.length === 0) return [];
    this.#codes.set(file, code);
    this.#sources.set(file, read);
    return [read];
  }

  #gone(file: string, sinceMs: number): void {
    const name = this.#sources.get(file)?.source.name ?? basename(file);
    this.#codes.delete(file);
    this.#sources.delete(file);
    this.#report(sinceMs, { what: "gone", name, file, message: `${file} is gone; what it held goes on.` });
  }

  #learn(file: string): void {
    try {
      const code = readFileSync(file);
      const read = this.#sourceOf(file, code);
      if (read === undefined) return;
      this.#codes.set(file, code);
      this.#sources.set(file, read);
    } catch (error) {
      // It went in the meantime.
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    }
  }

  #sourceOf(file: string, bytes: Buffer): Read | undefined {
    const code = codeOf(file, bytes);
    const { sourceOf } = this.#options;
    const source = sourceOf === undefined ? sourceIn(this.#scripts, this.#paths, file, code) : sourceOf(file, code);
    return source && { file, source };
  }

  #refuse({ file, source: { name } }: Read, error: unknown, sinceMs: number): void {
    if (!(error instanceof WorldloomError)) throw error;
    const line = Number(error.operands["line"] ?? 0);
    this.#report(sinceMs, { what: "refused", name, file, line, message: error.message });
  }

  #report(sinceMs: number, told: Pick<WatchReport, "what" | "name" | "file" | "message"> & Partial<WatchReport>): void {
    const afterMs = this.#clock.nowMs() - sinceMs;
    const report: WatchReport = { line: 0, hash: "", tick: 0, instances: 0, world: undefined, ...told, afterMs };
    this.#options.onReport?.(report);
    for (const stream of this.#streams) stream.push(report);
  }
}

/** The version that a world runs. */
function runs(world: World, script: Script): string {
  const { hash } = world.resource(script.code) as { hash?: string };
  return hash || script.first.hash;
}
