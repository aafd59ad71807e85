import { spawn } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { DebugClient } from "@vscode/debugadapter-testsupport";
import { afterEach, expect, test } from "vitest";

const CODE = `script { state = { hp = 10 }, writes = { "Position" } }

function onUpdate(self, dt)
  local hp = self.State.hp
  self.State.hp = hp + 1
  print("hp", hp)
end
`;
const main = fileURLToPath(new URL("../../../src/cli/main.ts", import.meta.url));
const adapter = fileURLToPath(new URL("adapter-process.ts", import.meta.url));
const program = join(mkdtempSync(join(tmpdir(), "adapter-")), "hero.lua");
writeFileSync(program, CODE);

let client: DebugClient | undefined;
afterEach(async () => {
  await client?.stop();
  client = undefined;
});

/** A client of the adapter as a process, through its standard input and output. */
async function started(...words: readonly string[]): Promise<DebugClient> {
  client = new DebugClient(process.execPath, adapter, "worldloom", {
    env: { ...process.env, DEBUG_ARGUMENTS: JSON.stringify(words) },
  });
  await client.start();
  // Whoever is gone answers no more.
  client.on("terminated", () => {
    client = undefined;
  });
  client.defaultTimeout = 10_000;
  return client;
}

/** Text of all output of a category that came, and goes on to come. */
function outputOf(dc: DebugClient, category: string): string[] {
  const lines: string[] = [];
  dc.on("output", ({ body }) => {
    if (body.category === category) lines.push(body.output.trimEnd());
  });
  return lines;
}

test("a breakpoint is hit, with frames, variables and the console; then the world runs to its end", async () => {
  const dc = await started("--ticks", "3", "--rate", "1000");
  const printed = outputOf(dc, "stdout");
  const told = outputOf(dc, "console");
  const over = dc.waitForEvent("terminated", 10_000);
  await dc.hitBreakpoint({ program }, { path: program, line: 5 });
  const { body: stack } = await dc.stackTraceRequest({ threadId: 1 });
  expect(stack.stackFrames[0]).toMatchObject({ name: "onUpdate", line: 5, source: { path: program } });
  const frameId = stack.stackFrames[0]!.id;
  const { body } = await dc.scopesRequest({ frameId });
  expect(body.scopes.map(({ name }) => name)).toEqual(["Locals", "Upvalues", "Globals", "State", "Components"]);
  const { variables } = (await dc.variablesRequest({ variablesReference: body.scopes[0]!.variablesReference })).body;
  expect(variables.map(({ name, value }) => `${name} ${value}`)).toContain("hp 10");
  const evaluated = await dc.evaluateRequest({ expression: "hp * 2", frameId, context: "watch" });
  expect(evaluated.body.result).toBe("20");
  await dc.evaluateRequest({ expression: "hp = 50", frameId, context: "repl" });
  await dc.setBreakpointsRequest({ source: { path: program }, breakpoints: [] });
  const next = dc.waitForEvent("stopped");
  await dc.nextRequest({ threadId: 1 });
  await next;
  await dc.continueRequest({ threadId: 1 });
  await over;
  expect(printed.map((line) => line.replace(/^.*: /, ""))).toEqual(["hp\t50", "hp\t51", "hp\t52"]);
  expect(told.at(-1)).toMatch(/^3 ticks, hash [0-9a-f]{16}$/);
}, 60_000);

test("stops at the entry and at a pause; the world ends when the client says so", async () => {
  const dc = await started(program, "--ticks", "0", "--rate", "1000");
  const entry = dc.waitForEvent("stopped", 10_000);
  await Promise.all([dc.configurationSequence(), dc.launch({ stopOnEntry: true })]);
  expect((await entry).body).toMatchObject({ reason: "entry", threadId: 1 });
  expect((await dc.threadsRequest()).body.threads).toEqual([{ id: 1, name: "world" }]);
  await dc.continueRequest({ threadId: 1 });
  const paused = dc.waitForEvent("stopped");
  await dc.pauseRequest({ threadId: 1 });
  expect((await paused).body.reason).toBe("pause");
  const over = dc.waitForEvent("terminated");
  await dc.terminateRequest();
  await over;
}, 60_000);

