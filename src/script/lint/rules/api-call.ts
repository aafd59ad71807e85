import { checkArguments, expectation } from "../../api/argument.ts";
import type { ApiFunction, ApiParameter } from "../../api.ts";
import { ScriptError } from "../../host.ts";
import type { ScriptValue } from "../../value.ts";
import { type Complaint, type Fix, insertion, nearest, replacement } from "../finding.ts";
import type { Rule } from "../rule.ts";
import { isPure, type Source } from "../source.ts";
import { bare, type CallNode, type Expression, type IndexNode, type Span } from "../syntax.ts";

export const apiCall: Rule = {
  id: "api-call",
  severity: "error",
  doc: "functions of the host that do not exist, with a colon, with too few or too many arguments, or with literals of the wrong type",
  fixes: "writes the nearest name, a dot, or a value of the type; adds or removes arguments",
  check: (source) => [
    ...source.all("index").flatMap((node) => unknownMember(source, node)),
    ...source
      .all("call")
      .flatMap((call) => (call.method === undefined ? ofCall(source, call) : withColon(source, call))),
  ],
};

function unknownMember(source: Source, node: IndexNode): Complaint[] {
  const { api, libraries } = source.settings.sandbox;
  const [table = "", member, ...more] = (source.globalPath(node) ?? "").split(".");
  const functions = api.get(table);
  if (functions === undefined || libraries.has(table) || member === undefined || more.length > 0) return [];
  if (functions.has(member)) return [];
  const span = { start: node.key.start, end: node.key.end };
  const near = nearest(member, functions.keys());
  const hint = near === undefined ? `it has ${[...functions.keys()].join(", ")}` : `did you mean ${near}`;
  const fix =
    near === undefined
      ? undefined
      : { title: `write ${near}`, edits: [replacement(span, node.isDot ? near : JSON.stringify(near))], isSafe: false };
  return [{ ...span, message: `there is no ${table}.${member}; ${hint}`, fix }];
}

/** `World:near(...)` would pass World itself. */
function withColon(source: Source, { callee, method }: CallNode): Complaint[] {
  const path = source.globalPath(callee);
  const { api, libraries } = source.settings.sandbox;
  if (path === undefined || (!api.has(path) && !libraries.has(path))) return [];
  const colon = { start: method!.start - 1 - gap(source, method!), end: method!.start };
  const fix = { title: "write a dot", edits: [replacement(colon, ".")], isSafe: true };
  return [{ ...colon, end: method!.end, message: `${path} is no object; write ${path}.${method!.name}`, fix }];
}

/** White space between the colon and the name. */
function gap(source: Source, method: Span): number {
  return /\s*$/.exec(source.text.slice(0, method.start))![0].length;
}

function ofCall(source: Source, call: CallNode): Complaint[] {
  const path = source.globalPath(call.callee);
  const [namespace = "", name = ""] = path?.split(".") ?? [];
  const { api, libraries } = source.settings.sandbox;
  const fn = api.get(namespace)?.get(name);
  if (path === undefined || fn === undefined || libraries.get(namespace)?.has(name) === true) return [];
  const last = call.values.at(-1);
  const isOpen = last?.type === "call" || last?.type === "vararg";
  const given = call.values.length;
  const { parameters } = fn;
  const needed = parameters.filter(({ optional, type }) => optional !== true && type !== "value").length;
  const signature = `${path}(${parameters.map((one) => (one.optional ? `${one.name}?` : one.name)).join(", ")})`;
  if (given - (isOpen ? 1 : 0) > parameters.length) {
    const count = parameters.length;
    const message = `${path}: expected at most ${count} argument${count === 1 ? "" : "s"}, got ${given}: ${signature}`;
    return [{ ...call, message, fix: shortened(call, count) }];
  }
  if (!isOpen && given < needed) {
    const missing = parameters.slice(given, needed);
    const message = `${path}: ${missing[0]!.name}: expected ${expectation(missing[0]!)}, got nothing: ${signature}`;
    return [{ ...call, message, fix: lengthened(call, missing) }];
  }
  return parameters.flatMap((parameter, i) => {
    const value = call.values[i];
    return value === undefined ? [] : (ofValue(path, fn, parameter, value) ?? []);
  });
}

