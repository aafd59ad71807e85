import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { loadMap, parseMap } from "../../examples/city/map.ts";
import { checkPaths } from "../../examples/city/paths.ts";
import { loadScenarios, parseScenarios } from "../../examples/city/scen.ts";
import { WorldloomError } from "../../src/index.ts";

const mapText = "type octile\nheight 2\nwidth 3\nmap\n...\n.@.\n";
const map = parseMap(Buffer.from(mapText), "m.map");
const row = "0\tm.map\t3\t2\t0\t1\t2\t1\t4.00000000";
const good = `version 1\n${row}\n3\tm.map\t3\t2\t0\t0\t1\t0\t1\n`;
const parse = (text: string) => parseScenarios(Buffer.from(text), map, "m.scen");

describe("parseScenarios", () => {
  test.each([
    good,
    good.replaceAll("\n", "\r\n"),
    good.trimEnd(),
    `${good}\n\n`,
    good.replace("version 1", "version 1.0"),
  ])("reads %j", (text) => {
    expect(parse(text)).toEqual([
      { line: 2, startX: 0, startY: 1, goalX: 2, goalY: 1, optimal: 4 },
      { line: 3, startX: 0, startY: 0, goalX: 1, goalY: 0, optimal: 1 },
    ]);
  });

  test.each([
    ["nothing", "", 1, /version 1/],
    ["another version", good.replace("version 1", "version 2"), 1, /version 1/],
    ["spaces for tabs", good.replaceAll("\t", " "), 2, /1 fields; there must be 9/],
    ["a field too many", good.replace(row, `${row}\t1`), 2, /10 fields/],
    ["a problem of another map", good.replace("\t3\t2\t", "\t4\t2\t"), 2, /4 x 2, m.map has 3 x 2/],
    ["a start outside", good.replace("\t0\t1\t2", "\t3\t1\t2"), 2, /start \(3, 1\) lies outside/],
    ["a goal that is blocked", good.replace("\t2\t1\t4", "\t1\t1\t4"), 2, /goal \(1, 1\) is not passable/],
    ["a negative number", good.replace("\t0\t1\t2", "\t-1\t1\t2"), 2, /start x is "-1"/],
    ["a length that is no number", good.replace("4.00000000", "NaN"), 2, /the length is "NaN"/],
    ["text after an empty line", `${good}\n${row}\n`, 5, /after an empty line/],
  ])("refuses %s", (_, text, line, message) => {
    expect(() => parse(text)).toThrow(expect.objectContaining({ code: "bad-map", operands: { file: "m.scen", line } }));
    expect(() => parse(text)).toThrow(message);
  });

  test("gives problems or a coded error for every truncation and for changed bytes", () => {
    const attempt = (bytes: Uint8Array): void => {
      try {
        for (const { startX, startY } of parseScenarios(bytes, map)) expect(map.cells[startY * 3 + startX]).toBe(1);
      } catch (error) {
        if (!(error instanceof WorldloomError && error.code === "bad-map")) throw error;
      }
    };
    const bytes = Buffer.from(good);
    for (let end = 0; end <= bytes.length; end++) attempt(bytes.subarray(0, end));
    const change = fc.tuple(fc.nat(bytes.length - 1), fc.nat(255));
    const property = fc.property(fc.array(change, { minLength: 1, maxLength: 3 }), (changes) => {
      const changed = Uint8Array.from(bytes);
      for (const [at, byte] of changes) changed[at] = byte;
      attempt(changed);
    });
    fc.assert(property, { seed: 32, numRuns: 3000 });
  });
});

describe("checkPaths", () => {
  test("tells exact lengths from others", () => {
    expect(checkPaths(map, parse(good))).toEqual({ scenarios: 2, exact: 2, maxRelativeError: 0 });
    expect(checkPaths(map, parse(good.replace("4.0", "3.0")))).toEqual({
      scenarios: 2,
      exact: 1,
      maxRelativeError: 0.25,
    });
  });

  test("says that there is no path", () => {
    const split = parseMap(Buffer.from("type octile\nheight 1\nwidth 3\nmap\n.@.\n"));
    const scenario = { line: 2, startX: 0, startY: 0, goalX: 2, goalY: 0, optimal: 2 };
    expect(checkPaths(split, [scenario])).toEqual({ scenarios: 1, exact: 0, maxRelativeError: 1 });
  });

  const maps = new URL("../../../shared/data/maps/", import.meta.url);
  const absent = !existsSync(maps);
  if (absent) console.info("real maps are skipped: ../shared/data/maps is absent");
  test.skipIf(absent).each(["Berlin_0_256", "Boston_0_256"])(
    "every optimal length of %s",
    (name) => {
      const real = loadMap(new URL(`${name}.map`, maps));
      const result = checkPaths(real, loadScenarios(new URL(`${name}.map.scen`, maps), real));
      expect(result.scenarios).toBeGreaterThan(900);
      expect(result.exact).toBe(result.scenarios);
      expect(result.maxRelativeError).toBeLessThan(1e-6);
    },
    240_000,
  );
});

describe("paths.ts", () => {
  const folder = mkdtempSync(join(tmpdir(), "paths-"));
  afterAll(() => rmSync(folder, { recursive: true }));
  const mapFile = join(folder, "m.map");
  const scenFile = join(folder, "m.scen");
  const wrongFile = join(folder, "wrong.scen");
  writeFileSync(mapFile, mapText);
  writeFileSync(scenFile, good);
  writeFileSync(wrongFile, good.replace("4.0", "3.0"));

  test.each([
    [["--map", mapFile, "--scen", scenFile, "--json"], 0, /^\{"scenarios":2,"exact":2,"maxRelativeError":0\}\n$/, /^$/],
    [["--map", mapFile, "--scen", wrongFile], 1, /1 of 2 lengths are exact/, /^$/],
    [["--help"], 0, /usage:/, /^$/],
    [["--map", mapFile], 2, /^$/, /--scen FILE/],
    [["--map"], 2, /^$/, /--help/],
    [["--nonsense"], 2, /^$/, /nonsense/],
    [["--map", mapFile, "--scen", mapFile], 1, /^$/, /line 1.*bad-map/],
    [["--map", folder, "--scen", scenFile], 1, /^$/, /file-io/],
  ])("%j ends with %i", (words, status, stdout, stderr) => {
    const run = spawnSync(process.execPath, ["examples/city/paths.ts", ...words], { encoding: "utf8" });
    expect(run.stdout).toMatch(stdout);
    expect(run.stderr).toMatch(stderr);
    expect(run.status).toBe(status);
  });
});
