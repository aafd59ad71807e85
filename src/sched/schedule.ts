import { badArgument, expectList, expectOptions, type Known } from "../core/argument.ts";
import { WorldloomError } from "../core/errors.ts";
import type { System } from "../ecs/system.ts";
import { explain } from "./explain.ts";
import { toMermaid } from "./graph-mermaid.ts";
import { toSvg } from "./graph-svg.ts";
import { orderOf } from "./order.ts";

export interface ScheduleOptions {
  readonly systems: readonly System[];
  /** Phases, in their order. Everything of a phase has ended when the next begins. Default: one named `update`. */
  readonly phases?: readonly string[];
  /**
   * What is done where two systems conflict and nothing says which comes first: `error`, or `declared`, the order in which
   * they are listed, each right after those that it must follow. Default `error`.
   */
  readonly ambiguity?: "error" | "declared";
}

const KNOWN: Known<ScheduleOptions> = { systems: true, phases: true, ambiguity: true };

/** Why one system runs before another of its phase. */
export interface Edge {
  readonly from: System;
  readonly to: System;
  /** In words: who says so, or what they both touch. */
  readonly reasons: readonly string[];
}

/** Systems in an order that any executor keeps. Made by {@link schedule}. */
export class Schedule {
  readonly is = "schedule";
  readonly systems: readonly System[];
  readonly phases: readonly string[];
  /** Stages in their order, of all phases: systems that do not conflict, in the order of the list. */
  readonly stages: readonly (readonly System[])[];
  /** What was asked for, and each conflict that no other edges put into order already. Phase by phase, as systems are listed. */
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

  /** Phases, stages, what each system touches, after whom it comes and why: a text to read. */
  explain(): string {
    return explain(this);
  }

  /** The same as a Mermaid flow chart. */
  toMermaid(): string {
    return toMermaid(this);
  }

  /** The same as a picture that needs nothing else. */
  toSvg(): string {
    return toSvg(this);
  }
}

/**
 * Puts systems into an order once. Throws `bad-argument`, `name-taken`, `schedule-ambiguous` naming two systems that
 * conflict, `schedule-cycle` with the circle.
 */
export function schedule(options: ScheduleOptions): Schedule {
  expectOptions(options, "options", KNOWN);
  const { systems, phases = ["update"], ambiguity = "error" } = options;
  const places = placesOf(systems);
  checkPhases(phases);
  if (ambiguity !== "error" && ambiguity !== "declared")
    throw badArgument("ambiguity", ambiguity, '"error" or "declared"');
  for (const { name, phase } of systems)
    if (phase !== undefined && !phases.includes(phase))
      throw badArgument(`phase of system ${name}`, phase, `one of the phases ${phases.join(", ")}`);
  const phaseNumbers = systems.map(({ phase }) => (phase === undefined ? 0 : phases.indexOf(phase)));
  const said = saidOf(systems, places, phases, phaseNumbers);
  const edges: Edge[] = [];
  const stages: System[][] = [];
  for (let phase = 0; phase < phases.length; phase++) {
    const members = systems.flatMap((_, s) => (phaseNumbers[s] === phase ? [s] : []));
    const position = new Map(members.map((s, i) => [s, i]));
    const order = orderOf(
      members.map((s) => systems[s]!),
      members.map((s) => new Map([...said[s]!].map(([from, reasons]) => [position.get(from)!, reasons]))),
      ambiguity === "declared",
    );
    const first = stages.length;
    order.stages.forEach((stage, i) => {
      (stages[first + stage] ??= []).push(systems[members[i]!]!);
    });
    for (const { from, to, reasons } of order.links)
      edges.push({ from: systems[members[from]!]!, to: systems[members[to]!]!, reasons });
  }
  return new Schedule([...systems], [...phases], [...stages], edges);
}

/** The index of each system by its name. */
function placesOf(systems: readonly System[]): ReadonlyMap<string, number> {
  expectList(systems, "systems");
  const places = new Map<string, number>();
  for (const system of systems) {
    if (system?.is !== "system") throw badArgument("systems", system, "a list of systems made with system()");
    if (places.has(system.name)) {
      throw new WorldloomError("name-taken", `Two systems are named ${system.name}; rename one.`, {
        system: system.name,
      });
    }
    places.set(system.name, places.size);
  }
  return places;
}

function checkPhases(phases: readonly string[]): void {
  expectList(phases, "phases");
  const wrong = phases.find((name, i) => typeof name !== "string" || name === "" || phases.indexOf(name) < i);
  if (phases.length === 0 || wrong !== undefined)
    throw badArgument("phases", wrong ?? phases, "a list of different names, at least one");
}

/** For each system those of its phase that must come before it, by `before` and `after`, with who says so. */
function saidOf(
  systems: readonly System[],
  places: ReadonlyMap<string, number>,
  phases: readonly string[],
  phaseNumbers: readonly number[],
): Map<number, string[]>[] {
  const said = systems.map(() => new Map<number, string[]>());
  systems.forEach((system, s) => {
    for (const what of ["before", "after"] as const) {
      for (const name of system[what] ?? []) {
        const other = places.get(name);
        if (other === undefined)
          throw badArgument(`${what} of system ${system.name}`, name, "the name of a system of the schedule");
        const [from, to] = what === "before" ? [s, other] : [other, s];
        const [first, second] = [phaseNumbers[from]!, phaseNumbers[to]!];
        if (first > second)
          throw againstPhases(system.name, what, name, phases[phaseNumbers[s]!]!, phases[phaseNumbers[other]!]!);
        if (first < second) continue;
        const reasons = said[to]!.get(from) ?? [];
        const reason = `${system.name} says ${what}`;
        if (!reasons.includes(reason)) said[to]!.set(from, [...reasons, reason]);
      }
    }
  });
  return said;
}

function againstPhases(system: string, what: string, other: string, phase: string, otherPhase: string): WorldloomError {
  return new WorldloomError(
    "schedule-cycle",
    `System ${system} (phase ${phase}) cannot run ${what} ${other} (phase ${otherPhase}): the phases say otherwise; move one of them.`,
    { systems: [system, other] },
  );
}
