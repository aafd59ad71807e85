import { type Access, accessesOf } from "../access.ts";
import { type Complaint, nearest, replacement } from "../finding.ts";
import type { StateType } from "../manifest.ts";
import { addedState } from "../manifest-edit.ts";
import type { Rule } from "../rule.ts";
import type { Source } from "../source.ts";
import { bare, type Expression, type IndexNode, keyOf } from "../syntax.ts";

export const stateField: Rule = {
  id: "state-field",
  severity: "error",
  doc: "a field of `self.State` that the script does not declare, or a literal that it cannot hold; a value kept in `self` itself",
  fixes: "writes the nearest field; declares it in `state`; writes a value of its type",
  check(source) {
    const { all } = accessesOf(source);
    const kept = all.filter(({ part, field, isWrite }) => field === undefined && isWrite && part !== "id");
    const [manifest] = source.manifests;
    const fields = manifest === undefined || manifest.isWholeState ? all.filter(({ part }) => part === "State") : [];
    return [...fields.flatMap((access) => ofState(source, access)), ...kept.map((access) => inSelf(source, access))];
  },
};

function ofState(source: Source, { field, value }: Access): Complaint[] {
  const name = field === undefined ? undefined : keyOf(field);
  if (field === undefined || name === undefined) return [];
  const declared = source.manifests[0]?.state.get(name);
  if (declared === undefined) return [undeclared(source, field, name, value)];
  const type = value === undefined ? undefined : literalType(value);
  if (value === undefined || type === undefined || declared.type === undefined || fits(type, declared.type)) return [];
  const message = `State.${name} is declared as ${ARTICLES[declared.type]}; it cannot hold ${type === "nil" ? "nil" : ARTICLES[type]}`;
  const text = DEFAULTS[declared.type];
  return [{ ...value, message, fix: { title: `write ${text}`, edits: [replacement(value, text)], isSafe: false } }];
}

function undeclared(source: Source, field: IndexNode, name: string, value: Expression | undefined): Complaint {
  const span = { start: field.key.start, end: field.key.end };
  const near = nearest(name, source.manifests[0]?.state.keys() ?? []);
  if (near !== undefined) {
    const fix = {
      title: `write ${near}`,
      edits: [replacement(span, field.isDot ? near : JSON.stringify(near))],
      isSafe: false,
    };
    return { ...span, message: `State has no field ${name}; did you mean ${near}`, fix };
  }
  const type = value === undefined ? undefined : literalType(value);
  const text = type === undefined || type === "nil" ? "0.0" : source.slice(value!);
  const edit = /^[A-Za-z_]\w*$/.test(name) ? addedState(source, `${name} = ${text}`) : undefined;
  const fix = edit === undefined ? undefined : { title: `declare ${name} in state`, edits: [edit], isSafe: false };
  return { ...span, message: `State has no field ${name}; declare it: script { state = { ${name} = ${text} } }`, fix };
}

function inSelf(source: Source, { part, node, value }: Access): Complaint {
  const message =
    part === "State" || /^[A-Z]/.test(part)
      ? `self.${part} cannot be replaced; set its fields`
      : `self.${part} is lost when the instance starts again; declare ${part} in state and use self.State.${part}`;
  const type = value === undefined ? undefined : literalType(value);
  const edit =
    type === undefined || type === "nil" || source.manifests[0]?.state.has(part) === true
      ? undefined
      : addedState(source, `${part} = ${source.slice(value!)}`);
  const self = node.type === "index" ? source.slice(node.object) : "self";
  if (edit === undefined || /^[A-Z]/.test(part)) return { ...node, message };
  const uses = accessesOf(source).all.filter((access) => access.part === part && access.node.type === "index");
  const edits = [edit, ...uses.map(({ node: use }) => replacement(use, `${self}.State.${part}`))];
  return {
    ...node,
    message,
    fix: { title: `keep ${part} in State`, edits: edits.sort((a, b) => a.start - b.start), isSafe: false },
  };
}

const ARTICLES: Readonly<Record<StateType, string>> = {
  number: "a number",
  integer: "an integer",
  string: "a string",
  boolean: "true or false",
  entity: "an entity",
};
const DEFAULTS: Readonly<Record<StateType, string>> = {
  number: "0.0",
  integer: "0",
  string: '""',
  boolean: "false",
  entity: "0",
};

function literalType(value: Expression): StateType | "nil" | undefined {
  const node = bare(value);
  if (node.type === "nil") return "nil";
  if (node.type === "string" || node.type === "boolean") return node.type;
  if (node.type === "unary" && node.operator === "-") return literalType(node.operand);
  return node.type === "number" ? (node.isInteger || Number.isInteger(node.value) ? "integer" : "number") : undefined;
}

function fits(type: StateType | "nil", declared: StateType): boolean {
  return type === declared || (type === "integer" && (declared === "number" || declared === "entity"));
}
