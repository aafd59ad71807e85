import type { WasmMemory } from "../native/wasm.ts";
import type { ApiNamespace } from "./api.ts";
import type { Budget } from "./budget.ts";
import type { Profile } from "./capability.ts";
import type { ScriptFault } from "./fault.ts";
import type { Entity, ScriptHost } from "./host.ts";
import type { ScriptValue } from "./value.ts";

/** A script's text, or the bytes of a WebAssembly module. */
export interface ScriptSource {
  /** A letter, then letters, digits and underscores. */
  readonly name: string;
  /** Where it came from, for messages. */
  readonly file?: string;
  readonly code: string | Uint8Array;
  /** What engines cannot find in the code itself. */
  readonly manifest?: Partial<ScriptManifest>;
}

/** Functions of a script that the run time calls. */
export const hooks = ["onStart", "onUpdate", "onEvent", "onDestroy", "onSave", "onRestore"] as const;
export type Hook = (typeof hooks)[number];

export const stateKinds = ["f32", "f64", "i32", "u32", "bool", "entity", "str"] as const;
export type StateKind = (typeof stateKinds)[number];

export interface StateField {
  readonly kind: StateKind;
  readonly default: number | boolean | string;
}

/** What a script says about itself. */
export interface ScriptManifest {
  /** Fields of its `State`, which are columns. */
  readonly state: Readonly<Record<string, StateField>>;
  /** Names of components of its own entity that it reads, and those that it writes, which it can read, too. An entity must have them. */
  readonly reads: readonly string[];
  readonly writes: readonly string[];
  /** Names of events that `onEvent` gets. */
  readonly hears: readonly string[];
  /** Names of modules that it needs. */
  readonly requires: readonly string[];
  readonly hooks: readonly Hook[];
}

/** A script that was compiled. It belongs to no world. */
export interface ScriptChunk {
  readonly name: string;
  readonly file: string;
  readonly engine: string;
  /** Of the code, the manifest, and the modules that it needs. */
  readonly hash: string;
  readonly manifest: ScriptManifest;
}

export type ElementKind = StateKind | "i8" | "u8" | "i16" | "u16";

/** One column: a field, or one axis of a vector. */
export interface FieldLayout {
  /** `x`; of a vector `origin.x`. */
  readonly name: string;
  readonly kind: ElementKind;
  /** Elements a row: element j of row i is at `i * lanes + j`. */
  readonly lanes: number;
  readonly nan: boolean;
}

/** A component that a script reads or writes, under the name that it has in the script: its own, or `State`. */
export interface AccessLayout {
  readonly name: string;
  readonly write: boolean;
  readonly fields: readonly FieldLayout[];
}

export type Column =
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array;

/** The rows of one chunk whose `onUpdate` is due. Columns are views of the host's memory, by access, then field. */
export interface UpdateBatch {
  readonly count: number;
  readonly entities: Int32Array;
  /** The engine's number of the instance of each row. */
  readonly instances: Int32Array;
  /** Rows with 0 are left out. */
  readonly due: Uint8Array;
  readonly columns: readonly (readonly Column[])[];
}

/** Where the columns of one entity lie, for calls other than updates. An entity that is gone has row -1 and no columns. */
export interface EntityRow {
  readonly entity: Entity;
  readonly row: number;
  readonly columns: readonly (readonly Column[])[];
}

export type Outcome =
  | { readonly ok: true; readonly value: ScriptValue }
  | { readonly ok: false; readonly fault: ScriptFault };

/** A task that waits: until a tick, or for an event. */
export interface Wait {
  /** The engine's number of the task. */
  readonly task: number;
  readonly entity: Entity;
  readonly instance: number;
  /** The tick in which it goes on; 0 for none. */
  readonly tick: number;
  /** The event for which it waits; empty for none. */
  readonly event: string;
}

export interface DomainOptions {
  /** A letter, then letters, digits and underscores. */
  readonly name: string;
  readonly host: ScriptHost;
  readonly budget: Budget;
  readonly profile: Profile;
}

/** Figures for people who watch. */
export interface DomainInspection {
  readonly memoryBytes: number;
  readonly instances: number;
  readonly tasks: number;
  readonly programs: readonly string[];
  /** Instructions since the domain was opened. */
  readonly instructions: number;
}

