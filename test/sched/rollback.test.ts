import { describe, expect, test } from "vitest";
import { Rollback, randomBelow, readRecording, record, replay, system, write } from "worldloom";
import { again, Bytes, drive, moving, Position, Push, run, systems, Velocity } from "./moving.ts";

describe("rollback", () => {
  test("gives the hashes of a run in which nothing was late", async () => {
    for (let seed = 1; seed <= 12; seed++) {
      const [late, prompt] = [await moving(), await moving()];
      const rollback = new Rollback(late, { keep: 8 });
      const held: [tick: number, values: { x: number }][] = [];
      for (let tick = 1; tick <= 40; tick++) {
        drive(late, tick, seed);
        drive(prompt, tick, seed);
        // What is late comes behind what was not, here as there.
        const values = { x: randomBelow(9, seed, 5, 0, tick) };
        prompt.input(Push, values);
        if (randomBelow(2, seed, 6, 0, tick) === 0) late.input(Push, values);
        else held.push([tick, values]);
        late.step();
        prompt.step();
        if (held.length === 0 || (randomBelow(3, seed, 7, 0, tick) > 0 && held[0]![0] > tick - 7)) continue;
        for (const [when, what] of held.splice(0)) rollback.lateInput(when, Push, what);
        expect(rollback.resimulate()).toBeGreaterThan(0);
        expect(late.world.hash()).toBe(prompt.world.hash());
      }
      for (const [when, what] of held) rollback.lateInput(when, Push, what);
      rollback.resimulate();
      expect(late.world.hash()).toBe(prompt.world.hash());
      rollback.dispose();
    }
  });

  test("goes back, and forth again with what waited", async () => {
    const simulation = await moving();
    const rollback = new Rollback(simulation, { keep: 5 });
    const hashes = run(simulation, 9);
    expect([rollback.earliest, rollback.latest]).toEqual([4, 9]);
    drive(simulation, 10);
    simulation.input(Push, { x: 1 });
    const waiting = simulation.world.hash();
    for (const tick of [4, 8, 6, 9]) {
      rollback.rollback(tick);
      expect(simulation.tick).toBe(tick);
      expect(simulation.world.hash()).toBe(hashes[tick - 1]);
    }
    rollback.rollback(5);
    expect(rollback.resimulate()).toBe(4);
    expect(simulation.world.hash()).toBe(waiting);
    simulation.step();
    const twin = await moving();
    run(twin, 9);
    drive(twin, 10);
    twin.input(Push, { x: 1 });
    twin.step();
    expect(simulation.world.hash()).toBe(twin.world.hash());
    expect(rollback.resimulate()).toBe(0);
  });

  test("a step after going back begins another future", async () => {
    const [simulation, twin] = [await moving(), await moving()];
    const rollback = new Rollback(simulation, { keep: 6 });
    run(simulation, 6);
    rollback.rollback(3);
    run(simulation, 2, 77);
    run(twin, 3);
    run(twin, 2, 77);
    expect(simulation.world.hash()).toBe(twin.world.hash());
    expect([rollback.earliest, rollback.latest]).toEqual([0, 5]);
    rollback.rollback(2);
    expect(rollback.resimulate()).toBe(3);
    expect(simulation.world.hash()).toBe(twin.world.hash());
  });

  test("what comes in while the world is at an earlier tick belongs to the next one", async () => {
    const [simulation, twin] = [await moving(), await moving()];
    const rollback = new Rollback(simulation, { keep: 6 });
    for (let i = 0; i < 4; i++) simulation.step();
    rollback.rollback(2);
    simulation.input(Push, { x: 3 });
    rollback.resimulate();
    for (let i = 0; i < 4; i++) {
      if (i === 2) twin.input(Push, { x: 3 });
      twin.step();
    }
    expect(simulation.world.hash()).toBe(twin.world.hash());
  });

  test("what comes in after going back to the present belongs to the next tick", async () => {
    const [simulation, twin] = [await moving(), await moving()];
    using rollback = new Rollback(simulation, { keep: 3 });
    for (const one of [simulation, twin]) run(one, 5);
    simulation.input(Push, { x: 2 });
    rollback.rollback(5);
    simulation.input(Push, { x: 1 });
    expect(rollback.resimulate()).toBe(0);
    for (const x of [1, 2]) twin.input(Push, { x });
    for (const one of [simulation, twin]) one.step();
    expect(simulation.world.hash()).toBe(twin.world.hash());
  });

  test("inputs that were guessed are given again, in one order for all", async () => {
    const TICKS = 40;
    for (let seed = 1; seed <= 4; seed++) {
      const given = (player: number, tick: number) => {
        const held = tick - (tick % 3);
        return {
          x: randomBelow(5, seed, player, 1, held),
          who: `${player} says ${randomBelow(9, seed, player, 2, held)}`,
        };
      };
      const peers = [await moving(), await moving()].map((simulation, player) => {
        const known = [0, 1].map((other): number => (other === player ? TICKS : 0));
        const rollback = new Rollback(simulation, { keep: 8 });
        const guess = (who: number, tick: number) => given(who, Math.min(tick, known[who]!));
        const step = (): void => {
          for (const who of [0, 1]) simulation.input(Push, guess(who, simulation.tick + 1));
          simulation.step();
        };
        const learn = (who: number, upTo: number): void => {
          const [from, to] = [known[who]!, simulation.tick];
          known[who] = Math.max(from, upTo);
          rollback.rollback(Math.min(from, to));
          while (simulation.tick < to) step();
        };
        return { simulation, rollback, step, learn };
      });
      const [one, two] = peers as [(typeof peers)[0], (typeof peers)[0]];
      for (let tick = 1; tick <= TICKS; tick++) {
        one.step();
        two.step();
        if (tick % 4 === 0) one.learn(1, tick - randomBelow(4, seed, 7, 0, tick));
        if (tick % 3 === 0) two.learn(0, tick - randomBelow(5, seed, 8, 0, tick));
      }
      one.learn(1, TICKS);
      two.learn(0, TICKS);
      expect(one.simulation.hash()).toBe(two.simulation.hash());
      // Added at the end, a text that is new comes after those of later ticks.
      const late = [
        [1, "left"],
        [2, "right"],
      ] as const;
      for (const [who, rollback] of [one.rollback, two.rollback].entries()) {
        for (const [x, text] of who === 0 ? late : [...late].reverse()) {
          rollback.lateInput(TICKS, Push, { x, who: text });
          rollback.resimulate();
        }
      }
      expect(one.simulation.hash()).not.toBe(two.simulation.hash());
      expect(one.simulation.world.contentHash()).toBe(two.simulation.world.contentHash());
    }
  });

  test("starts anew where the world was set to another state", async () => {
    const simulation = await moving();
    const rollback = new Rollback(simulation, { keep: 6 });
    run(simulation, 3);
    const snapshot = simulation.world.snapshot();
    run(simulation, 3);
    simulation.world.restore(snapshot);
    simulation.jumped();
    expect([rollback.earliest, rollback.latest]).toEqual([3, 3]);
  });

  test("tells observers of first runs only", async () => {
    const simulation = await moving();
    let told = 0;
    simulation.world.observe("added", Position, () => void told++);
    const rollback = new Rollback(simulation, { keep: 8 });
    run(simulation, 20);
    const before = told;
    expect(before).toBeGreaterThan(0);
    rollback.lateInput(14, Push, { x: 1 });
    rollback.resimulate();
    expect(told).toBe(before);
  });

  test("a sync test beside it changes nothing in a recording, nor in its replay", async () => {
    const [plain, tested] = [new Bytes(), new Bytes()];
    for (const bytes of [plain, tested]) {
      const simulation = await moving();
      if (bytes === tested) new Rollback(simulation, { keep: 3, syncTest: true });
      const recorder = record(simulation, bytes, { fine: true });
      run(simulation, 8);
      recorder.close();
    }
    expect(tested.all).toEqual(plain.all);
    const testedAgain = async () => {
      const simulation = await moving();
      new Rollback(simulation, { keep: 3, syncTest: true });
      return simulation;
    };
    expect(await replay(plain.all, testedAgain, { verify: true })).toMatchObject({ ticks: 8, difference: undefined });
  });

  test("is seen by a recording", async () => {
    const simulation = await moving();
    const bytes = new Bytes();
    const recorder = record(simulation, bytes, { fine: true, hashEvery: 1 });
    const rollback = new Rollback(simulation, { keep: 8 });
    run(simulation, 6);
    rollback.lateInput(4, Push, { x: 1 });
    rollback.resimulate();
    run(simulation, 3);
    const hash = simulation.world.hash();
    recorder.close();
    expect(readRecording(bytes.all).ticks.length).toBe(9);
    expect(await replay(bytes.all, again, { verify: true })).toMatchObject({ hash, difference: undefined });
  });

  test("is seen by a recording that ends there", async () => {
    for (const fine of [false, true]) {
      const simulation = await moving();
      const bytes = new Bytes();
      const recorder = record(simulation, bytes, { fine });
      using rollback = new Rollback(simulation, { keep: 8 });
      const hashes = run(simulation, 6);
      rollback.rollback(4);
      recorder.close();
      const replayed = await replay(bytes.all, again, { verify: true });
      expect(replayed).toMatchObject({ tick: 4, ticks: 6, hash: hashes[3], difference: undefined });
    }
  });

  test("returns to the present if a tick fails that runs again", async () => {
    const picky = system("picky", {
      run({ world }) {
        if (world.inputs(Push).some(({ x }) => x === 13)) throw new Error("unlucky");
      },
    });
    const simulation = await moving(20, 1, [...systems, picky]);
    const rollback = new Rollback(simulation, { keep: 8 });
    const hashes = run(simulation, 6);
    rollback.lateInput(4, Push, { x: 13 });
    expect(() => rollback.resimulate()).toThrow(/unlucky/);
    expect(simulation.world.hash()).toBe(hashes.at(-1));
  });

  test("forgets what came in after going back if that makes a tick fail", async () => {
    const picky = system("picky", {
      run({ world }) {
        if (world.inputs(Push).some(({ x }) => x === 13)) throw new Error("unlucky");
      },
    });
    const simulation = await moving(20, 1, [...systems, picky]);
    using rollback = new Rollback(simulation, { keep: 8 });
    const hashes = run(simulation, 6);
    rollback.rollback(3);
    simulation.input(Push, { x: 13 });
    expect(() => rollback.resimulate()).toThrow(/unlucky/);
    expect(simulation.world.hash()).toBe(hashes.at(-1));
    rollback.rollback(2);
    expect(rollback.resimulate()).toBe(4);
    expect(simulation.world.hash()).toBe(hashes.at(-1));
  });

  test("late inputs count before it is too late, also if nobody asks, and a recording sees it", async () => {
    const [simulation, prompt] = [await moving(), await moving()];
    const bytes = new Bytes();
    const recorder = record(simulation, bytes, { fine: true, hashEvery: 1 });
    const rollback = new Rollback(simulation, { keep: 5 });
    for (let tick = 1; tick <= 30; tick++) {
      drive(simulation, tick);
      drive(prompt, tick);
      prompt.input(Push, { x: tick });
      // What is queued between ticks stays queued, whatever runs again before the next one.
      if (tick % 4 === 0) simulation.input(Push, { x: tick });
      simulation.step();
      prompt.step();
      const late = tick - (tick % 3);
      for (let when = late - 2; when <= late && tick % 3 === 0; when++)
        if (when % 4 !== 0) rollback.lateInput(when, Push, { x: when });
    }
    rollback.resimulate();
    expect(simulation.world.hash()).toBe(prompt.world.hash());
    rollback.dispose();
    recorder.close();
    const hash = prompt.world.hash();
    expect(await replay(bytes.all, again, { verify: true })).toMatchObject({ hash, difference: undefined });
  });

  test("a late input that fails in the last step that can count it fails that step alone", async () => {
    const picky = system("picky", {
      run({ world }) {
        if (world.inputs(Push).some(({ x }) => x === 13)) throw new Error("unlucky");
      },
    });
    const [simulation, twin] = [await moving(20, 1, [...systems, picky]), await moving(20, 1, [...systems, picky])];
    using rollback = new Rollback(simulation, { keep: 4 });
    run(simulation, 6);
    // The tick that fails is not the one that would be too long ago: what came late for others counts all the same.
    rollback.lateInput(4, Push, { x: 7 });
    rollback.lateInput(5, Push, { x: 13 });
    rollback.lateInput(6, Push, { x: 5 });
    run(simulation, 1);
    for (let tick = 1; tick <= 7; tick++) {
      drive(twin, tick);
      if (tick === 4) twin.input(Push, { x: 7 });
      if (tick === 6) twin.input(Push, { x: 5 });
      twin.step();
    }
    simulation.input(Push, { x: 2 });
    twin.input(Push, { x: 2 });
    const before = simulation.world.hash();
    expect(() => simulation.step()).toThrow(/unlucky/);
    expect(simulation.world.hash()).toBe(before);
    for (const one of [simulation, twin]) one.step();
    expect(simulation.world.hash()).toBe(twin.world.hash());
    expect(rollback.resimulate()).toBe(0);
  });

  test("refuses what it cannot do", async () => {
    const simulation = await moving();
    expect(() => new Rollback(simulation, { keep: 0 })).toThrow(/keep/);
    const rollback = new Rollback(simulation, { keep: 3 });
    run(simulation, 5);
    expect(() => rollback.rollback(1)).toThrow(/2 to 5/);
    expect(() => rollback.lateInput(2, Push)).toThrow(/3 to 5/);
    expect(() => rollback.lateInput(6, Push)).toThrow(/3 to 5/);
    rollback.dispose();
  });

  test("gives all memory back", async () => {
    const simulation = await moving();
    run(simulation, 5);
    const before = simulation.world.arena.usedBytes;
    const rollback = new Rollback(simulation, { keep: 4 });
    for (let i = 0; i < 30; i++) {
      simulation.step();
      rollback.lateInput(simulation.tick, Push, { x: 1 });
      rollback.resimulate();
    }
    rollback.dispose();
    const after = simulation.world.arena.usedBytes;
    expect(after).toBeLessThan(before + 64 * 1024);
  });
});

