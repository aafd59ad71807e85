import { writeFileSync } from "node:fs";

/** Width and height of the bundled map. */
const SIDE = 96;

/**
 * The bundled street map: blocks of houses with courtyards between streets of different widths, a park, a square,
 * an avenue across, and a river with bridges. Always the same text. `node examples/city/make-map.ts` writes it.
 */
export function makeMap(): string {
  const rows = Array.from({ length: SIDE }, () => new Array<string>(SIDE).fill("."));
  const random = congruential(20_24);
  const fill = (left: number, top: number, right: number, bottom: number, cell: string): void => {
    for (let y = Math.max(0, top); y < Math.min(SIDE, bottom); y++)
      for (let x = Math.max(0, left); x < Math.min(SIDE, right); x++) rows[y]![x] = cell;
  };

  const columns = cuts(random);
  const lines = cuts(random);
  for (let j = 0; j + 1 < lines.length; j++) {
    for (let i = 0; i + 1 < columns.length; i++) {
      const [left, right] = [columns[i]!, columns[i + 1]! - streetWidth(i)];
      const [top, bottom] = [lines[j]!, lines[j + 1]! - streetWidth(j)];
      fill(left, top, right, bottom, "@");
      // A courtyard with a way out to the north or to the south, or a passage through the block.
      if (right - left < 8 || bottom - top < 8) continue;
      const middle = (left + right) >> 1;
      if (random(4) === 0) fill(middle - 1, top, middle + 1, bottom, ".");
      else {
        fill(left + 3, top + 3, right - 3, bottom - 3, ".");
        if (random(2) === 0) fill(middle - 1, top, middle + 1, top + 3, ".");
        else fill(middle - 1, bottom - 3, middle + 1, bottom, ".");
      }
    }
  }
  fill(62, 56, 82, 74, "G"); // a park
  for (let tree = 0; tree < 14; tree++) rows[57 + random(16)]![63 + random(18)] = "T";
  fill(26, 20, 40, 34, "."); // a square with a fountain
  fill(31, 25, 35, 29, "W");
  for (let x = 0; x < SIDE; x++) {
    // An avenue from the north-west to the south-east, three cells wide, and a river that it crosses.
    for (let y = x - 1; y <= x + 1; y++) if (rows[y]?.[x] === "@") rows[y]![x] = ".";
  }
  for (let x = 0; x < SIDE; x++) {
    const bank = 44 + Math.round(3 * triangle(x / 34));
    const bridge = Math.abs(x - bank - 2) < 5 || x % 24 === 9 || x % 24 === 10 || x % 24 === 11;
    fill(x, bank - 2, x + 1, bank + 7, "."); // both banks
    if (!bridge) fill(x, bank, x + 1, bank + 5, "W");
  }
  return `type octile\nheight ${SIDE}\nwidth ${SIDE}\nmap\n${rows.map((row) => row.join("")).join("\n")}\n`;
}

/** Where blocks start, 8 to 14 cells apart, and where the last one ends. */
function cuts(random: (below: number) => number): number[] {
  const starts = [1];
  while (starts.at(-1)! < SIDE - 18) starts.push(starts.at(-1)! + 9 + random(6));
  return [...starts, SIDE + 1];
}

/** Every third street is a wide one. */
function streetWidth(index: number): number {
  return index % 3 === 2 ? 4 : 2;
}

/** A wave of straight lines between -1 and 1 with period 1. */
function triangle(phase: number): number {
  return 4 * Math.abs(phase - Math.floor(phase + 0.5)) - 1;
}

/** Numbers below a bound from a linear congruential generator. */
function congruential(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state >>> 16) % below;
  };
}

if (process.argv[1]?.endsWith("make-map.ts")) writeFileSync(new URL("bundled.map", import.meta.url), makeMap());
