import { badArgument, expectOptions } from "../../core/argument.ts";
import { WorldloomError } from "../../core/errors.ts";
import type { Component } from "../../ecs/component.ts";
import type { EventType, InputType } from "../../ecs/event.ts";
import type { WorldOptions } from "../../ecs/options.ts";
import type { Prefab } from "../../ecs/prefab.ts";
import type { Resource } from "../../ecs/resource.ts";
import { type System, system } from "../../ecs/system.ts";
import type { World } from "../../ecs/world.ts";
import type { Simulation } from "../../sched/simulation.ts";
import type { ApiNamespace } from "../api.ts";
import { type Budget, budgetOf } from "../budget.ts";
import { expectFunction, expectSource, isEngine } from "../checked.ts";
import type { ScriptChunk, ScriptEngine, ScriptSource } from "../engine.ts";
import type { ScriptFault } from "../fault.ts";
import type { Entity } from "../host.ts";
import { codeHash, type TrustList } from "../trust.ts";
import { ScriptCall } from "./component-call.ts";
import { DEFAULT_PLACE, type PlaceOptions, placeOf } from "./component-place.ts";
import { endInstances } from "./end.ts";
import { ScriptFaulted, ScriptReload, ScriptResume } from "./events.ts";
import { type DomainHealth, healthOf } from "./health.ts";
import { apiOf, ownCode } from "./own-api.ts";
import { type FaultPolicy, policyOf } from "./policy.ts";
import type { ReloadReport } from "./reload.ts";
import { Run } from "./run.ts";
import type { LogLine } from "./scope-caller.ts";
import { Script, type ScriptOptions } from "./script.ts";
import { readState } from "./state.ts";
import { expectTarget, expectWorld } from "./target.ts";
import { ScriptTask } from "./tasks.ts";
import { ScriptTypes, undeclared } from "./types.ts";
import { WorldScripts } from "./world-scripts.ts";

export interface ScriptsOptions {
  /** The first one is the default. */
  readonly engines: readonly ScriptEngine[];
  /** What scripts may know by name. The world has them, too. */
  readonly components?: readonly Component[];
  /** What `World.spawn` finds; those with scripts in them come later, by {@link Scripts.addPrefabs}. */
  readonly prefabs?: readonly Prefab[];
  readonly events?: readonly EventType[];
  readonly inputs?: readonly InputType[];
  readonly budget?: Partial<Budget>;
  readonly policy?: Partial<FaultPolicy>;
  /** Seconds that a tick stands for: what `onUpdate` gets. Default 1 / 60. */
  readonly delta?: number;
  /** The code that may have the profile `trusted`. Left out, any code may to which it is given. */
  readonly trust?: TrustList;
  /** Which component says where entities are. Default: that of {@link DEFAULT_PLACE}. */
  readonly place?: PlaceOptions;
}

export interface AddOptions extends ScriptOptions {
  /** The name of its engine. */
  readonly engine?: string;
}

/** Types of a world, as `createWorld` takes them. */
export type WorldTypes = Pick<WorldOptions, "components" | "resources" | "events" | "inputs">;

type Listener<T> = (told: T, world: World | undefined) => void;

/** The scripts that worlds can run, declared before the worlds are made. */
export class Scripts {
  /** What scripts can call. */
  readonly api: readonly ApiNamespace[];
  readonly types: ScriptTypes;
  readonly budget: Budget;
  readonly delta: number;
  readonly place: PlaceOptions;
  readonly list: Script[] = [];
  readonly #engines: ReadonlyMap<string, ScriptEngine>;
  readonly #trust: TrustList | undefined;
  readonly #policy: FaultPolicy;
  readonly #chunks = new Map<string, ScriptChunk>();
  readonly #worlds = new Map<World, WorldScripts>();
  readonly #faults = new Set<Listener<ScriptFault>>();
  readonly #reloads = new Set<Listener<ReloadReport>>();
  readonly #logs = new Set<Listener<LogLine>>();

