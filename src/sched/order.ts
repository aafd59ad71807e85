import { WorldloomError } from "../core/errors.ts";
import type { System } from "../ecs/system.ts";
import { Bits } from "./bits.ts";
import { conflictsOf, footprintOf, suspectsOf } from "./conflict.ts";

/** That one system of a list runs before another, and why. */
export interface Link {
  readonly from: number;
  readonly to: number;
  readonly reasons: readonly string[];
}

/** What {@link orderOf} finds. */
export interface Order {
  /** What was asked for, and each conflict that nothing else puts into order already. By `to`, then `from`. */
  readonly links: readonly Link[];
  /** The number of each system's stage: one above those of all that come before it. */
  readonly stages: readonly number[];
}

/**
 * The order of systems. `said` has for each the indices of those that must come before it, with why. Systems that
 * conflict and are not in an order by that come as they are listed where `declared`, each right after those that it must follow.
 * Throws `schedule-cycle`, `schedule-ambiguous`.
 */
export function orderOf(
  systems: readonly System[],
  said: readonly ReadonlyMap<number, readonly string[]>[],
  declared: boolean,
): Order {
  const count = systems.length;
  const order = sorted(systems, said);
  const feet = systems.map(footprintOf);
  const suspects = suspectsOf(feet);
  const before = new Bits(count, count);
  const follow = (to: number, from: number): void => {
    before.set(to, from);
    before.unite(to, from);
  };
  for (const s of order) for (const from of said[s]!.keys()) follow(s, from);
  if (!declared) {
    for (let a = 0; a < count; a++) {
      for (let b = a + 1; b < count; b++) {
        if (!suspects.has(a, b) || before.has(a, b) || before.has(b, a)) continue;
        const conflicts = conflictsOf(feet[a]!, feet[b]!);
        if (conflicts.length > 0) throw ambiguous(systems[a]!, systems[b]!, conflicts);
      }
    }
  }
  const links: Link[] = [];
  const stages = new Array<number>(count).fill(0);
  order.forEach((to, position) => {
    const reasons = new Map<number, readonly string[]>(said[to]);
    for (const from of reasons.keys()) follow(to, from);
    // The latest first: what it brings along need not be said again.
    for (let p = position - 1; p >= 0; p--) {
      const from = order[p]!;
      const known = reasons.get(from);
      if (!suspects.has(to, from) || (known === undefined && before.has(to, from))) continue;
      const conflicts = conflictsOf(feet[from]!, feet[to]!);
      if (conflicts.length === 0) continue;
      reasons.set(from, [...(known ?? []), ...conflicts]);
      follow(to, from);
    }
    for (const [from, list] of [...reasons].sort(([a], [b]) => a - b)) {
      links.push({ from, to, reasons: list });
      stages[to] = Math.max(stages[to]!, stages[from]! + 1);
    }
  });
  links.sort((a, b) => a.to - b.to || a.from - b.from);
  return { links, stages };
}

function ambiguous(a: System, b: System, conflicts: readonly string[]): WorldloomError {
  return new WorldloomError(
    "schedule-ambiguous",
    `Systems ${a.name} and ${b.name} conflict (${conflicts.join("; ")}), and nothing says which runs first; give ${a.name} before: ["${b.name}"] or after: ["${b.name}"], put them into different phases, or pass ambiguity: "declared".`,
    { systems: [a.name, b.name], conflicts },
  );
}

/** Indices so that each comes after all that it must follow, and otherwise as listed. Throws `schedule-cycle`. */
function sorted(systems: readonly System[], said: readonly ReadonlyMap<number, unknown>[]): number[] {
  const order: number[] = [];
  const placed = new Uint8Array(systems.length);
  for (let first = 0; first < systems.length; first++) {
    // Each waits for the next; without recursion, because it may be a long chain.
    const path: number[] = placed[first] === 1 ? [] : [first];
    const rest = path.map((s) => waitsFor(said[s]!));
    while (path.length > 0) {
      const next = rest.at(-1)!.pop();
      if (next === undefined) {
        const done = path.pop()!;
        rest.pop();
        placed[done] = 1;
        order.push(done);
      } else if (path.includes(next)) throw cycle(systems, path.slice(path.indexOf(next)));
      else if (placed[next] === 0) {
        path.push(next);
        rest.push(waitsFor(said[next]!));
      }
    }
  }
  return order;
}

/** The first of the list last: it is taken first. */
function waitsFor(said: ReadonlyMap<number, unknown>): number[] {
  return [...said.keys()].sort((a, b) => b - a);
}

/** Each of `path` waits for the next, and the last for the first. */
function cycle(systems: readonly System[], path: readonly number[]): WorldloomError {
  const names = [path[0]!, ...[...path].reverse()].map((s) => systems[s]!.name);
  return new WorldloomError(
    "schedule-cycle",
    `The order of systems is a circle: ${names.join(" -> ")}; take out one before or after.`,
    { systems: names },
  );
}
