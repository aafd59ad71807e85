import { nowMs } from "../../core/clock.ts";
import { assert } from "../../core/errors.ts";
import { expectEngines } from "../checked.ts";
import type { LuaCode } from "../lua/code-lines.ts";
import type { LuaEngine } from "../lua/engine.ts";
import { LineTracker } from "../lua/line-tracker.ts";
import type { Machine } from "../lua/machine.ts";
import { callInfo, globalState, state } from "../lua/offsets.ts";
import { PRELUDE_NAME } from "../lua/prelude/index.ts";
import type { Probe } from "../lua/probe.ts";
import type { ProbedCall } from "../lua/probed-call.ts";
import type { LineProfile, ScriptProfile, SourceProfile } from "./report.ts";

interface Sums {
  count: number;
  instructions: number;
  ms: number;
  bytes: number;
  hostCalls: number;
}

/** Adds up what each line of scripts uses, from the counters of machines: instructions are exact. */
export class ScriptProfiler implements Probe {
  readonly #engines: readonly LuaEngine[];
  readonly #tracker = new LineTracker();
  readonly #sums = new Map<string, Map<number, Sums>>();
  readonly #files = new Map<string, string>();
  #call: ProbedCall | undefined;
  #calls = 0;
  /** Of the line that runs. What functions of the engine use is their caller's. */
  #line: Sums | undefined;
  #code: LuaCode | undefined;
  #number = 0;
  /** The call that the line belongs to, and the call of the engine's that was last asked whether it comes from there. */
  #from = 0;
  #looked = 0;
  #fuel = 0;
  #ms = 0;
  #bytes = 0;
  #global = 0;

  constructor(engines: readonly LuaEngine[]) {
    assert(
      engines.every(({ probe }) => probe === undefined),
      "Something looks at the scripts of an engine already; end that first.",
    );
    this.#engines = engines;
    for (const engine of engines) engine.probe = this;
  }

  /** What was used so far. */
  get report(): ScriptProfile {
    const lines: LineProfile[] = [];
    const sources: SourceProfile[] = [];
    for (const [source, sums] of this.#sums) {
      const all = { source, file: this.#files.get(source) ?? "", ...none() };
      for (const [line, own] of sums) {
        lines.push({ source, line, ...own });
        for (const key of KEYS) all[key] += own[key];
      }
      sources.push(all);
    }
    const most = (a: Sums, b: Sums): number => b.instructions - a.instructions;
    const total = none();
    for (const source of sources) for (const key of KEYS) total[key] += source[key];
    const { instructions, ms, bytes, hostCalls } = total;
    lines.sort((a, b) => most(a, b) || (a.source < b.source ? -1 : a.source > b.source ? 1 : a.line - b.line));
    return { calls: this.#calls, instructions, ms, bytes, hostCalls, sources: sources.sort(most), lines };
  }

  /** Looks at nothing more, from the next tick on. Returns what was used. */
  end(): ScriptProfile {
    for (const engine of this.#engines) if (engine.probe === this) engine.probe = undefined;
    return this.report;
  }

  enter(call: ProbedCall): void {
    this.#call = call;
    this.#calls++;
    this.#tracker.clear();
    this.#line = undefined;
    this.#code = undefined;
    this.#global = 0;
    this.#files.set(call.program.name, call.program.file);
  }

  leave(): void {
    const { fuel } = this.#call!.vm.lua;
    if (this.#line !== undefined) this.#line.instructions += Math.max(0, this.#fuel - Math.max(0, fuel.value));
    this.#turnTo(undefined);
    this.#call = undefined;
  }

  step(thread: number, info: number, next: number): void {
    const call = this.#call;
    if (call === undefined) return;
    const { machine } = call.vm;
    if (this.#global === 0) this.#global = machine.words[(thread + state.global) >> 2]!;
    const begins = this.#tracker.step(machine, info, next);
    const { code, line } = this.#tracker;
    // One was taken for this instruction; what is missing besides, the one before it was charged.
    const fuel = machine.lua.fuel.value;
    const charged = this.#fuel - fuel - 1;
    this.#fuel = fuel;
    if (charged < 0) {
      // The next row of a batch, or an errand of the engine.
      this.#turnTo(undefined);
      this.#code = undefined;
    } else if (this.#line !== undefined) this.#line.instructions += charged;
    if (code.source !== PRELUDE_NAME) {
      this.#from = info;
      this.#looked = 0;
    } else if (info !== this.#looked) {
      this.#looked = info;
      if (this.#line !== undefined && !isWithin(machine, info, this.#from)) {
        // It called the script, not the other way round.
        this.#turnTo(undefined);
        this.#code = undefined;
      }
    }
    if (code.source !== PRELUDE_NAME && (code !== this.#code || line !== this.#number)) {
      this.#code = code;
      this.#number = line;
      this.#turnTo(this.#of(code.source, line));
    }
    if (this.#line === undefined) return;
    this.#line.instructions++;
    if (begins && code.source !== PRELUDE_NAME) this.#line.count++;
  }

  thrown(): void {}

  hostCall(): void {
    if (this.#line !== undefined) this.#line.hostCalls++;
  }

  #of(source: string, line: number): Sums {
    let lines = this.#sums.get(source);
    if (lines === undefined) {
      lines = new Map();
      this.#sums.set(source, lines);
    }
    let own = lines.get(line);
    if (own === undefined) {
      own = none();
      lines.set(line, own);
    }
    return own;
  }

  /** Time and memory from now on are another line's. */
  #turnTo(line: Sums | undefined): void {
    const before = this.#line;
    this.#line = line;
    const { words } = this.#call!.vm.machine;
    const ms = nowMs();
    const at = this.#global >> 2;
    const bytes = words[at + (globalState.total >> 2)]! + words[at + (globalState.debt >> 2)]!;
    if (before !== undefined) {
      before.ms += ms - this.#ms;
      before.bytes += Math.max(0, bytes - this.#bytes);
    }
    this.#ms = ms;
    this.#bytes = bytes;
  }
}

/** Whether a call was made, by way of others, in that one. */
function isWithin({ words }: Machine, call: number, outer: number): boolean {
  for (let at = call; at !== 0; at = words[(at + callInfo.previous) >> 2]!) if (at === outer) return true;
  return false;
}

const KEYS = ["count", "instructions", "ms", "bytes", "hostCalls"] as const;

function none(): Sums {
  return { count: 0, instructions: 0, ms: 0, bytes: 0, hostCalls: 0 };
}

/** Begins to profile the scripts of engines, from the next tick of their worlds on. What they do stays the same. */
export function profileScripts(engines: readonly LuaEngine[]): ScriptProfiler {
  expectEngines(engines);
  return new ScriptProfiler(engines);
}
