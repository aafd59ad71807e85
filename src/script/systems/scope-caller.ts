import type { Component } from "../../ecs/component.ts";
import type { ApiNamespace } from "../api.ts";
import type { Budget } from "../budget.ts";
import { type Capability, capabilities } from "../capability.ts";
import type { AccessLayout } from "../engine.ts";
import { type FaultKind, ScriptStop } from "../fault.ts";
import { type Entity, ScriptError } from "../host.ts";
import type { Fields } from "../scope.ts";
import type { UndoLog } from "../undo.ts";
import type { PlaceOptions } from "./component-place.ts";
import type { ScriptTypes } from "./types.ts";

/** A message of a script. */
export interface LogLine {
  readonly level: string;
  readonly text: string;
  readonly script: string;
  readonly entity: Entity;
  readonly tick: number;
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