test("a script that does not compile is refused with its line", async () => {
  const broken = join(mkdtempSync(join(tmpdir(), "adapter-")), "broken.lua");
  writeFileSync(broken, "function onUpdate(\n");
  const dc = await started("--ticks", "3");
  await dc.initializeRequest();
  await expect(dc.launchRequest({ program: broken } as object)).rejects.toThrow(/broken.lua:2/);
  await expect(dc.customRequest("gotoTargets")).rejects.toThrow("gotoTargets is not known here");
}, 60_000);

test.for<[string, [string, object][]]>([
  ["at once", []],
  ["after initialize", [["initialize", {}]]],
  [
    "before it was ready",
    [
      ["initialize", {}],
      ["launch", { program }],
    ],
  ],
  [
    "without debugging",
    [
      ["initialize", {}],
      ["launch", { program, noDebug: true }],
      ["configurationDone", {}],
    ],
  ],
])("ends when its client goes away %s", { timeout: 30_000 }, async ([, requests]) => {
  const child = spawn(process.execPath, [main, "script", "debug", "--ticks", "0"], {
    stdio: ["pipe", "pipe", "ignore"],
  });
  const ended = new Promise((resolve) => child.once("exit", (status) => resolve(status)));
  let answers = "";
  child.stdout.on("data", (data) => {
    answers += data;
  });
  for (const [i, [command, given]] of requests.entries()) {
    const text = JSON.stringify({ seq: i + 1, type: "request", command, arguments: given });
    child.stdin.write(`Content-Length: ${text.length}\r\n\r\n${text}`);
    while (!answers.includes(`"request_seq":${i + 1},`)) await new Promise((next) => setTimeout(next, 20));
  }
  child.stdin.end();
  expect(await ended).toBe(0);
});

/** A client that is heard as soon as the one before it is known to be gone. */
async function again(port: number): Promise<DebugClient> {
  for (;;) {
    const socket = connect(port, "127.0.0.1");
    const isHeard = await new Promise<boolean>((resolve) => {
      socket.on("error", () => resolve(false)).once("close", () => resolve(false));
      socket.once("data", () => resolve(true));
      socket.write('Content-Length: 46\r\n\r\n{"seq":1,"type":"request","command":"threads"}');
    });
    if (!isHeard) continue;
    const dc = new DebugClient("", "", "worldloom");
    (dc as unknown as { connect(input: Socket, output: Socket): void }).connect(socket, socket);
    return dc;
  }
}

test("through TCP clients come and go while the world goes on; the hash is that of a run without any", async () => {
  const listen = (...words: readonly string[]) => {
    const child = spawn(process.execPath, [main, "script", ...words], { stdio: ["ignore", "pipe", "ignore"] });
    let text = "";
    child.stdout.on("data", (data) => {
      text += data;
    });
    const ended = new Promise<string>((resolve) => child.once("exit", () => resolve(text)));
    return { child, ended, text: () => text };
  };
  const run = listen("debug", program, "--ticks", "40", "--rate", "200", "--listen", "0");
  while (!run.text().includes("127.0.0.1:")) await new Promise((next) => setTimeout(next, 20));
  const port = Number(/127\.0\.0\.1:(\d+)/.exec(run.text())![1]);
  const first = new DebugClient("", "", "worldloom");
  await first.start(port);
  await first.hitBreakpoint({}, { path: program, line: 5 });
  await first.disconnectRequest();
  const broken = new DebugClient("", "", "worldloom");
  await broken.start(port);
  await broken.hitBreakpoint({}, { path: program, line: 5 });
  (broken as unknown as { _socket: Socket })._socket.destroy();
  const second = await again(port);
  const told = outputOf(second, "console");
  const over = second.waitForEvent("terminated", 10_000);
  await second.initializeRequest();
  await second.attachRequest({} as never);
  await second.configurationDoneRequest();
  await over;
  await run.ended;
  const plain = listen("run", program, "--ticks", "40", "--rate", "200", "--json");
  expect(told.at(-1)).toBe(`40 ticks, hash ${JSON.parse(await plain.ended).hash}`);
}, 60_000);
