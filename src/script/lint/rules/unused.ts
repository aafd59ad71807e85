import { type Complaint, type Fix, replacement } from "../finding.ts";
import type { Variable } from "../names.ts";
import type { Rule } from "../rule.ts";
import { globalFunctions, isPure, type Source } from "../source.ts";
import type { NameNode, SyntaxNode } from "../syntax.ts";
import { hookFor } from "./hook.ts";

export const unused: Rule = {
  id: "unused",
  severity: "warning",
  doc: "locals, local functions, parameters and loop variables that nobody reads; names that begin with an underscore may, and so may `self`, parameters of hooks and those before one that is read",
  fixes: "removes the declaration if that changes nothing, else puts an underscore before the name",
  check: (source) => source.names.variables.flatMap((variable) => complaintsOf(source, variable)),
};

function complaintsOf(source: Source, variable: Variable): Complaint[] {
  const { name, declaration, kind, reads, writes, attribute } = variable;
  if (declaration === undefined || name.startsWith("_") || name === "self" || attribute === "close") return [];
  if (reads.some((read) => !isInside(read, variable))) return [];
  if (kind === "parameter" && isExempt(source, variable)) return [];
  if (kind === "loop" && isBeforeUsed(source, variable)) return [];
  const what = { local: "local", function: "function", parameter: "parameter", loop: "loop variable" }[kind];
  const message =
    writes.length > 0
      ? `${name} is set, but never read; remove it or name it _${name}`
      : `the ${what} ${name} is never used; remove it or name it _${name}`;
  return [{ ...declaration, message, fix: removal(source, variable) ?? renaming(source, variable) }];
}

/** A function's use of itself is no use. */
function isInside(read: NameNode, { kind, initial }: Variable): boolean {
  return kind === "function" && initial !== undefined && read.start >= initial.start && read.end <= initial.end;
}

function isExempt(source: Source, variable: Variable): boolean {
  const node = variable.owner!;
  const isHook = [...globalFunctions(source)].some(
    ([name, value]) => value === node && (source.hooks.has(name) || hookFor(name) !== undefined),
  );
  if (isHook) return true;
  const at = node.parameters.indexOf(variable.declaration!);
  return node.parameters.slice(at + 1).some((later) => (source.names.of(later)?.reads.length ?? 0) > 0);
}

/** `for i, value in ...` where the value alone is read. */
function isBeforeUsed(source: Source, variable: Variable): boolean {
  const loop = source.parentOf(variable.declaration!);
  if (loop?.type !== "generic-for") return true;
  const at = loop.names.indexOf(variable.declaration!);
  return loop.names.slice(at + 1).some((later) => (source.names.of(later)?.reads.length ?? 0) > 0);
}

function removal(source: Source, { kind, declaration, writes, initial, reads }: Variable): Fix | undefined {
  if ((kind !== "local" && kind !== "function") || writes.length > 0 || (kind === "local" && reads.length > 0))
    return undefined;
  let statement: SyntaxNode | undefined = source.parentOf(declaration!);
  if (statement?.type === "local-name") statement = source.parentOf(statement);
  if (statement?.type === "local" && (statement.names.length > 1 || statement.values.length > 1)) return undefined;
  if (statement === undefined || (initial !== undefined && !isPure(initial))) return undefined;
  if (statement.type === "local" && initial === undefined && statement.values.length > 0) return undefined;
  const isSafe = kind === "local" && initial?.type !== "function";
  return { title: "remove it", edits: [replacement(source.lineOf(statement), "")], isSafe };
}

/** Undefined where a name with the underscore is about already. */
export function renaming(source: Source, variable: Variable, name = `_${variable.name}`): Fix | undefined {
  const isTaken = source.names.globals.has(name) || source.names.variables.some((other) => other.name === name);
  if (isTaken) return undefined;
  const nodes = [variable.declaration!, ...variable.reads, ...variable.writes].sort((a, b) => a.start - b.start);
  return { title: `name it ${name}`, edits: nodes.map((node) => replacement(node, name)), isSafe: true };
}
