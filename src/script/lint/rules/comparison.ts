import { type Complaint, replacement } from "../finding.ts";
import type { Rule } from "../rule.ts";
import type { Source } from "../source.ts";
import { type BinaryNode, bare, type Expression } from "../syntax.ts";

export const comparison: Rule = {
  id: "comparison",
  severity: "warning",
  doc: "a comparison that does not do what it looks like: with NaN (`0/0`), of `nil` by size, `not a == b`, of `type(x)` with something that is no name of a type, of a new table",
  fixes: "writes the comparison that was meant",
  check: (source) =>
    source
      .all("binary")
      .filter(({ operator }) => /^([=~<>]=|[<>])$/.test(operator))
      .flatMap((node) => complaintOf(source, node) ?? []),
};

const TYPES = ["nil", "number", "string", "boolean", "table", "function", "thread", "userdata"];

function complaintOf(source: Source, node: BinaryNode): Complaint | undefined {
  return (
    withNaN(source, node) ?? withNil(source, node) ?? negated(source, node) ?? ofType(source, node) ?? ofTable(node)
  );
}

function withNaN(source: Source, node: BinaryNode): Complaint | undefined {
  const { operator, left, right } = node;
  const other = isNaN_(source, left) ? right : isNaN_(source, right) ? left : undefined;
  if (other === undefined) return undefined;
  const text = source.slice(other);
  const isEqual = operator === "==" || operator === "~=";
  const always = operator === "~=" ? "true" : "false";
  const message = `nothing is equal to NaN, so this is always ${always}; write ${text} ~= ${text} to ask for NaN`;
  // `x == 0/0` asks for NaN, `x ~= 0/0` for anything else.
  const meant = operator === "==" ? `${text} ~= ${text}` : `${text} == ${text}`;
  if (!isEqual || other.type !== "name") return { ...node, message };
  return { ...node, message, fix: { title: `write ${meant}`, edits: [replacement(node, meant)], isSafe: false } };
}

function isNaN_(source: Source, expression: Expression): boolean {
  const node = bare(expression);
  if (node.type === "unary" && node.operator === "-") return isNaN_(source, node.operand);
  if (node.type !== "binary" || node.operator !== "/") return false;
  const [left, right] = [bare(node.left), bare(node.right)];
  return left.type === "number" && left.value === 0 && right.type === "number" && right.value === 0;
}

/** `x < nil` is an error; `#list == nil` is never true. */
function withNil(source: Source, node: BinaryNode): Complaint | undefined {
  const { operator, left, right } = node;
  if (bare(right).type !== "nil" && bare(left).type !== "nil") return undefined;
  const other = bare(left).type === "nil" ? right : left;
  const text = source.slice(other);
  if (operator !== "==" && operator !== "~=") {
    const fix = { title: `write ${text} ~= nil`, edits: [replacement(node, `${text} ~= nil`)], isSafe: false };
    return {
      ...node,
      message: `${operator} with nil is an error; compare with a number, or write ${text} ~= nil`,
      fix,
    };
  }
  const inner = bare(other);
  if (inner.type !== "unary" || inner.operator !== "#") return undefined;
  const meant = `${text} ${operator} 0`;
  const fix = { title: `write ${meant}`, edits: [replacement(node, meant)], isSafe: false };
  return { ...node, message: `a length is never nil; write ${meant}`, fix };
}

/** `not a == b` is `(not a) == b`. */
function negated(source: Source, node: BinaryNode): Complaint | undefined {
  const { operator, left, right } = node;
  if (left.type !== "unary" || left.operator !== "not") return undefined;
  const other = bare(right);
  if (other.type === "boolean" || (other.type === "unary" && other.operator === "not")) return undefined;
  const [a, b] = [source.slice(left.operand), source.slice(right)];
  const turned: Readonly<Record<string, string>> = {
    "==": "~=",
    "~=": "==",
    "<": ">=",
    ">": "<=",
    "<=": ">",
    ">=": "<",
  };
  const isEqual = operator === "==" || operator === "~=";
  // With NaN, not a < b is not a >= b.
  const meant = isEqual ? `${a} ${turned[operator]} ${b}` : `not (${a} ${operator} ${b})`;
  const fix = { title: `write ${meant}`, edits: [replacement(node, meant)], isSafe: false };
  return { ...node, message: `not goes before ${operator}: this is (not ${a}) ${operator} ${b}; write ${meant}`, fix };
}

function ofType(source: Source, node: BinaryNode): Complaint | undefined {
  const { operator, left, right } = node;
  if (operator !== "==" && operator !== "~=") return undefined;
  const [call, other] = bare(left).type === "call" ? [bare(left), right] : [bare(right), left];
  if (call.type !== "call" || call.method !== undefined || source.globalPath(call.callee) !== "type") return undefined;
  const name = bare(other);
  if (name.type === "nil") {
    const fix = { title: 'write "nil"', edits: [replacement(other, '"nil"')], isSafe: true };
    return { ...node, message: 'type gives a string, never nil; write "nil"', fix };
  }
  if (name.type !== "string" || TYPES.includes(name.value)) return undefined;
  const near = MEANT[name.value.toLowerCase()];
  const message = `there is no type ${JSON.stringify(name.value)}; the types are ${TYPES.join(", ")}`;
  if (near === undefined) return { ...node, message };
  return {
    ...node,
    message,
    fix: { title: `write "${near}"`, edits: [replacement(other, `"${near}"`)], isSafe: false },
  };
}

const MEANT: Readonly<Record<string, string>> = {
  int: "number",
  integer: "number",
  float: "number",
  str: "string",
  bool: "boolean",
  array: "table",
  list: "table",
  object: "table",
  func: "function",
  null: "nil",
  ...Object.fromEntries(TYPES.map((type) => [type, type])),
};

/** `x == {}` is never true: each table is a new one. */
function ofTable({ operator, left, right, start, end }: BinaryNode): Complaint | undefined {
  if (operator !== "==" && operator !== "~=") return undefined;
  const [a, b] = [bare(left), bare(right)];
  const table = b.type === "table" ? b : a.type === "table" ? a : undefined;
  if (table === undefined) return undefined;
  const always = operator === "~=";
  const message = `a new table is equal to no other, so this is always ${always}; use next(x) == nil to ask for an empty one`;
  const other = table === b ? left : right;
  if (table.fields.length > 0 || other.type === "table") return { start, end, message };
  const edits = [
    { start, end: other.start, text: "next(" },
    { start: other.end, end, text: `) ${operator} nil` },
  ];
  return { start, end, message, fix: { title: "ask for an empty table", edits, isSafe: false } };
}
