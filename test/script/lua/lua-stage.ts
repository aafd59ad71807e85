import { type Budget, DEFAULT_BUDGET } from "../../../src/script/budget.ts";
import type { Outcome, ScriptChunk, ScriptDomain } from "../../../src/script/engine.ts";
import type { ScriptFault } from "../../../src/script/fault.ts";
import { type LuaEngine, luaEngine } from "../../../src/script/lua/engine.ts";
import type { ScriptValue } from "../../../src/script/value.ts";
import { FakeHost } from "../fake-host.ts";

let engine: Promise<LuaEngine> | undefined;

/** One engine for the tests of a file. */
export function stageEngine(): Promise<LuaEngine> {
  engine ??= luaEngine();
  return engine;
}

export const HEAD = `script { state = { n = 0.0 }, writes = { "Position" } } `;

/** A domain with one script on one entity. */
export class LuaStage {
  readonly host = new FakeHost();
  readonly engine: LuaEngine;
  readonly domain: ScriptDomain;
  readonly budget: Budget;
  chunk!: ScriptChunk;
  program = 0;
  instance = 0;

  constructor(from: LuaEngine, budget: Partial<Budget> = {}) {
    this.engine = from;
    this.budget = { ...DEFAULT_BUDGET, ...budget };
    this.domain = from.open({ name: "main", host: this.host, budget: this.budget, profile: "trusted" });
    this.domain.beginTick(1);
  }

  static async of(code: string, budget: Partial<Budget> = {}): Promise<LuaStage> {
    const stage = new LuaStage(await stageEngine(), budget);
    await stage.load(code);
    stage.expectStarted(stage.start());
    return stage;
  }

  async load(code: string, name = "test"): Promise<number> {
    this.chunk = await this.engine.compile({ name, code: HEAD + code });
    this.program = this.domain.load(this.chunk, this.host.access);
    return this.program;
  }

  start(row = 0): Outcome {
    this.host.undo.clear();
    const made = this.domain.instantiate(this.program, this.host.row(row));
    if (made.ok) this.instance = Number(made.value);
    return made;
  }

  call(name: string, ...values: readonly ScriptValue[]): Outcome {
    return this.domain.call(this.program, this.instance, this.host.row(0), name, values);
  }

  /** What a function gives; throws where it fails. */
  value(name: string, ...values: readonly ScriptValue[]): ScriptValue {
    const outcome = this.call(name, ...values);
    if (outcome.ok) return outcome.value;
    throw new Error(`${outcome.fault.kind}: ${outcome.fault.message} (line ${outcome.fault.line})`);
  }

  fault(name: string, ...values: readonly ScriptValue[]): ScriptFault {
    const outcome = this.call(name, ...values);
    if (!outcome.ok) return outcome.fault;
    throw new Error(`${name} gave ${JSON.stringify(outcome.value)}`);
  }

  expectStarted(outcome: Outcome): void {
    if (!outcome.ok) throw new Error(outcome.fault.message);
  }
}
