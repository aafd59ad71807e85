import { readdirSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { KEYWORDS } from "../script/lint/lexer.ts";
import { globalsOf, type Sandbox, sandboxOf } from "../script/lint/sandbox.ts";
import { commands, componentsIn } from "./repl-session.ts";
import type { ScriptStage } from "./script-stage.ts";

/** What a line can name: of each stage it stays the same. */
const sandboxes = new WeakMap<ScriptStage, Sandbox>();

function sandboxIn(stage: ScriptStage): Sandbox {
  const known = sandboxes.get(stage) ?? sandboxOf(stage.scripts.api, ["self", "_"]);
  sandboxes.set(stage, known);
  return known;
}

/**
 * What a line can go on with, and the part of it that this stands for. It looks at names alone, nothing is run: `lines` are those
 * before, of which the names are known that they set.
 */
export function complete(stage: ScriptStage, line: string, lines: readonly string[] = []): [string[], string] {
  const command = /^\s*(\.\w*)$/.exec(line)?.[1];
  if (command !== undefined) return [starting(Object.keys(commands), command), command];
  const [, verb, argument = ""] = /^\s*(\.\w+)\s+(\S*)$/.exec(line) ?? [];
  if (verb !== undefined) return [argumentsOf(stage, verb, argument), argument];
  const quoted = /["']([\w.]*)$/.exec(line)?.[1];
  if (quoted !== undefined && isOpen(line)) return [starting(textsOf(stage), quoted), quoted];
  const path = /[\w.:]*$/.exec(line)![0];
  const at = Math.max(path.lastIndexOf("."), path.lastIndexOf(":")) + 1;
  const members =
    at === 0
      ? [...globalsOf(sandboxIn(stage)), ...KEYWORDS, ...namesIn(lines)]
      : membersOf(stage, path.slice(0, at - 1));
  return [starting(members, path.slice(at)).map((member) => path.slice(0, at) + member), path];
}

function membersOf(stage: ScriptStage, owner: string): readonly string[] {
  const sandbox = sandboxIn(stage);
  const functions = sandbox.api.get(owner);
  const library = sandbox.libraries.get(owner);
  if (functions !== undefined || library !== undefined) return [...(functions?.keys() ?? []), ...(library ?? [])];
  if (owner === "self") return ["id", "State", ...stage.scripts.types.components.map(({ name }) => name)];
  const component = componentsIn(stage).find(({ name }) => owner === `self.${name}`);
  return component === undefined ? [] : component.columns.map(({ path }) => path.split(".")[0]!);
}

/** What functions take as texts. */
function textsOf({ scripts }: ScriptStage): string[] {
  const { components, prefabs, events, inputs } = scripts.types;
  return [...components, ...prefabs, ...events, ...inputs].map(({ name }) => name);
}

function argumentsOf(stage: ScriptStage, verb: string, start: string): string[] {
  if (verb === ".entities")
    return starting(
      componentsIn(stage).map(({ name }) => name),
      start,
    );
  if (verb !== ".reload") return [];
  const known = stage.files.scripts.map(({ file }) => file).filter((file) => file !== "");
  try {
    const folder = dirname(`${start}x`);
    const inside = readdirSync(folder).filter((name) => name.startsWith(basename(`${start}x`).slice(0, -1)));
    return starting([...known, ...inside.map((name) => (start.includes("/") ? join(folder, name) : name))], start);
  } catch {
    return starting(known, start);
  }
}

/** Names that lines set as globals. */
function namesIn(lines: readonly string[]): string[] {
  return lines.flatMap((line) =>
    [...line.matchAll(/(?:^|[\s;])(?:function\s+)?([A-Za-z_]\w*)\s*(?=[=(,](?!=))/g)].map(([, name]) => name!),
  );
}

/** Whether the last quote of a line opens a text. */
function isOpen(line: string): boolean {
  let open = "";
  for (const letter of line)
    if (open === "" && /["']/.test(letter)) open = letter;
    else if (letter === open) open = "";
  return open !== "";
}

function starting(names: Iterable<string>, start: string): string[] {
  return [...new Set(names)].filter((name) => name.startsWith(start)).sort();
}
