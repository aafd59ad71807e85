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
    expect((await get("/else")).status).toBe(404);
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
