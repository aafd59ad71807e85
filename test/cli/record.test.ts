import { spawn, spawnSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { record as recordTo } from "../../src/index.ts";
import { moving } from "../sched/moving.ts";

const folder = mkdtempSync(join(tmpdir(), "record-"));
afterAll(() => rmSync(folder, { recursive: true }));
const scene = "test/cli/scenes/moving.ts";
const at = (name: string): string => join(folder, name);

function worldloom(words: readonly string[], input = ""): { stdout: string; stderr: string; status: number | null } {
  return spawnSync(process.execPath, ["src/cli/main.ts", ...words], { encoding: "utf8", timeout: 60_000, input });
}
const json = (words: readonly string[]) => {
  const { stdout, status } = worldloom([...words, "--json"]);
  return { status, ...JSON.parse(stdout) };
};
/** The first entity of the scene. */
const FIRST = 1 << 20;

let made: { hash: string; ticks: number };
beforeAll(() => {
  made = json(["record", scene, "--out", at("plain"), "--ticks", "30", "--count", "50", "--seed", "9"]);
  json(["record", scene, "--out", at("fine"), "--ticks", "12", "--fine", "--fault", `8:${FIRST + 3}:Position.x:20`]);
  json(["record", scene, "--out", at("fine-2"), "--ticks", "12", "--fine"]);
});

describe("worldloom record and replay", () => {
  test("a recording needs nothing else to be replayed", () => {
    expect(made).toMatchObject({ status: 0, ticks: 30, tick: 30, hash: expect.stringMatching(/^[0-9a-f]{16}$/) });
    expect(json(["replay", at("plain"), "--verify"])).toEqual({
      status: 0,
      tick: 30,
      hash: made.hash,
      ticks: 30,
      verified: 31,
      whole: true,
    });
  });

  test("threads change nothing", () => {
    const { hash } = json([
      "record",
      scene,
      "--out",
      at("threads"),
      "--ticks",
      "30",
      "--count",
      "50",
      "--seed",
      "9",
      "--threads",
      "2",
    ]);
    expect(hash).toBe(made.hash);
    expect(json(["replay", at("threads"), "--verify", "--threads", "2"])).toMatchObject({ status: 0, hash });
  });

  test("no file is written over one that is read, or twice", () => {
    const [copy, link] = [at("copy"), at("link")];
    copyFileSync(at("plain"), copy);
    symlinkSync(copy, link);
    const before = readFileSync(copy);
    const [twice, world] = [at("twice"), at("world")];
    worldloom(["run", scene, "--ticks", "2", "--save", world]);
    const saved = readFileSync(world);
    const cases = [
      ["replay", copy, "--save", copy],
      ["replay", copy, "--record", link],
      ["replay", link, "--save", copy],
      ["replay", copy, "--record", twice, "--save", twice],
      ["record", scene, "--ticks", "2", "--load", world, "--out", world],
      ["run", scene, "--ticks", "2", "--save", twice, "--trace", join(folder, ".", "twice")],
      ["graph", scene, "--svg", twice, "--mermaid", twice],
    ];
    for (const words of cases) {
      const { status, stderr } = worldloom(words);
      expect(stderr).toMatch(/^worldloom: --\w+ would overwrite .*; choose another path\. \(usage\)\n/);
      expect(status).toBe(2);
    }
    expect(existsSync(twice)).toBe(false);
    expect(readFileSync(copy)).toEqual(before);
    expect(readFileSync(world)).toEqual(saved);
    expect(json(["run", scene, "--ticks", "2", "--load", world, "--save", world]).status).toBe(0);
  });

  test("an input that is not there is named, whatever is written", () => {
    for (const words of [
      ["replay", at("no/such"), "--save", at("out")],
      ["record", scene, "--ticks", "2", "--load", at("no/such"), "--out", at("out")],
    ]) {
      const { status, stderr } = worldloom(words);
      expect(stderr).toMatch(/^worldloom: .*no\/such cannot be read.*\(file-io\)\n$/);
      expect(status).toBe(1);
    }
  });

  test("--to stops, and --save writes what is there then", () => {
    const { stdout } = worldloom(["replay", at("plain"), "--to", "10", "--save", at("ten"), "--record", at("to-ten")]);
    const hash = /^hash +(.*)$/m.exec(stdout)![1];
    const written = [...stdout.matchAll(/^written +(\S+), [\d.]+ (B|KiB)$/gm)];
    expect(written.map(([, path]) => path)).toEqual([at("to-ten"), at("ten")]);
    worldloom(["run", scene, "--ticks", "10", "--count", "50", "--seed", "9", "--warmup", "0", "--save", at("ten-2")]);
    expect(worldloom(["diff", at("ten"), at("ten-2")])).toMatchObject({ status: 0, stdout: "They are the same.\n" });
    expect(json(["replay", at("plain"), "--to", "10"])).toMatchObject({ hash, ticks: 10 });
  });

  test("--to says where the recording ends, if that is before", () => {
    const to = (tick: string, name = "plain", ...more: string[]) =>
      worldloom(["replay", at(name), "--to", tick, ...more]);
    expect(to("30").stderr).toBe("");
    expect(to("31", "plain", "--json")).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('"tick":30'),
      stderr: "The recording ends at tick 30, before --to 31.\n",
    });
    writeFileSync(at("short"), readFileSync(at("plain")).subarray(0, -400));
    expect(to("900", "short").stderr).toMatch(/^The recording was cut short at tick 2\d, before --to 900\.\n$/);
    const fault = ["--verify", "--fault", `5:${FIRST + 1}:Velocity.y:20`];
    expect(to("31", "plain", ...fault)).toMatchObject({ status: 1, stderr: "" });
  });

  test("--load goes on from a file, and is not needed again", () => {
    writeFileSync(at("start"), readFileSync(at("ten")));
    const { hash } = json(["record", scene, "--out", at("loaded"), "--ticks", "5", "--load", at("start")]);
    rmSync(at("start"));
    expect(json(["replay", at("loaded"), "--verify"])).toMatchObject({ status: 0, tick: 15, hash });
    expect(worldloom(["replay", at("loaded"), "--to", "7"]).stderr).toBe(
      "The recording begins at tick 10, after --to 7.\n",
    );
  });

  test("a scene that is no longer there, or broken, is named", async () => {
    const refused = (name: string) => worldloom(["replay", at(name)]);
    for (const [name, about] of Object.entries({ nowhere: { scene: "nowhere.ts" }, number: { scene: 5 }, none: {} }))
      recordTo(await moving(3), at(name), { about }).close();
    expect(refused("nowhere")).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/is no longer at nowhere\.ts; say with --scene where\. \(usage\)/),
    });
    for (const name of ["number", "none"])
      expect(refused(name)).toMatchObject({ status: 2, stderr: expect.stringMatching(/does not say which scene/) });
    writeFileSync(at("broken.mjs"), 'throw new Error("not today");');
    recordTo(await moving(3), at("broken"), { about: { path: at("broken.mjs"), scene: "broken.mjs" } }).close();
    expect(refused("broken")).toMatchObject({ status: 1, stderr: expect.stringContaining("not today") });
  });

  test("--step runs a tick a line", () => {
    const { stdout, stderr, status } = worldloom(["replay", at("plain"), "--step", "--json"], "\n\nq\n\n");
    expect({ status, ...JSON.parse(stdout) }).toMatchObject({ status: 0, ticks: 2 });
    expect(stderr).toMatch(/^tick 1 {2}[0-9a-f]{16} {2}.*cells changed/m);
    expect(stderr).not.toMatch(/^tick 3/m);
  });

  test("--verify names a fault in a fine recording", () => {
    const { stdout, status } = worldloom(["replay", at("fine"), "--verify"]);
    expect(status).toBe(1);
    for (const line of [/^tick +8$/m, /^system +move$/m, /^component +Position$/m, /^field +x$/m])
      expect(stdout).toMatch(line);
    expect(stdout).toMatch(new RegExp(`^entity +${FIRST + 3}$`, "m"));
  });

  test("--verify names a fault in the replay", () => {
    const fault = `5:${FIRST + 1}:Velocity.y:20:steer`;
    const found = json(["replay", at("fine-2"), "--verify", "--fault", fault]);
    expect(found).toMatchObject({
      status: 1,
      tick: 5,
      difference: { from: 5, to: 5, system: "steer", first: { component: "Velocity", field: "y", entity: FIRST + 1 } },
    });
    expect(json(["replay", at("plain"), "--verify", "--fault", fault]).difference).toMatchObject({ from: 5, to: 5 });
  });

  test("--record makes a finer recording of a coarse one", () => {
    const finer = (name: string, ...words: string[]) =>
      json(["replay", at("plain"), "--to", "8", "--record", at(name), "--fine", ...words]);
    expect(finer("finer")).toMatchObject({ status: 0, ticks: 8 });
    finer("finer-2", "--fault", `6:${FIRST + 2}:Health.points:3`);
    expect(json(["replay", at("finer"), "--verify"])).toMatchObject({ status: 0, tick: 8 });
    const { facts, diff } = json(["diff", at("finer"), at("finer-2")]);
    expect(facts).toContainEqual(["first differs in tick", "6", "6"]);
    expect(diff.cells).toMatchObject([{ entity: FIRST + 2, component: "Health", field: "points" }]);
  });

  test("a recording that goes back and ahead is replayed on a terminal, too", () => {
    const { hash } = json(["record", scene, "--jumps", "--out", at("jumps"), "--ticks", "1000"]);
    const terminal = ["--import", "data:text/javascript,process.stderr.isTTY=true"];
    const words = ["src/cli/main.ts", "replay", at("jumps"), "--verify", "--json"];
    const { stdout } = spawnSync(process.execPath, [...terminal, ...words], { encoding: "utf8", timeout: 60_000 });
    expect(JSON.parse(stdout)).toMatchObject({ tick: 7, ticks: 1000, verified: 1001, hash });
    expect(json(["replay", at("jumps"), "--to", "2"])).toMatchObject({ tick: 2, ticks: 2 });
    expect(worldloom(["replay", at("jumps"), "--to", "5", "--json"])).toMatchObject({
      stdout: expect.stringMatching(/"tick":7.*"ticks":4,/),
      stderr: "The recording has no tick 5; it was set to a later state, and this is tick 7.\n",
    });
  });

  test("a fault that did not happen is told", () => {
    const { stderr, stdout, status } = worldloom(["replay", at("plain"), "--fault", "5:77:Velocity.y:20"]);
    expect(status).toBe(1);
    expect(stderr).toContain("did not happen");
    expect(stdout).toContain("tick");
  });

  test("what was cut is replayed as far as it goes", () => {
    writeFileSync(at("cut"), readFileSync(at("plain")));
    truncateSync(at("cut"), readFileSync(at("plain")).length - 400);
    const { status, whole, ticks } = json(["replay", at("cut"), "--verify"]);
    expect({ status, whole }).toEqual({ status: 0, whole: false });
    expect(ticks).toBeLessThan(30);
    expect(ticks).toBeGreaterThan(20);
  });

  const misuse: readonly [words: string[], status: number, message: RegExp][] = [
    [["record"], 2, /which scene/],
    [["record", scene, "--still", "--out", at("never")], 2, /simulation/],
    [["record", scene, "--fault", "nonsense", "--out", at("never-2")], 2, /must look like/],
    [["record", scene, "--fault", "1:1:Nope.x:1", "--out", at("never-3")], 2, /does not declare/],
    [["record", scene, "--fault", "1:1:Position.x:40", "--out", at("never-4")], 2, /--fault: bit must be .* 0 to 31/],
    [["record", scene, "--out", "/nowhere/at/all"], 1, /file-io/],
    [["replay"], 2, /which recording/],
    [["replay", "/nowhere"], 1, /file-io/],
    [["replay", scene], 1, /^worldloom: test\/cli\/scenes\/moving\.ts: .*not a sound recording.*bad-file/],
    [
      ["run", scene, "--load", scene],
      1,
      /^worldloom: test\/cli\/scenes\/moving\.ts: .*not a whole save file.*bad-file/,
    ],
    [["replay", at("plain"), "--scene", "/nowhere"], 2, /no scene/],
    [["replay", at("plain"), "--scene", "examples/city"], 1, /schema-mismatch/],
    [["replay", at("plain"), "--nope"], 2, /no flag/],
    [["replay", at("plain"), "--fine"], 2, /--record/],
    [["diff", at("plain")], 2, /two files/],
    [["diff", at("plain"), at("ten")], 2, /one kind/],
    [["diff", at("plain"), "/nowhere"], 1, /file-io/],
  ];
  test.for(misuse)("%s ends with %s", ([words, status, message]) => {
    const run = worldloom(words);
    expect(run.stderr).toMatch(message);
    expect(run.status).toBe(status);
    expect(existsSync(at("never"))).toBe(false);
  });

  test.for(["record", "replay", "diff"])("%s --help says how", (name) => {
    const { stdout, status } = worldloom([name, "--help"]);
    expect(status).toBe(0);
    expect(stdout).toMatch(new RegExp(`usage: worldloom ${name} .*`));
    expect(stdout).toContain("--json");
  });
});

