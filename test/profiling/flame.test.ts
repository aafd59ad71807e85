import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { runInNewContext } from "node:vm";
import { afterAll, describe, expect, test } from "vitest";
import { findCargo } from "../../scripts/addon.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "flame-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const small = ["--agents", "4000", "--ticks", "60", "--json"];
const systems = ["separate", "follow", "move", "turnover"];

function tool(script: string, words: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const options = {
    cwd: root,
    encoding: "utf8",
    env: { ...process.env, NO_COLOR: "1", WORLDLOOM_CHECKED: "0", ...env },
  } as const;
  const { status, stdout, stderr } = spawnSync(process.execPath, [`profiling/${script}.ts`, ...words], options);
  return { status, stdout, stderr };
}

type Node = readonly [frame: number, value: number, calls: readonly Node[]];

function readPage(path: string) {
  const text = readFileSync(path, "utf8");
  const json = /<script id="profile" type="application\/json">(.*?)<\/script>/s.exec(text)![1]!;
  const { unit, frames, tree } = JSON.parse(json) as { unit: string; frames: [string, string, string][]; tree: Node };
  const script = /<script>\n"use strict";(.*?)<\/script>/s.exec(text)![1]!;
  return { text, unit, frames, tree, script };
}

/** Names of the frames between the root and the first frame called `name`. */
function pathTo(name: string, frames: readonly [string, string, string][], node: Node): string[] | undefined {
  const [frame, , calls] = node;
  if (frames[frame]![0] === name) return [name];
  for (const call of calls) {
    const found = pathTo(name, frames, call);
    if (found !== undefined) return [frames[frame]![0], ...found];
  }
  return undefined;
}

