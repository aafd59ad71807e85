import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const installed = existsSync(new URL("../../bench/node_modules", import.meta.url));
if (!installed) console.warn("skipped: the packages of bench come with the first npm run bench");

function bench(...words: string[]) {
  return spawnSync(process.execPath, ["bench/run.ts", ...words], { cwd: root, encoding: "utf8" });
}

describe.runIf(installed)("npm run bench", () => {
  test("--help says what there is", () => {
    const { status, stdout } = bench("--help");
    expect([status, stdout]).toEqual([0, expect.stringMatching(/^Usage: npm run bench.*Suites: ecs/s)]);
  });

  test.for([
    [["nothing"], /no suite nothing.*ecs/],
    [["--only", "teapots"], /No workload/],
    [["--fast"], /--fast.*--help/s],
  ] as const)("refuses %j", ([words, message]) => {
    expect(bench(...words)).toMatchObject({ status: 2, stdout: "", stderr: expect.stringMatching(message) });
  });

  test("--list names every workload of the public suite with seven libraries", () => {
    const { stdout } = bench("ecs", "--list");
    for (const name of ["packed_5", "simple_iter", "frag_iter", "entity_cycle", "add_remove"]) {
      const line = stdout.split("\n").find((one) => one.startsWith(`${name}:`));
      expect(line?.split(": ")[1]?.split(", ")).toHaveLength(7);
    }
  });

  test.for([
    ["packed_5", "piecs", "ns/component"],
    ["entity_cycle", "bitecs 0.3.40", "ns/entity"],
    ["add_remove, bulk", "koota", "ns/entity"],
  ] as const)("measures %s against %s", ([workload, peerName, unit]) => {
    const { status, stdout, stderr } = bench("ecs", "--json", "--quick", "--only", workload, "--peer", peerName);
    expect([status, stderr]).toEqual([0, ""]);
    const row = (JSON.parse(stdout) as Record<string, unknown>[]).find((one) => one.workload === workload);
    const number = expect.any(Number);
    expect(row).toMatchObject({
      workload,
      peerName,
      unit,
      ours: number,
      peer: number,
      ratio: number,
      checked: true,
      best: true,
    });
    expect(row).toMatchObject({ target: expect.any(String), met: expect.any(Boolean) });
  });

  test("measures a kernel against a loop, with a target against the fastest", () => {
    const words = ["--quick", "--json", "--only", "integration in three axes, 10,000", "--peer", "plain loop"];
    const { status, stdout, stderr } = bench("kernels", ...words);
    expect([status, stderr]).toEqual([0, ""]);
    const rows = JSON.parse(stdout) as Record<string, unknown>[];
    expect(rows.map(({ peerName }) => peerName)).toEqual(["plain loop", "plain loop for each axis"]);
    expect(rows.find(({ best }) => best)).toMatchObject({ checked: true, unit: "ns/entity", target: ">= 8x" });
  });

  test("a table for people shows targets", () => {
    const { status, stdout } = bench("ecs", "--quick", "--only", "fork of 100,000 entities");
    expect([status, stdout]).toEqual([0, expect.stringMatching(/<= 20 us +(met|MISSED)\n.*of 2 targets met/s)]);
  });
});
