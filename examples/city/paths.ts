import { realpathSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import {
  DISTANCE_MAX,
  DISTANCE_STRAIGHT,
  DISTANCE_UNREACHABLE,
  distanceScratchBytes,
  loadJobs,
  Memory,
  WorldloomError,
} from "../../src/index.ts";
import { type CityMap, loadMap } from "./map.ts";
import { loadScenarios, type Scenario } from "./scen.ts";

/** How far the distance field is from the optimal lengths of a scenario file. */
export interface PathCheck {
  readonly scenarios: number;
  /** Those within {@link TOLERANCE}. */
  readonly exact: number;
  /** Difference by the longer of both lengths: 1 where no path was found, 0 to 1 otherwise. */
  readonly maxRelativeError: number;
}

/** The lengths in the files have about 9 digits. */
export const TOLERANCE = 1e-6;

const HELP = `usage: node examples/city/paths.ts --map FILE --scen FILE [--json]

Compares the distance field of a map with every optimal path length of a scenario file.

  --map FILE   street map in the .map format
  --scen FILE  problems with their optimal lengths in the .scen format
  --json       print {"scenarios","exact","maxRelativeError"}

Exit status: 0 all lengths are within ${TOLERANCE}, 1 some are not or a file cannot be used, 2 not understood.`;

/** One distance field for each different goal. */
export function checkPaths(map: CityMap, scenarios: readonly Scenario[]): PathCheck {
  const { width, height } = map;
  const grid = 8;
  const out = Math.ceil((grid + width * height) / 64) * 64;
  const scratch = Math.ceil((out + 4 * width * height) / 64) * 64;
  const bytes = scratch + distanceScratchBytes(width, height);
  const memory = new Memory({ bytesMax: bytes, shared: false });
  memory.grow(Math.ceil(bytes / 65_536));
  memory.u8.set(map.cells, grid);
  const jobs = loadJobs();

  const byGoal = Map.groupBy(scenarios, ({ goalX, goalY }) => goalY * width + goalX);
  let exact = 0;
  let maxRelativeError = 0;
  for (const [goal, group] of byGoal) {
    memory.u32[0] = goal;
    const far = jobs.distanceField(memory, grid, width, height, 0, 1, out, scratch) === 1;
    for (const { line, startX, startY, optimal } of group) {
      const distance = memory.u32[out / 4 + startY * width + startX]!;
      if (far && distance === DISTANCE_UNREACHABLE) {
        const limit = Math.floor(DISTANCE_MAX / DISTANCE_STRAIGHT);
        throw new WorldloomError(
          "bad-map",
          `Line ${line}: the path may be longer than ${limit} cells, which a distance field cannot hold; leave the problem out.`,
          { line },
        );
      }
      const error = relativeError(distance === DISTANCE_UNREACHABLE ? Infinity : distance / DISTANCE_STRAIGHT, optimal);
      if (error <= TOLERANCE) exact++;
      maxRelativeError = Math.max(maxRelativeError, error);
    }
  }
  jobs.release(memory);
  return { scenarios: scenarios.length, exact, maxRelativeError };
}

function relativeError(length: number, optimal: number): number {
  if (length === optimal) return 0;
  return length === Infinity ? 1 : Math.abs(length - optimal) / Math.max(length, optimal);
}

function main(words: readonly string[]): number {
  const { map: mapPath, scen: scenPath, json, help } = parseFlags(words);
  if (help) {
    console.log(HELP);
    return 0;
  }
  if (mapPath === undefined) throw new WorldloomError("usage", "Give a street map with --map FILE.");
  if (scenPath === undefined) throw new WorldloomError("usage", "Give a scenario file with --scen FILE.");
  const map = loadMap(mapPath);
  const result = checkPaths(map, loadScenarios(scenPath, map));
  if (json) console.log(JSON.stringify(result));
  else
    console.log(
      `${result.exact} of ${result.scenarios} lengths are exact, largest relative error ${result.maxRelativeError.toExponential(1)}`,
    );
  return result.exact === result.scenarios ? 0 : 1;
}

function parseFlags(words: readonly string[]): { map?: string; scen?: string; json?: boolean; help?: boolean } {
  const options = {
    map: { type: "string" },
    scen: { type: "string" },
    json: { type: "boolean" },
    help: { type: "boolean", short: "h" },
  } as const;
  try {
    return parseArgs({ args: [...words], options, allowPositionals: false }).values;
  } catch (cause) {
    throw new WorldloomError("usage", cause instanceof Error ? cause.message : String(cause), {}, cause);
  }
}

// As a program, not when a test imports it.
if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  try {
    process.exitCode = main(process.argv.slice(2));
  } catch (error) {
    if (!(error instanceof WorldloomError)) throw error;
    console.error(`paths: ${error.message} (${error.code})`);
    if (error.code === "usage") console.error("Try: node examples/city/paths.ts --help");
    process.exitCode = error.code === "usage" ? 2 : 1;
  }
}
