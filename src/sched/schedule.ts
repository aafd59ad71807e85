import { WorldloomError } from "../core/errors.ts";
import { badArgument, expectList, expectOptions } from "../ecs/argument.ts";
import type { System } from "../ecs/system.ts";
import { conflictsOf, footprintOf } from "./conflict.ts";

export interface ScheduleOptions {
  readonly systems: readonly System[];
  /** Phases, in their order. Everything of a phase has ended when the next begins. Default: one named `update`. */
  readonly phases?: readonly string[];
  /**
   * What is done where two systems conflict and nothing says which comes first: `error`, or `declared`, the order in which
   * they are listed. Default `error`.
   */
  readonly ambiguity?: "error" | "declared";
}

/** Why one system runs before another. */
export interface Edge {
  readonly from: System;
  readonly to: System;
  /** In words: `before`, `after`, or what they both touch. */
  readonly reasons: readonly string[];
}

/** Systems in an order that any executor keeps. Made by {@link schedule}. */
export class Schedule {
  readonly is = "schedule";
  readonly systems: readonly System[];
  readonly phases: readonly string[];
  /** Stages in their order, of all phases: systems that do not conflict, in the order of the list. */
  readonly stages: readonly (readonly System[])[];
  readonly edges: readonly Edge[];

  constructor(
    systems: readonly System[],
    phases: readonly string[],
    stages: readonly (readonly System[])[],
    edges: readonly Edge[],
  ) {
    this.systems = systems;
    this.phases = phases;
    this.stages = stages;
    this.edges = edges;
  }

  /** The phase of a system. */
  phaseOf(system: System): string {
    return system.phase ?? this.phases[0]!;
  }
}

/**
 * Puts systems into an order once. Throws `bad-argument`, `name-taken`, `schedule-ambiguous` naming two systems that
 * conflict, `schedule-cycle` with the circle.
 */
export function schedule(options: ScheduleOptions): Schedule {
  expectOptions(options, "options");
  const { systems, phases = ["update"], ambiguity = "error" } = options;
  checkSystems(systems);
  expectList(phases, "phases");
  if (phases.length === 0 || new Set(phases).size < phases.length || phases.some((name) => typeof name !== "string"))
    throw badArgument("phases", phases, "a list of different names, at least one");
  if (ambiguity !== "error" && ambiguity !== "declared")
    throw badArgument("ambiguity", ambiguity, '"error" or "declared"');
  for (const { name, phase } of systems)
    if (phase !== undefined && !phases.includes(phase))
      throw badArgument(`phase of system ${name}`, phase, `one of the phases ${phases.join(", ")}`);
  const edges: Edge[] = [];
  const stages: System[][] = [];
  for (const phase of phases) {
    const inPhase = systems.filter((system) => (system.phase ?? phases[0]) === phase);
    stages.push(...stagesOf(inPhase, systems, phases, ambiguity === "declared", edges));
  }
  return new Schedule(systems, phases, stages, edges);
}

function checkSystems(systems: readonly System[]): void {
  expectList(systems, "systems");
  const seen = new Set<string>();
  for (const system of systems) {
    if (system?.is !== "system") throw badArgument("systems", system, "a list of systems made with system()");
    if (seen.has(system.name)) {
      throw new WorldloomError("name-taken", `Two systems are named ${system.name}; rename one.`, {
        system: system.name,
      });
    }
    seen.add(system.name);
  }
}

