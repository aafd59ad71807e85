import { readFileSync } from "node:fs";
import { aboutFile } from "../core/about-file.ts";
import { WorldloomError } from "../core/errors.ts";
import { Arena } from "../ecs/arena.ts";
import { diffOf, type WorldDiff } from "../ecs/diff.ts";
import { MAGIC } from "../ecs/save-format.ts";
import { loadWorld, savedDeclarations } from "../ecs/save-load.ts";
import { typesOf } from "../ecs/saved-types.ts";
import { shown } from "../sched/record/difference.ts";
import { type RecordedTick, type Recording, readRecording, stateAt } from "../sched/record/recording.ts";
import type { Command, Outcome } from "./command.ts";
import { type Flags, flagHelp, parseFlags } from "./flags.ts";
import { formatCount, jsonText, textTable } from "./text.ts";

const diffFlags = {
  limit: { kind: "integer", min: 1, max: 1_000_000, default: 40, summary: "rows to print at most" },
  json: { kind: "switch", summary: "print everything as one JSON object, and nothing else" },
} as const satisfies Flags;

export const diff: Command = {
  help: `usage: worldloom diff A B [flags]

A and B are files of worlds, as worldloom run --save writes them, or recordings. Of recordings the first tick is named
that differs, and where both were made with --fine, what differs in it. The exit status is 1 if anything differs.

${flagHelp(diffFlags)}`,
  run([a, b, ...words]) {
    if (a === undefined || b === undefined || a.startsWith("-") || b.startsWith("-"))
      throw new WorldloomError("usage", "Say which two files: worldloom diff A B.");
    const { limit, json } = parseFlags(diffFlags, words);
    const files = [readFile(a), readFile(b)] as const;
    const [isSave, other] = files.map((bytes) => MAGIC.every((byte, i) => bytes[i] === byte));
    if (isSave !== other) {
      const [world, recording] = isSave ? [a, b] : [b, a];
      aboutFile(recording, () => readRecording(files[isSave ? 1 : 0]));
      throw new WorldloomError("usage", `${world} is a world and ${recording} is a recording; give two of one kind.`);
    }
    if (isSave) [a, b].forEach((path, i) => void aboutFile(path, () => savedDeclarations(files[i]!)));
    const found = isSave
      ? compareSaves(...files)
      : compareRecordings(
          aboutFile(a, () => readRecording(files[0])),
          aboutFile(b, () => readRecording(files[1])),
        );
    console.log(json ? jsonText(found) : textOf(found, limit));
    return (found.same ? undefined : "differs") satisfies Outcome;
  },
};

interface Comparison {
  readonly same: boolean;
  /** What differs as a whole: [what, in A, in B]. */
  readonly facts: readonly (readonly [string, string, string])[];
  readonly diff?: WorldDiff;
}

function compareSaves(a: Uint8Array, b: Uint8Array): Comparison {
  const [declared, other] = [savedDeclarations(a), savedDeclarations(b)];
  if (declared.join("\n") !== other.join("\n")) return { same: false, facts: schemaFacts(declared, other) };
  const types = typesOf(declared);
  const arena = new Arena();
  const [before, after] = [loadWorld(a, { ...types, arena }), loadWorld(b, { ...types, arena })];
  const [hashA, hashB] = [before.hash(), after.hash()];
  const facts = [
    ...fact("tick", before.tick, after.tick),
    ...fact("seed", before.seed, after.seed),
    ...fact("entities", before.entityCount, after.entityCount),
    ...fact("hash", hashA, hashB),
  ];
  const found = diffOf(before, after);
  if (found.empty && hashA !== hashB && before.tick === after.tick && before.seed === after.seed)
    facts.push(["besides", "rows in another order, other free indices,", "strings, events or times of changes"]);
  return { same: hashA === hashB, facts, diff: found };
}

/** Up to the last tick that both have. */
function compareRecordings(a: Recording, b: Recording): Comparison {
  const facts = [
    ...schemaFacts(a.head.declared, b.head.declared),
    ...fact("seed", a.head.seed, b.head.seed),
    ...fact("first tick", a.head.tick, b.head.tick),
    ...fact("schedule", names(a.head.stages), names(b.head.stages)),
    ...[...new Set([...Object.keys(a.head.code), ...Object.keys(b.head.code)])].flatMap((system) =>
      fact(`code of ${system}`, a.head.code[system], b.head.code[system]),
    ),
    ...fact("ticks", a.ticks.length, b.ticks.length),
  ];
  if (a.head.schema !== b.head.schema) return { same: false, facts };
  const started = compareSaves(a.start(), b.start());
  if (!started.same)
    return {
      same: false,
      facts: [
        ...facts,
        ["start", "differs", "differs"],
        ...started.facts.filter(([name]) => !facts.some(([known]) => known === name)),
      ],
      ...(started.diff && { diff: started.diff }),
    };
  const count = Math.min(a.ticks.length, b.ticks.length);
  for (let i = 0; i < count; i++) {
    const [one, other] = [a.ticks[i]!, b.ticks[i]!];
    if (one.tick !== other.tick) return { same: false, facts: [...facts, ...fact("tick", one.tick, other.tick)] };
    const jumps = jumpFacts(one, other);
    const incoming = Buffer.compare(one.incoming, other.incoming) !== 0;
    const point = one.points.findIndex(({ hash }, p) => other.points[p] !== undefined && other.points[p].hash !== hash);
    const hashes = fact("hash", one.check?.hash, other.check?.hash);
    const checked = one.check !== undefined && other.check !== undefined && hashes.length > 0;
    if (jumps.length === 0 && !incoming && point < 0 && !checked) continue;
    const stage =
      point < 1 ? [] : [["after stage", ...[a, b].map(({ head }) => (head.stages[point - 1] ?? []).join(", "))]];
    const where = [
      ["first differs in tick", String(one.tick), String(other.tick)],
      ...jumps,
      ...(incoming ? [["came in", `${one.incoming.length} bytes`, `${other.incoming.length} bytes`]] : []),
      ...stage,
      ...(checked ? hashes : []),
    ] as [string, string, string][];
    const states = point < 0 ? undefined : compareSaves(stateAt(a, one, point), stateAt(b, other, point));
    return { same: false, facts: [...facts, ...where], ...(states?.diff && { diff: states.diff }) };
  }
  if (a.ticks.length === b.ticks.length) facts.push(...endFacts(a, b));
  return { same: facts.length === 0, facts };
}

