import { nowMs, systemClock } from "../core/clock.ts";
import { WorldloomError } from "../core/errors.ts";
import { DebugServer } from "../script/debug/server.ts";
import type { LuaEngine } from "../script/lua/engine.ts";
import type { Command, Outcome } from "./command.ts";
import { type Flags, type FlagValues, flagHelp, parseFlags } from "./flags.ts";
import { readSources } from "./script-files.ts";
import { ScriptReport } from "./script-report.ts";
import { stageOf } from "./script-run.ts";
import { configFlag, pathsBefore, scriptSettings, settingsOf } from "./script-settings.ts";
import type { ScriptStage } from "./script-stage.ts";

const { history: _history, debounce: _debounce, stream: _stream, engine: _engine, ...settings } = scriptSettings;
const flags = {
  ...settings,
  ...configFlag,
  listen: {
    kind: "text",
    placeholder: "PORT",
    summary: "hear clients on this TCP port of this machine, 0 for any, instead of standard input and output",
  },
} as const satisfies Flags;
type Values = FlagValues<typeof flags>;

/** `worldloom script debug`. */
export const scriptDebug: Command = {
  help: `usage: worldloom script debug [PATH...] [flags]

A debug adapter: editors start it and talk to it through standard input and output in the Debug Adapter Protocol, or find it
at --listen. The world is that of worldloom script run, with the scripts of each PATH; without one the editor's
configuration names it as "program". Ticks begin when the editor is ready, at the rate of a game; --ticks 0 is without end.
docs/script-debug.md shows how to set up VS Code.

${flagHelp(flags)}

Exit status: 0 done, 1 a script was stopped, 2 not understood.`,
  async run(words) {
    const [paths, rest] = pathsBefore(words);
    const values = settingsOf(flags, rest);
    const port = values.listen === undefined ? undefined : portOf(values.listen);
    // Through standard input, the editor is told that a file is missing when it asks for the world.
    if (port !== undefined && paths.length > 0) readSources(paths, ["lua"]);
    return new DebugRun(paths, values, port).run();
  },
};

function portOf(text: string): number {
  const flag = { kind: "integer", min: 0, max: 65_535, default: 0, summary: "" } as const;
  return parseFlags({ listen: flag }, [`--listen=${text}`]).listen;
}

/** A world that runs while an editor looks at it. */
class DebugRun {
  readonly #paths: readonly string[];
  readonly #values: Values;
  readonly #port: number | undefined;
  readonly #opened = waiting<ScriptStage | undefined>();
  readonly #ready = waiting<void>();
  #server!: DebugServer;
  #isOver = false;

  constructor(paths: readonly string[], values: Values, port: number | undefined) {
    this.#paths = paths;
    this.#values = values;
    this.#port = port;
  }

  async run(): Promise<Outcome> {
    this.#server = await DebugServer.open({
      ...(this.#port !== undefined && { port: this.#port }),
      program: {
        start: (_, options) => this.#open(options),
        configured: () => this.#ready.resolve(),
        end: (terminate) => this.#left(terminate),
      },
    });
    if (this.#port !== undefined) console.log(`A debugger can be attached at 127.0.0.1:${this.#server.port}.`);
    const alive = setInterval(() => {}, 60_000);
    try {
      const stage = await this.#opened.promise;
      if (stage === undefined) return undefined;
      await this.#ready.promise;
      return await this.#tick(stage);
    } finally {
      clearInterval(alive);
      await this.#server.close();
    }
  }

  /** `program`: a path, or several; `stopOnEntry`. */
  async #open({ program, stopOnEntry }: Readonly<Record<string, unknown>>): Promise<void> {
    if (this.#opened.isDone) return;
    const named = typeof program === "string" ? [program] : Array.isArray(program) ? program.map(String) : [];
    const paths = this.#paths.length > 0 ? this.#paths : named;
    if (paths.length === 0) throw new WorldloomError("usage", 'Say which scripts: "program" in the configuration.');
    const stage = await stageOf(paths, { ...this.#values, engine: "lua" });
    // The client can be gone by now.
    if (this.#isOver) return stage.close();
    const { debug } = this.#server;
    for (const { name, file, code } of [...stage.files.scripts, ...stage.files.modules])
      if (typeof code === "string") debug.sources.add({ name, file, text: code });
    for (const engine of stage.scripts.engines) if (engine.name === "lua") this.#server.add(engine as LuaEngine);
    if (stopOnEntry === true) debug.pause("entry");
    this.#opened.resolve(stage);
  }

  #left(terminate: boolean): void {
    // Nobody could come back to standard input.
    if (terminate || this.#port === undefined) this.#isOver = true;
    this.#opened.resolve(undefined);
    this.#ready.resolve();
  }

  async #tick(stage: ScriptStage): Promise<Outcome> {
    const { ticks, rate } = this.#values;
    const { debug } = this.#server;
    const report = new ScriptReport(stage, {
      stream: true,
      print: (text) => debug.print("stdout", text),
      complain: (text) => debug.print("stderr", text),
    });
    try {
      for (let tick = 0; (ticks === 0 || tick < ticks) && !this.#isOver; tick++) {
        const began = nowMs();
        stage.game.step();
        await new Promise<void>((next) => void systemClock.wait(1000 / rate - (nowMs() - began), next));
      }
      debug.print("console", `${stage.world.tick} ticks, hash ${stage.world.hash()}`);
      return report.faultCount > 0 ? "failed" : undefined;
    } finally {
      report.end();
      this.#server.over(report.faultCount > 0 ? 1 : 0);
      await stage.close();
    }
  }
}

/** A promise and what fulfils it. */
function waiting<T>() {
  let done!: (value: T) => void;
  const promise = new Promise<T>((resolve) => {
    done = resolve;
  });
  const state = {
    promise,
    isDone: false,
    resolve: (value: T): void => {
      state.isDone = true;
      done(value);
    },
  };
  return state;
}
