import type { Measured } from "./workload.ts";

export interface Row extends Measured {
  /** The fastest peer of this workload, of those that its target is against. */
  best?: boolean;
  target?: string;
  met?: boolean;
  gigabytesPerSecond?: number;
}

const HEAD = ["workload", "against", "ours", "peer", "unit", "ratio", "target", ""];

/** Prints rows for a person: the fastest peer of each workload is marked with `*`. */
export function printTable(rows: readonly Row[]): void {
  const lines = rows.map((row) => [
    row.workload,
    `${row.peerName}${row.best ? " *" : ""}`,
    digits(row.ours),
    digits(row.peer),
    row.gigabytesPerSecond === undefined ? row.unit : `${row.unit} (${digits(row.gigabytesPerSecond)} GB/s)`,
    `${digits(row.ratio)}x`,
    row.target ?? "",
    row.met === undefined ? "" : row.met ? "met" : "MISSED",
  ]);
  const widths = HEAD.map((head, c) => Math.max(head.length, ...lines.map((line) => line[c]!.length)));
  const right = [false, false, true, true, false, true, false, false];
  const print = (line: readonly string[]): void => {
    const cells = line.map((cell, c) => (right[c] ? cell.padStart(widths[c]!) : cell.padEnd(widths[c]!)));
    console.log(cells.join("  ").trimEnd());
  };
  print(HEAD);
  let workload = "";
  for (const line of lines) {
    print(line[0] === workload ? ["", ...line.slice(1)] : line);
    workload = line[0]!;
  }
  const judged = rows.filter(({ met }) => met !== undefined);
  console.log(
    `* the fastest peer that counts. ${judged.filter(({ met }) => met).length} of ${judged.length} targets met.`,
  );
}

/** Three significant digits. */
function digits(value: number): string {
  return value >= 1000 ? value.toFixed(0) : value.toPrecision(3);
}
