import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from "node:worker_threads";
import { WorldloomError } from "../../core/errors.ts";
import { peerMissing } from "../../core/peer.ts";
import { workerFile } from "../../core/worker-file.ts";
import { expectEngines } from "../checked.ts";
import type { LuaEngine } from "../lua/engine.ts";
import type { AdapterStart, FromAdapter, ToAdapter } from "./adapter.ts";
import { type DebugFront, LuaDebugger } from "./debugger.ts";
import { type DebugProgram, DebugRequests } from "./requests.ts";

export interface DebugOptions {
  /** TCP port on which clients are heard, 0 for any that is free; left out, a client talks through standard input and output. */
  readonly port?: number;
  /** Default `127.0.0.1`: whoever reaches the port can run scripts. */
  readonly host?: string;
  /** The engines whose scripts are debugged while a client is there. */
  readonly engines?: readonly LuaEngine[];
  /** What is done besides when a client comes and goes. */
  readonly program?: Partial<DebugProgram>;
}

/** Hears clients of the Debug Adapter Protocol, such as VS Code, through a thread. */
export class DebugServer implements DebugFront {
  readonly debug = new LuaDebugger(this);
  /** Where clients are heard; 0 for standard input and output. */
  port = 0;
  readonly #engines = new Set<LuaEngine>();
  readonly #worker: Worker;
  readonly #mail: MessagePort;
  readonly #signal = new Int32Array(new SharedArrayBuffer(8));
  readonly #requests: DebugRequests;
  readonly #program: Partial<DebugProgram>;
  #seen = 0;
  #told: ((message: FromAdapter) => void) | undefined;
  #exit: Promise<void>;
  /** Whether a client wants to look. */
  #looks = false;
  readonly #hasPort: boolean;

  private constructor({ port, host = "127.0.0.1", engines = [], program = {} }: DebugOptions) {
    for (const engine of engines) this.#engines.add(engine);
    this.#program = program;
    this.#hasPort = port !== undefined;
    const { port1, port2 } = new MessageChannel();
    this.#mail = port1;
    const workerData: AdapterStart = { mail: port2, signal: this.#signal, port, host, protocol: protocolPackage() };
    const file = workerFile("adapter", import.meta.url);
    this.#worker = new Worker(file, { workerData, transferList: [port2], name: "worldloom debug" });
    this.#exit = new Promise((resolve) => this.#worker.once("exit", () => resolve()));
    this.#worker.on("error", ({ message }) => {
      this.#told?.({ is: "failed", message });
      this.#heard({ is: "gone" });
    });
    this.#requests = new DebugRequests(
      this.debug,
      {
        start: async (how, options) => {
          await program.start?.(how, options);
          this.#looks = options["noDebug"] !== true;
          if (this.#looks) for (const engine of this.#engines) this.debug.attach(engine);
        },
        configured: () => program.configured?.(),
        end: (terminate) => this.#left(terminate),
      },
      (event, body) => this.emit(event, body),
    );
    this.#mail.on("message", (message: FromAdapter) => this.#heard(message));
  }

  /** Throws `peer-missing`, and `file-io` where it cannot listen. */
  static async open(options: DebugOptions = {}): Promise<DebugServer> {
    const server = new DebugServer(options);
    if (options.port === undefined) return server;
    const message = await new Promise<FromAdapter>((resolve) => {
      server.#told = resolve;
    });
    if (message.is !== "listens") {
      await server.close();
      const why = message.is === "failed" ? message.message : "";
      throw new WorldloomError(
        "file-io",
        `Nothing can be heard on port ${options.port} (${why}); choose another one.`,
        {
          port: options.port,
        },
      );
    }
    server.port = message.port;
    server.#mail.unref();
    server.#worker.unref();
    return server;
  }

  /** Debugs the scripts of another engine, too. */
  add(engine: LuaEngine): void {
    this.#engines.add(engine);
    if (this.#looks) this.debug.attach(engine);
  }

  pending(): boolean {
    return Atomics.load(this.#signal, 0) !== this.#seen;
  }

  serve(): void {
    this.#seen = Atomics.load(this.#signal, 0);
    for (let next = receiveMessageOnPort(this.#mail); next !== undefined; next = receiveMessageOnPort(this.#mail))
      this.#heard(next.message as FromAdapter);
    if (Atomics.load(this.#signal, 1) === 1) this.debug.detach();
  }

  wait(): void {
    Atomics.wait(this.#signal, 0, this.#seen);
  }

  emit(event: string, body: object): void {
    this.#post({ is: "event", event, body });
  }

  /** Says that the program is over. */
  over(exitCode: number): void {
    this.emit("exited", { exitCode });
    this.emit("terminated", {});
  }

  /** Lets scripts run, and ends the thread once all was said. */
  async close(): Promise<void> {
    this.debug.detach();
    this.#worker.ref();
    this.#post({ is: "close" });
    await this.#exit;
    this.#mail.close();
  }

  #post(message: ToAdapter): void {
    this.#mail.postMessage(message);
  }

  #left(terminate: boolean): void {
    this.#looks = false;
    this.#program.end?.(terminate);
  }

  #heard(message: FromAdapter): void {
    if (message.is === "gone") {
      // Whoever only listened at a port can come back there; to standard input nobody can.
      if (!this.#looks && this.#hasPort) return;
      this.debug.detach();
      this.#left(false);
      return;
    }
    if (message.is !== "request") return this.#told?.(message);
    const { seq, command, given } = message;
    const fail = (error: unknown): void => {
      const text = error instanceof Error ? error.message : String(error);
      this.#post({ is: "answer", seq, command, error: text });
    };
    const done = (body: object | undefined): void => {
      this.#post({ is: "answer", seq, command, ...(body !== undefined && { body }) });
      if (command === "initialize") this.emit("initialized", {});
    };
    try {
      const answer = this.#requests.answer(command, given);
      if (answer instanceof Promise) answer.then(() => done(undefined), fail);
      else done(answer);
    } catch (error) {
      fail(error);
    }
  }
}

/**
 * Lets clients of the Debug Adapter Protocol debug the scripts of engines: until one is there, nothing is slower. At a stop the
 * whole process waits. Throws `peer-missing`.
 */
export function debugScripts(engines: readonly LuaEngine[], options: Omit<DebugOptions, "engines"> = {}) {
  expectEngines(engines);
  return DebugServer.open({ port: 0, ...options, engines });
}

function protocolPackage(): string {
  const name = "@vscode/debugadapter";
  try {
    return import.meta.resolve(name);
  } catch (cause) {
    throw peerMissing("Scripts are debugged", [name], cause);
  }
}
