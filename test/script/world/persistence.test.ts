import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { simulate } from "../../../src/index.ts";
import { drive, type Rich, rich, run, turn } from "./rich.ts";

const script = new URL("child.ts", import.meta.url).pathname;
const main = ({ scripts, world }: Rich) => scripts.of(world).slotOf("main")!.domain;

/** Another world moves by the same scripts. */
async function moving(one: Rich, world = one.world): Promise<Rich> {
  return { ...one, world, game: await simulate(world, [turn, ...one.scripts.systems()]) };
}

describe("a save in the middle", () => {
  test.for([1, 40])("after tick %i goes on as if nothing had happened", async (ticks) => {
    const one = await rich();
    run(one, ticks);
    expect(main(one).inspect().tasks).toBeGreaterThan(0);
    const bytes = one.world.save();
    const expected = run(one, 60);
    const other = await rich({ bytes });
    expect(run(other, 60)).toEqual(expected);
    expect(main(other).bytes).toEqual(main(one).bytes);
    expect(other.world.save()).toEqual(one.world.save());
  });
  test("before the first tick", async () => {
    const one = await rich();
    const bytes = one.world.save();
    const expected = run(one, 30);
    expect(run(await rich({ bytes }), 30)).toEqual(expected);
  });
  test("goes on in another process", async () => {
    const folder = mkdtempSync(join(tmpdir(), "worldloom-scripts-"));
    try {
      const one = await rich();
      run(one, 50);
      const save = join(folder, "world");
      writeFileSync(save, one.world.save());
      const seen = execFileSync(process.execPath, [script, JSON.stringify({ ticks: 40, save })]);
      expect(JSON.parse(seen.toString())).toEqual(run(one, 40));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe("a fork", () => {
  test("goes on by itself, and so does its fork", async () => {
    const one = await rich();
    run(one, 25);
    const fork = await moving(one, one.world.fork());
    const [expected, other] = [run(one, 30), run(fork, 15, 9)];
    const second = await moving(fork, fork.world.fork());
    expect(run(second, 15, 9)).toEqual(run(fork, 15, 9));
    const again = await rich();
    run(again, 25);
    expect(run(again, 15, 9)).toEqual(other);
    const third = await rich();
    expect(run(third, 55).slice(25)).toEqual(expected);
  });
  test("forks step in turns", async () => {
    const one = await rich();
    run(one, 10);
    const forks = await Promise.all(Array.from({ length: 3 }, () => moving(one, one.world.fork())));
    for (let tick = 0; tick < 20; tick++) expect(new Set([one, ...forks].map((each) => run(each, 1)[0])).size).toBe(1);
    for (const { world } of forks) world.dispose();
    expect(run(one, 1).length).toBe(1);
  });
});

describe("a restore", () => {
  test.for([0, 1, 2, 8, 30, 59])("to tick %i gives the same ticks again", async (back) => {
    const one = await rich();
    run(one, back);
    const [snapshot, hash] = [one.world.snapshot(), one.world.hash()];
    const length = back === 0 ? 0 : main(one).bytes.length;
    const expected = run(one, 60 - back);
    if (back <= 2) expect(main(one).bytes.length).toBeGreaterThan(length);
    for (let again = 0; again < 2; again++) {
      one.world.restore(snapshot);
      expect(one.world.hash()).toBe(hash);
      expect(run(one, 60 - back)).toEqual(expected);
    }
  });
  test("back and forth among many", async () => {
    const one = await rich();
    const kept = [one.world.snapshot()];
    const hashes = run(one, 40).map((hash) => hash);
    const again = await rich();
    for (let tick = 1; tick <= 40; tick++) {
      run(again, 1);
      kept.push(again.world.snapshot());
    }
    for (const back of [39, 3, 20, 1, 38, 2, 11, 40, 5]) {
      again.world.restore(kept[back]!);
      const few = Math.min(4, 40 - back);
      expect(run(again, few)).toEqual(hashes.slice(back, back + few));
    }
    again.world.restore(kept[7]!);
    expect(again.world.save()).toEqual((await at(7)).world.save());
  });
  test("does not write to the machine of another world", async () => {
    const one = await rich();
    run(one, 1);
    const [early, length] = [one.world.snapshot(), main(one).bytes.length];
    run(one, 30);
    expect(main(one).bytes.length).toBeGreaterThan(length);
    const late = one.world.snapshot();
    one.world.restore(early);
    run(one, 1);
    one.world.restore(late);
    run(one, 1);
    // Machines that were given back are taken by these, which have the size of the early state.
    const others = await Promise.all([rich({ seed: 3 }), rich({ seed: 3 })]);
    for (const other of others) run(other, 1);
    const before = others.map((other) => main(other).bytes.slice());
    one.world.restore(early);
    run(one, 1);
    expect(others.map((other) => main(other).bytes)).toEqual(before);
  });
  test("after a tick that failed in the middle of scripts", async () => {
    const [one, calm] = [await rich(), await rich()];
    expect(run(one, 3)).toEqual(run(calm, 3));
    for (let tick = 4; tick < 40; tick++) {
      drive(one, tick);
      let failed = 0;
      const ends = one.scripts.onFault(() => {
        failed++;
        throw new Error("a listener's own");
      });
      const size = main(one).bytes.length;
      try {
        one.game.step();
      } catch {
        expect(failed).toBe(1);
        ends();
        one.game.step();
      }
      ends();
      drive(calm, tick);
      calm.game.step();
      expect([tick, size, one.world.hash()]).toEqual([tick, size, calm.world.hash()]);
    }
  });
  test("to before an entity got its script, and to before it lost it", async () => {
    const one = await rich({ count: 2 });
    run(one, 5);
    const { component } = one.scripts.script("Walker");
    const [entity] = one.world.query(component).entities();
    const with_ = one.world.snapshot();
    one.world.remove(entity!, component);
    const without = one.world.snapshot();
    const lost = run(one, 10);
    one.world.restore(with_);
    const kept = run(one, 10);
    expect(lost).not.toEqual(kept);
    one.world.restore(without);
    expect(run(one, 10)).toEqual(lost);
    one.world.restore(without);
    one.world.add(entity!, component);
    const given = run(one, 10);
    one.world.restore(without);
    one.world.add(entity!, component);
    expect(run(one, 10)).toEqual(given);
    one.world.restore(with_);
    expect(run(one, 10)).toEqual(kept);
  });
});

async function at(ticks: number): Promise<Rich> {
  const one = await rich();
  run(one, ticks);
  return one;
}
