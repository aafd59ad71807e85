import type { Column } from "../engine.ts";
import type { Entity, ScriptHost } from "../host.ts";
import type { Bridge } from "./bridge.ts";
import type { HostCalls } from "./host-calls.ts";
import type { Program } from "./programs.ts";
import type { LuaVm } from "./vm.ts";

/** What a {@link ProbedCall} is made of. */
export interface CallParts {
  readonly vm: LuaVm;
  readonly bridge: Bridge;
  readonly calls: HostCalls;
  readonly host: ScriptHost;
  readonly program: Program;
  /** By access, then field; empty where the entity is gone. */
  readonly columns: readonly (readonly Column[])[];
}

/** A call of scripts that is going on, or a batch of them, as a probe sees it. */
export class ProbedCall {
  readonly vm: LuaVm;
  readonly program: Program;
  /** The columns of the program, one after the other, as proxies number them. */
  readonly columns: readonly Column[];
  readonly #parts: CallParts;

  constructor(parts: CallParts) {
    this.vm = parts.vm;
    this.program = parts.program;
    this.columns = parts.columns.flat();
    this.#parts = parts;
  }

  get entity(): Entity {
    return this.#parts.calls.current;
  }
  get instance(): number {
    return this.#parts.calls.instance;
  }
  /** The row of the entity in the columns. */
  get row(): number {
    return this.#parts.bridge.row;
  }

  /** The text of an id in a `str` column. */
  text(id: number): string {
    return this.#parts.host.text(id);
  }

  /** Runs scripts that can do nothing to the world: functions of the host refuse, and what is written is taken back. */
  quietly<T>(action: () => T): T {
    const { bridge, calls, host } = this.#parts;
    const noted = host.undo.keep();
    host.undo.clear();
    const unmark = bridge.noteAnew();
    const was = calls.quiet;
    calls.quiet = true;
    try {
      return action();
    } finally {
      calls.quiet = was;
      host.undo.revert(new Uint8Array(host.memory.buffer));
      host.undo.putBack(noted);
      unmark();
    }
  }
}