describe("npm run flame", () => {
  const out = join(folder, "city.html");

  test("writes one page in which systems are frames", () => {
    const { status, stdout } = tool("flame", [...small, "--out", out]);
    expect([status, stdout]).toEqual([0, expect.stringMatching(/city\.html: 4 systems, \d+ bytes\n$/)]);
    const { text, unit, frames, tree } = readPage(out);
    expect(unit).toBe("ms");
    for (const name of systems) expect(text).toContain(`data-system="system ${name}"`);
    expect(text).not.toMatch(/(src|href)=|@import|url\(/);
    const sampled = frames.filter(([, kind]) => kind === "system").map(([name]) => name);
    expect(sampled.length).toBeGreaterThan(0);
    for (const name of sampled) expect(pathTo(name, frames, tree)).toContain("runTick");
  });

  test("the page draws, searches and zooms", () => {
    const page = readPage(out);
    const { elements, drawn, window } = fakePage(page.text);
    runInNewContext(page.script, { document: elements, window });
    expect(drawn.length).toBeGreaterThan(10);
    const line = elements.getElementById("line");
    const search = elements.getElementById("search");
    search.value = "system separate";
    search.fire("input", {});
    expect(line.textContent).toMatch(/^"system separate": [\d.]+ ms, [\d.]+ %$/);
    elements.getElementById("reset").fire("click", {});
    expect(line.textContent).toMatch(/^worldloom run examples\/city: .* 100\.00 %, V8 and Node$/);
    const second = { offsetX: 1, offsetY: 25 };
    elements.getElementById("graph").fire("mousemove", second);
    const hovered = line.textContent;
    elements.getElementById("graph").fire("click", second);
    expect(line.textContent).toBe(hovered);
    expect(hovered).not.toMatch(/^worldloom run/);
  });

  test("takes a scene by its path", () => {
    const words = ["--scene", "test/profiling/scene.ts", "--out", join(folder, "own.html"), "--ticks", "40"];
    expect(tool("flame", words).status).toBe(0);
    expect(readPage(join(folder, "own.html")).text).toContain(`data-system="system busy"`);
  });

  test("shows each thread by itself", () => {
    const out = join(folder, "threads.html");
    const words = ["--scene", "test/profiling/scene.ts", "--out", out, "--ticks", "40", "--lanes"];
    expect(tool("flame", words).status).toBe(0);
    const { frames, tree } = readPage(out);
    const [, , calls] = tree;
    const named = (name: string) =>
      calls.filter((call) => pathTo(name, frames, call)).map(([frame]) => frames[frame]![0]);
    expect(named("system busy")).toEqual(["main thread"]);
    expect(named("system spread")).toEqual(expect.arrayContaining([expect.stringMatching(/^worker \d+$/)]));
  });

  test.for([
    [["--scene"], /--scene needs a path/],
    [["--scene", "nowhere"], /no scene .*nowhere/],
    [["--out="], /--out needs a path/],
    [["examples/city"], /--scene examples\/city/],
  ] as const)("refuses %j", ([words, message]) => {
    expect(tool("flame", words)).toMatchObject({ status: 2, stderr: expect.stringMatching(message) });
  });

  test("refuses what the run refuses, and writes nothing", () => {
    const words = ["--out", join(folder, "none.html"), "--agents", "none"];
    expect(tool("flame", words)).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/--agents must be .*status 2, see above: there is no flame/s),
    });
    expect(existsSync(join(folder, "none.html"))).toBe(false);
  });

  test.for([
    ["flame", "a folder", ""],
    ["flame", "a folder that cannot be made", "/proc/none/flame.html"],
    ["flame", "in a folder that takes no files", "/proc/flame.html"],
    ["0x", "a folder that takes no files", "/proc"],
    ["0x", "a file", "body.ts"],
    ["doctor", "a file", "body.ts"],
  ] as const)("%s finds out before it runs anything that --out is %s", ([script, , out]) => {
    const started = performance.now();
    const path = out.startsWith("/") ? out : join(root, "test", "profiling", out);
    const { status, stderr } = tool(script, ["--ticks", "1000000", "--out", path]);
    expect([status, stderr]).toEqual([1, expect.stringMatching(/^.* cannot be written (to )?\(.*\); choose .*\n$/)]);
    expect(performance.now() - started).toBeLessThan(10_000);
  });

  test.runIf(process.platform === "linux").for(["SIGINT", "SIGTERM"] as const)(
    "%s ends the run and leaves no folder behind",
    { timeout: 30_000 },
    async (signal) => {
      const words = ["--ticks", "10000000", "--out", join(folder, "stopped.html")];
      const temporary = mkdtempSync(join(folder, "temporary-"));
      const env = { ...process.env, TMPDIR: temporary };
      const child = spawn(process.execPath, ["profiling/flame.ts", ...words], { cwd: root, env, stdio: "ignore" });
      const ended = once(child, "exit");
      const children = `/proc/${child.pid}/task/${child.pid}/children`;
      while (readFileSync(children, "utf8") === "") await setTimeout(20);
      const profiled = readFileSync(children, "utf8").trim();
      expect(readdirSync(temporary)).toEqual([expect.stringMatching(/^worldloom-profile-/)]);
      child.kill(signal);
      expect(await ended).toEqual([signal === "SIGINT" ? 130 : 143, null]);
      expect(readdirSync(temporary)).toEqual([]);
      expect(existsSync(`/proc/${profiled}`)).toBe(false);
    },
  );

  test("--help says what there is", () => {
    for (const script of ["flame", "0x", "doctor"])
      expect(tool(script, ["--help"])).toMatchObject({ status: 0, stdout: expect.stringMatching(/^usage: npm run/) });
  });
});

