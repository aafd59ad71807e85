import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const script = "examples/metrics/server.ts";

test("the example serves metrics and health, and stops when told", async () => {
  const env = { ...process.env, WORLDLOOM_CHECKED: "0" };
  const server = spawn(process.execPath, [script, "--port", "0", "--entities", "2000"], { cwd: root, env });
  try {
    const [line] = (await once(server.stdout, "data")) as [Buffer];
    const address = line.toString().trim();
    expect(address).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/metrics$/);
    const get = (path: string) => fetch(new URL(path, address));
    while (((await (await get("/health")).json()) as { tick: number }).tick < 3);
    const metrics = await get("/metrics");
    expect(metrics.headers.get("content-type")).toMatch(/^text\/plain; version=/);
    const text = await metrics.text();
    expect(text).toMatch(/^worldloom_entities 2000$/m);
    expect(Number(/^worldloom_tick_seconds_count (.*)$/m.exec(text)![1])).toBeGreaterThanOrEqual(3);
    expect(await (await get("/health")).json()).toMatchObject({ status: "ok" });
    expect((await get("/metrics?format=text")).status).toBe(200);
    expect((await get("/else")).status).toBe(404);
    const port = new URL(address).port;
    const second = spawnSync(process.execPath, [script, "--port", port], { cwd: root, env, encoding: "utf8" });
    expect([second.status, second.stdout]).toEqual([1, ""]);
    expect(second.stderr).toMatch(
      /^Nothing can be served on port \d+ \(.*EADDRINUSE.*\); choose another one with --port\.$/m,
    );
    expect(second.stderr).not.toMatch(/^ +at /m);
    server.kill("SIGTERM");
    expect(await once(server, "exit")).toEqual([0, null]);
  } finally {
    server.kill("SIGKILL");
  }
});

test.for([["--port", "x"], ["--port", "-1"], ["--entities", "1.5"], ["--fast"], ["word"]])("refuses %j", (words) => {
  const { status, stderr } = spawnSync(process.execPath, [script, ...words], { cwd: root, encoding: "utf8" });
  expect([status, stderr]).toEqual([2, expect.stringMatching(/^usage: node examples\/metrics\/server\.ts/)]);
});

test("--help is no mistake", () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, "--help"], { cwd: root, encoding: "utf8" });
  expect([status, stdout, stderr]).toEqual([
    0,
    expect.stringMatching(/^usage: node examples\/metrics\/server\.ts/),
    "",
  ]);
});
