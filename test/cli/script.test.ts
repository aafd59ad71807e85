import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { script as command, scriptVerbs } from "../../src/cli/script.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const main = join(root, "src/cli/main.ts");
const SLOW = { timeout: 60_000 };
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "worldloom-script-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The environment of a person who has set nothing. */
const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("WORLDLOOM_SCRIPT_")));

function script(words: readonly string[], input = "") {
  const options = { encoding: "utf8", cwd: folder, input, env } as const;
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, "script", ...words], options);
  return { status, stdout, stderr };
}

function save(name: string, code: string): string {
  mkdirSync(join(folder, name, ".."), { recursive: true });
  writeFileSync(join(folder, name), code);
  return name;
}

const MOVER = `script { state = { hp = 100 }, writes = { "Position" } }
function onUpdate(self, dt)
  self.Position.x = self.Position.x + 1
  self.State.hp = self.State.hp - 1
  if self.State.hp == 97 then Log.warn("three gone") end
end
`;

describe("worldloom script", () => {
  const helpOf = command.help as (words: readonly string[]) => Promise<string>;
  test("lists its verbs", async () => {
    expect(await helpOf([])).toMatch(/usage: worldloom script VERB.*run .*check .*repl .*test .*doc /s);
    expect(script(["--help"])).toEqual({ status: 0, stdout: `${await helpOf([])}\n`, stderr: "" });
  });
  test.for(scriptVerbs)("%s has help, and is on its page", async (verb) => {
    expect(readFileSync(join(root, "docs/script-cli.md"), "utf8")).toMatch(new RegExp(`^\\| \`${verb} .*\\|$`, "m"));
    expect(await helpOf([verb])).toMatch(new RegExp(`^usage: worldloom script ${verb} `));
  });
  test.for([
    [[], /Say what to do; after worldloom script comes one of: run, check, repl, test,.* doc/],
    [["nothing"], /There is no "nothing"/],
    [["toString"], /There is no "toString"/],
    [["run"], /Say which scripts/],
    [["run", "none.lua"], /There is no none.lua/],
    [["run", "README.md"], /README.md is no script/],
    [["run", "native"], /There is nothing to run/],
    [["run", "native", "--engine", "perl"], /--engine must be one of lua, wasm, not "perl"/],
    [["run", "native", "--profile", "root"], /--profile must be one of minimal, standard, trusted/],
    [["run", "native", "--scene", "src/index.ts"], /exports no scriptScene/],
    [["check", "none.lua"], /There is no none.lua; give a script or a folder/],
    [["check", "native"], /There is nothing to check: no .lua in native/],
    [["run", "native", "--tick", "3"], /There is no flag --tick; did you mean --ticks\?$/],
    [["doc", "Wrld"], /named Wrld; did you mean World\?$/],
    [["doc", "World.ner"], /named World.ner; did you mean World.near\?$/],
    [["doc", "World.everything"], /World has spawn, despawn, isAlive, find,/],
    [["doc", "nothing"], /the namespaces are Transform, World,/],
    [["test"], /Say which tests/],
    [["test", "native"], /There are no tests/],
    [["run", "native", "--stream", "--no-stream"], /--stream and --no-stream are both given/],
    [["debug", "native", "--listen", "abc"], /--listen must be a whole number from 0 to 65535, not "abc"/],
    [["debug", "nope.lua", "--listen", "0"], /There is no nope\.lua/],
    [["doc", "Nothing"], /Scripts can call nothing named Nothing/],
    [["doc", "World", "--format", "lua"], /leave out World/],
    [["doc", "--format", "pdf"], /--format must be one of wit, lua, ts, md/],
  ] as const)("%s is misuse", async ([words, message]) => {
    const run = async () => command.run(words);
    await expect(run()).rejects.toMatchObject({ code: "usage", message: expect.stringMatching(message) });
  });
});

