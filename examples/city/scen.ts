import type { CityMap } from "./map.ts";
import { Lines, quote, readBytes } from "./map.ts";

/** Most problems of one file. */
export const SCENARIOS_MAX = 1_000_000;

/** One path-finding problem with the length of its best solution. */
export interface Scenario {
  /** The line that it stands in, from 1. */
  readonly line: number;
  readonly startX: number;
  readonly startY: number;
  readonly goalX: number;
  readonly goalY: number;
  /** In cells: 1 for a straight step, the square root of two for a diagonal one. */
  readonly optimal: number;
}

/** Reads and parses a file; `file-io` if that fails, `bad-map` if it is no scenario file for this map. */
export function loadScenarios(path: string | URL, map: CityMap): Scenario[] {
  return parseScenarios(readBytes(path), map, String(path));
}

/**
 * Parses the `.scen` format of the Moving AI benchmarks: `version 1`, then one problem a line in nine fields
 * separated by tabs: bucket, map, width, height, start x, start y, goal x, goal y, optimal length.
 * Width and height must be those of `map`, start and goal passable cells of it. Anything else is refused with
 * `bad-map`; the message names the line and says what is expected there.
 */
export function parseScenarios(bytes: Uint8Array, map: CityMap, name = "scen"): Scenario[] {
  const lines = new Lines(bytes, name);
  const version = lines.text();
  if (!/^version 1(\.0)?\s*$/.test(version ?? "")) {
    throw lines.error(`found ${quote(version)}; this line must be "version 1"`);
  }
  const scenarios: Scenario[] = [];
  for (let line = lines.text(); line !== undefined; line = lines.text()) {
    if (line.trim() === "") {
      lines.expectEnd("an empty line");
      break;
    }
    if (scenarios.length === SCENARIOS_MAX)
      throw lines.error(`there are more than ${SCENARIOS_MAX} problems; split the file`);
    scenarios.push(parseScenario(line, map, lines));
  }
  return scenarios;
}

function parseScenario(line: string, map: CityMap, lines: Lines): Scenario {
  const fields = line.trimEnd().split("\t");
  if (fields.length !== 9) {
    throw lines.error(
      `found ${fields.length} fields; there must be 9, separated by tabs (bucket, map, width, height, start x, start y, goal x, goal y, length)`,
    );
  }
  const integer = (index: number, what: string): number => {
    const field = fields[index]!;
    if (!/^\d{1,9}$/.test(field)) throw lines.error(`${what} is ${quote(field)}; it must be a whole number from 0`);
    return Number(field);
  };
  integer(0, "the bucket");
  const width = integer(2, "the width");
  const height = integer(3, "the height");
  if (width !== map.width || height !== map.height) {
    throw lines.error(
      `the problem is for a map of ${width} x ${height}, ${map.name} has ${map.width} x ${map.height}; use the map that the file was made for`,
    );
  }
  const startX = integer(4, "start x");
  const startY = integer(5, "start y");
  const goalX = integer(6, "goal x");
  const goalY = integer(7, "goal y");
  checkCell(map, startX, startY, "start", lines);
  checkCell(map, goalX, goalY, "goal", lines);
  if (!/^\d{1,12}(\.\d{1,20})?$/.test(fields[8]!)) {
    throw lines.error(`the length is ${quote(fields[8])}; it must be a decimal number from 0`);
  }
  return { line: lines.number, startX, startY, goalX, goalY, optimal: Number(fields[8]) };
}

function checkCell(map: CityMap, x: number, y: number, what: string, lines: Lines): void {
  if (x >= map.width || y >= map.height) {
    throw lines.error(
      `the ${what} (${x}, ${y}) lies outside the ${map.width} x ${map.height} map; columns and rows count from 0`,
    );
  }
  if (map.cells[y * map.width + x] !== 1)
    throw lines.error(`the ${what} (${x}, ${y}) is not passable; use the map that the file was made for`);
}
