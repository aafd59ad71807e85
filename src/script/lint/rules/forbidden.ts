import type { Complaint, Fix } from "../finding.ts";
import { replacement } from "../finding.ts";
import type { Rule } from "../rule.ts";
import type { Source } from "../source.ts";
import type { CallNode, Expression, SyntaxNode } from "../syntax.ts";

export const forbidden: Rule = {
  id: "forbidden",
  severity: "error",
  doc: "use of what scripts do not have: `io`, `os`, `debug`, `package`, `dofile`, `loadfile`, `collectgarbage`, `math.randomseed`, `string.dump`, `__gc`",
  fixes: "calls the host's function that does the same; else removes the call, or writes nil",
  check: (source) => [...uses(source), ...finalisers(source)],
};

const REASONS: Readonly<Record<string, string>> = {
  io: "scripts have no files; use print or Log",
  os: "scripts have no operating system; use Time for the time",
  debug: "scripts cannot look into their machine; use print or Log",
  package: "there are no packages; use require",
  module: "there is no module; return a table from the module's file",
  dofile: "scripts have no files; use require",
  loadfile: "scripts have no files; use require",
  collectgarbage: "memory is collected without scripts' help",
  getfenv: "there is no getfenv in Lua 5.4",
  setfenv: "there is no setfenv in Lua 5.4",
  "math.randomseed": "the world has the seed of all chance; use Random",
  "string.dump": "functions cannot be turned into bytes",
};

/** What can be called instead, if the host has it. */
const INSTEAD: Readonly<Record<string, string>> = {
  "os.time": "Time.total",
  "os.clock": "Time.total",
  "io.write": "print",
  "io.read": "Input.last",
  "debug.traceback": "tostring",
};

/** Whether a global, or a member of one, is there for no script. */
export function isForbidden(path: string): boolean {
  return Object.hasOwn(REASONS, path) || Object.hasOwn(REASONS, path.split(".")[0]!);
}

function uses(source: Source): Complaint[] {
  const found: Complaint[] = [];
  for (const node of [...source.all("name"), ...source.all("index")]) {
    const path = source.globalPath(node);
    if (path === undefined || !Object.hasOwn(REASONS, path) || isTarget(source, node)) continue;
    let whole: Expression = node;
    const parent = source.parentOf(node);
    if (parent?.type === "index" && parent.object === node) whole = parent;
    const name = source.globalPath(whole) ?? path;
    found.push({ ...whole, message: `${name}: ${REASONS[path]}`, fix: fixOf(source, whole, name) });
  }
  return found;
}

function isTarget(source: Source, node: SyntaxNode): boolean {
  const parent = source.parentOf(node);
  return (
    (parent?.type === "assign" && parent.targets.includes(node as Expression)) ||
    (parent?.type === "function-statement" && parent.target === node) ||
    // `_G.os` is found as a whole.
    (node.type === "name" && (node.name === "_G" || node.name === "_ENV"))
  );
}

function fixOf(source: Source, whole: Expression, name: string): Fix {
  const instead = INSTEAD[name];
  const parent = source.parentOf(whole);
  const call: CallNode | undefined = parent?.type === "call" && parent.callee === whole ? parent : undefined;
  if (instead !== undefined && call !== undefined && (instead === "print" || source.offers(instead))) {
    if (instead !== "Time.total" || call.values.length === 0)
      return { title: `call ${instead}`, edits: [replacement(whole, instead)], isSafe: false };
  }
  let outer: SyntaxNode = call ?? whole;
  // Calls and members of what is not there go with it.
  for (const next of source.around(outer)) {
    const isOf = (next.type === "call" && next.callee === outer) || (next.type === "index" && next.object === outer);
    if (!isOf) break;
    outer = next;
  }
  const statement = source.parentOf(outer);
  if (statement?.type === "call-statement")
    return { title: "remove the call", edits: [replacement(source.lineOf(statement), "")], isSafe: false };
  return { title: "write nil", edits: [replacement(outer, "nil")], isSafe: false };
}

function finalisers(source: Source): Complaint[] {
  const message = "__gc: there are no finalisers; end things in onDestroy, or with local x <close>";
  const fields = source.all("table").flatMap(({ fields }) =>
    fields.flatMap((field, i): Complaint[] => {
      // A set of names may hold this one.
      if (field.key?.type !== "string" || field.key.value !== "__gc" || field.value.type === "boolean") return [];
      const end = fields[i + 1]?.start ?? field.end + /^[ \t]*[,;]?/.exec(source.text.slice(field.end))![0].length;
      const fix = { title: "remove the field", edits: [replacement({ start: field.start, end }, "")], isSafe: false };
      return [{ ...field, message, fix }];
    }),
  );
  const assigned = source.all("assign").flatMap((node): Complaint[] => {
    const [target, another] = node.targets;
    if (target?.type !== "index" || target.key.type !== "string" || target.key.value !== "__gc") return [];
    const fix = { title: "remove the assignment", edits: [replacement(source.lineOf(node), "")], isSafe: false };
    return [{ ...target, message, fix: another === undefined ? fix : undefined }];
  });
  return [...fields, ...assigned];
}
