import { readFileSync } from "node:fs";
import { basename, extname } from "node:path";
import { inspect } from "node:util";
import { WorldloomError } from "../core/errors.ts";
import type { Component } from "../ecs/component.ts";
import type { Entity } from "../ecs/entities.ts";
import { status } from "../script/systems/script.ts";
import { codeOf } from "../script/systems/watch-source.ts";
import { REPL_SCRIPT } from "./repl-prelude.ts";
import { ScriptCaller } from "./script-call.ts";
import type { ScriptStage } from "./script-stage.ts";
import { textTable } from "./text.ts";

/** What became of a line. `incomplete`: the chunk goes on in the next line. */
export interface Evaluation {
  readonly status: "ok" | "error" | "incomplete" | "quit";
  readonly text: string;
}

/** Rows of a table that are printed. */
const ROWS_MAX = 50;
/** Most ticks of one `.step`. */
const TICKS_MAX = 1_000_000;

/** What a person says to a world, line by line. Each chunk runs in a tick in which nothing else does. */
export class ReplSession {
  readonly stage: ScriptStage;
  readonly #caller: ScriptCaller;
  #code = "";

  /** The stage has the script of the REPL, which gets an entity here. */
  constructor(stage: ScriptStage) {
    this.stage = stage;
    const script = stage.scripts.script(REPL_SCRIPT);
    const entity = stage.world.spawn(script.component);
    this.#caller = new ScriptCaller(stage, script, entity);
  }

  /** Whether a chunk goes on in the next line. */
  get pending(): boolean {
    return this.#code !== "";
  }

  /** Forgets the lines of a chunk that is incomplete. */
  drop(): void {
    this.#code = "";
  }

  /** One line, without its end. */
  async line(text: string): Promise<Evaluation> {
    if (!this.pending && text.trimStart().startsWith(".")) return this.#command(text.trim());
    const code = this.pending ? `${this.#code}\n${text}` : text;
    if (code.trim() === "") return { status: "ok", text: "" };
    const found = this.#evaluate(code);
    this.#code = found.status === "incomplete" ? code : "";
    return found;
  }

  /** What an error has done to the world is taken back. */
  #evaluate(code: string): Evaluation {
    const keeps = (value: unknown): boolean => value === undefined || (value as Evaluation).status === "ok";
    const outcome = this.#caller.call("replEval", [code], keeps);
    // A chunk that waits has no result yet.
    if (outcome.ok && outcome.value === undefined) return { status: "ok", text: "It waits; .step lets it go on." };
    if (outcome.ok) return outcome.value as unknown as Evaluation;
    const { kind, message } = outcome.fault;
    return { status: "error", text: `${kind}: ${message}; what the lines before have set is gone.` };
  }

  async #command(line: string): Promise<Evaluation> {
    const [name = "", ...words] = line.split(/\s+/);
    const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
    if (command === undefined) return { status: "error", text: `There is no ${name}; .help lists what there is.` };
    if (name === ".quit" || name === ".exit") return { status: "quit", text: "" };
    try {
      return { status: "ok", text: await command.run(this.stage, words) };
    } catch (error) {
      if (!(error instanceof WorldloomError)) throw error;
      return { status: "error", text: `${error.message} (${error.code})` };
    }
  }
}

interface ReplCommand {
  readonly usage: string;
  readonly summary: string;
  run(stage: ScriptStage, words: readonly string[]): string | Promise<string>;
}

/** What a line that starts with a dot can say. */
export const commands: Readonly<Record<string, ReplCommand>> = {
  ".help": { usage: ".help", summary: "this", run: () => help() },
  ".step": {
    usage: ".step [N]",
    summary: "run N ticks of the world, 1 where that is left out",
    run({ game, world }, [count]) {
      const ticks = wholeNumber(count ?? "1", "N", TICKS_MAX);
      for (let tick = 0; tick < ticks; tick++) game.step();
      return `tick ${world.tick}`;
    },
  },
  ".hash": { usage: ".hash", summary: "the hash of the world", run: ({ world }) => world.hash() },
  ".entities": {
    usage: ".entities [COMPONENT]",
    summary: "the entities that have a component, or all",
    run: (stage, [name]) => entities(stage, name),
  },
  ".inspect": {
    usage: ".inspect ENTITY",
    summary: "the components of an entity",
    run(stage, [entity]) {
      const id = wholeNumber(entity ?? "", "ENTITY", 0x7fff_ffff);
      if (!stage.world.isAlive(id)) throw wrong(`There is no entity ${entity}; .entities lists them.`);
      return componentsOf(stage, id)
        .map((one) => `${one.name} ${inspect(shownOf(stage, id, one), { depth: 4, breakLength: 100 })}`)
        .join("\n");
    },
  },
  ".scripts": {
    usage: ".scripts",
    summary: "the scripts, with what their machines hold",
    run({ scripts, world }) {
      const rows = scripts.list.map(({ name, engine, domain, component }) => {
        const held = scripts.of(world).slotOf(domain)?.domain.inspect();
        const count = world.query(component).entities().length;
        return [name, engine.name, domain, count, held?.tasks ?? 0, held?.memoryBytes ?? 0].map(String);
      });
      return textTable(["script", "engine", "domain", "entities", "tasks", "bytes"], rows);
    },
  },
  ".reload": {
    usage: ".reload FILE",
    summary: "compile a script again and run a tick, in which the world changes to it",
    run: (stage, [file]) => reload(stage, file),
  },
  ".quit": { usage: ".quit", summary: "end; so do .exit and Ctrl+D", run: () => "" },
  ".exit": { usage: ".exit", summary: "end", run: () => "" },
};

