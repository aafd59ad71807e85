import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const script = "examples/server/server.ts";

interface State {
  readonly tick: number;
  readonly players: readonly { readonly name: string; readonly x: number; readonly y: number }[];
}

test("the example serves the state, takes inputs, tells events, and stops when told", async () => {
  const server = spawn(process.execPath, [script, "0"], { cwd: root });
  let said = "";
  server.stderr.on("data", (part) => (said += part));
  try {
    const [line] = (await once(server.stdout, "data")) as [Buffer];
    const address = line.toString().trim();
    const get = async <T>(path: string): Promise<T> => (await fetch(new URL(path, address))).json() as Promise<T>;
    const post = async (path: string, body: string): Promise<number> =>
      (await fetch(new URL(path, address), { method: "POST", body })).status;
    const state = () => get<State>("/state");

    expect((await state()).players).toEqual([]);
    const joined = (await fetch(new URL("/joined", address))).body!.pipeThrough(new TextDecoderStream()).getReader();
    expect(await post("/join", '{ "name": "ada" }')).toBe(202);
    expect(await post("/join", '{ "name": "ada" }')).toBe(202);
    const { value } = await joined.read();
    expect(value).toMatch(/^data: \{"name":"ada","tick":\d+\}\n\n$/);
    expect((await state()).players).toMatchObject([{ name: "ada", x: 50, y: 50 }]);
    expect(await post("/steer", '{ "name": "ada", "x": 30 }')).toBe(202);
    let now = await state();
    for (const { tick } = now; now.tick < tick + 3; now = await state());
    expect(now.players[0]!.x).toBeGreaterThan(50);
    expect(now.players[0]!.y).toBe(50);

    expect(await get("/metrics")).toMatchObject({ state: "running", entities: 1 });
    expect(await post("/steer", '{ "name": "ada", "x": "fast" }')).toBe(400);
    expect(await post("/join", '{ "age": 3 }')).toBe(400);
    expect(await post("/join", "{")).toBe(400);
    expect(await get("/else")).toEqual({ error: expect.stringContaining("POST /join") });

    expect(await get("/state?x=1")).toMatchObject({ players: [{ name: "ada" }] });
    const again = spawnSync(process.execPath, [script, new URL(address).port], { cwd: root, encoding: "utf8" });
    expect([again.status, again.stdout]).toEqual([1, ""]);
    expect(again.stderr).toMatch(/^Nothing can be served on port \d+ \(.*EADDRINUSE.*\); choose another one\.$/m);
    expect(again.stderr).not.toMatch(/^ +at /m);

    server.kill("SIGTERM");
    expect(await once(server, "exit")).toEqual([0, null]);
    expect((await joined.read()).done).toBe(true);
    // Without the addon each thread says that the reference jobs run.
    expect(said.split("\n").filter((line) => line !== "" && !/reference jobs run/.test(line))).toEqual([]);
  } finally {
    server.kill("SIGKILL");
  }
});

test.for(["x", "-1", "65536"])("refuses the port %s", (port) => {
  const { status, stderr } = spawnSync(process.execPath, [script, port], { cwd: root, encoding: "utf8" });
  expect([status, stderr]).toEqual([2, "usage: node examples/server/server.ts [PORT]\n"]);
});

test("--help is no mistake", () => {
  const { status, stdout } = spawnSync(process.execPath, [script, "--help"], { cwd: root, encoding: "utf8" });
  expect([status, stdout]).toEqual([0, "usage: node examples/server/server.ts [PORT]\n"]);
});