  /** Throws `bad-argument`. */
  constructor(options: ScriptsOptions) {
    const { engines, delta = 1 / 60 } = options ?? {};
    if (!Array.isArray(engines) || engines.length === 0 || !engines.every(isEngine))
      throw badArgument("engines", engines, "a list of engines that are there, such as [await luaEngine()]");
    if (!(delta > 0)) throw badArgument("delta", delta, "seconds above 0");
    this.#engines = new Map(engines.map((engine) => [engine.name, engine]));
    this.api = apiOf(engines);
    this.types = new ScriptTypes(options);
    this.budget = budgetOf(options.budget);
    this.#trust = options.trust;
    this.#policy = policyOf(options.policy);
    this.delta = delta;
    this.place = options.place ?? DEFAULT_PLACE;
    placeOf(this.place);
  }

  /**
   * Compiles a script and declares its component. Throws `script-syntax`, `script-invalid`, `name-taken`, `script-unknown` for
   * the engine, `script-denied` for trust in code that is not listed.
   */
  async add(source: ScriptSource, options: AddOptions = {}): Promise<Script> {
    if (this.list.some(({ name }) => name === source?.name))
      throw new WorldloomError(
        "name-taken",
        `There is a script ${source.name} already; use reload for a newer version.`,
        {
          name: source.name,
        },
      );
    expectSource(source);
    expectOptions(options, "options");
    this.#expectFree(source.name);
    this.#expectTrust(source, options.profile);
    const chunk = await this.engineOf(options.engine).compile(source);
    const script = new Script(chunk, this.engineOf(options.engine), options, policyOf(options.policy, this.#policy));
    this.#expectNamed(chunk);
    this.#expectDomain(script);
    this.#chunks.set(`${chunk.name} ${chunk.hash}`, chunk);
    this.list.push(script);
    return script;
  }

  /**
   * More prefabs for `World.spawn`: those that hold scripts are made of the components that {@link add} gave. Throws
   * `bad-argument`, `name-taken`.
   */
  addPrefabs(...prefabs: readonly Prefab[]): void {
    this.types.addPrefabs(prefabs);
  }

  /**
   * Compiles a newer version. Queue `world.input(ScriptReload, { script, hash })` with what it returns, or use {@link reload}.
   * Worlds that replay a recording need the versions that it names.
   */
  async provide(source: ScriptSource): Promise<ScriptChunk> {
    expectSource(source);
    const script = this.script(source.name);
    this.#expectTrust(source, script.profile);
    const chunk = await script.engine.compile(source);
    this.#expectNamed(chunk);
    this.#chunks.set(`${chunk.name} ${chunk.hash}`, chunk);
    return chunk;
  }

  /**
   * Compiles a newer version and has the world run it from its next tick on. Give the simulation where it is recorded, or keeps
   * what comes in. Throws `script-syntax`, `script-invalid`, `script-unknown`.
   */
  async reload(target: World | Simulation, source: ScriptSource): Promise<ScriptChunk> {
    expectTarget(target);
    const chunk = await this.provide(source);
    target.input(ScriptReload, { script: chunk.name, hash: chunk.hash });
    return chunk;
  }

  /**
   * An instance that is paused, quarantined or waits is made again from its state in the next tick, well again; one that runs
   * goes on. Throws `script-unknown`.
   */
  resume(target: World | Simulation, entity: Entity, script: Script | string): void {
    expectTarget(target);
    const { name } = this.script(nameOf(script));
    target.input(ScriptResume, { script: name, entity });
  }

  /** Throws `script-unknown`. */
  script(name: string): Script {
    const found = this.list.find((script) => script.name === name);
    if (found !== undefined) return found;
    throw new WorldloomError(
      "script-unknown",
      `There is no script ${name}; there are: ${this.list.map((script) => script.name).join(", ") || "none"}.`,
      { name },
    );
  }

  /** Throws `script-unknown`. */
  engineOf(name: string | undefined): ScriptEngine {
    const found = name === undefined ? [...this.#engines.values()][0] : this.#engines.get(name);
    if (found !== undefined) return found;
    throw new WorldloomError(
      "script-unknown",
      `There is no engine ${name}; there are: ${[...this.#engines.keys()].join(", ")}.`,
      { name },
    );
  }

  get engines(): readonly ScriptEngine[] {
    return [...this.#engines.values()];
  }

  /** A version by its hash. Throws `script-unknown`. */
  chunkOf(script: Script, hash: string): ScriptChunk {
    const found = this.#chunks.get(`${script.name} ${hash}`);
    if (found !== undefined) return found;
    throw new WorldloomError(
      "script-unknown",
      `The world runs version ${hash} of script ${script.name}, which is not known here; give its source to provide() first.`,
      { script: script.name, hash },
    );
  }

  /** What the run time adds to a world; {@link worldTypes} has all that it needs. */
  get components(): Component[] {
    return [...this.list.map(({ component }) => component), ScriptTask, ScriptCall as unknown as Component];
  }
  get resources(): Resource[] {
    return this.list.map(({ code }) => code);
  }
  get events(): EventType[] {
    return [ScriptFaulted as unknown as EventType];
  }
  get inputs(): InputType[] {
    return [ScriptReload as unknown as InputType, ScriptResume as unknown as InputType];
  }

  /**
   * All types that a world with these scripts needs, for `createWorld` and `loadWorld`: what scripts may know, what the run
   * time adds, and `more` that only the game knows, each once.
   */
  worldTypes(more: WorldTypes = {}): Required<WorldTypes> {
    const { types } = this;
    expectOptions(more, "more");
    return {
      components: distinct(more.components, types.components, this.components),
      resources: distinct(more.resources, this.resources),
      events: distinct(more.events, types.events, this.events),
      inputs: distinct(more.inputs, types.inputs, this.inputs),
    };
  }

  /** One system for each script, in the order in which they were added, and one that ends instances whose entity is gone. */
  systems(): System[] {
    const books = this.list.map(({ component }) => component);
    const writes = [...this.types.components, ...books, ScriptTask, ScriptCall] as Component[];
    const systems = this.list.map((script) =>
      system(`script_${script.name}`, {
        doc: `Runs script ${script.name}.`,
        code: `${script.engine.version} ${script.first.hash}${ownCode(this.api)}`,
        writes,
        exclusive: true,
        run: (context) =>
          this.of(context.world).within((scripts) => {
            scripts.nameVersion(script, context);
            new Run(scripts, script, context).all();
          }),
      }),
    );
    const end = system("script_end", {
      doc: "Ends the instances of scripts whose entity is gone or has lost the script.",
      writes,
      exclusive: true,
      run: (context) => this.of(context.world).within((scripts) => endInstances(scripts, context)),
    });
    return [...systems, end] as System[];
  }

  /** The machines of a world; made when they are first needed. */
  of(world: World): WorldScripts {
    let found = this.#worlds.get(world);
    if (found === undefined) {
      expectWorld(world);
      for (const [other, scripts] of this.#worlds) {
        if (!other.core.disposed) continue;
        scripts.dispose();
        this.#worlds.delete(other);
      }
      found = new WorldScripts(world, this);
      this.#worlds.set(world, found);
    }
    return found;
  }

  /**
   * The State of a script's instance, with fields that reloads added, without what the run time notes; undefined where the
   * entity lacks the script. Throws `script-unknown`, `entity-stale`.
   */
  state(world: World, entity: Entity, script: Script | string): Record<string, unknown> | undefined {
    return readState(this.of(world), this.script(nameOf(script)), entity);
  }

  /** How the scripts of a world do, by domain: those that have run. */
  health(world: World): DomainHealth[] {
    const scripts = this.#worlds.get(world);
    return scripts === undefined ? [] : healthOf(scripts);
  }

  /** Called with each fault. Returns what ends that. */
  onFault(listener: Listener<ScriptFault>): () => void {
    expectFunction(listener, "listener");
    this.#faults.add(listener);
    return () => this.#faults.delete(listener);
  }
  /** Called with what became of each reload. */
  onReload(listener: Listener<ReloadReport>): () => void {
    expectFunction(listener, "listener");
    this.#reloads.add(listener);
    return () => this.#reloads.delete(listener);
  }
  /** Called with each line that scripts log. */
  onLog(listener: Listener<LogLine>): () => void {
    expectFunction(listener, "listener");
    this.#logs.add(listener);
    return () => this.#logs.delete(listener);
  }

  faulted(fault: ScriptFault, world: World): void {
    for (const listener of this.#faults) listener(fault, world);
  }
  reloaded(report: ReloadReport, world: World): void {
    for (const listener of this.#reloads) listener(report, world);
  }
  logged(line: LogLine, world?: World): void {
    for (const listener of this.#logs) listener(line, world);
  }

  /** Gives all machines back. */
  dispose(): void {
    for (const scripts of this.#worlds.values()) scripts.dispose();
    this.#worlds.clear();
    for (const engine of this.#engines.values()) engine.dispose();
  }

  /** Throws `name-taken` where the component of a script of that name would be in the way of another type. */
  #expectFree(name: string): void {
    const key = keyOf(name);
    const { components, events, inputs } = this.types;
    const other = [...components, ...events, ...inputs].find((one) => keyOf(one.name) === key);
    const script = this.list.find((one) => keyOf(one.name) === key);
    if (other === undefined && script === undefined) return;
    const what = other === undefined ? `script ${script!.name}` : `${other.is} ${other.name}`;
    throw new WorldloomError(
      "name-taken",
      `Script ${name} becomes a component of that name, which is too much like the ${what}; give the script another name.`,
      { name },
    );
  }

  /** A domain is one machine, of one engine. Throws `bad-argument`. */
  #expectDomain({ name, domain, engine }: Script): void {
    const other = this.list.find((script) => script.domain === domain && script.engine !== engine);
    if (other === undefined) return;
    throw new WorldloomError(
      "bad-argument",
      `Domain ${domain} is of the engine ${other.engine.name}, for ${other.name} is in it; give ${name} another domain.`,
      { script: name, domain },
    );
  }

  /** Throws `script-denied`. */
  #expectTrust({ name, code }: ScriptSource, profile: string | undefined): void {
    if (profile !== "trusted" || this.#trust === undefined || this.#trust.has(code)) return;
    const hash = codeHash(code);
    throw new WorldloomError(
      "script-denied",
      `This code of script ${name} is not among the trusted ones in ${this.#trust.file}. If you trust it: worldloom script trust FILE, or list ${hash} there.`,
      { name, hash },
    );
  }

  /** Throws `script-invalid` for names that nobody declared. */
  #expectNamed({ name, manifest }: ScriptChunk): void {
    for (const used of [...manifest.reads, ...manifest.writes])
      if (this.types.component(used) === undefined) throw undeclared(name, "component", used, this.types.components);
    for (const heard of manifest.hears) {
      const event = heard.split(".")[0]!;
      const type = this.types.event(event);
      if (type === undefined) throw undeclared(name, "event", event, this.types.events);
      if (type.lifetime < 2)
        throw new WorldloomError(
          "script-invalid",
          `Script ${name} hears ${heard}, which is gone before the tick after; give the event a lifetime of 2.`,
          { script: name, event: heard },
        );
    }
  }
}

function nameOf(script: Script | string): string {
  return typeof script === "string" ? script : script?.name;
}

/** How chunks call the columns of a type of that name. */
function keyOf(name: string): string {
  return name.charAt(0).toLowerCase() + name.slice(1);
}

function distinct<T>(...lists: readonly (readonly T[] | undefined)[]): T[] {
  return [...new Set(lists.flatMap((list) => list ?? []))];
}

/** Declares what scripts can use, and which engines run them. Throws `bad-argument`. */
export function createScripts(options: ScriptsOptions): Scripts {
  return new Scripts(options);
}
