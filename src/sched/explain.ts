import type { System } from "../ecs/system.ts";
import { footprintOf } from "./conflict.ts";
import type { Edge, Schedule } from "./schedule.ts";

/** A text of some lines: see {@link Schedule.explain}. */
export function explain(schedule: Schedule): string {
  const { systems, phases, stages } = schedule;
  const edges = Map.groupBy(schedule.edges, ({ to }) => to);
  const lines = [
    `${counted(systems.length, "system")} in ${counted(phases.length, "phase")} and ${counted(stages.length, "stage")}`,
  ];
  const stagesOf = Map.groupBy(stages.keys(), (s) => schedule.phaseOf(stages[s]![0]!));
  for (const phase of phases) {
    lines.push("", `phase ${phase}`);
    const inPhase = stagesOf.get(phase) ?? [];
    if (inPhase.length === 0) lines.push("  no systems");
    for (const s of inPhase) {
      lines.push(`  stage ${s + 1}`);
      for (const system of stages[s]!) lines.push(...systemLines(system, edges.get(system) ?? []));
    }
  }
  return lines.join("\n");
}

/** What a system touches, in words: `reads Position; writes Velocity`. */
export function touchesOf(system: System): string {
  const { reads, writes, sets, gets, emits, hears } = footprintOf(system);
  const parts = Object.entries({ reads, writes, sets, gets, emits, hears })
    .filter(([, names]) => names.size > 0)
    .map(([verb, names]) => `${verb} ${[...names].join(", ")}`);
  return parts.length === 0 ? "touches nothing that it declares" : parts.join("; ");
}

/** When a system runs and where its body is, in words; empty if always, and on the main thread. */
export function conditionsOf({ every = 1, offset = 0, when, exclusive, module }: System): string {
  return [
    ...(every > 1 ? [`every ${every} ticks${offset === 0 ? "" : `, offset ${offset}`}`] : []),
    ...(when === undefined ? [] : ["only when its condition holds"]),
    ...(exclusive ? ["exclusive"] : []),
    ...(module === undefined ? [] : [`chunk by chunk, ${module.export} of ${module.url.split("/").at(-1)}`]),
  ].join("; ");
}

/** `edges` lead to it. */
function systemLines(system: System, edges: readonly Edge[]): string[] {
  const doc = system.doc ? `: ${system.doc.replaceAll(/\s+/g, " ")}` : "";
  const conditions = conditionsOf(system);
  return [
    `    ${system.name}${doc}`,
    `      ${touchesOf(system)}`,
    ...(conditions === "" ? [] : [`      ${conditions}`]),
    ...edges.map(({ from, reasons }) => `      after ${from.name}: ${reasons.join("; ")}`),
  ];
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
