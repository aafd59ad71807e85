import type { Breakpoint, WantedBreakpoint } from "./breakpoints.ts";
import { type ErrorFilter, type LuaDebugger, type StepKind, type Stop, THREAD } from "./debugger.ts";
import type { Frame } from "./frames.ts";
import type { Shown } from "./shown.ts";
import { assignIn, type Container, childOf, scopesOf } from "./variables.ts";

type Arguments = Readonly<Record<string, unknown>>;

/** What is done with the program around the scripts. */
export interface DebugProgram {
  /** The client says what to run, or that it wants to look at what runs. */
  start(how: "launch" | "attach", options: Arguments): void | Promise<void>;
  /** The client has set its breakpoints: scripts may run. */
  configured(): void;
  /** The client is gone, or wants the program to end. */
  end(terminate: boolean): void;
}

/** Answers the requests of the Debug Adapter Protocol. */
export class DebugRequests {
  readonly #debug: LuaDebugger;
  readonly #program: DebugProgram;
  readonly #emit: (event: string, body: object) => void;
  /** What was given a number since the last stop. */
  #containers: Container[] = [];
  #stop: Stop | undefined;
  /** Lines of the client begin at 1, or at 0. */
  #base = 1;

  constructor(debug: LuaDebugger, program: DebugProgram, emit: (event: string, body: object) => void) {
    this.#debug = debug;
    this.#program = program;
    this.#emit = emit;
  }

