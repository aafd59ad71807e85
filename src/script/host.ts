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
  /** The text of an id in a `str` column, those of this call included. */
  text(id: number): string;
  /**
   * The id to store for a text, for the call of `entity` that is going on. One that is new to the world gets the id that it
   * will have if the call succeeds.
   */
  intern(text: string, entity?: Entity): number;
  /** To be called about once a millisecond by an engine whose calls can take longer than that. Throws where they must end. */
  look?(): void;
}

/** An error that a script caused and may catch, such as a wrong argument. */
export class ScriptError extends Error {}