function shortened({ list, values }: CallNode, count: number): Fix {
  const first = values[count]!;
  const start = count === 0 ? first.start : values[count - 1]!.end;
  const edits = [replacement({ start, end: Math.max(list.end - 1, values.at(-1)!.end) }, "")];
  // A string or table without brackets is an argument, too.
  const isBare = values.length === 1 && first.start === list.start;
  if (isBare) return { title: "remove the argument", edits: [replacement(list, "()")], isSafe: isPure(first) };
  return { title: "remove what is too much", edits, isSafe: values.slice(count).every(isPure) };
}

function lengthened({ list, values }: CallNode, missing: readonly ApiParameter[]): Fix {
  const added = missing.map(defaultOf).join(", ");
  const last = values.at(-1);
  const isBare = last !== undefined && last.start === list.start;
  const edits = isBare
    ? [insertion(list.start, "("), insertion(list.end, `, ${added})`)]
    : [last === undefined ? replacement(list, `(${added})`) : insertion(last.end, `, ${added}`)];
  return { title: `add ${missing.map(({ name }) => name).join(", ")}`, edits, isSafe: false };
}

function defaultOf({ type, least, most, oneOf }: ApiParameter): string {
  if (oneOf !== undefined) return JSON.stringify(oneOf[0]);
  switch (type) {
    case "number":
    case "integer":
      return String(Math.max(least ?? 0, Math.min(most ?? 0, 0)));
    case "boolean":
      return "false";
    case "entity":
      return "self.id";
    case "vec3":
      return "{ x = 0, y = 0, z = 0 }";
    case "quat":
      return "{ x = 0, y = 0, z = 0, w = 1 }";
    case "string":
    case "bytes":
      return '""';
    default:
      return "{}";
  }
}

function ofValue(path: string, fn: ApiFunction, parameter: ApiParameter, node: Expression): Complaint | undefined {
  const value = literalOf(node);
  if (value === UNKNOWN) return undefined;
  try {
    checkArguments(path, { ...fn, parameters: [parameter] }, [value]);
    return undefined;
  } catch (error) {
    if (!(error instanceof ScriptError)) throw error;
    const text = converted(parameter, value) ?? defaultOf(parameter);
    const fix = { title: `write ${text}`, edits: [replacement(node, text)], isSafe: false };
    return { start: node.start, end: node.end, message: error.message, fix };
  }
}

/** The value as the type that was wanted: `"3"` as 3, 3 as `"3"`. */
function converted({ type, least, most, oneOf }: ApiParameter, value: ScriptValue): string | undefined {
  if (type === "number" || type === "integer") {
    const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
    if (typeof number !== "number" || number !== number) return undefined;
    const inRange = Math.max(least ?? -Infinity, Math.min(most ?? Infinity, number));
    const whole = type === "integer" ? Math.round(inRange) : inRange;
    return Number.isFinite(whole) ? String(whole) : undefined;
  }
  if (type === "boolean" && (value === "true" || value === "false")) return value;
  if (type === "string" && oneOf === undefined && (typeof value === "number" || typeof value === "boolean"))
    return JSON.stringify(String(value));
  if (type === "string" && typeof value === "string")
    return JSON.stringify(nearest(value, oneOf ?? []) ?? oneOf?.[0] ?? "");
  if (type === "strings" && typeof value === "string") return `{ ${JSON.stringify(value)} }`;
  return undefined;
}

const UNKNOWN = Symbol("unknown");

/** What a literal is to the host; UNKNOWN for all that only running it can tell. */
function literalOf(expression: Expression): ScriptValue | typeof UNKNOWN {
  const node = bare(expression);
  switch (node.type) {
    case "nil":
      return undefined;
    case "boolean":
    case "number":
    case "string":
      return node.value;
    case "unary": {
      const value = node.operator === "-" ? literalOf(node.operand) : UNKNOWN;
      return typeof value === "number" ? -value : UNKNOWN;
    }
    case "table":
      return tableOf(node.fields);
    default:
      return UNKNOWN;
  }
}

function tableOf(fields: readonly { key: Expression | undefined; value: Expression }[]): ScriptValue | typeof UNKNOWN {
  const list: ScriptValue[] = [];
  const map: Record<string, ScriptValue> = Object.create(null);
  for (const { key, value } of fields) {
    const inner = literalOf(value);
    if (inner === UNKNOWN) return UNKNOWN;
    if (key === undefined) list.push(inner);
    else if (bare(key).type === "string") map[(bare(key) as { value: string }).value] = inner;
    else return UNKNOWN;
  }
  const names = Object.keys(map).length;
  return names === 0 ? list : list.length === 0 ? map : UNKNOWN;
}
