import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from "node:worker_threads";
import { type ErrorCode, WorldloomError } from "../../core/errors.ts";
import { workerFile } from "../../core/worker-file.ts";
import { workerFlags } from "../worker-flags.ts";
import { Segment } from "./segment.ts";
import type { LaneCode, LaneError, LaneMessage, LaneStart, LaneTrace } from "./start.ts";

/** A worker thread that takes tasks, seen from the main thread. */
export class Thread {
  readonly lane: number;
  readonly segment: Segment;
  /** Whether it takes tasks. */
  ready = false;
  /** Whether it has ended. */
  ended = false;
  readonly #worker: Worker;
  /** Never started: read when there is time for it. */
  readonly #port: MessagePort;
  readonly #inbox: LaneMessage[] = [];
  /** Codes that it knows, by slot. */
  readonly #sent = new Set<number>();
  /** Fulfilled when it has ended. */
  readonly exit: Promise<void>;

  constructor(start: Omit<LaneStart, "segment" | "port">, commandBytes: number) {
    this.lane = start.lane;
    const words = new Float64Array(new SharedArrayBuffer(commandBytes));
    this.segment = new Segment(words);
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    const workerData: LaneStart = { ...start, segment: words, port: port2 };
    const file = workerFile("lane", import.meta.url);
    this.#worker = new Worker(file, {
      workerData,
      transferList: [port2],
      ...workerFlags(),
      name: `worldloom lane ${start.lane}`,
    });
    this.exit = new Promise((resolve) => {
      this.#worker.once("exit", () => {
        this.ended = true;
        this.ready = false;
        this.#port.close();
        resolve();
      });
    });
    // Without a listener an error would end the process. Who waits for the exit is told.
    this.#worker.on("error", (error) =>
      this.#inbox.push({ is: "broken", error: { ...plain(error), code: undefined, operands: undefined } }),
    );
  }

  /** Waits until it takes tasks. Throws what its modules threw. */
  async whenReady(): Promise<void> {
    const message = await new Promise<LaneMessage | undefined>((resolve) => {
      this.#worker.once("message", resolve);
      void this.exit.then(() => resolve(this.#inbox.shift()));
    });
    if (message?.is !== "ready") throw errorFrom(message?.is === "broken" ? message.error : ENDED);
    this.ready = true;
    // A world that nobody closes does not keep the process alive.
    this.#worker.unref();
  }

  /** Makes sure that the thread knows some code. */
  teach(code: Omit<LaneCode, "is">): void {
    if (this.#sent.has(code.slot)) return;
    this.#sent.add(code.slot);
    this.#port.postMessage({ is: "code", ...code } satisfies LaneCode);
  }

  /** Gives it the ring of a trace. */
  trace(tracing: number, ring: SharedArrayBuffer): void {
    this.#port.postMessage({ is: "trace", tracing, ring } satisfies LaneTrace);
  }

  /** What it has sent since the last call. Does not wait. */
  messages(): LaneMessage[] {
    const found = this.#inbox.splice(0);
    for (;;) {
      const next = receiveMessageOnPort(this.#port) as { message: LaneMessage } | undefined;
      if (next === undefined) return found;
      found.push(next.message);
    }
  }

  /** Ends it, whatever it does. */
  async terminate(): Promise<void> {
    this.ready = false;
    this.#worker.ref();
    await this.#worker.terminate();
    await this.exit;
  }
}

const ENDED: LaneError = { message: "its thread ended", stack: undefined, code: "lane-failed", operands: undefined };

function plain({ message, stack }: Error): { message: string; stack: string | undefined } {
  return { message, stack };
}

/** The error of a lane as this thread throws it. */
export function errorFrom({ message, stack, code, operands }: LaneError): Error {
  const error =
    code === undefined ? new Error(message) : new WorldloomError(code as ErrorCode, message, operands ?? {});
  if (stack !== undefined) error.stack = stack;
  return error;
}