describe("worldloom diff", () => {
  test("two recordings: the tick, the stage, the cell", () => {
    const { stdout, status } = worldloom(["diff", at("fine"), at("fine-2")]);
    expect(status).toBe(1);
    expect(stdout).toMatch(/^first differs in tick +8 +8$/m);
    expect(stdout).toMatch(/^after stage +.*move/m);
    expect(stdout).toMatch(new RegExp(`^ *${FIRST + 3} +Position +x `, "m"));
  });

  test("two recordings of other inputs, seeds", () => {
    json(["record", scene, "--out", at("seed"), "--ticks", "3", "--seed", "10"]);
    const { facts, same, status } = json(["diff", at("fine-2"), at("seed")]);
    expect({ same, status }).toEqual({ same: false, status: 1 });
    const names = facts.map(([name]: [string]) => name);
    expect(names).toEqual(expect.arrayContaining(["seed", "ticks", "start"]));
    expect(new Set(names).size).toBe(names.length);
  });

  test("two recordings that differ after their last hash", () => {
    const made = (name: string, ...words: string[]) =>
      json(["record", scene, "--out", at(name), "--ticks", "5", "--hash-every", "0", ...words]).hash;
    const hashes = [made("end"), made("end-2", "--fault", `3:${FIRST + 1}:Position.x:20`)];
    expect(json(["diff", at("end"), at("end-2")])).toMatchObject({
      status: 1,
      same: false,
      facts: [["hash at the end", ...hashes]],
    });
  });

  test("numbers that JSON does not have are texts", () => {
    const fault = ["--fault", `3:${FIRST + 1}:Health.spot.x:31`];
    json(["replay", at("fine-2"), "--to", "4", "--record", at("negative"), "--fine", ...fault]);
    expect(json(["diff", at("fine-2"), at("negative")]).diff.cells).toMatchObject([{ before: 0, after: "-0" }]);
    const { first } = json(["replay", at("fine-2"), "--verify", ...fault]).difference;
    expect(first).toMatchObject({ recorded: 0, replayed: "-0" });
  });

  test("two recordings, one of which was set to another state", async () => {
    const made = async (name: string, jump: boolean) => {
      const simulation = await moving();
      const recorder = recordTo(simulation, at(name), { hashEvery: 0 });
      simulation.step();
      if (jump) simulation.jumped();
      simulation.step();
      recorder.close();
    };
    await made("straight", false);
    await made("jump", true);
    expect(json(["diff", at("straight"), at("jump")])).toMatchObject({
      status: 1,
      facts: [
        ["first differs in tick", "2", "2"],
        ["set to a state", "-", "yes"],
      ],
    });
    expect(json(["diff", at("jump"), at("jump")])).toMatchObject({ status: 0, same: true });
  });

  test("a recording and itself", () => {
    expect(json(["diff", at("plain"), at("plain")])).toMatchObject({ status: 0, same: true });
  });

  test("and nobody who reads it: what differs is no success, and there is no stack", async () => {
    const child = spawn(process.execPath, ["src/cli/main.ts", "diff", at("fine"), at("fine-2")]);
    child.stdout.destroy();
    let said = "";
    child.stderr.on("data", (text) => (said += text));
    const status = await new Promise((resolve) => child.on("close", resolve));
    expect([status, said]).toEqual([1, ""]);
  });

  test("which of two files is not sound", () => {
    writeFileSync(at("flipped"), readFileSync(at("ten")).fill(1, 40, 41));
    const refused = (a: string, b: string) => worldloom(["diff", at(a), at(b)]).stderr;
    writeFileSync(at("text"), "no recording at all");
    expect(refused("plain", "text")).toMatch(/^worldloom: \S+text: .* not a sound recording.*\(bad-file\)\n$/);
    expect(refused("ten", "text")).toMatch(/^worldloom: \S+text: .* not a sound recording.*\(bad-file\)\n$/);
    expect(refused("text", "ten")).toMatch(/^worldloom: \S+text: .* not a sound recording.*\(bad-file\)\n$/);
    expect(refused("ten", "plain")).toMatch(/^worldloom: \S+ten is a world and \S+plain is a recording; /);
    expect(refused("ten", "flipped")).toMatch(/^worldloom: \S+flipped: .* not a whole save file.*\(bad-file\)\n$/);
  });

  test("two worlds, at most so many rows", () => {
    json(["replay", at("plain"), "--to", "12", "--save", at("twelve")]);
    const { stdout, status } = worldloom(["diff", at("ten"), at("twelve"), "--limit", "3"]);
    expect(status).toBe(1);
    expect(stdout).toMatch(/^tick +10 +12$/m);
    expect(stdout).toMatch(/rows more; see --limit/);
    expect(json(["diff", at("ten"), at("twelve")]).diff.cells.length).toBeGreaterThan(50);
  });
});