function stagesOf(
  inPhase: readonly System[],
  all: readonly System[],
  phases: readonly string[],
  declared: boolean,
  edges: Edge[],
): System[][] {
  const count = inPhase.length;
  const reasons = new Map<number, string[]>();
  const link = (from: number, to: number, reason: string): void => {
    const key = from * count + to;
    const known = reasons.get(key);
    if (known === undefined) reasons.set(key, [reason]);
    else if (!known.includes(reason)) known.push(reason);
  };
  const place = (system: System, name: string, what: "before" | "after"): number => {
    const at = inPhase.findIndex((other) => other.name === name);
    if (at >= 0) return at;
    const other = all.find((one) => one.name === name);
    if (other === undefined)
      throw badArgument(`${what} of system ${system.name}`, name, "the name of a system of the schedule");
    const [mine, theirs] = [system, other].map(({ phase }) => phases.indexOf(phase ?? phases[0]!)) as [number, number];
    if (mine < theirs === (what === "before")) return -1;
    throw new WorldloomError(
      "schedule-cycle",
      `System ${system.name} (phase ${phases[mine]}) cannot run ${what} ${name} (phase ${phases[theirs]}): the phases say otherwise; move one of them.`,
      { systems: [system.name, name] },
    );
  };
  inPhase.forEach((system, s) => {
    for (const name of system.before ?? []) {
      const to = place(system, name, "before");
      if (to >= 0) link(s, to, `${system.name} says before`);
    }
    for (const name of system.after ?? []) {
      const from = place(system, name, "after");
      if (from >= 0) link(from, s, `${system.name} says after`);
    }
  });
  const order = sorted(inPhase, reasons);
  const reach = reachOf(order, reasons, count);
  const feet = inPhase.map(footprintOf);
  for (let a = 0; a < count; a++) {
    for (let b = a + 1; b < count; b++) {
      const conflicts = conflictsOf(feet[a]!, feet[b]!);
      if (conflicts.length === 0) continue;
      const [forth, back] = [reach[a]!.has(b), reach[b]!.has(a)];
      if (!forth && !back && !declared) throw ambiguous(inPhase[a]!, inPhase[b]!, conflicts);
      const [from, to] = back ? [b, a] : [a, b];
      if (!forth && !back) join(reach, from, to);
      for (const reason of conflicts) link(from, to, reason);
    }
  }
  for (const [key, list] of [...reasons].sort(([a], [b]) => a - b)) {
    edges.push({ from: inPhase[Math.floor(key / count)]!, to: inPhase[key % count]!, reasons: list });
  }
  return levels(inPhase, sorted(inPhase, reasons), reasons);
}

function ambiguous(a: System, b: System, conflicts: readonly string[]): WorldloomError {
  return new WorldloomError(
    "schedule-ambiguous",
    `Systems ${a.name} and ${b.name} conflict (${conflicts.join("; ")}), and nothing says which runs first; give ${a.name} before: ["${b.name}"] or after: ["${b.name}"], put them into different phases, or pass ambiguity: "declared".`,
    { systems: [a.name, b.name], conflicts },
  );
}

/** Indices in an order in which no edge points back; the first of the list among those that can come next. */
function sorted(systems: readonly System[], edges: ReadonlyMap<number, unknown>): number[] {
  const count = systems.length;
  const waiting = new Int32Array(count);
  for (const key of edges.keys()) waiting[key % count]!++;
  const order: number[] = [];
  const done = new Set<number>();
  while (order.length < count) {
    let next = -1;
    for (let s = 0; s < count && next < 0; s++) if (!done.has(s) && waiting[s] === 0) next = s;
    if (next < 0) throw cycle(systems, edges, done);
    order.push(next);
    done.add(next);
    for (let to = 0; to < count; to++) if (edges.has(next * count + to)) waiting[to]!--;
  }
  return order;
}

/** Every system that is left waits for another one that is left: going back leads into a circle. */
function cycle(
  systems: readonly System[],
  edges: ReadonlyMap<number, unknown>,
  done: ReadonlySet<number>,
): WorldloomError {
  const count = systems.length;
  const path: number[] = [];
  let at = systems.findIndex((_, s) => !done.has(s));
  while (!path.includes(at)) {
    path.push(at);
    const before = at;
    at = systems.findIndex((_, s) => !done.has(s) && edges.has(s * count + before));
  }
  const names = [...path.slice(path.indexOf(at)), at].reverse().map((s) => systems[s]!.name);
  return new WorldloomError(
    "schedule-cycle",
    `The order of systems is a circle: ${names.join(" -> ")}; take out one before or after.`,
    { systems: names },
  );
}

/** The indices that come after each index. */
function reachOf(order: readonly number[], edges: ReadonlyMap<number, unknown>, count: number): Set<number>[] {
  const reach = Array.from({ length: count }, () => new Set<number>());
  for (const s of [...order].reverse()) {
    for (let to = 0; to < count; to++) {
      if (!edges.has(s * count + to)) continue;
      reach[s]!.add(to);
      for (const further of reach[to]!) reach[s]!.add(further);
    }
  }
  return reach;
}

/** Takes the edge from -> to into the reach of all. */
function join(reach: readonly Set<number>[], from: number, to: number): void {
  const after = [to, ...reach[to]!];
  reach.forEach((set, s) => {
    if (s === from || set.has(from)) for (const other of after) set.add(other);
  });
}

/** Each system in the first stage after all that come before it. */
function levels(systems: readonly System[], order: readonly number[], edges: ReadonlyMap<number, unknown>): System[][] {
  const count = systems.length;
  const level = new Int32Array(count);
  for (const s of order) {
    for (let to = 0; to < count; to++) if (edges.has(s * count + to)) level[to] = Math.max(level[to]!, level[s]! + 1);
  }
  const stages: System[][] = [];
  systems.forEach((system, s) => {
    (stages[level[s]!] ??= []).push(system);
  });
  return stages;
}