function help(): string {
  const shown = Object.entries(commands).filter(([name]) => name !== ".exit");
  const width = Math.max(...shown.map(([, { usage }]) => usage.length));
  const lines = shown.map(([, { usage, summary }]) => `  ${usage.padEnd(width)}  ${summary}`);
  return `Lines are Lua: an expression is printed, _ is the latest result, self is an entity of the REPL's own. What a line
does to the world happens in a tick in which nothing else runs; an error takes it back.
${lines.join("\n")}`;
}

function entities(stage: ScriptStage, name: string | undefined): string {
  const { world } = stage;
  const wanted = name === undefined ? undefined : componentsIn(stage).find((one) => one.name === name);
  if (name !== undefined && wanted === undefined) throw wrong(`There is no component ${name}.`);
  const all = new Set<Entity>();
  for (const one of wanted === undefined ? componentsIn(stage) : [wanted])
    for (const entity of world.query(one).entities()) all.add(entity);
  const list = [...all].sort((a, b) => a - b);
  const rows = list.slice(0, ROWS_MAX).map((entity) => [
    String(entity),
    componentsOf(stage, entity)
      .map((one) => one.name)
      .join(", "),
  ]);
  const more = list.length > ROWS_MAX ? `\nand ${list.length - ROWS_MAX} more` : "";
  return list.length === 0 ? "none" : `${textTable(["entity", "components"], rows)}${more}`;
}

async function reload({ scripts, game, files }: ScriptStage, file: string | undefined): Promise<string> {
  if (file === undefined) throw wrong("Say which file: .reload enemy.lua.");
  const known = files.scripts.find((one) => one.file === file || basename(one.file) === basename(file));
  const name = known?.name ?? basename(file, extname(file));
  const told: string[] = [];
  const end = scripts.onReload(({ instances, refused }) =>
    told.push(refused === undefined ? `${name} runs the new version: ${instances} instances` : `refused: ${refused}`),
  );
  try {
    const path = known?.file ?? file;
    await scripts.reload(game.world, { name, file: path, code: codeOf(path, readFileSync(path)) });
    game.step();
  } catch (error) {
    if (error instanceof WorldloomError) throw error;
    throw wrong(`${file} cannot be read (${error instanceof Error ? error.message : String(error)}).`);
  } finally {
    end();
  }
  return told[0] ?? `${name} means the same as before`;
}

/** The components that a person can look at. */
export function componentsIn({ scripts }: ScriptStage): readonly Component[] {
  return [...scripts.types.components, ...scripts.list.map(({ component }) => component)];
}

function componentsOf(stage: ScriptStage, entity: Entity): readonly Component[] {
  return componentsIn(stage).filter((component) => stage.world.has(entity, component));
}

/** The values of a component; of a script its state, and what it is up to. */
function shownOf({ world, scripts }: ScriptStage, entity: Entity, one: Component): object {
  const values = world.get(entity, one) as Readonly<Record<string, unknown>>;
  const script = scripts.list.find(({ component }) => component === one);
  if (script === undefined) return values;
  const up = Object.entries(status).find(([, code]) => code === values["scriptStatus"])?.[0];
  return { status: up, ...scripts.state(world, entity, script) };
}

function wholeNumber(text: string, name: string, most: number): number {
  const value = /^\d+$/.test(text) ? Number(text) : 0;
  if (value >= 1 && value <= most) return value;
  throw wrong(`${name} is a whole number from 1 to ${most}.`);
}

function wrong(message: string): WorldloomError {
  return new WorldloomError("usage", message);
}