/** What differs after the last tick, where both were closed. */
function endFacts(a: Recording, b: Recording): [string, string, string][] {
  if (a.end === undefined || b.end === undefined) return [];
  const [hashA, hashB] = [a.end.check?.hash, b.end.check?.hash];
  const known = hashA !== undefined && hashB !== undefined;
  return [...jumpFacts(a, b), ...(known ? fact("hash at the end", hashA, hashB) : [])];
}

/** What differs in the states that the worlds were set to, at the same moment. */
function jumpFacts(a: Pick<RecordedTick, "jump">, b: Pick<RecordedTick, "jump">): [string, string, string][] {
  const [one, other] = [a.jump?.(), b.jump?.()];
  if (one !== undefined && other !== undefined)
    return Buffer.compare(one, other) === 0 ? [] : [["set to a state", "differs", "differs"]];
  return fact("set to a state", one && "yes", other && "yes");
}

function schemaFacts(a: readonly string[], b: readonly string[]): [string, string, string][] {
  const only = (list: readonly string[], others: readonly string[]): string[] =>
    list.filter((text) => !others.includes(text));
  const facts = [
    ...only(a, b).map((text): [string, string, string] => ["declared", text, "-"]),
    ...only(b, a).map((text): [string, string, string] => ["declared", "-", text]),
  ];
  return facts.length === 0 && a.join() !== b.join() ? [["declared", "in one order", "in another"]] : facts;
}

function fact(name: string, a: unknown, b: unknown): [string, string, string][] {
  return a === b ? [] : [[name, String(a ?? "-"), String(b ?? "-")]];
}

function names(stages: readonly (readonly string[])[]): string {
  return stages.map((stage) => stage.join(", ")).join(" | ");
}

function textOf({ same, facts, diff: found }: Comparison, limit: number): string {
  if (same) return "They are the same.";
  const rows = found === undefined ? [] : rowsOf(found);
  const left = rows.length - limit;
  return [
    ...(facts.length === 0 ? [] : [textTable(["what", "A", "B"], facts)]),
    ...(rows.length === 0 ? [] : [textTable(["entity", "component", "field", "A", "B"], rows.slice(0, limit))]),
    ...(left > 0 ? [`and ${formatCount(left)} rows more; see --limit`] : []),
  ].join("\n\n");
}

function rowsOf(found: WorldDiff): string[][] {
  const row = (entity: unknown, component: string, field: string, a: unknown, b: unknown): string[] => [
    String(entity),
    component,
    field,
    shown(a),
    shown(b),
  ];
  const held = (components: Readonly<Record<string, unknown>>): string => Object.keys(components).join(", ");
  return [
    ...found.entitiesRemoved.map(({ entity, components }) => [
      String(entity),
      held(components),
      "",
      "exists",
      "nothing",
    ]),
    ...found.entitiesAdded.map(({ entity, components }) => [String(entity), held(components), "", "nothing", "exists"]),
    ...found.componentsRemoved.map(({ entity, component, values }) => row(entity, component, "", values, undefined)),
    ...found.componentsAdded.map(({ entity, component, values }) => row(entity, component, "", undefined, values)),
    ...found.cells.map(({ entity, component, field, before, after }) => row(entity, component, field, before, after)),
    ...found.pairsRemoved.map(({ source, relation, target }) => row(source, relation, "target", target, undefined)),
    ...found.pairsAdded.map(({ source, relation, target }) => row(source, relation, "target", undefined, target)),
    ...found.pairCells.map(({ source, relation, field, before, after }) => row(source, relation, field, before, after)),
    ...found.resources.map(({ resource, field, before, after }) => row("-", resource, field, before, after)),
    ...found.regions.map(({ region, pages }) => ["-", region, `pages ${pages.join(", ")}`, "", ""]),
  ];
}

function readFile(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new WorldloomError("file-io", `${path} cannot be read: ${reason}.`, { path }, cause);
  }
}
