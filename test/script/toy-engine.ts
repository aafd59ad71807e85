import { assert, WorldloomError } from "../../src/core/errors.ts";
import { functionsOf } from "../../src/script/api.ts";
import type {
  AccessLayout,
  DomainInspection,
  DomainOptions,
  EntityRow,
  Outcome,
  ScriptChunk,
  ScriptDomain,
  ScriptEngine,
  ScriptSource,
  UpdateBatch,
  Wait,
} from "../../src/script/engine.ts";
import { type FaultKind, type ScriptFault, ScriptStop } from "../../src/script/fault.ts";
import { ScriptError } from "../../src/script/host.ts";
import type { ScriptValue } from "../../src/script/value.ts";
import { ToyMemory } from "./toy-memory.ts";
import { type Instruction, parse, type ToyChunk } from "./toy-program.ts";

/** The smallest engine that keeps the contract, as somebody else would write one. */
export function toyEngine(): ToyEngine {
  return new ToyEngine();
}

export class ToyEngine implements ScriptEngine {
  readonly name = "toy";
  readonly version = "toy 1";
  readonly extensions = ["toy"];
  readonly #modules = new Map<string, string>();
  #disposed = false;

  async compile(source: ScriptSource): Promise<ToyChunk> {
    this.#checkOpen();
    return parse(source, this.#modules);
  }
  get modules(): readonly string[] {
    return [...this.#modules.keys()];
  }
  addModule({ name, code }: { readonly name: string; readonly code: string }): void {
    parse({ name, code }, new Map());
    this.#modules.set(name, code);
  }
  open(options: DomainOptions): ToyDomain {
    this.#checkOpen();
    return new ToyDomain(options);
  }
  dispose(): void {
    this.#disposed = true;
    this.#modules.clear();
  }
  #checkOpen(): void {
    if (this.#disposed) throw new WorldloomError("script-disposed", "The toy engine was disposed; make another.");
  }
}

interface Frame {
  readonly chunk: ToyChunk;
  readonly instance: number;
  readonly row: EntityRow;
  readonly values: readonly ScriptValue[];
}

class ToyDomain implements ScriptDomain {
  readonly unit = "row";
  readonly name: string;
  readonly globals = new Uint8Array(0);
  fault: ScriptFault | undefined;
  readonly #options: DomainOptions;
  readonly #memory = new ToyMemory();
  readonly #programs: { chunk: ToyChunk; access: readonly AccessLayout[] }[] = [];
  readonly #functions: ReadonlyMap<string, number>;
  #waits: Wait[] = [];
  #tick = 0;
  #left = 0;
  #leftOfTick: number;
  #total = 0;

  constructor(options: DomainOptions) {
    this.#options = options;
    this.name = options.name;
    this.#functions = new Map(functionsOf(options.host.api).map(({ fullName }, index) => [fullName, index]));
    this.#leftOfTick = options.budget.instructionsPerTick;
  }

  get bytes(): Uint8Array {
    return this.#memory.bytes;
  }
  resize(bytes: number): void {
    assert(bytes === this.bytes.length, "A toy machine never grows.");
  }
  restored(chunks: readonly ScriptChunk[]): void {
    this.#programs.length = 0;
    this.#waits = [];
    for (const [number, { hash }] of this.#memory.programs().entries()) {
      const chunk = chunks.find((known) => known.hash === hash) as ToyChunk | undefined;
      if (chunk !== undefined) this.#programs[number] = { chunk, access: [] };
    }
  }
  reset(): void {
    this.bytes.fill(0);
    this.restored([]);
  }

  load(chunk: ScriptChunk, access: readonly AccessLayout[]): number {
    const program = this.#memory.program(chunk.name, chunk.hash);
    this.#programs[program] = { chunk: chunk as ToyChunk, access };
    return program;
  }
  instantiate(program: number, row: EntityRow): Outcome {
    const instance = this.#memory.instantiate(row.entity, program);
    return instance > 0 ? { ok: true, value: instance } : this.#fail(program, row.entity, "memory", "no room", 0);
  }
  discard(instance: number): void {
    if (instance > 0) this.#memory.discard(instance);
  }
  instances(): Int32Array {
    return this.#memory.instances();
  }
  instancesOf(program: number): number {
    return this.instances().filter((value, i) => i % 3 === 2 && value === program).length;
  }

  beginTick(tick: number): void {
    this.#tick = tick;
    this.#leftOfTick = this.#options.budget.instructionsPerTick;
  }
  update(program: number, batch: UpdateBatch, from: number, dt: number): number {
    this.fault = undefined;
    for (let row = from; row < batch.count; row++) {
      if (batch.due[row] === 0) continue;
      this.#options.host.undo.clear();
      const at = { entity: batch.entities[row]!, row, columns: batch.columns };
      const outcome = this.call(program, batch.instances[row]!, at, "onUpdate", [dt]);
      if (outcome.ok) continue;
      this.fault = outcome.fault;
      return row + 1;
    }
    return batch.count;
  }
  call(program: number, instance: number, row: EntityRow, name: string, values: readonly ScriptValue[]): Outcome {
    const { chunk } = this.#programs[program]!;
    const instructions = chunk.functions.get(name);
    if (instructions === undefined) return { ok: true, value: undefined };
    return this.#guarded(program, { chunk, instance, row, values }, name, 0);
  }
  resume(program: number, task: number, instance: number, row: EntityRow, value: ScriptValue): Outcome {
    const { chunk } = this.#programs[program]!;
    const found = this.#memory.tasks().find((known) => known.task === task);
    assert(found !== undefined && found.instance === instance, "A task goes on once.");
    this.#memory.endTask(task);
    const name = [...chunk.functions.keys()][found.fn]!;
    return this.#guarded(program, { chunk, instance, row, values: [value] }, name, found.at);
  }
  takeWaits(): readonly Wait[] {
    const waits = this.#waits;
    this.#waits = [];
    return waits;
  }

  inspect(): DomainInspection {
    return {
      memoryBytes: this.bytes.length,
      instances: this.instances().length / 3,
      tasks: this.#memory.tasks().length,
      programs: this.#memory.programs().map(({ name }) => name),
      instructions: this.#total,
    };
  }
  dispose(): void {
    this.#programs.length = 0;
  }

  /** Runs a function from an instruction on, within the budget of one call. */
  #guarded(program: number, frame: Frame, name: string, from: number): Outcome {
    const { budget } = this.#options;
    const allowed = Math.min(budget.instructions, this.#leftOfTick);
    this.#left = allowed;
    let line = 0;
    try {
      const value = this.#run(frame, name, from, (now) => (line = now), 0);
      return { ok: true, value };
    } catch (error) {
      const kind: FaultKind = error instanceof ScriptStop ? error.kind : "error";
      if (!(error instanceof ScriptStop || error instanceof ScriptError)) throw error;
      const ofTick = kind === "instructions" && allowed < budget.instructions;
      return this.#fail(program, frame.row.entity, ofTick ? "instructionsPerTick" : kind, error.message, line);
    } finally {
      const spent = allowed - Math.max(0, this.#left);
      this.#leftOfTick -= spent;
      this.#total += spent;
    }
  }

  #run(frame: Frame, name: string, from: number, at: (line: number) => void, depth: number): ScriptValue {
    const instructions = frame.chunk.functions.get(name) ?? [];
    if (depth > this.#options.budget.stack) throw new ScriptStop("stack", "the stack is full");
    for (let i = from; i < instructions.length; i++) {
      const instruction = instructions[i]!;
      at(instruction.line);
      if (--this.#left < 0) throw new ScriptStop("instructions", "the instructions are used up");
      if (instruction.op === "loop") i = -1;
      else if (instruction.op === "return") return this.#value(frame, instruction.words[0]!);
      else if (instruction.op === "unless") {
        if (Number(this.#value(frame, instruction.words[0]!)) !== 0) return undefined;
      } else if (instruction.op === "do") this.#run(frame, instruction.words[0]!, 0, at, depth + 1);
      else if (instruction.op === "wait" || instruction.op === "waitFor")
        return this.#wait(frame, name, instruction, i + 1);
      else this.#step(frame, instruction);
    }
    return undefined;
  }

  #step(frame: Frame, { op, words }: Instruction): void {
    const [first = "", second = "0"] = words;
    if (op === "fail") throw new ScriptError(words.join(" "));
    if (op === "set") return this.#assign(frame, first, this.#value(frame, second));
    if (op === "add")
      return this.#assign(frame, first, Number(this.#value(frame, first)) + Number(this.#value(frame, second)));
    const index = this.#functions.get(first);
    if (index === undefined) throw new ScriptError(`there is no function ${first}`);
    const values = words.slice(1).map((word) => this.#value(frame, word));
    this.#memory.setHeap(frame.instance, 0, Number(this.#options.host.call(index, frame.row.entity, values) ?? 0));
  }

  #wait({ row, instance, chunk }: Frame, name: string, { op, words }: Instruction, next: number): undefined {
    const fn = [...chunk.functions.keys()].indexOf(name);
    const task = this.#memory.addTask(instance, fn, next);
    const tick = op === "wait" ? this.#tick + Number(words[0]) : 0;
    this.#waits.push({ task, entity: row.entity, instance, tick, event: op === "wait" ? "" : words[0]! });
  }

  /** A number, a text in quotes, `$0` (an argument), `heap.0`, or a field such as `Position.x`. */
  #value(frame: Frame, word: string): ScriptValue {
    if (word.startsWith('"')) return word.slice(1, -1);
    if (word.startsWith("$")) return frame.values[Number(word.slice(1))];
    if (word.startsWith("heap.")) return this.#memory.heap(frame.instance, Number(word.slice(5)));
    if (word === "true" || word === "false") return word === "true";
    if (!Number.isNaN(Number(word))) return Number(word);
    const { column, index, kind } = this.#cell(frame, word);
    return kind === "str"
      ? this.#options.host.text(column[index]!)
      : kind === "bool"
        ? column[index] !== 0
        : column[index];
  }

  #assign(frame: Frame, word: string, value: ScriptValue): void {
    if (word.startsWith("heap.")) return this.#memory.setHeap(frame.instance, Number(word.slice(5)), Number(value));
    const { column, index, kind, write } = this.#cell(frame, word);
    if (!write) throw new ScriptError(`${word} is not among what it writes`);
    const { host } = this.#options;
    const bytes = column.BYTES_PER_ELEMENT;
    const noted = host.undo.note(new Uint8Array(host.memory.buffer), column.byteOffset + index * bytes, bytes);
    if (!noted) throw new ScriptStop("memory", "the undo log is full");
    column[index] = kind === "str" ? host.intern(String(value)) : Number(value);
  }

  #cell({ chunk, row }: Frame, word: string) {
    const [component = "", ...rest] = word.split(".");
    const { access } = this.#programs.find((program) => program?.chunk === chunk)!;
    const a = access.findIndex(({ name }) => name === component);
    const f = access[a]?.fields.findIndex(({ name }) => name === rest.join(".")) ?? -1;
    if (a < 0 || f < 0) throw new ScriptError(`there is no ${word}`);
    if (row.row < 0) throw new ScriptError("the entity is gone");
    const { kind, lanes } = access[a]!.fields[f]!;
    return { column: row.columns[a]![f]!, index: row.row * lanes, kind, write: access[a]!.write };
  }

  #fail(program: number, entity: number, kind: FaultKind, message: string, line: number): Outcome {
    const script = this.#programs[program]!.chunk.name;
    return { ok: false, fault: { kind, engine: "toy", script, entity, message, line, trace: [] } };
  }
}
