/** The entry of the worker that a hosted world lives in: loads the module of its simulation, then answers calls. */
import { type MessagePort, parentPort, workerData } from "node:worker_threads";
import { nowMs } from "../../core/clock.ts";
import { WorldloomError } from "../../core/errors.ts";
import { loop } from "../loop.ts";
import { Simulation } from "../simulation.ts";
import { recordOf } from "./error-record.ts";
import type { Asked, Calls, ServeOptions, Told } from "./protocol.ts";
import { buffersOf, type HostRows } from "./rows.ts";
import { served } from "./served.ts";

/**
 * Time slices of the world's thread. Longer than those of others: the host is woken when a tick was made, often on
 * the same processor, has little to do, and goes first then.
 */
const SLICE_US = 5000;

if (parentPort !== null) await serve(parentPort, workerData as ServeOptions);

async function serve(port: MessagePort, options: ServeOptions): Promise<void> {
  let toldMs = 0;
  const tell = (told: Told, transferred: ArrayBuffer[] = []): void => {
    toldMs = nowMs();
    port.postMessage(told, transferred);
  };
  let calls: Calls;
  try {
    const simulation = await makeSimulation(options);
    simulation.world.core.jobs.timeSlice(SLICE_US);
    const { tickMs, catchUpMax, speed, aliveMs } = options;
    const given = Object.entries({ tickMs, catchUpMax, speed }).filter(([, value]) => value !== undefined);
    const going = loop(simulation, {
      ...Object.fromEntries(given),
      onError: (error) => tell({ is: "tick-failed", error: recordOf(error) }),
    });
    calls = served(simulation, going, tell);
    if (aliveMs > 0) going.onTick(() => void (nowMs() - toldMs > aliveMs && tell({ is: "alive" })));
  } catch (error) {
    tell({ is: "unloadable", error: recordOf(error) });
    return;
  }
  port.on("message", ({ id, call, operands }: Asked) => {
    const answer = (value: unknown): void => tell({ is: "answer", id, value }, transferable(value));
    const refuse = (error: unknown): void => tell({ is: "refusal", id, error: recordOf(error) });
    try {
      const value = (calls[call] as (...operands: readonly unknown[]) => unknown)(...operands);
      if (value instanceof Promise) value.then(answer, refuse);
      else answer(value);
    } catch (error) {
      refuse(error);
    }
  });
  tell({ is: "ready" });
}

async function makeSimulation({ module, export: name, options }: ServeOptions): Promise<Simulation> {
  let exports: Readonly<Record<string, unknown>>;
  try {
    exports = await import(module);
  } catch (cause) {
    throw moduleFailed(`Module ${module} cannot be loaded: ${messageOf(cause)}; mend it, or its address.`, cause);
  }
  const make = exports[name];
  if (typeof make !== "function") throw moduleFailed(`Module ${module} exports no function ${name}; export it.`);
  let made: unknown;
  try {
    made = await make(options);
  } catch (cause) {
    throw moduleFailed(`${name} of module ${module} failed: ${messageOf(cause)}`, cause);
  }
  if (made instanceof Simulation) return made;
  throw moduleFailed(`${name} of module ${module} must return a simulation of this package, made with simulate().`);

  function moduleFailed(message: string, cause?: unknown): WorldloomError {
    return new WorldloomError("module-failed", message, { url: module, export: name }, cause);
  }
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

/** What an answer holds that moves instead of being copied. */
function transferable(value: unknown): ArrayBuffer[] {
  if (value instanceof Uint8Array) return [value.buffer as ArrayBuffer];
  const rows = value as HostRows | undefined;
  return rows?.entities instanceof Int32Array ? buffersOf(rows) : [];
}
