import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { type Baseline, compareCounts, compareInstructions, machineFault } from "../../bench/gate/compare.ts";
import { readCounts } from "../../bench/gate/instructions.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const baseline: Baseline = JSON.parse(readFileSync(new URL("../../bench/gate/baseline.json", import.meta.url), "utf8"));

function gate(words: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const options = { cwd: root, encoding: "utf8", env: { ...process.env, ...env } } as const;
  return spawnSync(process.execPath, ["bench/gate/gate.ts", ...words], options);
}

describe("npm run bench -- gate", () => {
  // Without cargo and valgrind on the path it counts, which takes a second, and gives its reason.
  const bare = { PATH: "", CARGO_HOME: "/nowhere", HOME: "/nowhere" };

  test("counts what the baseline says, on any jobs, and says what it skips", () => {
    const { status, stdout, stderr } = gate([], bare);
    expect([status, stdout]).toEqual([0, "counts: 35 of 35 equal\n"]);
    expect(stderr).toMatch(/^skipped the instructions of the jobs: no cargo on this machine$/m);
  });

  test("--json gives each figure with its verdict", () => {
    const findings = JSON.parse(gate(["--json"], bare).stdout) as { name: string; now: number; verdict: string }[];
    expect(findings.find(({ name }) => name === "steady ticks: views")).toMatchObject({ now: 0, verdict: "equal" });
    expect(findings.find(({ name }) => name === "city, 1,000 agents: crossings")!.now).toBeGreaterThan(100);
  });

  test.for([
    [["--fast"], /--fast/],
    [["ecs"], /ecs/],
  ] as const)("refuses %j", ([words, message]) => {
    expect(gate(words)).toMatchObject({ status: 2, stdout: "", stderr: expect.stringMatching(message) });
  });

  test("--help says what it does", () => {
    expect(gate(["--help"])).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/^Usage: npm run bench -- gate/),
    });
  });

  const installed = existsSync(new URL("../../bench/node_modules", import.meta.url));
  test.runIf(installed)("is one of the words of npm run bench", () => {
    const { status, stdout } = spawnSync(process.execPath, ["bench/run.ts", "gate", "--help"], {
      cwd: root,
      encoding: "utf8",
    });
    expect([status, stdout]).toEqual([0, expect.stringMatching(/gate \[--update\]/)]);
  });
});

describe("verdicts", () => {
  const counts = { allocations: 10, copies: 10, bytes: 640, views: 0, crossings: 2 };

  test("counts are compared exactly", () => {
    const now = { a: { ...counts, copies: 11, crossings: 1 }, c: counts };
    const found = compareCounts({ a: counts, b: counts }, now).filter(({ verdict }) => verdict !== "equal");
    expect(found.slice(0, 2)).toEqual([
      { name: "a: copies", before: 10, now: 11, verdict: "worse" },
      { name: "a: crossings", before: 2, now: 1, verdict: "better" },
    ]);
    expect(new Set(found.slice(2).map(({ name, verdict }) => `${name[0]} ${verdict}`))).toEqual(
      new Set(["b gone", "c new"]),
    );
  });

  test("instructions may differ by half a percent, at the levels that both have", () => {
    const machine = { arch: "x64", rustc: "rustc 1" };
    const before = { machine, jobs: { "portable a": 1000, "portable b": 1000, "portable c": 1000, "avx2 a": 500 } };
    const now = { machine, jobs: { "portable a": 1005, "portable b": 1006, "portable c": 900 } };
    expect(compareInstructions(before, now).map(({ name, verdict }) => [name, verdict])).toEqual([
      ["portable a", "equal"],
      ["portable b", "worse"],
      ["portable c", "better"],
    ]);
    expect(machineFault(before, now)).toBe(undefined);
    expect(machineFault(before, { ...now, machine: { ...machine, rustc: "rustc 2" } })).toMatch(/rustc 1.*rustc 2/);
  });

  test("the baseline has every job at both levels", () => {
    const names = Object.keys(baseline.instructions.jobs);
    const at = (level: string) =>
      names.filter((name) => name.startsWith(level)).map((name) => name.slice(level.length));
    expect(at("portable ").length).toBeGreaterThan(20);
    expect(at("avx2 ")).toEqual(at("portable "));
  });

  test("dumps belong to lines by their order", () => {
    const dumps = ["version: 1\nsummary: 12\ntotals: 12\n", "totals: 34\n", "totals: 0\n"];
    const printed = "portable a b 0000000000000001\navx2 a b 0000000000000002\n";
    expect(readCounts(printed, (part) => dumps[part - 1]!)).toEqual({ "portable a b": 12, "avx2 a b": 34 });
    expect(() => readCounts(`${printed}avx2 c 0000000000000003\n`, (part) => dumps[part - 1]!)).toThrow(
      /nothing for avx2 c/,
    );
    expect(() => readCounts("warning\n", () => dumps[0]!)).toThrow(/nothing for warning/);
  });
});
