import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { type FaultReason, jobFault } from "./fault.ts";
import type { Jobs } from "./jobs.ts";
import { LAYOUT_VERSION } from "./layout.ts";
import type { Memory } from "./memory.ts";
import { checkedSlice, checkedThreads } from "./threads.ts";

/** Where the build leaves the addon, seen from this file (from `src/native` and from `dist/native`). */
const BUILT_HERE = "../../native/worldloom.node";
/** Where the published package has the addon of the platform that it was packed on. */
const SHIPPED = `./${process.platform}-${process.arch}.node`;

/** What of the interface is no job. */
type NotAJob = "name" | "release";
type NativeJob = (...operands: number[]) => number;

/** What the addon exports: each job answers a count, or -1 when `fault()` says which operand it refused. */
interface Addon extends Readonly<Record<Exclude<keyof Jobs, NotAJob>, NativeJob>> {
  readonly layout: number;
  register(bytes: Uint8Array<ArrayBufferLike>): number;
  release(id: number): void;
  /** `reason operand record` */
  fault(): string;
}

/** The jobs in Rust. Throws if the addon is not built, is built for another platform, or is out of date. */
export function addonJobs(): Jobs {
  const native = loadAddon();
  /** The tensor plans that were made of what a memory holds: they go with it, but stay when it grows. */
  const plans = new WeakMap<Memory, Set<number>>();
  const forgotten = new FinalizationRegistry<Registration>(({ id, plans }) => {
    for (const plan of plans) native.tensorDrop(id, plan);
    native.release(id);
  });

  /** The id of `memory`, registered anew after it grew. */
  const at = (memory: Memory): number =>
    memory.addonVersion === memory.version && memory.u8.length !== 0 ? memory.addonId : register(memory);

  const register = (memory: Memory): number => {
    unregister(memory);
    const id = native.register(memory.u8);
    if (id < 0) throw jobFault("memory", "memory", -1);
    memory.addonId = id;
    memory.addonVersion = memory.version;
    const own = plans.get(memory) ?? new Set();
    plans.set(memory, own);
    forgotten.register(memory, { id, plans: own }, memory);
    return id;
  };

  const unregister = (memory: Memory): void => {
    if (memory.addonVersion < 0) return;
    forgotten.unregister(memory);
    native.release(memory.addonId);
    memory.addonVersion = -1;
  };

  const release = (memory: Memory): void => {
    if (memory.addonVersion < 0) return;
    for (const plan of plans.get(memory) ?? []) native.tensorDrop(memory.addonId, plan);
    plans.delete(memory);
    unregister(memory);
  };

  const planned = (memory: Memory, plan: number): number => {
    plans.get(memory)?.add(plan);
    return plan;
  };

  const done = (answer: number): number => {
    if (answer < 0) throw nativeFault(native);
    return answer;
  };

  // One line a job: the arguments in order, nothing else.
  return {
    name: "addon",
    release,
    threads: (count) => native.threads(checkedThreads(count)),
    wake: (count) => native.wake(checkedThreads(count)),
    rest: () => void native.rest(),
    timeSlice: (microseconds) => native.timeSlice(checkedSlice(microseconds)),
    copy: (m, spans, spanCount) => void done(native.copy(at(m), spans, spanCount)),
    contentHash: (m, spans, spanCount, out) => void done(native.contentHash(at(m), spans, spanCount, out)),
    diff: (m, spans, spanCount, out, outCapacity) => done(native.diff(at(m), spans, spanCount, out, outCapacity)),
    hash: (m, spans, spanCount, out) => void done(native.hash(at(m), spans, spanCount, out)),
    integrate: (m, spans, spanCount, dt) => void done(native.integrate(at(m), spans, spanCount, dt)),
    propagate: (m, nodes, nodeCount) => void done(native.propagate(at(m), nodes, nodeCount)),
    prefixSum: (m, source, destination, count) => done(native.prefixSum(at(m), source, destination, count)),
    compact: (m, mask, count, out) => done(native.compact(at(m), mask, count, out)),
    sortByKey: (m, keys, count, order, scratch) => void done(native.sortByKey(at(m), keys, count, order, scratch)),
    random: (m, out, ids, count, seed, stream, tick) =>
      void done(native.random(at(m), out, ids, count, seed, stream, tick)),
    sample: (m, spans, spanCount, seed, stream, tick, probability, out, capacity) =>
      done(native.sample(at(m), spans, spanCount, seed, stream, tick, probability, out, capacity)),
    distanceField: (m, grid, width, height, goals, goalCount, out, scratch) =>
      done(native.distanceField(at(m), grid, width, height, goals, goalCount, out, scratch)),
    flowField: (m, grid, width, height, distances, out) =>
      void done(native.flowField(at(m), grid, width, height, distances, out)),
    spatialBuild: (m, spans, spanCount, index) => void done(native.spatialBuild(at(m), spans, spanCount, index)),
    spatialOrder: (m, index) => void done(native.spatialOrder(at(m), index)),
    spatialRadius: (m, index, queryX, queryY, queryCount, radius, offsets, out, capacity) =>
      done(native.spatialRadius(at(m), index, queryX, queryY, queryCount, radius, offsets, out, capacity)),
    spatialNearest: (m, index, queryX, queryY, queryCount, k, radius, outEntity, outDistance2, outCount) =>
      void done(
        native.spatialNearest(at(m), index, queryX, queryY, queryCount, k, radius, outEntity, outDistance2, outCount),
      ),
    spatialPairs: (m, index, distance, out, capacity) =>
      done(native.spatialPairs(at(m), index, distance, out, capacity)),
    separate: (m, index, radius, outX, outY, outCount) =>
      void done(native.separate(at(m), index, radius, outX, outY, outCount)),
    steer: (m, spans, spanCount, params) => void done(native.steer(at(m), spans, spanCount, params)),
    tensorPlan: (m, program, words) => planned(m, done(native.tensorPlan(at(m), program, words))),
    tensorRun: (m, plan, leading, columns) => void done(native.tensorRun(at(m), plan, leading, at(columns))),
    tensorDrop: (m, plan) => {
      const id = at(m);
      if (plans.get(m)?.delete(plan) !== true) throw jobFault("value", "plan", -1);
      done(native.tensorDrop(id, plan));
    },
    animPoses: (m, characters, count) => void done(native.animPoses(at(m), characters, count)),
    animSkin: (m, records, count) => void done(native.animSkin(at(m), records, count)),
    tensorOnce: (m, program, words) => void done(native.tensorOnce(at(m), program, words)),
  };
}

/** What the addon holds for a memory. */
interface Registration {
  readonly id: number;
  readonly plans: Set<number>;
}

function loadAddon(): Addon {
  const built = existsSync(new URL(BUILT_HERE, import.meta.url)) || !existsSync(new URL(SHIPPED, import.meta.url));
  const addon = createRequire(import.meta.url)(built ? BUILT_HERE : SHIPPED) as Addon;
  if (addon.layout !== LAYOUT_VERSION) throw new Error("the addon was built from other sources; build it again");
  return addon;
}

function nativeFault(native: Addon): Error {
  const [reason, operand, record] = native.fault().split(" ") as [FaultReason, string, string];
  return jobFault(reason, operand, Number(record));
}
