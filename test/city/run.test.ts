import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ADDON } from "../../scripts/addon.mjs";
import { run } from "../../src/cli/run.ts";
import { WorldloomError } from "../../src/index.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const berlin = join(root, "..", "shared", "data", "maps", "Berlin_0_256.map");
const noAddon = !existsSync(join(root, ADDON)) || process.env["WORLDLOOM_JOBS"] === "reference";
if (noAddon) console.info("both job sets are not compared: no addon here");
if (!existsSync(berlin)) console.info(`the map of Berlin is skipped: ${berlin} is absent`);

const folder = mkdtempSync(join(tmpdir(), "city-"));
const home = process.cwd();
process.chdir(folder);
afterAll(() => {
  process.chdir(home);
  rmSync(folder, { recursive: true });
});
const at = (name: string): string => join(folder, name);

function city(words: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const program = [join(root, "src/cli/main.ts"), "run", "examples/city", ...words];
  const options = { cwd: folder, encoding: "utf8", env: { ...process.env, NO_COLOR: "1", ...env } } as const;
  const { status, stdout, stderr } = spawnSync(process.execPath, program, options);
  return { status, stdout, stderr };
}

interface Result {
  readonly hash: string;
  readonly jobs: string;
  readonly agents: number;
  readonly seed: number;
  readonly moving: number;
  readonly systems: Readonly<Record<string, number>>;
}

function json(words: readonly string[], env: NodeJS.ProcessEnv = {}): Result {
  const { status, stdout, stderr } = city([...words, "--json"], env);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  expect(stdout.split("\n")).toEqual([expect.stringMatching(/^\{.*\}$/), ""]);
  return JSON.parse(stdout);
}

