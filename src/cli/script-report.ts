import { WorldloomError } from "../core/errors.ts";
import { linesAround } from "../script/code-frame.ts";
import type { ScriptFault } from "../script/fault.ts";
import type { LogLine } from "../script/systems/scope-caller.ts";
import { status } from "../script/systems/script.ts";
import type { ScriptStage } from "./script-stage.ts";

/** Most log lines that are kept when they are not printed as they come. */
const LINES_MAX = 1_000;
/** Most faults that are told one by one. */
const FAULTS_MAX = 20;

/** Libraries of Lua that scripts are without. */
const ABSENT: ReadonlySet<string> = new Set(["io", "os", "debug", "package"]);

/** What scripts log and why they were stopped, told or kept. */
export class ScriptReport {
  /** Of each script, by name. */
  readonly faults = new Map<string, number>();
  readonly #stage: ScriptStage;
  readonly #texts = new Map<string, { file: string; text: string }>();
  readonly #told = new Map<string, number>();
  readonly #kept: string[] = [];
  readonly #print: (text: string) => void;
  readonly #complain: (text: string) => void;
  readonly #stream: boolean;
  readonly #ends: (() => void)[];
  #lines = 0;

  constructor(
    stage: ScriptStage,
    options: {
      readonly stream: boolean;
      /** A script of which no faults are told. */
      readonly except?: string;
      print(text: string): void;
      complain(text: string): void;
    },
  ) {
    this.#stage = stage;
    this.#stream = options.stream;
    this.#print = options.print;
    this.#complain = options.complain;
    for (const { name, file, code } of stage.files.scripts)
      if (typeof code === "string") this.#texts.set(name, { file, text: code });
    this.#ends = [
      stage.scripts.onLog((line) => this.#log(line)),
      stage.scripts.onFault((fault) => {
        if (fault.script !== options.except) this.#fault(fault);
      }),
    ];
  }

  get faultCount(): number {
    return [...this.faults.values()].reduce((sum, count) => sum + count, 0);
  }
  get lineCount(): number {
    return this.#lines;
  }

  /** To be told that a script has another text now: code frames are of that. */
  changed(name: string, file: string, text: string): void {
    this.#texts.set(name, { file, text });
  }

  /** Prints what was kept, and how often faults came again. */
  end(): void {
    for (const end of this.#ends) end();
    if (this.#lines > LINES_MAX && !this.#stream) this.#print(`(${this.#lines - LINES_MAX} lines before these)`);
    for (const line of this.#kept.splice(0)) this.#print(line);
    for (const [what, count] of this.#told) if (count > 1) this.#complain(`${count} times: ${what}`);
    if (this.#told.size > FAULTS_MAX) this.#complain(`(${this.#told.size - FAULTS_MAX} other faults)`);
  }

  #log({ level, text, script, entity, tick }: LogLine): void {
    this.#lines++;
    const line = `[${tick}] ${script} ${entity}: ${level === "info" ? "" : `${level}: `}${text}`;
    if (this.#stream) return this.#print(line);
    this.#kept.push(line);
    if (this.#kept.length > LINES_MAX) this.#kept.shift();
  }

  #fault(fault: ScriptFault): void {
    const { script } = fault;
    this.faults.set(script, (this.faults.get(script) ?? 0) + 1);
    const { file, text } = this.#texts.get(script) ?? { file: script, text: "" };
    const what = faultLine(fault, file);
    const times = this.#told.get(what) ?? 0;
    this.#told.set(what, times + 1);
    if (times > 0 || this.#told.size > FAULTS_MAX) return;
    const where = `(${this.#stage.world.tick === 0 ? "" : `tick ${this.#stage.world.tick}, `}entity ${fault.entity})`;
    this.#complain([`${what} ${where}`, ...frameOf(fault, text), ...this.#hints(fault.message)].join("\n"));
  }

  /** What Lua's words about a nil value most often mean in a script. */
  #hints(message: string): string[] {
    const [, kind, name = ""] = /nil value \((global|field) '(\w+)'\)/.exec(message) ?? [];
    if (kind === "global" && ABSENT.has(name)) return [`  scripts have no ${name}`];
    if (kind !== "field" || this.#stage.scripts.types.component(name) === undefined) return [];
    return [`  self has the components that the script names: reads = { "${name}" }, or writes`];
  }
}

/** `enemy.lua:12: error: attempt to ...`: the same for faults that are alike. */
function faultLine({ kind, line, message, script }: ScriptFault, file: string): string {
  const place = line > 0 ? `${file}:${line}` : file;
  const told = message.startsWith(`${place}: `) ? message.slice(place.length + 2) : message;
  return `${place}: ${kind === "error" ? "" : `${kind}: `}${script}: ${told}`;
}

function frameOf({ line, trace }: ScriptFault, text: string): string[] {
  const frame = linesAround(text, line);
  return [...(frame === "" ? [] : [frame]), ...trace.map((call) => `  ${call}`)];
}

/** An error of compiling with the lines that it is about, for people. */
export function compileError(error: unknown, textOf: (file: string) => string | undefined): unknown {
  if (!(error instanceof WorldloomError) || !error.code.startsWith("script-")) return error;
  const { file, line } = error.operands;
  const text = typeof file === "string" ? textOf(file) : undefined;
  const frame = text === undefined ? "" : linesAround(text, Number(line));
  if (frame === "") return error;
  return new WorldloomError(error.code, `${error.message}\n${frame}`, error.operands, error);
}

/** How many instances of a script there are by what they are up to. */
export function countInstances({ world, scripts }: ScriptStage, name: string): Record<keyof typeof status, number> {
  const counts = { fresh: 0, running: 0, waiting: 0, paused: 0, quarantined: 0 };
  const names = Object.keys(status) as (keyof typeof status)[];
  const { component } = scripts.script(name);
  for (const entity of world.query(component).entities()) {
    const { scriptStatus } = world.get(entity, component) as unknown as { scriptStatus: number };
    const found = names.find((one) => status[one] === scriptStatus);
    if (found !== undefined) counts[found]++;
  }
  return counts;
}
