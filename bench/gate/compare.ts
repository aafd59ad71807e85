import type { Counts } from "./counts.ts";
import type { Instructions } from "./instructions.ts";

/** What `bench/gate/baseline.json` holds. */
export interface Baseline {
  readonly counts: Readonly<Record<string, Counts>>;
  readonly instructions: Instructions;
}

/** One figure beside the one in the baseline; undefined where one of them has none. */
export interface Finding {
  readonly name: string;
  readonly before: number | undefined;
  readonly now: number | undefined;
  readonly verdict: "equal" | "better" | "worse" | "new" | "gone";
}

/** Instructions may differ by this share. */
export const TOLERANCE = 0.005;

/** Counts are compared exactly. */
export function compareCounts(before: Baseline["counts"], now: Baseline["counts"]): Finding[] {
  return compare(flat(before), flat(now), 0);
}

/** Instructions are compared within {@link TOLERANCE}; levels that this machine does not have are left out. */
export function compareInstructions(before: Instructions, now: Instructions): Finding[] {
  const levels = new Set(Object.keys(now.jobs).map(levelOf));
  const known = Object.entries(before.jobs).filter(([name]) => levels.has(levelOf(name)));
  return compare(Object.fromEntries(known), now.jobs, TOLERANCE);
}

/** Why the instructions of two machines cannot be compared, if they cannot. */
export function machineFault(before: Instructions, now: Instructions): string | undefined {
  const keys = ["arch", "rustc"] as const;
  const key = keys.find((one) => before.machine[one] !== now.machine[one]);
  return key === undefined
    ? undefined
    : `the baseline is of ${before.machine[key]}, here is ${now.machine[key]}: other instructions`;
}

function levelOf(name: string): string {
  return name.split(" ", 1)[0]!;
}

function flat(counts: Baseline["counts"]): Record<string, number> {
  const found = Object.entries(counts).flatMap(([scenario, figures]) =>
    Object.entries(figures).map(([what, count]) => [`${scenario}: ${what}`, count as number] as const),
  );
  return Object.fromEntries(found);
}

function compare(
  before: Readonly<Record<string, number>>,
  now: Readonly<Record<string, number>>,
  tolerance: number,
): Finding[] {
  const names = new Set([...Object.keys(before), ...Object.keys(now)]);
  return Array.from(names, (name) => {
    const [a, b] = [before[name], now[name]];
    return { name, before: a, now: b, verdict: verdictOf(a, b, tolerance) };
  });
}

function verdictOf(before: number | undefined, now: number | undefined, tolerance: number): Finding["verdict"] {
  if (before === undefined) return "new";
  if (now === undefined) return "gone";
  if (Math.abs(now - before) <= before * tolerance) return "equal";
  return now < before ? "better" : "worse";
}
