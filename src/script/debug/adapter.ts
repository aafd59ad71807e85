import { createReadStream, writeSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { Writable } from "node:stream";
import { type MessagePort, workerData } from "node:worker_threads";

/** What this thread is given. */
export interface AdapterStart {
  readonly mail: MessagePort;
  /** Counts what was posted to `mail`; the second word is 1 when this thread has ended. */
  readonly signal: Int32Array;
  /** Where to listen, 0 for any; left out, the client talks through standard input and output. */
  readonly port: number | undefined;
  readonly host: string;
  /** The package that knows the protocol. */
  readonly protocol: string;
}

/** From this thread: a request, that somebody came or went, or where it listens. */
export type FromAdapter =
  | { readonly is: "request"; readonly seq: number; readonly command: string; readonly given: Record<string, unknown> }
  | { readonly is: "gone" }
  | { readonly is: "listens"; readonly port: number }
  | { readonly is: "failed"; readonly message: string };

/** To this thread. */
export type ToAdapter =
  | {
      readonly is: "answer";
      readonly seq: number;
      readonly command: string;
      readonly body?: object;
      readonly error?: string;
    }
  | { readonly is: "event"; readonly event: string; readonly body: object }
  | { readonly is: "close" };

/** What is used of `@vscode/debugadapter`. */
interface Protocol {
  readonly DebugSession: new () => DebugSession;
}
interface DebugSession {
  start(input: NodeJS.ReadableStream, output: NodeJS.WritableStream): void;
  sendEvent(event: object): void;
  sendResponse(response: object): void;
}

/** Speaks the Debug Adapter Protocol in a thread of its own, so that clients are heard while the main thread stands still. */
async function serve({ mail, signal, port, host, protocol }: AdapterStart): Promise<void> {
  const { DebugSession } = ((await import(protocol)) as { default: Protocol }).default;
  const post = (message: FromAdapter): void => {
    mail.postMessage(message);
    Atomics.add(signal, 0, 1);
    Atomics.notify(signal, 0);
  };
  class Session extends DebugSession {
    // By default it would end the thread when a client leaves.
    shutdown(): void {}
    dispatchRequest(request: { seq: number; command: string; arguments?: Record<string, unknown> }): void {
      post({ is: "request", seq: request.seq, command: request.command, given: request.arguments ?? {} });
    }
  }
  let session: Session | undefined;
  const end = (ended: Session): void => {
    if (session !== ended) return;
    session = undefined;
    post({ is: "gone" });
  };
  const sockets = new Set<Socket>();
  const server = port === undefined ? undefined : createServer(take);
  function take(socket: Socket): void {
    // One at a time: two clients could not agree on when to go on.
    if (session !== undefined) return void socket.destroy();
    const mine = new Session();
    session = mine;
    sockets.add(socket);
    socket.on("close", () => {
      sockets.delete(socket);
      end(mine);
    });
    socket.on("error", () => socket.destroy());
    mine.start(socket, socket);
  }
  if (server === undefined) {
    const mine = new Session();
    session = mine;
    const input = createReadStream("", { fd: 0, autoClose: false });
    input.on("end", () => end(mine));
    input.on("error", () => end(mine));
    const output = new Output();
    output.on("error", () => end(mine));
    mine.start(input, output);
  } else {
    server.on("error", ({ message }) => post({ is: "failed", message }));
    server.listen(port, host, () => post({ is: "listens", port: (server.address() as { port: number }).port }));
  }
  mail.on("message", (message: ToAdapter) => {
    if (message.is === "close") {
      server?.close();
      for (const socket of sockets) socket.end();
      mail.close();
      if (server === undefined) process.exit();
      return;
    }
    if (message.is === "event")
      return session?.sendEvent({ seq: 0, type: "event", event: message.event, body: message.body });
    const { seq, command, body, error } = message;
    session?.sendResponse({
      seq: 0,
      type: "response",
      request_seq: seq,
      command,
      success: error === undefined,
      ...(error === undefined ? { body } : { message: error, body: { error: { id: 1, format: error } } }),
    });
    if (command !== "disconnect" || server === undefined) return;
    session = undefined;
    for (const socket of sockets) socket.end();
  });
}

/** Standard output, written at once: the streams of threads wait for the main thread. */
class Output extends Writable {
  override _write(chunk: Buffer, _: string, done: (error?: Error | null) => void): void {
    for (let at = 0; at < chunk.length; ) {
      try {
        at += writeSync(1, chunk, at);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "EAGAIN") continue;
        return done(error as Error);
      }
    }
    done();
  }
}

const start = workerData as AdapterStart;
process.once("exit", () => {
  Atomics.store(start.signal, 1, 1);
  Atomics.notify(start.signal, 0);
});
await serve(start);