describe("worldloom script run", () => {
  test("prints what scripts logged and did", SLOW, () => {
    const { status, stdout, stderr } = script(["run", save("mover.lua", MOVER), "--ticks", "10", "--entities", "2"]);
    expect(stderr).toBe("");
    expect(stdout).toMatch(/^\[3\] mover \d+: warn: three gone\n\[3\] mover/);
    expect(stdout).toMatch(/mover +lua +2 +0 +0 +0 +0\n/);
    expect(stdout).toMatch(/ticks +10\n.*instructions +[\d,]+ .*faults +0\nhash +[0-9a-f]{16}\n$/s);
    expect(status).toBe(0);
  });

  test("repeats to the same hash, which the seed and the scripts decide", SLOW, () => {
    const jitter = save(
      "jitter.lua",
      `script { state = { n = 0.5 } }\nfunction onUpdate(self) self.State.n = Random.float() end`,
    );
    const hash = (...words: string[]): unknown => JSON.parse(script(["run", jitter, "--json", ...words]).stdout).hash;
    expect(hash()).toBe(hash());
    expect(hash("--seed", "2")).not.toBe(hash());
  });

  test("tells where a script was stopped, once, and ends with status 1", SLOW, () => {
    const broken = save(
      "broken.lua",
      `script { }\nlocal function deeper(t)\n  return t.x.y\nend\nfunction onUpdate(self)\n  deeper({})\nend\n`,
    );
    const { status, stdout, stderr } = script(["run", broken, "--entities", "3", "--ticks", "40"]);
    expect(stderr).toMatch(
      /^broken\.lua:3: broken: attempt to index a nil value \(field 'x'\) \(tick 1, entity \d+\)\n/,
    );
    expect(stderr).toContain("> 3 |   return t.x.y\n");
    expect(stderr.match(/attempt to index/g)!.length).toBe(2);
    expect(stderr).toMatch(/\n\d+ times: broken\.lua:3: broken: attempt/);
    expect(stdout).toMatch(/broken +lua +0 +3 +0 +0 +6\n/);
    expect(status).toBe(1);
  });

  test("names the budget that was used up", SLOW, () => {
    const endless = save("endless.lua", `function onUpdate()\n  while true do end\nend\n`);
    const { status, stderr } = script(["run", endless, "--instructions", "5000", "--ticks", "1"]);
    expect(stderr).toMatch(/^endless\.lua:2: instructions: endless: /);
    expect(status).toBe(1);
  });

  test("tells what does not compile, with its line", SLOW, () => {
    const { status, stdout, stderr } = script([
      "run",
      save("wrong.lua", `function onUpdate(self)\n  self.x = = 1\nend\n`),
    ]);
    expect(stderr).toMatch(/^worldloom: wrong\.lua:2: unexpected symbol near '=' \(script-syntax\)\n/);
    expect(stderr).toContain("> 2 |   self.x = = 1\n");
    expect(stdout).toBe("");
    expect(status).toBe(1);
  });

  test("finds modules beside scripts", SLOW, () => {
    save("game/lib/steps.lua", `return { by = function(x) return x + 10 end }`);
    save("game/main.lua", `local steps = require("lib.steps")\nfunction onStart() Log.info(tostring(steps.by(1))) end`);
    const { status, stdout } = script(["run", "game/main.lua", "--ticks", "1"]);
    expect(stdout).toMatch(/^\[1\] main \d+: 11\n/);
    expect(status).toBe(0);
  });

  test("takes components, events and entities of a scene", SLOW, () => {
    const scene = save(
      "scene.ts",
      `import { component, i32 } from ${JSON.stringify(join(root, "src/index.ts"))};
const Health = component("Health", { hp: i32 });
export const scriptScene = {
  components: [Health],
  spawn: (world, scripts, { entities }) => {
    for (let i = 0; i < entities; i++) world.spawn([Health, { hp: 5 + i }], scripts[0].component);
  },
};`,
    );
    const hurt = save(
      "hurt.lua",
      `script { writes = { "Health" } }\nfunction onUpdate(self) Log.info(tostring(self.Health.hp)) end`,
    );
    const { stdout, stderr } = script(["run", hurt, "--scene", scene, "--ticks", "1", "--entities", "2"]);
    expect(stderr).toBe("");
    expect(stdout).toMatch(/^\[1\] hurt \d+: 5\n\[1\] hurt \d+: 6\n/);
  });

  test("runs WebAssembly", SLOW, () => {
    const guest = join(root, "examples/guests/swarm.wasm");
    const { status, stdout, stderr } = script(["run", guest, "--entities", "50", "--ticks", "3", "--json"]);
    expect(stderr).toBe("");
    expect(JSON.parse(stdout).scripts).toMatchObject([{ name: "swarm", engine: "wasm", running: 50, faults: 0 }]);
    expect(status).toBe(0);
  });

  test("reads worldloom.json and the environment", SLOW, () => {
    save("mover.lua", MOVER);
    save("worldloom.json", JSON.stringify({ script: { ticks: 4, entities: 5 } }));
    try {
      expect(JSON.parse(script(["run", "mover.lua", "--json", "--entities", "1"]).stdout)).toMatchObject({
        ticks: 4,
        entities: 1,
      });
    } finally {
      rmSync(join(folder, "worldloom.json"));
    }
  });

  /** What the process said until it ended, told of what it says as it comes. */
  async function live(words: readonly string[], heard: (said: string, kill: () => void) => void) {
    const child = spawn(process.execPath, [main, "script", ...words], { cwd: folder, env });
    let [said, killed] = ["", false];
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding("utf8").on("data", (text: string) => {
        said += text;
        heard(said, () => {
          if (!killed) child.kill("SIGINT");
          killed = true;
        });
      });
    const status = await new Promise((done) => child.on("exit", (code) => done(code)));
    return { said, status };
  }

  test("ends with Ctrl+C after the tick, with the table and status 130", SLOW, async () => {
    const talker = save("talker.lua", `function onStart() Log.info("begun") end`);
    const { said, status } = await live(["run", talker, "--ticks", "10000000", "--stream"], (text, kill) => {
      if (text.includes("begun")) kill();
    });
    expect(said).toMatch(/^\[1\] talker \d+: begun\nscript .*\nhash +[0-9a-f]{16}\n$/s);
    expect(status).toBe(130);
  });

  test("reads a file again that changes", SLOW, async () => {
    const said = (text: string): string => `function onUpdate() Log.info("${text}") end`;
    const changing = save("changing.lua", said("before"));
    let written = false;
    const { said: all, status } = await live(["run", changing, "--watch", "--ticks", "0", "--stream"], (text, kill) => {
      if (text.includes("after")) kill();
      else if (text.includes("before") && !written) save("changing.lua", said("after"));
      written ||= text.includes("before");
    });
    expect(all).toMatch(/asked: changing changes in the next tick/);
    expect(all).toMatch(/done: changing runs the new version since tick \d+/);
    expect(status).toBe(130);
  });
});