  /** The body of the answer, or the promise that it can be given. Throws an `Error` for what cannot be done. */
  answer(command: string, given: Arguments = {}): object | undefined {
    if (this.#stop !== this.#debug.stopped) {
      this.#stop = this.#debug.stopped;
      this.#containers = [];
    }
    const run = Object.hasOwn(this.#commands, command) ? this.#commands[command] : undefined;
    if (run === undefined) throw new Error(`${command} is not known here`);
    return (run(given) ?? undefined) as object | undefined;
  }

  readonly #commands: Readonly<Record<string, (given: Arguments) => unknown>> = {
    initialize: (given) => {
      this.#base = given["linesStartAt1"] === false ? 0 : 1;
      return CAPABILITIES;
    },
    launch: (given) => this.#program.start("launch", given),
    attach: (given) => this.#program.start("attach", given),
    configurationDone: () => this.#program.configured(),
    setBreakpoints: (given) => {
      const source = (given["source"] ?? {}) as Arguments;
      const path = source["path"];
      const known = this.#debug.sources.byReference(Number(source["sourceReference"] ?? 0));
      const lines = (given["lines"] as number[] | undefined)?.map((line) => ({ line }));
      const wanted = ((given["breakpoints"] as WantedBreakpoint[] | undefined) ?? lines ?? []).map((one) => {
        return { ...one, line: Number(one.line) + 1 - this.#base };
      });
      const where = typeof path === "string" ? { path } : { name: known?.name ?? String(source["name"] ?? "") };
      return { breakpoints: this.#debug.breakpoints.set(where, wanted).map((one) => this.#shown(one)) };
    },
    setFunctionBreakpoints: (given) => {
      const wanted = (given["breakpoints"] ?? []) as Parameters<LuaDebugger["breakpoints"]["setFunctions"]>[0];
      const made = this.#debug.breakpoints.setFunctions(wanted);
      return { breakpoints: made.map(({ id, verified }) => ({ id, verified })) };
    },
    setExceptionBreakpoints: (given) => {
      const filters = [
        ...((given["filters"] ?? []) as string[]),
        ...((given["filterOptions"] ?? []) as { filterId: string }[]).map(({ filterId }) => filterId),
      ];
      this.#debug.errors.clear();
      for (const filter of filters) if (filter === "all" || filter === "uncaught") this.#debug.errors.add(filter);
      return undefined;
    },
    exceptionInfo: () => {
      const { text } = this.#stopped();
      return { exceptionId: "error", description: text, breakMode: errorMode(this.#debug.errors) };
    },
    threads: () => ({ threads: [{ id: THREAD, name: "world" }] }),
    continue: () => this.#go(undefined, { allThreadsContinued: true }),
    next: () => this.#go("over"),
    stepIn: () => this.#go("in"),
    stepOut: () => this.#go("out"),
    pause: () => this.#debug.pause(),
    stackTrace: (given) => {
      const { frames } = this.#stopped();
      const first = Number(given["startFrame"] ?? 0);
      const levels = Number(given["levels"] ?? 0) || frames.length;
      const shown = frames.slice(first, first + levels).map((frame, i) => this.#frame(frame, first + i));
      return { stackFrames: shown, totalFrames: frames.length };
    },
    scopes: (given) => {
      const scopes = scopesOf(this.#stopped(), this.#frameOf(given));
      return {
        scopes: scopes.map(({ name, hint, container }) => {
          const { indexed, named } = container.find() ?? {};
          const counts = { namedVariables: named ?? 0, indexedVariables: indexed ?? 0 };
          const extra = hint === undefined ? {} : { presentationHint: hint };
          return { name, ...extra, expensive: false, variablesReference: this.#hold(container), ...counts };
        }),
      };
    },
    variables: (given) => ({ variables: this.#variables(given) }),
    setVariable: (given) => {
      const container = this.#container(given);
      const name = String(given["name"]);
      const set = assignIn(this.#debug, container, name, String(given["value"]));
      if (typeof set === "string") throw new Error(set);
      return this.#value(set, childOf(container, name));
    },
    evaluate: (given) => {
      const frame = given["frameId"] === undefined ? this.#stopped().frames[0]! : this.#frameOf(given);
      const keep = given["context"] === "repl";
      const { ok, shown } = this.#debug.evaluate(frame, String(given["expression"]), keep);
      if (!ok) throw new Error(shown.text);
      if (keep) this.#emit("invalidated", { areas: ["variables"] });
      const { value, ...rest } = this.#value(shown, { frame, find: () => shown });
      return { result: value, ...rest };
    },
    source: (given) => {
      const asked = (given["source"] ?? {}) as Arguments;
      const reference = Number(given["sourceReference"] ?? asked["sourceReference"] ?? 0);
      const path = asked["path"];
      const { sources } = this.#debug;
      const source = sources.byReference(reference) ?? (typeof path === "string" ? sources.at(path) : undefined);
      if (source === undefined) throw new Error("there is no such source");
      return { content: source.text, mimeType: "text/x-lua" };
    },
    loadedSources: () => ({ sources: this.#debug.sources.names.map((name) => this.#source(name)) }),
    terminate: () => this.#end(true),
    disconnect: (given) => this.#end(given["terminateDebuggee"] === true),
  };

  #end(terminate: boolean): undefined {
    this.#debug.detach();
    this.#program.end(terminate);
  }

  #go(kind: StepKind | undefined, body?: object): object | undefined {
    this.#stopped();
    this.#debug.resume(kind);
    return body;
  }

  #stopped(): Stop {
    if (this.#stop === undefined) throw new Error("nothing is stopped");
    return this.#stop;
  }

  #frameOf(given: Arguments): Frame {
    const frame = this.#stopped().frames[Number(given["frameId"]) - 1];
    if (frame === undefined) throw new Error("there is no such frame");
    return frame;
  }

  #frame({ name: called, source, line, firstLine }: Frame, index: number): object {
    const column = this.#base;
    const name = called || this.#debug.sources.functionAt(source, firstLine);
    if (source === "") return { id: index + 1, name, line: 0, column: 0, presentationHint: "subtle" };
    return { id: index + 1, name, source: this.#source(source), line: line - 1 + this.#base, column };
  }

  #source(name: string): object {
    const source = this.#debug.sources.named(name);
    if (source === undefined) return { name, presentationHint: "deemphasize" };
    const { path, reference } = source;
    return path === undefined ? { name, sourceReference: reference } : { name, path };
  }

  #shown({ id, verified, line }: Breakpoint): object {
    const why = verified ? {} : { message: "nothing runs on this line or after it" };
    return { id, verified, line: line - 1 + this.#base, ...why };
  }

  #container(given: Arguments): Container {
    const container = this.#containers[Number(given["variablesReference"]) - 1];
    if (container === undefined) throw new Error("that is gone: scripts went on since");
    return container;
  }

  #hold(container: Container): number {
    return this.#containers.push(container);
  }

  #variables(given: Arguments): object[] {
    this.#stopped();
    const container = this.#container(given);
    const { filter } = given;
    const start = Number(given["start"] ?? 0);
    const count = Number(given["count"] ?? 0) || VARIABLES_MAX;
    const children = [...(container.find()?.children?.() ?? [])].filter(({ isIndexed }) => {
      return filter === "indexed" ? isIndexed : filter === "named" ? !isIndexed : true;
    });
    return children.slice(start, start + count).map(({ name, shown }) => {
      return { name, evaluateName: container.target?.(name), ...this.#value(shown, childOf(container, name)) };
    });
  }

  #value({ text, type, indexed, named, children }: Shown, container: Container) {
    if (children === undefined || (indexed ?? 0) + (named ?? 0) === 0)
      return { value: text, type, variablesReference: 0 };
    const variablesReference = this.#hold(container);
    return { value: text, type, variablesReference, indexedVariables: indexed ?? 0, namedVariables: named ?? 0 };
  }
}

/** Most variables that are sent at once. */
const VARIABLES_MAX = 10_000;

function errorMode(errors: ReadonlySet<ErrorFilter>): string {
  return errors.has("all") ? "always" : "unhandled";
}

const CAPABILITIES = {
  supportsConfigurationDoneRequest: true,
  supportsFunctionBreakpoints: true,
  supportsConditionalBreakpoints: true,
  supportsHitConditionalBreakpoints: true,
  supportsLogPoints: true,
  supportsEvaluateForHovers: true,
  supportsSetVariable: true,
  supportsExceptionInfoRequest: true,
  supportsDelayedStackTraceLoading: true,
  supportsLoadedSourcesRequest: true,
  supportsTerminateRequest: true,
  supportTerminateDebuggee: true,
  exceptionBreakpointFilters: [
    { filter: "all", label: "All errors", default: false },
    { filter: "uncaught", label: "Errors that nothing catches", default: true },
  ],
};
