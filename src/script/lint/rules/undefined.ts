import { type Complaint, insertion, nearest, replacement } from "../finding.ts";
import type { Rule } from "../rule.ts";
import { globalsOf, RENAMED } from "../sandbox.ts";
import type { Source } from "../source.ts";
import type { Span } from "../syntax.ts";
import { isForbidden } from "./forbidden.ts";

export const undefinedName: Rule = {
  id: "undefined",
  severity: "error",
  doc: "a name that nothing defines: neither the script, nor Lua, nor the host; also functions that `math`, `string` and the like do not have",
  fixes: "writes the nearest name that exists; else declares a local",
  check: (source) => [...names(source), ...members(source)],
};

function names(source: Source): Complaint[] {
  const known = globalsOf(source.settings.sandbox);
  const found: Complaint[] = [];
  if (source.names.variables.some(({ name }) => name === "_ENV")) return found;
  const defined = definedIn(source);
  for (const [name, uses] of source.names.globals) {
    if (known.has(name) || isForbidden(name) || uses.some(({ isWrite }) => isWrite)) continue;
    for (const { node, visible } of uses) {
      const renamed = RENAMED[name];
      const near = MEANT[name] ?? renamed ?? nearest(name, [...visible(), ...defined, ...known]);
      if (near !== undefined) {
        const fix = {
          title: `write ${near}`,
          edits: [replacement(node, near)],
          isSafe: renamed !== undefined || name in MEANT,
        };
        found.push({ ...node, message: `${name} is not defined; did you mean ${near}`, fix });
      } else {
        const fix = { title: `declare local ${name}`, edits: [insertion(0, `local ${name}\n`)], isSafe: false };
        found.push({
          ...node,
          message: `${name} is not defined; declare it, or add it to the globals of the game`,
          fix,
        });
      }
    }
  }
  return found;
}

/** How other languages say nil. */
const MEANT: Readonly<Record<string, string>> = {
  null: "nil",
  None: "nil",
  undefined: "nil",
  True: "true",
  False: "false",
};

function definedIn(source: Source): string[] {
  return [...source.names.globals].flatMap(([name, uses]) => (uses.some(({ isWrite }) => isWrite) ? [name] : []));
}

function members(source: Source): Complaint[] {
  const { libraries, api } = source.settings.sandbox;
  return source.all("index").flatMap((node) => {
    const [table = "", member, ...more] = (source.globalPath(node) ?? "").split(".");
    const has = libraries.get(table);
    const path = `${table}.${member}`;
    if (has === undefined || member === undefined || more.length > 0 || source.offers(path) || isForbidden(path))
      return [];
    const span: Span = { start: node.key.start, end: node.key.end };
    const near = nearest(member, [...has, ...(api.get(table)?.keys() ?? [])]);
    const renamed = RENAMED[path];
    if (renamed?.includes(".")) {
      const fix = { title: `write ${renamed}`, edits: [replacement(node, renamed)], isSafe: true };
      return [{ ...node, message: `${path} is no more; write ${renamed}`, fix }];
    }
    const hint =
      renamed !== undefined
        ? `use ${renamed}`
        : near === undefined
          ? `it has ${[...has].join(", ")}`
          : `did you mean ${near}`;
    if (near === undefined || renamed !== undefined) {
      const fix = { title: "write nil", edits: [replacement(node, "nil")], isSafe: false };
      return [
        { ...span, message: `there is no ${path}; ${hint}`, fix: node.isDot && isRead(source, node) ? fix : undefined },
      ];
    }
    const text = node.isDot ? near : JSON.stringify(near);
    const fix = { title: `write ${near}`, edits: [replacement(span, text)], isSafe: false };
    return [{ ...span, message: `there is no ${path}; ${hint}`, fix }];
  });
}

function isRead(source: Source, node: Parameters<Source["parentOf"]>[0]): boolean {
  const parent = source.parentOf(node);
  return (
    parent?.type !== "call" &&
    parent?.type !== "index" &&
    parent?.type !== "assign" &&
    parent?.type !== "function-statement"
  );
}