describe("worldloom script repl", () => {
  test("works without a terminal", SLOW, () => {
    save("mover.lua", MOVER);
    const history = join(folder, "history");
    const lines = [
      "x = 20",
      "function f(a)",
      "  return a + x",
      "end",
      "f(1)",
      ".step 2",
      'Log.info("said")',
      ".quit",
      "5",
    ];
    const { status, stdout, stderr } = script(["repl", "mover.lua", "--history", history], lines.join("\n"));
    expect(stderr).toBe("");
    expect(stdout).toMatch(/^21\ntick \d+\n\[\d+\] Repl \d+: said\n$/);
    expect(readFileSync(history, "utf8")).toBe(`${lines.slice(0, -1).join("\n")}\n`);
    expect(status).toBe(0);
  });
  test("ends with status 1 after an error, and for a chunk without an end", SLOW, () => {
    expect(script(["repl"], "nothing.x\n1 + 1\n")).toMatchObject({ status: 1, stdout: "2\n" });
    expect(script(["repl"], "f(\n")).toMatchObject({ status: 1, stderr: "the last chunk is incomplete\n" });
  });
});

describe("worldloom script test", () => {
  const TESTS = `local test = require("test")
test.describe("sums", function()
  test.it("add up", function() test.equal(1 + 1, 2) end)
  test.it("do not", function()
    test.equal({ a = 1 }, { a = 2 })
  end)
  test.skip("later")
end)
`;
  test("prints a tree, and where a test failed", SLOW, () => {
    const { status, stdout } = script(["test", save("t/sum_test.lua", TESTS)]);
    expect(stdout.split("\n").slice(0, 5)).toEqual([
      "t/sum_test.lua",
      "  sums",
      "    ✓ add up",
      "    ✗ do not",
      "      value.a: expected 2, got 1",
    ]);
    expect(stdout).toContain("    - later\n1 passed, 1 failed, 1 skipped\n");
    expect(status).toBe(1);
  });
  test("runs the tests of a folder, and goes on after a file that cannot be run", SLOW, () => {
    save("u/test_good.lua", `local test = require("test")\ntest.it("is", function() end)`);
    save("u/test_bad.lua", `local test = require("test")\ntest.it(`);
    save("u/test_endless.lua", `local test = require("test")\ntest.it("x", function()\n  while true do end\nend)`);
    save("u/main.lua", "error('no test')");
    const { status, stdout } = script(["test", "u", "--json", "--instructions", "100000"]);
    const result = JSON.parse(stdout);
    expect(result).toMatchObject({ passed: 1, failed: 0, skipped: 0, broken: 2 });
    expect(result.files.map(({ error = "" }) => error.split("\n")[0])).toEqual([
      expect.stringMatching(/test_bad\.lua:2: /),
      expect.stringMatching(/^instructions: .*, line 3$/),
      "",
    ]);
    expect(status).toBe(1);
  });
  test("runs those alone that --filter names", SLOW, () => {
    save("t/sum_test.lua", TESTS);
    expect(script(["test", "t", "--filter", "add up"])).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/1 passed\n$/),
    });
    expect(script(["test", "t", "--filter", "nothing like it"])).toMatchObject({
      status: 2,
      stdout: "",
      stderr: expect.stringMatching(/No test has "nothing like it" in its full name/),
    });
    expect(script(["test", save("t2/none_test.lua", "")])).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/There are no tests in t2\/none_test\.lua/),
    });
  });
});

