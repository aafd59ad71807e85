import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";

const folder = mkdtempSync(join(tmpdir(), "graph-"));
afterAll(() => rmSync(folder, { recursive: true }));

function worldloom(...words: string[]): { stdout: string; stderr: string; status: number | null } {
  return spawnSync(process.execPath, ["src/cli/main.ts", ...words], { encoding: "utf8", timeout: 60_000 });
}
const city = ["examples/city", "--agents", "50"];

describe("worldloom graph", () => {
  test("prints the schedule as a text and as a flow chart", () => {
    const { stdout, stderr, status } = worldloom("graph", ...city);
    expect({ stderr, status }).toEqual({ stderr: "", status: 0 });
    expect(stdout).toMatch(/^4 systems in 1 phase and 3 stages\n\nphase update\n {2}stage 1\n {4}separate/);
    expect(stdout).toContain("      after separate: follow says after\n");
    expect(stdout).toContain('\nflowchart LR\n  subgraph p0["update"]\n');
  });

  test("prints one JSON object", () => {
    const { phases, stages, edges } = JSON.parse(worldloom("graph", ...city, "--json").stdout);
    expect([phases, stages]).toEqual([["update"], [["separate"], ["follow"], ["move", "turnover"]]]);
    expect(edges[0]).toEqual({ from: "separate", to: "follow", reasons: ["follow says after"] });
  });

  test("writes files", () => {
    const [svg, mermaid] = [join(folder, "city.svg"), join(folder, "city.mmd")];
    const { stdout, status } = worldloom("graph", ...city, "--svg", svg, "--mermaid", mermaid);
    expect([status, stdout]).toEqual([0, `written: ${svg}\nwritten: ${mermaid}\n`]);
    expect(readFileSync(svg, "utf8")).toMatch(/^<svg xmlns[\s\S]*turnover[\s\S]*<\/svg>\n$/);
    expect(readFileSync(mermaid, "utf8")).toMatch(/^flowchart LR\n/);
  });

  test.for<[string[], number, RegExp]>([
    [[], 2, /which scene.*\(usage\)\nTry: worldloom graph --help/],
    [["--json"], 2, /which scene/],
    [["no/such/scene"], 2, /no scene at no\/such\/scene/],
    [["test/cli/scenes"], 2, /The scene counter has no schedule/],
    [["examples/city", "--swg", "x"], 2, /did you mean --svg/],
    [["examples/city", "--svg", "no/such/folder/file"], 1, /file-io/],
    [["examples/city", "--agents", "-1"], 2, /--agents must be/],
  ])("%j is refused", ([words, status, message]) => {
    const result = worldloom("graph", ...words);
    expect(result.stderr).toMatch(message);
    expect([result.stdout, result.status]).toEqual(["", status]);
  });
});

describe("worldloom run --trace", () => {
  test("writes a trace that names what ran", () => {
    const file = join(folder, "trace.json");
    const { stdout, status } = worldloom("run", ...city, "--ticks", "5", "--warmup", "2", "--trace", file);
    expect(status).toBe(0);
    expect(stdout).toMatch(/system +ms per tick +p50 +p95 +p99 +share\n/);
    expect(stdout).toContain(`written: ${file}\n`);
    const { traceEvents } = JSON.parse(readFileSync(file, "utf8")) as { traceEvents: { name: string; ph: string }[] };
    const counts = new Map<string, number>();
    for (const { name } of traceEvents) counts.set(name, (counts.get(name) ?? 0) + 1);
    for (const name of ["tick 1", "tick 5", "process_name", "thread_name"])
      expect([name, counts.get(name)]).toEqual([name, 1]);
    for (const name of [
      "separate",
      "follow",
      "move",
      "turnover",
      "hash",
      "sync after stage 3",
      "bytes copied",
      "crossings",
    ])
      expect([name, counts.get(name)]).toEqual([name, 5]);
  });

  test("writes the tick that failed, too", () => {
    const file = join(folder, "failed.json");
    const scene = "test/cli/scenes/moving.ts";
    const { stderr, status } = worldloom(
      "run",
      scene,
      "--fails",
      "4",
      "--ticks",
      "9",
      "--warmup",
      "1",
      "--trace",
      file,
    );
    expect([status, stderr]).toEqual([1, expect.stringMatching(/tick 4 .*fail.*it was to fail/i)]);
    const { traceEvents } = JSON.parse(readFileSync(file, "utf8")) as { traceEvents: { name: string }[] };
    const ticks = traceEvents.flatMap(({ name }) => (name.startsWith("tick ") ? [name] : []));
    expect(ticks).toEqual(["tick 1", "tick 2", "tick 3", "tick 4, dropped"]);
  });

  test.for<[string[], number, RegExp]>([
    [["test/cli/scenes", "--trace", "x.json"], 2, /counter cannot be traced/],
    [[...city, "--trace", "no/such/folder/file"], 1, /file-io/],
    [[...city, "--trace", "src"], 1, /it is a folder/],
  ])("%j is refused", ([words, status, message]) => {
    const result = worldloom("run", ...words);
    expect(result.stderr).toMatch(message);
    expect([result.stdout, result.status]).toEqual(["", status]);
    expect(existsSync("x.json")).toBe(false);
  });
});