describe("npm run flame -- --native", () => {
  test("says what to install where perf is missing", () => {
    const { status, stderr } = tool("flame", ["--native"], { PATH: folder });
    expect([status, stderr]).toEqual([1, expect.stringMatching(/needs (Linux )?perf/)]);
  });

  const perf = spawnSync("perf", ["record", "--output", join(folder, "probe"), "true"], { stdio: "ignore" });
  const missing = perf.status !== 0 ? "no perf that may record" : findCargo() === undefined ? "no cargo" : undefined;
  if (missing !== undefined) console.info(`mixed flamegraphs are not tested: ${missing} here`);
  // It builds the addon: only where somebody asks for it.
  const asked = process.env["WORLDLOOM_TEST_PERF"] === "1";
  if (!asked) console.info("mixed flamegraphs are tested with WORLDLOOM_TEST_PERF=1");
  test.runIf(asked && missing === undefined)(
    "shows Rust below systems",
    () => {
      const out = join(folder, "native.html");
      const { status, stderr } = tool("flame", ["--native", ...small, "--out", out]);
      expect([status, stderr]).toEqual([0, expect.any(String)]);
      const { frames, tree } = readPage(out);
      const rust = frames.find(([name, kind]) => kind === "rust" && name.includes("separate"));
      expect(pathTo(rust![0], frames, tree)).toContain("system separate");
    },
    300_000,
  );

  test.runIf(asked && missing === undefined)(
    "refuses what the run refuses, and leaves no names behind",
    () => {
      const maps = () => readdirSync("/tmp").filter((name) => /^perf-\d+\.map$/.test(name));
      const before = maps();
      const { status, stderr } = tool("flame", ["--native", "--bogus", "--out", join(folder, "never.html")]);
      expect([status, stderr]).toEqual([2, expect.stringMatching(/no flag --bogus[\s\S]*ended with status 2/)]);
      expect(stderr).not.toMatch(/permission/);
      expect(maps()).toEqual(before);
    },
    300_000,
  );
});

describe("npm run doctor", () => {
  test("refuses flags before it fetches anything", () => {
    const words = ["--out", join(folder, "doctor"), "--bogus"];
    expect(tool("doctor", words)).toMatchObject({
      status: 2,
      stderr:
        "There is no flag --bogus; --help lists all.\nusage: npm run doctor -- [--scene PATH] [--out FOLDER] [flags of the scene]\n",
    });
  });

  test("its host runs scenes of JSON files", () => {
    const scene = join(folder, "scripted.json");
    writeFileSync(scene, JSON.stringify({ scripts: { Counter: "counter.lua" } }));
    writeFileSync(join(folder, "counter.lua"), "function onUpdate(self, dt) end\n");
    const times = join(folder, "times.json");
    const env = { WORLDLOOM_PROFILE_TIMES: times };
    expect(tool("host", ["run", scene, "--ticks", "3"], env)).toMatchObject({ status: 0, stdout: "" });
    expect(JSON.parse(readFileSync(times, "utf8"))).toMatchObject({});
    expect(tool("host", ["run", scene, "--ticks", "x"], env)).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/^--ticks must be .* \(usage\)\n$/),
    });
  });
});

describe("tools that are fetched", () => {
  const offline = { npm_config_offline: "true", npm_config_cache: join(folder, "cache") };
  test.for([
    ["0x", /0x@.* could not be fetched/],
    ["doctor", /clinic@.* could not be fetched/],
  ] as const)("%s fails loudly without a network", ([script, message]) => {
    const { status, stderr } = tool(script, ["--out", join(folder, script)], offline);
    expect([status, stderr]).toEqual([1, expect.stringMatching(message)]);
  });
});

/** As much of a browser as the page uses. */
function fakePage(text: string) {
  const drawn: string[] = [];
  type Listener = (event: object) => void;
  const element = (id: string) => {
    const listeners = new Map<string, Listener>();
    return {
      textContent: id === "profile" ? /application\/json">(.*?)<\/script>/s.exec(text)![1]! : "",
      value: "",
      title: "",
      clientWidth: 1000,
      width: 0,
      height: 0,
      className: "",
      style: {} as Record<string, string>,
      append() {},
      addEventListener: (type: string, listener: Listener) => void listeners.set(type, listener),
      fire: (type: string, event: object) => listeners.get(type)!(event),
      getContext: () =>
        new Proxy({} as Record<string, unknown>, {
          get: (_, name) => (name === "fillText" ? (label: string) => void drawn.push(label) : () => {}),
          set: () => true,
        }),
    };
  };
  const made = new Map<string, ReturnType<typeof element>>();
  const elements = {
    getElementById(id: string) {
      if (!made.has(id)) made.set(id, element(id));
      return made.get(id)!;
    },
    createElement: () => element(""),
    querySelectorAll: () => [],
    addEventListener() {},
  };
  return { elements, drawn, window: { devicePixelRatio: 1, addEventListener() {} } };
}
