import type { Component } from "../../ecs/component.ts";
import type { ApiFunction, ApiNamespace, ApiType } from "../api.ts";
import type { Budget } from "../budget.ts";
import { type Capability, capabilities } from "../capability.ts";
import type { AccessLayout } from "../engine.ts";
import { type FaultKind, ScriptStop } from "../fault.ts";
import { type Entity, ScriptError } from "../host.ts";
import type { Fields } from "../scope.ts";
import type { UndoLog } from "../undo.ts";
import type { ScriptValue } from "../value.ts";
import type { PlaceOptions } from "./component-place.ts";
import type { DrawCounts } from "./scope-draws.ts";
import type { RecordMark } from "./scope-record.ts";
import type { ScriptTypes } from "./types.ts";

/** A message of a script. */
export interface LogLine {
  readonly level: string;
  readonly text: string;
  readonly script: string;
  readonly entity: Entity;
  readonly tick: number;
}

/** What the calls of a run have recorded up to a moment. */
export interface ScopeMark {
  readonly record: RecordMark;
  readonly texts: number;
  readonly draws: DrawCounts;
  /** Numbers given in the tick. */
  readonly numbers: number;
}

export interface ScopeOptions {
  /** Seconds of a tick. */
  readonly delta: number;
  /** Default: {@link DEFAULT_PLACE}. */
  readonly place?: PlaceOptions;
  /** What scripts know by name. */
  readonly types: ScriptTypes;
  readonly log?: (line: LogLine) => void;
  /** Default: {@link scriptApi}. */
  readonly api?: readonly ApiNamespace[];
  readonly undo?: UndoLog;
}

/** Whose call it is. */
export interface Caller {
  /** Name of the script. */
  readonly name: string;
  /** The component that holds what the script calls `State`, and which of its columns that is. */
  readonly state?: Component;
  readonly layout?: () => { readonly access: AccessLayout; readonly picked: readonly number[] };
  readonly budget: Budget;
  readonly capabilities: ReadonlySet<Capability>;
}

/** The state of a script among all fields of the component that holds it. */
export function stateOf({ state, layout }: Caller, fields: Fields): Fields {
  if (layout === undefined) return fields;
  const { access, picked } = layout();
  return Object.fromEntries(access.fields.map(({ name }, f) => [name, fields[state!.columns[picked[f]!]!.path]]));
}

/** Values of the state by the names of the columns that hold them. Throws {@link ScriptError}. */
export function columnsOf({ state, layout }: Caller, fields: Fields): Fields {
  if (layout === undefined) return fields;
  const { access, picked } = layout();
  return Object.fromEntries(
    Object.entries(fields).map(([field, value]) => {
      const f = access.fields.findIndex(({ name }) => name === field);
      if (f < 0) throw new ScriptError(`State has no field ${field.slice(0, 64)}`);
      return [state!.columns[picked[f]!]!.path, value];
    }),
  );
}

export function stop(kind: FaultKind, limit: number, what: string): ScriptStop {
  return new ScriptStop(kind, `The call asks for more than ${limit} ${what}`);
}

export function denied(what: string, capability: Capability): ScriptError {
  return new ScriptError(
    `${what}: denied, for the script lacks the capability ${capability}: ${capabilities[capability]}`,
  );
}

/** Bytes of a text in UTF-8. */
export function bytesOf(text: string): number {
  let bytes = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    bytes += unit < 0x80 ? 1 : unit < 0x800 ? 2 : unit >= 0xd800 && unit < 0xe000 ? 2 : 3;
  }
  return bytes;
}

/** Elements of a row of a component. */
export function lanesOf({ columns }: Component): number {
  let lanes = 0;
  for (let c = 0; c < columns.length; c++) lanes += columns[c]!.lanes;
  return lanes;
}

const HEAVY: ReadonlySet<ApiType> = new Set(["string", "bytes", "entities", "strings", "list", "table", "value"]);

/** How much there is to look at in the arguments of a function: elements, and bytes of texts. */
export function weightOf({ parameters }: ApiFunction, values: readonly ScriptValue[]): number {
  let weight = 0;
  for (let p = 0; p < parameters.length; p++) if (HEAVY.has(parameters[p]!.type)) weight += weigh(values[p]);
  return weight;
}

function weigh(value: ScriptValue): number {
  if (typeof value === "string") return value.length;
  if (typeof value !== "object") return 1;
  if (value instanceof Uint8Array) return value.length;
  let weight = 1;
  if (Array.isArray(value)) for (const one of value as readonly ScriptValue[]) weight += weigh(one);
  else for (const [key, one] of Object.entries(value)) weight += key.length + weigh(one);
  return weight;
}
