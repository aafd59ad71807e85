import { parentPort, workerData } from "node:worker_threads";
import { TraceRing, traceKind } from "../../src/index.ts";

/** Records 500 events as the thread that it is told to be, then says that it has. */
const { buffer, thread } = workerData as { buffer: SharedArrayBuffer; thread: number };
const ring = TraceRing.open(buffer);
for (let i = 0; i < 500; i++) {
  const now = performance.now();
  ring.record(traceKind.part, thread, thread, now, now, i);
}
parentPort!.postMessage("done");