describe("worldloom run examples/city", () => {
  const maps: readonly (readonly string[])[] = [[], ...(existsSync(berlin) ? [["--map", berlin]] : [])];

  test.for(maps)("%j gives the same hash in every process, on both job sets, and another for another seed", (map) => {
    const words = [...map, "--agents", "800", "--ticks", "12", "--churn", "0.05"];
    const first = json(words);
    expect(json(words).hash).toBe(first.hash);
    expect(json([...words, "--seed", "2"]).hash).not.toBe(first.hash);
    if (noAddon) return;
    const results = ["addon", "reference"].map((jobs) => json(words, { WORLDLOOM_JOBS: jobs }));
    expect(results.map(({ jobs }) => jobs)).toEqual(["addon", "reference"]);
    expect(results.map(({ hash }) => hash)).toEqual([first.hash, first.hash]);
  });

  test("goes on from a file as it would have without", () => {
    const words = ["--agents", "300", "--seed", "3", "--churn", "0.03"];
    const whole = json([...words, "--ticks", "200"]);
    const half = json([...words, "--ticks", "100", "--save", "half.world"]);
    expect(half.hash).not.toBe(whole.hash);
    expect(json([...words, "--ticks", "100", "--load", "half.world"])).toMatchObject({
      hash: whole.hash,
      agents: 300,
      seed: 3,
    });
    // Agents and seed are those of the file.
    const loaded = json(["--ticks", "100", "--churn", "0.03", "--load", "half.world", "--save", "whole.world"]);
    expect(loaded).toMatchObject({ hash: whole.hash, agents: 300, seed: 3 });
    expect(json([...words, "--ticks", "200", "--save", "same.world"]).hash).toBe(whole.hash);
    expect(readFileSync(at("whole.world")).equals(readFileSync(at("same.world")))).toBe(true);
  });

  test("warms up without a trace, from the start and from a file", () => {
    const figures = (words: readonly string[]) => {
      const { tickMs, systems, ...rest } = json(words) as Result & { tickMs: unknown };
      return { ...rest, systems: Object.keys(systems) };
    };
    const words = ["--agents", "300", "--seed", "3", "--churn", "0.03"];
    for (const [name, more] of [
      ["fresh", ["--ticks", "60"]],
      ["later", ["--ticks", "1", "--load", "cold-fresh.world"]],
    ] as const) {
      const cold = figures([...words, ...more, "--warmup", "0", "--save", `cold-${name}.world`]);
      expect(figures([...words, ...more, "--save", `warm-${name}.world`])).toEqual(cold);
      expect(figures([...words, ...more, "--warmup", "1"])).toEqual(cold);
      expect(readFileSync(at(`warm-${name}.world`)).equals(readFileSync(at(`cold-${name}.world`)))).toBe(true);
    }
  });

  test("--json prints the figures that others read", () => {
    const result = json(["--agents", "50", "--ticks", "4", "--churn", "0.5"]);
    expect(Object.keys(result)).toEqual(
      "agents ticks seed jobs threads tickMs systems arrived moving neighboursMean hash bytes".split(" "),
    );
    expect(result).toMatchObject({
      agents: 50,
      ticks: 4,
      seed: 1,
      moving: 50,
      hash: expect.stringMatching(/^[\da-f]{16}$/),
    });
    expect(Object.keys(result.systems).sort()).toEqual("commands follow hash move separate turnover".split(" "));
  });

  test("prints a table and a picture, and writes a report that needs nothing else", () => {
    const { status, stdout, stderr } = city(["--agents", "200", "--ticks", "5", "--report", "report"]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    for (const name of ["agents", "map", "seed", "jobs", "ticks per second", "entities", "memory", "hash"]) {
      expect(stdout).toMatch(new RegExp(`^${name} `, "m"));
    }
    expect(stdout).toMatch(/^map +bundled\.map$/m);
    expect(stdout).toMatch(/^separate( +[\d.]+){4} +[\d.]+ %$/m);
    const picture = stdout.split("After tick 5:\n")[1]!.split("\n\n")[0]!.split("\n");
    expect(picture.length).toBe(36);
    expect(Math.max(...picture.map((line) => line.length))).toBeLessThanOrEqual(72);
    expect(picture.join("")).toMatch(/^[ .:=+*#%@-]+$/);
    expect(stdout).toContain(join("report", "report.html"));
    expect(readdirSync(at("report")).sort()).toEqual(["picture.png", "report.html"]);
    expect(
      readFileSync(join(folder, "report", "picture.png"))
        .subarray(1, 4)
        .toString(),
    ).toBe("PNG");
    const html = readFileSync(join(folder, "report", "report.html"), "utf8");
    expect(html).toContain("data:image/png;base64,");
    expect(html.match(/(src|href)=.{6}|@import|<link|<script|url\(/g)).toEqual(['src="data:']);
    expect(html).not.toContain(root);
  });

  test("--help has every flag with its range and default", () => {
    const { status, stdout } = city(["--help"]);
    expect(status).toBe(0);
    for (const name of "map agents radius churn ticks seed warmup report save load json".split(" ")) {
      expect(stdout).toMatch(new RegExp(`^  --${name}\\b`, "m"));
    }
  });
});

describe("refuses", () => {
  let before: string[] = [];
  const saved = (): Buffer => readFileSync(at("small.world"));
  beforeAll(() => {
    json(["--agents", "20", "--ticks", "2", "--save", "small.world"]);
    writeFileSync(at("cut.world"), saved().subarray(0, 500));
    const flipped = saved();
    flipped[flipped.length >> 1]! ^= 4;
    writeFileSync(at("flipped.world"), flipped);
    writeFileSync(at("text"), "not what you think\n");
    writeFileSync(at("cut.map"), "type octile\nheight 3\nwidth 3\nmap\n...\n..");
    writeFileSync(at("walls.map"), "type octile\nheight 1\nwidth 2\nmap\n@@\n");
    writeFileSync(at("one.map"), "type octile\nheight 1\nwidth 1\nmap\n.\n");
    mkdirSync(at("folder"));
    before = readdirSync(folder, { recursive: true, encoding: "utf8" }).sort();
  });

  const bad: readonly (readonly [words: readonly string[], status: number, message: RegExp])[] = [
    [["--agents", "0"], 2, /--agents must be a whole number from 1 to \d+, not "0"/],
    [["--agents", "-5"], 2, /--agents must be/],
    [["--agents=-5"], 2, /not "-5"/],
    [["--agents", "1e3"], 2, /whole number/],
    [["--agents", "99999999999"], 2, /from 1 to 4000000/],
    [["--agents", "many"], 2, /not "many"/],
    [["--agents"], 2, /--agents must be/],
    [["--agents", "1", "--agents", "2"], 2, /given twice/],
    [["--ticks", "0"], 2, /--ticks must be/],
    [["--ticks", "1.5"], 2, /--ticks must be/],
    [["--seed", "-1"], 2, /--seed must be/],
    [["--seed", "4294967296"], 2, /from 0 to 4294967295/],
    [["--radius", "0"], 2, /--radius must be a number from 0.05 to 16/],
    [["--radius", "NaN"], 2, /--radius must be/],
    [["--radius", "1000"], 2, /--radius must be/],
    [["--churn", "1.01"], 2, /--churn must be a number from 0 to 1/],
    [["--churn", "-0.1"], 2, /--churn must be/],
    [["--churn", "10%"], 2, /--churn must be/],
    [["--agent", "5"], 2, /did you mean --agents/],
    [["--jobs", "addon"], 2, /no flag --jobs/],
    [["--json=no"], 2, /takes no value/],
    [["100"], 2, /"100" is not a flag/],
    [["--map", ""], 2, /path of a file/],
    [["--map", "none.map"], 1, /none\.map cannot be read \(.*check the path.*file-io/],
    [["--map", "folder"], 1, /file-io/],
    [["--map", "text"], 1, /line 1: found "not what you think".*bad-map/],
    [["--map", "cut.map"], 1, /truncated.*bad-map/],
    [["--map", "walls.map"], 1, /no passable cell.*bad-map/],
    [["--map", "cut.map", "--report", "none"], 1, /bad-map/],
    [["--report", "none", "--load", "cut.world"], 1, /bad-file/],
    [["--report", "none", "--save", "folder"], 1, /file-io/],
    [["--load", "none.world"], 1, /file-io/],
    [["--load", "folder"], 1, /file-io/],
    [["--load", "text"], 1, /bad-file/],
    [["--load", "cut.world"], 1, /bad-file/],
    [["--load", "flipped.world"], 1, /bad-file/],
    [["--load", "small.world", "--map", "one.map"], 1, /another map than one\.map; give the same --map/],
    [["--save", "folder"], 1, /it is a folder.*file-io/],
    [["--save", "none/at/all"], 1, /file-io/],
    [["--save", "/dev/null"], 1, /not a regular file.*file-io/],
    [["--save", "text/below"], 1, /file-io/],
    [["--report", "text"], 1, /not a folder.*file-io/],
    [["--report", "text/below"], 1, /file-io/],
    [["--report", "/proc/nowhere"], 1, /file-io/],
  ];
  const unchanged = (): void => {
    expect(readdirSync(folder, { recursive: true, encoding: "utf8" }).sort()).toEqual(before);
  };
  const shortly = (words: readonly string[]): string[] => [
    ...words,
    ...["--ticks=1", "--agents=9"].filter((word) => !words[0]!.startsWith(word.slice(0, 7))),
  ];

  test.for(bad)("%j", async ([words, status, message]) => {
    const kept = saved();
    const refusal: unknown = await Promise.resolve(run.run(["examples/city", ...shortly(words)])).then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(refusal).toBeInstanceOf(WorldloomError);
    const { code, message: said } = refusal as WorldloomError;
    expect(`${said} (${code})`).toMatch(message);
    expect(code === "usage").toBe(status === 2);
    unchanged();
    expect(saved().equals(kept)).toBe(true);
  });

  test.for([
    ["--agents", "0"],
    ["--map", "cut.map"],
    ["--load", "flipped.world"],
    ["--save", "folder"],
  ])("%j with the status and nothing but the message", (words) => {
    const [, status, message] = bad.find(([other]) => other.join() === words.join())!;
    const result = city(shortly(words));
    expect(result.stderr).toMatch(message);
    expect(result.stderr).toMatch(
      status === 2 ? /^worldloom: .*\(usage\)\nTry: worldloom run --help\n$/ : /^worldloom: .*\n$/,
    );
    expect(result.stdout).toBe("");
    expect(result.status).toBe(status);
    unchanged();
  });

  test("a choice of jobs that does not exist", () => {
    expect(city(["--ticks", "1"], { WORLDLOOM_JOBS: "fast" })).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/addon.*reference.*jobs-unavailable/),
      stdout: "",
    });
  });
});

test.for([
  [[], "city-report"],
  [["--report", "elsewhere"], "elsewhere"],
  [["--json"], undefined],
] as const)("npm start with %j", ([words, report]) => {
  const program = [join(root, "scripts/start.mjs"), "--agents", "20", "--ticks", "1", ...words];
  const { status, stdout } = spawnSync(process.execPath, program, { cwd: folder, encoding: "utf8" });
  expect(status).toBe(0);
  expect(stdout).toContain(report === undefined ? '{"agents":20,' : join(report, "report.html"));
  for (const name of ["city-report", "elsewhere"]) {
    expect(existsSync(at(name))).toBe(name === report);
    rmSync(at(name), { recursive: true, force: true });
  }
});

test("a map of a single cell will do", () => {
  writeFileSync(at("cell.map"), "type octile\nheight 1\nwidth 1\nmap\n.\n");
  expect(json(["--map", "cell.map", "--agents", "40", "--ticks", "3", "--churn", "1"])).toMatchObject({ agents: 40 });
});
