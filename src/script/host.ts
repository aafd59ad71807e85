import type { WasmMemory } from "../native/wasm.ts";
import type { ApiNamespace } from "./api.ts";
import type { UndoLog } from "./undo.ts";
import type { ScriptValue } from "./value.ts";

/** A positive integer, as in the ECS; 0 is none. */
export type Entity = number;

/** What an engine needs of whoever runs it. */
export interface ScriptHost {
  /** In fixed order: engines number the functions through all namespaces. */
  readonly api: readonly ApiNamespace[];
  /** Where the columns of batches lie; shared or not. It can grow. */
  readonly memory: WasmMemory;
  /** Old values of the cells that the current call has written. */
  readonly undo: UndoLog;
  /**
   * Runs a function of the API for the call of `entity` that is going on, as numbered. An error with
   * {@link ScriptError} is the script's to catch; {@link ScriptStop} and all else ends the call.
   */
  call(index: number, entity: Entity, values: readonly ScriptValue[]): ScriptValue;
  /** The text of an id in a `str` column, provisional ones included. */
  text(id: number): string;
  /**
   * The id to store at byte `offset` of the memory for a text. A text that the world does not know yet gets a provisional,
   * negative one, which the host replaces there when the call has succeeded.
   */
  intern(text: string, offset: number): number;
}

/** An error that a script caused and may catch, such as a wrong argument. */
export class ScriptError extends Error {}