describe("the sync test", () => {
  test("passes for systems that depend on the world alone", async () => {
    const [simulation, twin] = [await moving(), await moving()];
    const rollback = new Rollback(simulation, { keep: 4, syncTest: true });
    expect(run(simulation, 25)).toEqual(run(twin, 25));
    rollback.dispose();
  });

  test("names the tick in which something else counted", async () => {
    let calls = 0;
    const drifting = system("drifting", {
      query: [write(Velocity)],
      run({ query, tick }) {
        if (tick !== 7) return;
        calls++;
        for (const { velocity } of query.chunks()) velocity.x[0] = calls;
      },
    });
    const simulation = await moving(10, 1, [...systems, drifting]);
    const rollback = new Rollback(simulation, { keep: 3, syncTest: true });
    expect(() => run(simulation, 20)).toThrow(expect.objectContaining({ code: "nondeterminism" }));
    expect(simulation.tick).toBe(7);
    rollback.dispose();
  });

  test("finds changes around the simulation", async () => {
    const simulation = await moving(10);
    const rollback = new Rollback(simulation, { keep: 3, syncTest: true });
    run(simulation, 4);
    simulation.world.spawn(Position);
    expect(() => run(simulation, 20)).toThrow(
      expect.objectContaining({ operands: expect.objectContaining({ tick: 5 }) }),
    );
    rollback.dispose();
  });
});