describe("what newcomers meet", () => {
  test("is explained", SLOW, () => {
    const run = (name: string, code: string): string => script(["run", save(name, code), "--ticks", "1"]).stderr;
    expect(run("none.lua", "function OnUpdate() end")).toMatch(
      /^none has no hooks, so nothing of it runs: onStart, onUpdate,/,
    );
    expect(run("clock.lua", "function onUpdate() os.time() end")).toMatch(/\n {2}scripts have no os\n/);
    const entities = [{ components: { lonely: {} } }, { components: { lonely: {}, Position: {} } }];
    const scene = save("lonely.json", JSON.stringify({ entities }));
    const lonely = save("lonely.lua", 'script { reads = { "Position" } } function onUpdate() end');
    const { stderr } = script(["run", lonely, "--scene", scene, "--ticks", "2"]);
    expect(stderr).toBe("lonely does not run for 1 of its entities, which have no Position\n");
    const undeclared = run("mover2.lua", "function onUpdate(self) self.Position.x = 1 end");
    expect(undeclared).toMatch(
      /\n {2}self has the components that the script names: reads = { "Position" }, or writes\n/,
    );
  });
});

describe("worldloom script doc", () => {
  test("describes a function", () => {
    const { status, stdout } = script(["doc", "World.near"]);
    expect(stdout).toMatch(/^## World\n.*\n\n### World\.near\(position, radius, count\?\)/);
    expect(stdout).not.toMatch(/### World\.spawn/);
    expect(status).toBe(0);
  });
  test("writes a file", () => {
    expect(script(["doc", "--format", "lua", "--out", "api.lua"])).toEqual({ status: 0, stdout: "", stderr: "" });
    expect(readFileSync(join(folder, "api.lua"), "utf8")).toMatch(/---@/);
    expect(script(["doc", "--out", "."])).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/cannot be written \(it is a folder\); choose another path/),
    });
  });
});
