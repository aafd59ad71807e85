import { parentPort, receiveMessageOnPort, workerData } from "node:worker_threads";
import { nowMs } from "../../core/clock.ts";
import { WorldloomError } from "../../core/errors.ts";
import { ChunkScope } from "../../ecs/chunk-context.ts";
import type { Access } from "../../ecs/context.ts";
import type { Core } from "../../ecs/core.ts";
import { type ChunkBody, loadBody } from "../../ecs/module.ts";
import { Query } from "../../ecs/query.ts";
import { followRoot, openReplica, openTerm } from "../../ecs/replica.ts";
import { wasm } from "../../native/wasm.ts";
import { TraceRing, traceKind } from "../trace/ring.ts";
import { Board, CHUNKS, partOf } from "./board.ts";
import { walkChunks } from "./chunk-walk.ts";
import { Segment } from "./segment.ts";
import type { LaneCode, LaneError, LaneMessage, LaneStart, LaneSystem, LaneTrace } from "./start.ts";

/** A system on this thread. */
interface Ready {
  readonly query: Query;
  readonly scope: ChunkScope;
}

const start = workerData as LaneStart;
const { port, lane } = start;
const board = new Board(start.board, start.spins);
const segment = new Segment(start.segment);
const calls: ((list: number, count: number, frame: number) => void)[] = [];
let bodies: readonly ChunkBody[] = [];
let core: Core | undefined;
let ready: Ready[] = [];
let seen = -1;
let running = -1;
/** The trace that this thread takes part in, and its ring. */
let tracing = 0;
let ring: TraceRing | undefined;

try {
  bodies = await Promise.all(start.systems.map(({ module }) => loadBody(module)));
  // Takes milliseconds, which the first tick need not wait for.
  core = openReplica(start.world, start.root);
  ready = start.systems.map((system) => readyFor(core!, system));
  parentPort!.postMessage({ is: "ready" } satisfies LaneMessage);
  process.on("exit", leave);
  serve();
} catch (error) {
  parentPort!.postMessage({ is: "broken", error: errorOf(error) } satisfies LaneMessage);
} finally {
  port.close();
}

/** Takes tasks until the board says that it is over. */
function serve(): void {
  for (;;) {
    const at = board.next(start.lane);
    if (at < 0) return;
    running = at;
    if (board.tracing === 0) runTask(at);
    else runTraced(at);
    running = -1;
    if (!board.end(at, lane)) return;
  }
}

function runTask(at: number): void {
  const { words } = board;
  if (board.kindOf(at) === CHUNKS) runChunks(words[at + 1]!, words[at + 2]!, words[at + 3]!);
  else runCall(at);
}

/** The same, noted in the ring. */
function runTraced(at: number): void {
  while (tracing !== board.tracing) receive("the ring of a trace");
  const start = nowMs();
  runTask(at);
  ring!.record(traceKind.part, board.nameOf(at), lane, start, nowMs(), partOf(board.words, at));
}

/** Takes the next message, which must be there. */
function receive(what: string): void {
  const message = receiveMessageOnPort(port)?.message as LaneCode | LaneTrace | undefined;
  if (message === undefined) throw new Error(`${what} did not come`);
  if (message.is === "trace") {
    tracing = message.tracing;
    ring = TraceRing.open(message.ring);
  } else {
    const { exports } = new wasm.Instance(message.module, { m: { m: start.world.memory } });
    calls[message.slot] = exports["run"] as (typeof calls)[0];
  }
}

/** Runs the body over the chunks `from` to `to - 1`. */
function runChunks(system: number, from: number, to: number): void {
  let chunk = from;
  try {
    const { query, scope } = look()[system]!;
    walkChunks(core!, query, bodies[system]!, scope, from, to, (at) => {
      chunk = at;
      segment.put(system, at, scope.commands);
    });
  } catch (error) {
    send({ is: "failed", system, chunk: Math.max(chunk, ready[system]?.scope.chunk ?? from), error: errorOf(error) });
  }
}

function runCall(at: number): void {
  const { words } = board;
  const slot = words[at + 1]!;
  try {
    while (calls[slot] === undefined) receive(`code ${slot}`);
    calls[slot](words[at + 2]!, words[at + 3]!, words[at + 4]!);
  } catch (error) {
    send({ is: "failed", system: -1, chunk: 0, error: errorOf(error) });
  }
}

/** The systems, over the world as it is now. */
function look(): readonly Ready[] {
  const { root, sync } = board;
  if (sync === seen) return ready;
  seen = sync;
  followRoot(core!, root);
  return ready;
}

function readyFor(world: Core, { name, terms, stream, reads, writes, gets, hears }: LaneSystem): Ready {
  const none: ReadonlySet<number> = new Set();
  const access: Access = {
    system: name,
    reads: new Set(reads),
    writes: new Set(writes),
    gets: new Set(gets),
    hears: new Set(hears),
    sets: none,
    emits: none,
  };
  return {
    query: new Query(
      world,
      terms.map((term) => openTerm(world, term)),
    ),
    scope: new ChunkScope(world, access, stream),
  };
}

/** The thread ends though nobody asked: what it was doing has failed. */
function leave(): void {
  send({ is: "left" });
  if (running < 0) return;
  const system = board.kindOf(running) === CHUNKS ? board.words[running + 1]! : -1;
  const error = { message: "its thread ended", stack: undefined, code: "lane-failed", operands: { lane: start.lane } };
  send({ is: "failed", system, chunk: 0, error });
  board.end(running, lane);
}

function send(message: LaneMessage): void {
  port.postMessage(message);
}

function errorOf(error: unknown): LaneError {
  if (error instanceof WorldloomError) {
    const { message, stack, code, operands } = error;
    return { message, stack, code, operands: JSON.parse(JSON.stringify(operands)) };
  }
  const { message, stack } = error instanceof Error ? error : { message: String(error), stack: undefined };
  return { message, stack, code: undefined, operands: undefined };
}
