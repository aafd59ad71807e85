import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { parallel, Rollback, randomBelow, readRecording, record, replay } from "../../../src/index.ts";
import { luaEngine, ScriptReload } from "../../../src/script.ts";
import type { Errand } from "./child.ts";
import { killing } from "./kill.ts";
import { Bytes, drive, Poke, type Rich, rich, run, walker2 } from "./rich.ts";

const script = new URL("child.ts", import.meta.url).pathname;
const TICKS = 120;

/** What another process prints; undefined if it was killed. */
async function child(errand: Errand, env: Readonly<Record<string, string>> = {}): Promise<string[] | undefined> {
  const started = promisify(execFile)(process.execPath, [script, JSON.stringify(errand)], {
    env: { ...process.env, ...env },
    maxBuffer: 16 << 20,
  });
  try {
    return JSON.parse((await started).stdout) as string[];
  } catch (error) {
    if ((error as { signal?: string }).signal === "SIGKILL") return undefined;
    throw error;
  }
}

async function newVersion({ scripts, game }: Rich): Promise<void> {
  const { hash } = await scripts.provide({ name: "Walker", code: walker2 });
  game.input(ScriptReload, { script: "Walker", hash });
}

describe("a world of scripts has the same hash in every tick", async () => {
  const plain = await rich();
  const expected = run(plain, TICKS);

  test("though scripts fail in it, wait, spawn and grow", () => {
    const kinds = new Set(plain.faults.map(({ kind }) => kind));
    expect([...kinds].sort()).toEqual(["error", "instructions", "stack"]);
    expect(plain.faults.length).toBeGreaterThan(10);
    const tasks = plain.scripts.of(plain.world).slotOf("main")!.domain.inspect();
    expect(tasks.tasks).toBeGreaterThan(3);
    expect(new Set(expected).size).toBe(TICKS);
  });
  test("on threads", async () => {
    const one = await rich({ executor: parallel({ threads: 2 }) });
    expect(run(one, TICKS)).toEqual(expected);
    await one.game.close();
  });
  test("in another process", async () => {
    expect(await child({ ticks: TICKS })).toEqual(expected);
  });
  test("with the reference jobs, in checked mode", async () => {
    expect(await child({ ticks: TICKS }, { WORLDLOOM_JOBS: "reference", WORLDLOOM_CHECKED: "1" })).toEqual(expected);
  });
  test("when each tick runs twice", async () => {
    const one = await rich();
    const hashes = expected.map(() => {
      drive(one, one.game.tick + 1);
      one.game.step({ twice: true });
      return one.world.hash();
    });
    expect(hashes).toEqual(expected);
  });
  test("when it is killed and goes on from its log", async () => {
    const folder = mkdtempSync(join(tmpdir(), "worldloom-scripts-"));
    try {
      for (const killAt of [30, 47]) expect(await child({ ticks: TICKS, folder, killAt })).toBe(undefined);
      expect(await child({ ticks: TICKS, folder })).toEqual(expected.slice(-1));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
  test.for([1, 2, 3])("when inputs come late, seed %i", async (seed) => {
    const [late, prompt] = [await rich({ seed }), await rich({ seed })];
    const rollback = new Rollback(late.game, { keep: 8 });
    const held: [tick: number, values: { x: number }][] = [];
    for (let tick = 1; tick <= 60; tick++) {
      for (const one of [late, prompt]) drive(one, tick, seed);
      const values = { x: randomBelow(9, seed, 5, 0, tick) };
      prompt.game.input(Poke, values);
      held.push([tick, values]);
      if (tick === 20) for (const one of [late, prompt]) await newVersion(one);
      for (const { game } of [late, prompt]) game.step();
      if (randomBelow(3, seed, 7, 0, tick) > 0 && held[0]![0] > tick - 7) continue;
      for (const [when, what] of held.splice(0)) rollback.lateInput(when, Poke, what);
      expect(rollback.resimulate()).toBeGreaterThan(0);
      expect([tick, late.world.hash()]).toEqual([tick, prompt.world.hash()]);
    }
    rollback.dispose();
  });
  test("when it goes back to compare, in each tick", async () => {
    const one = await rich();
    const rollback = new Rollback(one.game, { keep: 5, syncTest: true });
    expect(run(one, 60)).toEqual(expected.slice(0, 60));
    rollback.dispose();
  });
});

describe("a recording", () => {
  test.for([
    [40, { hashEvery: 1 }],
    [5, { fine: true }],
  ] as const)("replays, new versions of scripts included: %i ticks, %o", async ([ticks, options]) => {
    const one = await rich();
    run(one, 10);
    const sink = new Bytes();
    const recorder = record(one.game, sink, options);
    const hashes = run(one, 5);
    await newVersion(one);
    hashes.push(...run(one, ticks));
    recorder.close();
    expect(readRecording(sink.all).ticks.length).toBe(5 + ticks);
    const seen: string[] = [];
    const result = await replay(sink.all, async () => (await rich({ seed: 3, count: 2 })).game, {
      verify: true,
      ticked: ({ simulation }) => void seen.push(simulation.world.hash()),
    });
    expect(result).toMatchObject({ tick: 15 + ticks, ticks: 5 + ticks, hash: hashes.at(-1), difference: undefined });
    expect(seen).toEqual(hashes);
  });

  test("replays what is resumed by hand", async () => {
    const code = `script { state = { n = 0 } }
      function onUpdate(self)
        self.State.n = self.State.n + 1
        if Random.chance(0.2) then error("now and then") end
      end`;
    const start = () => luaEngine().then((engine) => killing(engine, code, { policy: { action: "pause" } }));
    const one = await start();
    const sink = new Bytes();
    const recorder = record(one.game, sink, { hashEvery: 1 });
    for (let tick = 1; tick <= 60; tick++) {
      if (tick % 7 === 0) for (const entity of one.entities) one.scripts.resume(one.game, entity, one.script);
      one.game.step();
    }
    recorder.close();
    expect(one.faults.length).toBeGreaterThan(8);
    const result = await replay(sink.all, async () => (await start()).game, { verify: true });
    expect(result).toMatchObject({ ticks: 60, hash: one.world.hash(), difference: undefined });
  });
});
