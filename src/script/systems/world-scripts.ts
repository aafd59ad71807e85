import { WorldloomError } from "../../core/errors.ts";
import type { SystemContext } from "../../ecs/system.ts";
import type { World } from "../../ecs/world.ts";
import { profiles } from "../capability.ts";
import type { AccessLayout, ScriptChunk } from "../engine.ts";
import type { ScriptHost } from "../host.ts";
import { UndoLog } from "../undo.ts";
import { DomainSlot } from "./domain-slot.ts";
import { layoutOf, type RowAccess, Rows } from "./rows.ts";
import { WorldScope } from "./scope.ts";
import type { Caller } from "./scope-caller.ts";
import type { Script, StateLayout } from "./script.ts";
import type { Scripts } from "./scripts.ts";
import { ScriptTask } from "./tasks.ts";
import { Watchdog } from "./watchdog.ts";

/** A version of a script as one world runs it. */
export interface Version {
  readonly chunk: ScriptChunk;
  readonly state: StateLayout;
  /** The script's own component first, whole; then its state, then what it writes and reads. */
  readonly rows: Rows;
  /** The script's own component alone, to be looked at. */
  readonly book: Rows;
  readonly access: readonly AccessLayout[];
}

/** The scripts of one world: its machines, and what their calls do to it. Nothing here is state. */
export class WorldScripts {
  readonly world: World;
  readonly scripts: Scripts;
  readonly scope: WorldScope;
  readonly undo = new UndoLog();
  readonly watchdog: Watchdog;
  /** The waits of all scripts. */
  readonly tasks: Rows;
  readonly #slots = new Map<string, DomainSlot>();
  readonly #versions = new Map<Script, Version>();
  readonly #callers = new Map<Script, Caller>();
  /** Scripts of which the world says the version, by how often it had been brought elsewhere. */
  readonly #named = new Map<Script, number>();
  #adoptions = -1;
  /** Which tick it is, and which run of it. */
  #began = -1;

  /** Throws `arena-unsupported` where memory is not shared: machines keep addresses, and that memory moves. */
  constructor(world: World, scripts: Scripts) {
    if (!world.arena.memory.shared)
      throw new WorldloomError(
        "arena-unsupported",
        "Scripts need a world in shared memory, as machines keep its addresses; make its arena without shared: false.",
      );
    this.world = world;
    this.scripts = scripts;
    this.watchdog = new Watchdog(scripts.budget.watchdogMs);
    this.tasks = new Rows(world, [{ component: ScriptTask, write: true }]);
    this.scope = new WorldScope(world, {
      api: scripts.api,
      types: scripts.types,
      undo: this.undo,
      delta: scripts.delta,
      place: scripts.place,
      log: (line) => scripts.logged(line, world),
    });
  }

  /** The machine of a script, at what the world holds, ready for calls in this tick. */
  enter(script: Script, context: SystemContext): DomainSlot {
    const { adoptions } = this.world.core.store;
    if (adoptions !== this.#adoptions) {
      this.#adoptions = adoptions;
      this.#versions.clear();
    }
    let slot = this.#slots.get(script.domain);
    if (slot === undefined) {
      slot = this.#open(script);
      this.#slots.set(script.domain, slot);
    }
    // Each when it is entered: what it attaches to the world comes in the order of a world that never went back.
    if (slot.followed !== adoptions) {
      slot.followed = adoptions;
      slot.follow(this.chunks(script.domain));
    }
    const began = context.tick + adoptions * 0x1_0000_0000;
    if (began !== this.#began) {
      this.#began = began;
      this.watchdog.start();
    }
    slot.begin(context.tick, adoptions);
    this.scope.open(context);
    return slot;
  }

  /** The slots of all domains that are open. */
  open(): Iterable<DomainSlot> {
    return this.#slots.values();
  }

