import { jobFault } from "../../fault.ts";
import type { Memory } from "../../memory.ts";
import { integer } from "../claims.ts";
import { Plan } from "./plan.ts";

/** By id. A plan knows the memory that it ran over last, so that only that one's owner may hold on to it. */
const plans: (WeakRef<Plan> | undefined)[] = [];
/** The plans that were made of what a memory holds: they go with it. */
const ofMemory = new WeakMap<Memory, Owned>();
const forgotten = new FinalizationRegistry<Set<number>>(drop);

interface Owned {
  readonly ids: Set<number>;
  readonly plans: Map<number, Plan>;
}

export function tensorPlan(memory: Memory, program: number, words: number): number {
  const plan = new Plan(memory, program, words);
  const free = plans.indexOf(undefined);
  const id = free < 0 ? plans.length : free;
  plans[id] = new WeakRef(plan);
  let own = ofMemory.get(memory);
  if (own === undefined) {
    own = { ids: new Set(), plans: new Map() };
    ofMemory.set(memory, own);
    forgotten.register(memory, own.ids, memory);
  }
  own.ids.add(id);
  own.plans.set(id, plan);
  return id;
}

export function tensorRun(memory: Memory, plan: number, leading: number, columns: Memory): void {
  if (memory.u8.length === 0) throw jobFault("memory", "memory", -1);
  const known = planOf(plan);
  integer("leading", leading);
  if (leading > known.leadingMax) throw jobFault("value", "leading", -1);
  if (columns.u8.length === 0) throw jobFault("memory", "columns", -1);
  known.run(memory, leading, columns);
}

export function tensorDrop(memory: Memory, plan: number): void {
  if (memory.u8.length === 0) throw jobFault("memory", "memory", -1);
  const own = ofMemory.get(memory);
  if (own?.plans.delete(plan) !== true) throw jobFault("value", "plan", -1);
  own.ids.delete(plan);
  plans[plan] = undefined;
}

export function tensorOnce(memory: Memory, program: number, words: number): void {
  const plan = new Plan(memory, program, words);
  plan.run(memory, plan.leadingMax, memory);
}

/** Drops the plans of a memory. */
export function tensorRelease(memory: Memory): void {
  drop(ofMemory.get(memory)?.ids ?? new Set());
  ofMemory.delete(memory);
  forgotten.unregister(memory);
}

function drop(ids: Set<number>): void {
  for (const id of ids) plans[id] = undefined;
  ids.clear();
}

function planOf(id: number): Plan {
  integer("plan", id);
  const plan = plans[id]?.deref();
  if (plan === undefined) throw jobFault("value", "plan", -1);
  return plan;
}
