import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";

const folder = mkdtempSync(join(tmpdir(), "run-"));
afterAll(() => rmSync(folder, { recursive: true }));

function run(...words: string[]): { stdout: string; stderr: string; status: number | null } {
  return spawnSync(process.execPath, ["src/cli/main.ts", "run", ...words], { encoding: "utf8", timeout: 60_000 });
}

describe("worldloom run", () => {
  test("prints one JSON object", () => {
    const { stdout, stderr, status } = run("test/cli/scenes", "--ticks", "3", "--step", "4", "--seed", "7", "--json");
    expect({ stderr, status }).toEqual({ stderr: "", status: 0 });
    const { tickMs, ...rest } = JSON.parse(stdout);
    expect(Object.keys(tickMs)).toEqual(["p50", "p95", "p99", "max"]);
    expect(rest).toEqual({
      step: 4,
      ticks: 3,
      seed: 7,
      jobs: "none",
      threads: 1,
      systems: { add: 0.1667, other: 0.0833 },
      sum: 19,
      steps: 27,
      hash: "hash-19",
      bytes: 2048,
    });
  });

  test.each([
    ["0", 3],
    ["40", 43],
  ])("--warmup %s takes as many ticks back", (warmup, steps) => {
    const { stdout, status } = run("test/cli/scenes", "--ticks", "3", "--warmup", warmup, "--json");
    expect({ status, ...JSON.parse(stdout) }).toMatchObject({ status: 0, ticks: 3, steps, sum: 7, hash: "hash-7" });
  });

  test("prints a table and writes a report of its own", () => {
    const report = join(folder, "a", "b");
    const { stdout, status } = run("test/cli/scenes/scene.ts", "--ticks", "2", "--report", report);
    expect(status).toBe(0);
    expect(stdout).toMatch(/hash +hash-5\n/);
    expect(stdout).toMatch(/^ticks +2, after 24 to warm up$/m);
    expect(stdout).toMatch(/add +0\.250/);
    expect(readFileSync(join(report, "picture.png")).subarray(1, 4).toString()).toBe("PNG");
    const html = readFileSync(join(report, "report.html"), "utf8");
    expect(html).toContain("data:image/png;base64,");
    expect(html).not.toMatch(/(src|href)="?(https?:|\/|\.)/);
  });

  test("--help lists the flags of the scene", () => {
    const { stdout, status } = run("test/cli/scenes", "--help");
    expect(status).toBe(0);
    expect(stdout).toMatch(/--step N +added each tick \(1 to 9, default 2\)/);
    expect(stdout).toContain("--report DIR");
  });

  test.each([
    [[], 2, /which scene/],
    [["--ticks", "3"], 2, /which scene/],
    [["no/such/scene"], 2, /no scene at no\/such\/scene/],
    [["src/cli/text.ts"], 2, /exports no scene/],
    [["package.json"], 1, /package\.json: \$\.name is none of its keys.*bad-file/],
    [["README.md"], 1, /README\.md cannot be loaded \(.*bad-file/],
    [["."], 2, /no scene at \./],
    [["test/cli/scenes", "--step", "10"], 2, /--step must be a whole number from 1 to 9, not "10"/],
    [["test/cli/scenes", "--warmup", "-1"], 2, /--warmup must be a whole number from 0 to 10000, not "-1"/],
    [["test/cli/scenes", "--load", ""], 2, /--load needs the path of a file/],
    [["test/cli/scenes", "--report", "package.json"], 1, /file-io/],
    [["test/cli/scenes", "--report", "/proc/nowhere"], 1, /file-io/],
    [["test/cli/scenes", "--save", "src"], 1, /it is a folder.*file-io/],
    [["test/cli/scenes", "--save", "no/such/folder/file"], 1, /file-io/],
    [
      ["test/cli/scenes/broken.ts"],
      1,
      /^worldloom: .*broken\.ts cannot create its scene \(no luck\); mend it\. \(bad-file\)\n +at lucky \(.*broken\.ts:\d+:\d+\)\n +at .*broken\.ts:\d+:\d+\)\n$/,
    ],
    [
      ["test/cli/scenes/empty.ts"],
      1,
      /^worldloom: .*empty\.ts creates no scene .* lacks systemMs\(\).*\(bad-file\)\n$/,
    ],
    [["test/cli/scenes/broken.ts", "--threads", "2"], 1, /broken\.ts cannot create its scene/],
    [["test/cli/scenes/broken.ts", "--coded"], 1, /^worldloom: Not today\. \(bad-argument\)\n$/],
    [["test/cli/scenes", "--fail"], 1, /The third tick failed.*tick-failed\)\n$/],
    [["test/cli/scenes", "--bug"], 1, /A system failed.*tick-failed\)\nTypeError: it is no function\n +at /],
  ])("%j ends with %i", (words, status, message) => {
    const result = run(...words);
    expect(result.stderr).toMatch(message);
    expect(result.stdout).toBe("");
    expect(result.status).toBe(status);
  });

  test("leaves no report behind when the run fails", () => {
    const report = join(folder, "failed");
    expect(run("test/cli/scenes", "--fail", "--report", report).status).toBe(1);
    expect(existsSync(join(report, "report.html"))).toBe(false);
  });
});
