import type { Hook } from "../engine.ts";
import { isGlobal, type Names } from "./names.ts";
import { type Block, bare, type CallNode, type Expression, type FieldNode, nodesOf, type TableNode } from "./syntax.ts";

/** Hooks and the parameters that each gets. */
export const HOOKS: Readonly<Record<string, readonly string[]>> = {
  onStart: ["self"],
  onUpdate: ["self", "dt"],
  onEvent: ["self", "name", "event"],
  onDestroy: ["self"],
  onSave: ["self"],
  onRestore: ["self", "saved"],
} satisfies Readonly<Record<Hook, readonly string[]>>;

/** What `script { ... }` can say. */
export const MANIFEST_KEYS: readonly string[] = ["state", "reads", "writes", "hears"];

/** A list of the manifest, such as `reads`. */
export interface NameList {
  readonly field: FieldNode;
  /** Undefined where the value is no table as it stands. */
  readonly table: TableNode | undefined;
  readonly items: readonly { readonly name: string; readonly field: FieldNode }[];
  /** Whether all of it stands there. */
  readonly isWhole: boolean;
}

export type StateType = "number" | "integer" | "string" | "boolean" | "entity";

/** A call of `script { ... }` as it is written. */
export interface Manifest {
  readonly call: CallNode;
  readonly table: TableNode | undefined;
  readonly fields: ReadonlyMap<string, FieldNode>;
  readonly state: ReadonlyMap<string, { readonly field: FieldNode; readonly type: StateType | undefined }>;
  readonly stateTable: TableNode | undefined;
  readonly isWholeState: boolean;
  readonly reads: NameList | undefined;
  readonly writes: NameList | undefined;
  readonly hears: NameList | undefined;
}

/** All calls of `script`, in the order of the text. */
export function manifestsOf(chunk: Block, names: Names): Manifest[] {
  return nodesOf(chunk, "call")
    .filter(({ callee, method }) => method === undefined && isGlobal(names, callee, "script"))
    .map((call) => manifestOf(call, names));
}

function manifestOf(call: CallNode, names: Names): Manifest {
  const table = tableOf(call.values[0]);
  const fields = new Map<string, FieldNode>();
  for (const field of table?.fields ?? []) {
    if (field.key?.type === "string") fields.set(field.key.value, field);
  }
  const stateTable = tableOf(fields.get("state")?.value);
  const state = new Map<string, { field: FieldNode; type: StateType | undefined }>();
  for (const field of stateTable?.fields ?? []) {
    if (field.key?.type === "string") state.set(field.key.value, { field, type: stateType(field.value, names) });
  }
  return {
    call,
    table,
    fields,
    state,
    stateTable,
    isWholeState:
      table !== undefined &&
      (fields.get("state") === undefined || stateTable?.fields.every(({ key }) => key?.type === "string") === true),
    reads: listOf(fields.get("reads")),
    writes: listOf(fields.get("writes")),
    hears: listOf(fields.get("hears")),
  };
}

function listOf(field: FieldNode | undefined): NameList | undefined {
  if (field === undefined) return undefined;
  const table = tableOf(field.value);
  const items = (table?.fields ?? []).flatMap((item) => {
    const value = bare(item.value);
    return item.key === undefined && value.type === "string" ? { name: value.value, field: item } : [];
  });
  return { field, table, items, isWhole: table !== undefined && items.length === table.fields.length };
}

function tableOf(expression: Expression | undefined): TableNode | undefined {
  const inner = expression === undefined ? undefined : bare(expression);
  return inner?.type === "table" ? inner : undefined;
}

function stateType(value: Expression, names: Names): StateType | undefined {
  const inner = bare(value);
  if (inner.type === "unary" && inner.operator === "-") return stateType(inner.operand, names);
  if (inner.type === "number") return inner.isInteger ? "integer" : "number";
  if (inner.type === "string") return "string";
  if (inner.type === "boolean") return "boolean";
  if (inner.type !== "call" || inner.callee.type !== "name" || names.of(inner.callee) !== undefined) return undefined;
  const { name } = inner.callee;
  if (name === "f32" || name === "f64") return "number";
  if (name === "bool") return "boolean";
  if (name === "str") return "string";
  return name === "i32" || name === "u32" ? "integer" : name === "entity" ? "entity" : undefined;
}
