import { WorldloomError } from "../core/errors.ts";
import type { ApiNamespace } from "../script/api.ts";
import { type ApiFormat, apiFiles, describeApi } from "../script/generate/index.ts";
import { nearest } from "../script/lint/finding.ts";
import type { Command } from "./command.ts";
import { type Flags, flagHelp, parseFlags } from "./flags.ts";
import { checkWritable, writeWhole } from "./run-files.ts";
import { choiceOf, pathsBefore } from "./script-settings.ts";
import { apiOfScene } from "./script-stage.ts";

const flags = {
  format: {
    kind: "text",
    placeholder: "NAME",
    default: "md",
    summary: "md (a page), lua (for editors), ts (guests in AssemblyScript), wit (components)",
  },
  scene: { kind: "file", summary: "a module whose scriptScene has an api: what it lets scripts call" },
  out: { kind: "file", summary: "write it to this file instead of printing it" },
} as const satisfies Flags;

/** `worldloom script doc`. */
export const scriptDoc: Command = {
  help: `usage: worldloom script doc [NAME...] [flags]

NAME is a namespace or a function, such as World or World.near; without any, all is described.

${flagHelp(flags)}`,
  async run(words) {
    const [names, rest] = pathsBefore(words);
    const { format, out, scene } = parseFlags(flags, rest);
    const chosen = choiceOf("format", format, Object.keys(apiFiles) as ApiFormat[]);
    if (names.length > 0 && chosen !== "md")
      throw new WorldloomError("usage", `As ${chosen} all is described or nothing; leave out ${names.join(" ")}.`);
    if (out !== undefined) checkWritable(out);
    const api = await apiOfScene(scene);
    const text = names.length === 0 ? describeApi(chosen, api) : sections(picked(api, names));
    if (out === undefined) process.stdout.write(text);
    else writeWhole(out, text);
  },
};

/** What the page says about namespaces, without what it says about all. */
function sections(namespaces: readonly ApiNamespace[]): string {
  const page = describeApi("md", namespaces);
  return page.slice(page.indexOf(`## ${namespaces[0]!.name}\n`));
}

/** The part of the API that the names stand for, in its own order. */
function picked(api: readonly ApiNamespace[], names: readonly string[]): ApiNamespace[] {
  const left = new Set(names);
  const found = api.flatMap((namespace): ApiNamespace[] => {
    const whole = left.delete(namespace.name);
    const functions = namespace.functions.filter(({ name }) => left.delete(`${namespace.name}.${name}`) || whole);
    return functions.length === 0 ? [] : [{ ...namespace, functions }];
  });
  const [unknown] = left;
  if (unknown === undefined) return found;
  throw new WorldloomError("usage", `Scripts can call nothing named ${unknown}; ${hintFor(api, unknown)}`, { unknown });
}

function hintFor(api: readonly ApiNamespace[], unknown: string): string {
  const spaces = api.map(({ name }) => name);
  const all = api.flatMap(({ name, functions }) => functions.map((one) => `${name}.${one.name}`));
  const near = nearest(unknown, [...spaces, ...all]);
  if (near !== undefined) return `did you mean ${near}?`;
  const space = api.find(({ name }) => unknown.startsWith(`${name}.`));
  if (space === undefined) return `the namespaces are ${spaces.join(", ")}.`;
  return `${space.name} has ${space.functions.map(({ name }) => name).join(", ")}.`;
}
