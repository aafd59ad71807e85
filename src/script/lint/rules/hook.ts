import { type Complaint, nearest, replacement } from "../finding.ts";
import { HOOKS } from "../manifest.ts";
import type { Rule } from "../rule.ts";
import { globalFunctions, type Source } from "../source.ts";
import type { NameNode } from "../syntax.ts";

export const hook: Rule = {
  id: "hook",
  severity: "warning",
  doc: "a function whose name is almost that of a hook (`OnUpdate`, `on_update`), a hook that is local, or one with other parameters",
  fixes: "writes the name of the hook; removes `local`; puts `self` before the parameters",
  check: (source) => [...misspelt(source), ...local(source), ...parameters(source)],
};

const NAMES = Object.keys(HOOKS);

function misspelt(source: Source): Complaint[] {
  return [...globalFunctions(source)].flatMap(([name]): Complaint[] => {
    const near = hookFor(name);
    if (near === undefined || source.hooks.has(near)) return [];
    const uses = source.names.globals.get(name)!.map(({ node }) => node);
    const isSame = plain(name) === plain(near);
    const fix = { title: `write ${near}`, edits: uses.map((node) => replacement(node, near)), isSafe: isSame };
    return [{ ...uses[0]!, message: `${name} is no hook and is never called; did you mean ${near}`, fix }];
  });
}

/** The hook whose name a function almost has. */
export function hookFor(name: string): string | undefined {
  if (NAMES.includes(name)) return undefined;
  const same = NAMES.find((one) => plain(one) === plain(name));
  return same ?? (/^on/i.test(name) ? nearest(name, NAMES) : undefined);
}

function plain(name: string): string {
  return name.replaceAll("_", "").toLowerCase();
}

function local(source: Source): Complaint[] {
  return source.chunk.statements.flatMap((node): Complaint[] => {
    if (node.type !== "local-function" || !NAMES.includes(node.name.name)) return [];
    const { name } = node.name;
    const edits = [
      replacement({ start: node.start, end: node.start + /^local\s+/.exec(source.slice(node))![0].length }, ""),
    ];
    const isUsed = (source.names.of(node.name)?.reads.length ?? 0) > 0;
    const fix = { title: "make it global", edits, isSafe: !isUsed };
    return [{ ...node.name, message: `a local ${name} is never called as a hook; remove local`, fix }];
  });
}

function parameters(source: Source): Complaint[] {
  return [...source.hooks].flatMap(([name, node]): Complaint[] => {
    const wanted = HOOKS[name]!;
    const [first] = node.parameters;
    if (first !== undefined && first.name !== "self" && wanted.slice(1).includes(first.name)) {
      const fix = {
        title: "put self before it",
        edits: [{ start: first.start, end: first.start, text: "self, " }],
        isSafe: true,
      };
      return [{ ...first, message: `${name}(${wanted.join(", ")}): the first parameter is self`, fix }];
    }
    const extra = node.parameters.slice(wanted.length);
    if (extra.length === 0) return [];
    const message = `${name}(${wanted.join(", ")}) gets no more parameters; remove ${extra.map((one: NameNode) => one.name).join(", ")}`;
    const isRead = extra.some((one) => {
      const variable = source.names.of(one);
      return variable !== undefined && variable.reads.length + variable.writes.length > 0;
    });
    const before = node.parameters[wanted.length - 1]!;
    const edits = [replacement({ start: before.end, end: extra.at(-1)!.end }, "")];
    const title = "remove what is too much";
    return [
      {
        start: extra[0]!.start,
        end: extra.at(-1)!.end,
        message,
        fix: isRead ? undefined : { title, edits, isSafe: true },
      },
    ];
  });
}