  /** Runs something of a tick. Where that fails the tick does, and the machines are as the world says after it. */
  within(run: (scripts: WorldScripts) => void): void {
    try {
      run(this);
    } catch (error) {
      for (const slot of this.#slots.values()) slot.abandon();
      throw error;
    }
  }

  /** The slot of a domain that is open. */
  slotOf(domain: string): DomainSlot | undefined {
    return this.#slots.get(domain);
  }

  /** The version of a script that the world runs now. */
  version(script: Script): Version {
    const known = this.#versions.get(script);
    if (known !== undefined) return known;
    const values = this.world.resource(script.code) as Record<string, unknown>;
    const hash = String(values["hash"] ?? "");
    const chunk = hash === "" ? script.first : this.scripts.chunkOf(script, hash);
    const made = this.versionOf(script, chunk, script.stateOf(chunk, script.held(values)));
    this.#versions.set(script, made);
    return made;
  }

  /**
   * Has the world say which version of a script it runs, where it does not yet: so a save of it asks for that version, also
   * where the script was never reloaded.
   */
  nameVersion(script: Script, { commands }: SystemContext): void {
    const { adoptions } = this.world.core.store;
    if (this.#named.get(script) === adoptions) return;
    const values = this.world.resource(script.code) as Record<string, unknown>;
    if (String(values["hash"] ?? "") === "")
      commands.setResource(script.code, script.codeOf(script.first.hash, script.held(values)));
    else this.#named.set(script, adoptions);
  }

  /** How a version would run here. Throws `script-invalid` for components that the world lacks. */
  versionOf(script: Script, chunk: ScriptChunk, state: StateLayout): Version {
    const { reads, writes } = chunk.manifest;
    const named = [...new Set([...writes, ...reads])].map((name): RowAccess => {
      const component = this.scripts.types.component(name);
      if (component === undefined)
        throw new WorldloomError(
          "script-invalid",
          `Script ${script.name} uses the component ${name}, which scripts here do not know; add it to the components of createScripts.`,
          { script: script.name, component: name },
        );
      return { component, write: writes.includes(name) };
    });
    const own = { component: script.component, write: true };
    return {
      chunk,
      state,
      book: new Rows(this.world, [{ ...own, write: false }]),
      rows: new Rows(this.world, [own, { ...own, picked: state.picked }, ...named]),
      access: [state.access, ...named.map(({ component, write }) => layoutOf(component, write))],
    };
  }

  /** To be told that the world runs another version from now on. */
  adopt(script: Script, version: Version): void {
    this.#versions.set(script, version);
  }

  /** The number of the program of the version that the world runs. */
  program(script: Script, slot: DomainSlot): number {
    const version = this.version(script);
    return slot.program(version.chunk, () => version.access);
  }

  /** The versions that the world runs in a domain. */
  chunks(domain: string): ScriptChunk[] {
    return this.scripts.list.filter((script) => script.domain === domain).map((script) => this.version(script).chunk);
  }

  /** On whose behalf calls of a script act. */
  callerOf(script: Script): Caller {
    let caller = this.#callers.get(script);
    if (caller === undefined) {
      const allowed = new Set(profiles[script.profile]);
      const layout = (): StateLayout => this.version(script).state;
      caller = {
        name: script.name,
        state: script.component,
        layout,
        budget: this.scripts.budget,
        capabilities: allowed,
      };
      this.#callers.set(script, caller);
    }
    return caller;
  }

  /** Gives the machines back. */
  dispose(): void {
    for (const { domain } of this.#slots.values()) domain.dispose();
    this.#slots.clear();
  }

  #open(script: Script): DomainSlot {
    const { scope, undo, world } = this;
    const { wasm } = world.arena.memory;
    const host: ScriptHost = {
      api: this.scripts.api,
      memory: wasm,
      undo,
      call: (index, entity, values) => scope.call(index, entity, values),
      text: (id) => scope.text(id),
      intern: (text, entity) => scope.intern(text, entity),
      look: () => this.watchdog.look(),
    };
    const domain = script.engine.open({
      name: script.domain,
      host,
      budget: this.scripts.budget,
      profile: script.profile,
    });
    return new DomainSlot(world, domain);
  }
}
