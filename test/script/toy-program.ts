import { createHash } from "node:crypto";
import { WorldloomError } from "../../src/core/errors.ts";
import type { Hook, ScriptChunk, ScriptManifest, ScriptSource, StateField } from "../../src/script/engine.ts";

/** One line of a toy script. */
export interface Instruction {
  readonly line: number;
  readonly op: string;
  readonly words: readonly string[];
}

export interface ToyChunk extends ScriptChunk {
  /** Instructions by the function that they belong to. */
  readonly functions: ReadonlyMap<string, readonly Instruction[]>;
}

/** How many words each instruction takes at least. */
const arity: Readonly<Record<string, number>> = {
  set: 2,
  add: 2,
  fail: 1,
  loop: 0,
  call: 1,
  return: 1,
  wait: 1,
  waitFor: 1,
  do: 1,
  unless: 1,
};
const hooks: readonly string[] = ["onStart", "onUpdate", "onEvent", "onDestroy", "onSave", "onRestore"];

/**
 * A toy script: declarations (`state hp 100`, `reads Position`, `writes Position`, `hears Hit`, `requires lib`), then functions
 * (`on onUpdate`) with one instruction a line: `unless WORD` returns where it is not 0. `modules` are the texts of those that scripts can require.
 */
export function parse(source: ScriptSource, modules: ReadonlyMap<string, string>): ToyChunk {
  const { name, file = name } = source;
  const text = String(source.code);
  const state: Record<string, StateField> = {};
  const lists = { reads: [] as string[], writes: [] as string[], hears: [] as string[], requires: [] as string[] };
  const functions = new Map<string, Instruction[]>();
  let body: Instruction[] | undefined;
  for (const [i, raw] of text.split("\n").entries()) {
    const line = i + 1;
    const [op = "", ...words] = raw.trim().match(/"[^"]*"|\S+/g) ?? [];
    const refuse = (why: string): WorldloomError =>
      new WorldloomError("script-syntax", `${file}:${line}: ${why}`, { file, line });
    if (op === "" || op.startsWith("#")) continue;
    if (op === "on") functions.set(words[0] ?? "", (body = []));
    else if (op === "state") state[words[0] ?? ""] = fieldOf(words[1] ?? "0");
    else if (Object.hasOwn(lists, op)) lists[op as keyof typeof lists].push(...words);
    else if (!Object.hasOwn(arity, op)) throw refuse(`there is no instruction ${op}; mend it.`);
    else if (words.length < arity[op]!) throw refuse(`${op} needs ${arity[op]} words; give them.`);
    else if (body === undefined) throw refuse(`${op} belongs to no function; write "on NAME" first.`);
    else body.push({ line, op, words });
  }
  const hash = createHash("sha256").update(`${name}\n${text}`);
  for (const required of lists.requires) {
    const module = modules.get(required);
    if (module === undefined)
      throw new WorldloomError("script-invalid", `${file}: there is no module ${required}; give it to the engine.`, {
        file,
        line: 1,
      });
    hash.update(`\n${required}\n${module}`);
    for (const [fn, instructions] of parse({ name: required, code: module }, new Map()).functions)
      functions.set(`${required}.${fn}`, [...instructions]);
  }
  const manifest: ScriptManifest = {
    state,
    ...lists,
    hooks: hooks.filter((hook) => functions.has(hook)) as Hook[],
    ...source.manifest,
  };
  return { name, file, engine: "toy", hash: hash.digest("hex").slice(0, 32), manifest, functions };
}

function fieldOf(word: string): StateField {
  if (word.startsWith('"')) return { kind: "str", default: word.slice(1, -1) };
  if (word === "true" || word === "false") return { kind: "bool", default: word === "true" };
  return { kind: "f64", default: Number(word) };
}