/**
 * A virtual machine, of which all scripts trust each other, in one world. Between calls all of it that decides what it will
 * do is in `bytes` and `globals`: whoever overwrites them calls {@link restored}.
 */
export interface ScriptDomain {
  readonly name: string;
  /** What is taken back together in {@link update}: the call of each row, or the whole batch. */
  readonly unit: "row" | "batch";
  /** Its linear memory, where it is now: it moves when it grows. */
  readonly bytes: Uint8Array<ArrayBufferLike>;
  /** The memory of WebAssembly that `bytes` are part of, if they are: its pages are compared faster. */
  readonly memory?: WasmMemory;
  /** What else decides, such as the globals of WebAssembly. Its length never changes. */
  readonly globals: Uint8Array<ArrayBufferLike>;
  /** Goes on in memory of that many bytes, the contents to be written by the caller. For images of another length. */
  resize(bytes: number): void;
  /** What was kept beside the memory is forgotten: another image was written into it. `chunks` are those of the world. */
  restored(chunks: readonly ScriptChunk[]): void;
  /** Back to the image of a domain that was just opened. */
  reset(): void;

  /** Makes a chunk known, or a newer one of that name. Returns the number of the program: the same for the same name. */
  load(chunk: ScriptChunk, access: readonly AccessLayout[]): number;
  /** Runs the chunk's top level for an entity; the value is the number of the instance, from 1. */
  instantiate(program: number, row: EntityRow): Outcome;
  /** Forgets an instance, its tasks included, without a call. */
  discard(instance: number): void;
  /** The same for many, for engines that do that faster. */
  discardMany?(instances: readonly number[]): void;
  /**
   * Makes instances of a program for all rows that are due, in place of those that they have, for engines that do that faster:
   * `batch.instances` are the new ones then. Where one fails the rest is left as it was, and {@link fault} says why.
   */
  remake?(program: number, batch: UpdateBatch): void;
  /** Called once in each tick in which the machine ran, behind its calls: what it put off so as not to hold these up. */
  tidy?(): void;
  /** Instances that exist, as [instance, entity, program] triples in ascending order of instances. */
  instances(): Int32Array;

  /** How many instances of a program exist. */
  instancesOf(program: number): number;

  /** A new tick: the instructions of a tick are those of this one from now on. */
  beginTick(tick: number): void;
  /**
   * Calls `onUpdate(self, dt)` of the rows from `from` on, each a transaction of its own or all of them one. Returns the row
   * after the last one that was called; where that is not `count`, {@link fault} says what stopped it, and its writes
   * are still in the host's undo log.
   */
  update(program: number, batch: UpdateBatch, from: number, dt: number): number;
  readonly fault: ScriptFault | undefined;
  /** Whether nothing can be called any more, after a stop in the midst of something, until it is reset or restored. */
  readonly broken?: boolean;
  /** Calls a function of an instance: a hook or any other. `ok` with undefined where it has no such function. */
  call(program: number, instance: number, row: EntityRow, name: string, values: readonly ScriptValue[]): Outcome;
  /** Goes on with a task that waits. */
  resume(program: number, task: number, instance: number, row: EntityRow, value: ScriptValue): Outcome;
  /** Tasks that began to wait since this was last asked. */
  takeWaits(): readonly Wait[];

  inspect(): DomainInspection;
  dispose(): void;
}

/** One language: compiles sources and opens domains. */
export interface ScriptEngine {
  readonly name: string;
  /** Hash of all that decides what compiled scripts do besides their source: saves tag images with it. */
  readonly version: string;
  /** Endings of its files, without the dot. */
  readonly extensions: readonly string[];
  /** What its scripts can call; left out where it takes what the host has. */
  readonly api?: readonly ApiNamespace[];
  /** Throws `script-syntax`, `script-invalid` with file and line, `script-disposed`. */
  compile(source: ScriptSource): Promise<ScriptChunk>;
  /** Names of modules that scripts can need; left out where they need none. */
  readonly modules?: readonly string[];
  /**
   * Makes a module, or a newer version of it, known to scripts that are compiled from then on; chunks keep what they were
   * compiled with. Throws `script-syntax`, `script-invalid`, `name-taken`.
   */
  addModule?(module: { readonly name: string; readonly code: string }): void;
  /** Throws `script-disposed`. */
  open(options: DomainOptions): ScriptDomain;
  /** Nothing is compiled or opened after it. Domains that are open go on. */
  dispose(): void;
}
