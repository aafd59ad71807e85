import { type StdioOptions, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Failure, Misuse, Stopped } from "./target.ts";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** How long a process may take to end before it is killed. */
const GRACE_MS = 2000;

/** What a child process is started with. */
export interface ChildOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly cwd?: string;
}

/** How a child process ended. */
export interface ChildEnd {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Why it could not be started. */
  readonly error?: Error;
}

/** Throws {@link Misuse} for flags that the run refused, {@link Failure} for a run that failed. */
export function checkRun({ status, signal }: ChildEnd): void {
  if (status === 2) throw new Misuse("The run ended with status 2, see above: there is no flamegraph.");
  if (status !== 0) throw new Failure(`The run ended with ${signal ?? `status ${status}`}: there is no flamegraph.`);
}

/** A folder for the length of one run, and the processes of that run: where a signal ends the tool, both end with it. */
export class Workplace {
  readonly folder: string = mkdtempSync(join(tmpdir(), "worldloom-profile-"));
  #stopped: NodeJS.Signals | undefined;
  /** Ends the process that runs. */
  #end: ((signal: NodeJS.Signals) => void) | undefined;
  readonly #stop = (signal: NodeJS.Signals): void => {
    // Who asks twice does not want to wait.
    this.#end?.(this.#stopped === undefined ? "SIGTERM" : "SIGKILL");
    this.#stopped ??= signal;
  };

  constructor() {
    for (const signal of SIGNALS) process.on(signal, this.#stop);
  }

  at(name: string): string {
    return join(this.folder, name);
  }

  /** The environment of the process that is profiled. */
  env(more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
    return { ...process.env, WORLDLOOM_PROFILE_NAMES: this.at("names.json"), ...more };
  }

  /** Runs a program that prints where this one does. Throws {@link Stopped} once a signal has ended it. */
  async run(program: string, words: readonly string[], { env, cwd }: ChildOptions): Promise<ChildEnd> {
    // In a group of its own it ends together with the processes that it starts.
    const detached = process.platform !== "win32";
    const stdio: StdioOptions = ["ignore", "inherit", "inherit"];
    const child = spawn(program, words, { stdio, env, detached, ...(cwd !== undefined && { cwd }) });
    const kill = (signal: NodeJS.Signals): void => {
      try {
        if (detached && child.pid !== undefined) process.kill(-child.pid, signal);
        else child.kill(signal);
      } catch {
        // It has ended by itself.
      }
    };
    let late: NodeJS.Timeout | undefined;
    this.#end = (signal) => {
      kill(signal);
      late ??= setTimeout(kill, GRACE_MS, "SIGKILL");
    };
    const ended = await new Promise<ChildEnd>((done) => {
      child.once("error", (error) => done({ status: null, signal: null, error }));
      child.once("exit", (status, signal) => done({ status, signal }));
    });
    this.#end = undefined;
    clearTimeout(late);
    if (this.#stopped === undefined) return ended;
    kill("SIGKILL");
    throw new Stopped(this.#stopped);
  }

  /** The systems that the run declared. Throws {@link Failure} if there were none. */
  systems(): string[] {
    const file = this.at("names.json");
    const names: string[] = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : [];
    if (names.length === 0) throw new Failure("The run declared no system: there is nothing to show.");
    return names;
  }

  dispose(): void {
    for (const signal of SIGNALS) process.off(signal, this.#stop);
    rmSync(this.folder, { recursive: true, force: true });
  }
}
