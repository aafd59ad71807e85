import { jobFault } from "../../fault.ts";
import type { Memory } from "../../memory.ts";
import { integer } from "../claims.ts";
import { Plan } from "./plan.ts";

const plans: (Plan | undefined)[] = [];
/** The plans that were made of what a memory holds: they go with it. */
const ofMemory = new WeakMap<Memory, Set<number>>();
const forgotten = new FinalizationRegistry<Set<number>>(drop);

export function tensorPlan(memory: Memory, program: number, words: number): number {
  const plan = new Plan(memory, program, words);
  const free = plans.indexOf(undefined);
  const id = free < 0 ? plans.length : free;
  plans[id] = plan;
  const own = ofMemory.get(memory) ?? new Set();
  if (own.size === 0) {
    ofMemory.set(memory, own);
    forgotten.register(memory, own, memory);
  }
  own.add(id);
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
  planOf(plan);
  plans[plan] = undefined;
  ofMemory.get(memory)?.delete(plan);
}

export function tensorOnce(memory: Memory, program: number, words: number): void {
  const plan = new Plan(memory, program, words);
  plan.run(memory, plan.leadingMax, memory);
}

/** Drops the plans of a memory. */
export function tensorRelease(memory: Memory): void {
  drop(ofMemory.get(memory) ?? new Set());
  ofMemory.delete(memory);
  forgotten.unregister(memory);
}

function drop(ids: Set<number>): void {
  for (const id of ids) plans[id] = undefined;
  ids.clear();
}

function planOf(id: number): Plan {
  integer("plan", id);
  const plan = plans[id];
  if (plan === undefined) throw jobFault("value", "plan", -1);
  return plan;
}
