import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { type DurableLog, durable, type Effect, fileLog, randomBelow, type Simulation, type Stored } from "worldloom";
import { Died, drive, moving, Push, run, systems } from "./moving.ts";

const root = mkdtempSync(join(tmpdir(), "worldloom-durable-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let folders = 0;
const folder = (): string => join(root, String(folders++));

/** The hash after a run that nothing interrupted, and its effects. */
async function uninterrupted(ticks: number): Promise<{ hash: string; keys: string[] }> {
  const simulation = await moving();
  const keys: string[] = [];
  for (let i = 0; i < ticks; i++) {
    drive(simulation, simulation.tick + 1);
    simulation.step();
    const now = simulation.world.events(Died).filter(({ tick }) => tick === simulation.tick);
    keys.push(...now.map((_, i) => `${simulation.tick}/Died/${i}`));
  }
  return { hash: simulation.world.hash(), keys };
}

function to(simulation: Simulation, tick: number): string {
  run(simulation, tick - simulation.tick);
  return simulation.world.hash();
}

/** A log in memory that takes its time. */
class SlowLog implements DurableLog {
  stored: { snapshot: Uint8Array; records: Uint8Array[] } | undefined;
  fails = false;
  readonly #waiting: (() => void)[] = [];
  load(): Stored | undefined {
    return this.stored;
  }
  append(record: Uint8Array): Promise<void> {
    return this.#later(() => void this.stored?.records.push(record));
  }
  snapshot(snapshot: Uint8Array): Promise<void> {
    return this.#later(() => {
      this.stored = { snapshot, records: [] };
    });
  }
  close(): void {}
  async #later(run: () => void): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#waiting.push(resolve);
      setImmediate(() => this.#waiting.shift()?.());
    });
    if (this.fails) throw new Error("disk on fire");
    run();
  }
}

describe("a durable run", () => {
  test("goes on to the same hash, whatever was closed or dropped in between", async () => {
    const path = folder();
    const { hash } = await uninterrupted(60);
    let last = "";
    for (const [i, stop] of [7, 20, 21, 33, 48, 60].entries()) {
      const simulation = i === 0 ? await moving() : await moving(1, i);
      const log = fileLog(path);
      const kept = await durable(simulation, { log, every: 10, hashEvery: 4 });
      expect(kept.resumed).toBe(i > 0);
      last = to(simulation, stop);
      if (i % 2 === 1) await kept.close();
      else log.close();
    }
    expect(last).toBe(hash);
  });

  test("killed before and after every call of the log, it ends with the same hash and all effects", async () => {
    const { hash, keys } = await uninterrupted(9);
    const path = folder();
    const received = `${path}.effects`;
    let kills = 0;
    const worker = (killAt: number, before: string) =>
      spawnSync(process.execPath, [script, path, received, "9", "4", String(killAt), before], {
        encoding: "utf8",
        env,
      });
    let last = worker(1, "before");
    for (let round = 0; last.signal === "SIGKILL"; round++) {
      kills++;
      last = worker(1 + (round % 3), round % 2 === 0 ? "after" : "before");
    }
    expect(last.stderr).not.toMatch(/Error/);
    expect(last.stdout).toBe(hash);
    const got = readFileSync(received, "utf8")
      .trim()
      .split("\n")
      .map((line) => line.split(" ")[0]!);
    expect([...new Set(got)]).toEqual(keys);
    // What was in flight comes again, and nothing else.
    expect(got.length - keys.length).toBeLessThanOrEqual(kills);
    expect(kills).toBeGreaterThan(5);
  });

  test("killed at random moments, it ends with the same hash and all effects", async () => {
    const ticks = 600;
    const { hash, keys } = await uninterrupted(ticks);
    const path = folder();
    const received = `${path}.effects`;
    let [kills, out] = [0, ""];
    for (let round = 0; out === ""; round++) {
      const child = spawn(process.execPath, [script, path, received, String(ticks), "100"], { env });
      child.stdout.on("data", (text) => {
        out += text;
      });
      const ended = new Promise<{ code: number | null; signal: string | null }>((resolve) =>
        child.on("close", (code, signal) => resolve({ code, signal })),
      );
      const delayMs = 150 + randomBelow(400, 11, 1, 0, round);
      const timer = round < 8 ? setTimeout(() => child.kill("SIGKILL"), delayMs) : undefined;
      const { code, signal } = await ended;
      clearTimeout(timer);
      if (signal === "SIGKILL") kills++;
      else expect(code).toBe(0);
    }
    expect(out).toBe(hash);
    const got = readFileSync(received, "utf8")
      .trim()
      .split("\n")
      .map((line) => line.split(" ")[0]!);
    expect(new Set(got)).toEqual(new Set(keys));
    expect(got.length - keys.length).toBeLessThanOrEqual(kills);
  });

  test("a log cut at any byte goes on from its last whole record", async () => {
    const path = folder();
    const simulation = await moving();
    await durable(simulation, { log: fileLog(path), every: 1000, hashEvery: 2 });
    const hashes = [simulation.world.hash(), ...run(simulation, 5)];
    const [log, snapshot] = ["log-000000000001", "snapshot-000000000001"].map((name) => readFileSync(join(path, name)));
    const seen = new Set<number>();
    for (let length = log!.length; length >= 0; length--) {
      const cut = folder();
      fileLog(cut);
      writeFileSync(join(cut, "snapshot-000000000001"), snapshot!);
      writeFileSync(join(cut, "log-000000000001"), log!.subarray(0, length));
      const opened = fileLog(cut);
      const { records } = (await opened.load())!;
      await opened.close();
      if (!seen.has(records.length)) {
        seen.add(records.length);
        const next = await moving(1);
        await durable(next, { log: opened, every: 1000, hashEvery: 2 });
        expect(next.tick).toBe(records.length);
        expect(next.world.hash()).toBe(hashes[next.tick]);
        // What is added behind the cut can be read again.
        expect(to(next, 5)).toBe(hashes[5]);
        opened.close();
        const after = await moving(1);
        await durable(after, { log: opened });
        expect(after.world.hash()).toBe(hashes[5]);
        opened.close();
      }
      rmSync(cut, { recursive: true });
    }
    expect([...seen]).toEqual([5, 4, 3, 2, 1, 0]);
  });

  test("a flipped bit is refused; zeros at the end are what a lost disk leaves", async () => {
    const path = folder();
    const simulation = await moving();
    const first = fileLog(path);
    await durable(simulation, { log: first });
    run(simulation, 2);
    first.close();
    const other = await moving(1);
    for (const name of readdirSync(path)) {
      const bytes = readFileSync(join(path, name));
      for (let i = 0; i < 60; i++) {
        const flipped = Buffer.from(bytes);
        const at = randomBelow(bytes.length, 5, 1, 0, i);
        flipped[at]! ^= 1 << randomBelow(8, 5, 2, 0, i);
        writeFileSync(join(path, name), flipped);
        await expect(durable(other, { log: fileLog(path) }), `${name} ${at}`).rejects.toMatchObject({
          code: "bad-file",
        });
      }
      writeFileSync(join(path, name), bytes);
    }
    const log = join(path, "log-000000000001");
    writeFileSync(log, Buffer.concat([readFileSync(log), Buffer.alloc(100)]));
    const next = await moving(1);
    await durable(next, { log: fileLog(path) });
    expect(next.world.hash()).toBe(simulation.world.hash());
  });

  test("other code is refused while there are ticks to run again", async () => {
    const path = folder();
    const other = systems.map((one) => (one.name === "steer" ? { ...one, run: () => {} } : one));
    const first = await moving();
    const log = fileLog(path);
    await durable(first, { log });
    run(first, 3);
    log.close();
    await expect(durable(await moving(1, 1, other), { log: fileLog(path) })).rejects.toMatchObject({
      code: "code-mismatch",
    });
    await expect(
      durable(
        await moving(
          1,
          1,
          systems.filter(({ name }) => name !== "age"),
        ),
        { log: fileLog(path) },
      ),
    ).rejects.toMatchObject({
      code: "schedule-mismatch",
    });
    await (await durable(await moving(1), { log })).close();
    const next = await moving(1, 1, other);
    await durable(next, { log: fileLog(path) });
    expect(next.world.hash()).toBe(first.world.hash());
  });

  test("has its folder to itself, as long as its process runs", async () => {
    const path = folder();
    const first = await moving();
    const run = await durable(first, { log: fileLog(path) });
    to(first, 3);
    expect(readFileSync(join(path, "lock"), "utf8").split(" ")[0]).toBe(String(process.pid));
    await run.close();
    expect(existsSync(join(path, "lock"))).toBe(false);

    const other = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"]);
    writeFileSync(join(path, "lock"), String(other.pid));
    const second = await moving();
    const before = readdirSync(path).map((name) => [name, readFileSync(join(path, name), "latin1")]);
    const refused = durable(second, { log: fileLog(path) });
    await expect(refused).rejects.toMatchObject({ code: "file-io", operands: { process: other.pid } });
    expect(readdirSync(path).map((name) => [name, readFileSync(join(path, name), "latin1")])).toEqual(before);
    const gone = new Promise((resolve) => other.on("exit", resolve));
    other.kill("SIGKILL");
    await gone;
    const again = await durable(second, { log: fileLog(path) });
    expect(second.tick).toBe(3);
    await again.close();
  });

  test("has its folder to itself within its process, too", async () => {
    const path = folder();
    const first = await moving();
    const run = await durable(first, { log: fileLog(path) });
    to(first, 3);
    const second = await moving(1);
    const log = fileLog(join(path, "..", basename(path)));
    await expect(durable(second, { log })).rejects.toMatchObject({
      code: "file-io",
      message: expect.stringContaining("is open in this process already"),
      operands: { process: process.pid },
    });
    expect(second.tick).toBe(0);
    // The one that was refused gives nothing back.
    log.close();
    await expect(durable(second, { log })).rejects.toMatchObject({ code: "file-io" });
    expect(() => log.snapshot(new Uint8Array())).toThrow(expect.objectContaining({ code: "file-io" }));
    await run.close();
    await (await durable(second, { log })).close();
    expect(second.tick).toBe(3);
  });

  test.runIf(existsSync("/proc/self/stat"))("takes over from a process whose number another program got", async () => {
    const path = folder();
    const kept = await durable(await moving(), { log: fileLog(path) });
    const [number, began] = readFileSync(join(path, "lock"), "utf8").split(" ");
    await kept.close();
    for (const other of [process.ppid, process.pid]) {
      writeFileSync(join(path, "lock"), `${other} ${Number(began) - 1_000_000}`);
      await (await durable(await moving(1), { log: fileLog(path) })).close();
    }
    writeFileSync(join(path, "lock"), `${number} ${began}`);
    await expect(durable(await moving(1), { log: fileLog(path) })).rejects.toMatchObject({ code: "file-io" });
  });

  test("keeps few files", async () => {
    const path = folder();
    const simulation = await moving();
    const kept = await durable(simulation, { log: fileLog(path, { sync: "record" }), every: 3 });
    run(simulation, 20);
    expect(readdirSync(path).sort()).toEqual(["lock", "log-000000000007", "snapshot-000000000007"]);
    await kept.close();
    expect(readdirSync(path).length).toBe(2);
    expect(existsSync(path)).toBe(true);
  });

  test("a world that was set to another state goes on from there", async () => {
    const path = folder();
    const simulation = await moving();
    const log = fileLog(path);
    await durable(simulation, { log });
    run(simulation, 3);
    const snapshot = simulation.world.snapshot();
    run(simulation, 3);
    simulation.world.restore(snapshot);
    simulation.jumped();
    run(simulation, 2, 9);
    log.close();
    const next = await moving(1);
    await durable(next, { log });
    expect(next.world.hash()).toBe(simulation.world.hash());
  });

  test("refuses to run on when nothing can be kept", async () => {
    const log = new SlowLog();
    const simulation = await moving();
    const kept = await durable(simulation, { log });
    run(simulation, 2);
    await kept.settled();
    log.fails = true;
    run(simulation, 1);
    await expect(kept.settled()).rejects.toThrow(/on fire/);
    expect(() => simulation.step()).toThrow(/on fire/);
    expect(simulation.tick).toBe(3);
    await expect(kept.close()).rejects.toThrow(/on fire/);
    simulation.step();
  });

  test("refuses bad options", async () => {
    const simulation = await moving(1);
    const log = fileLog(folder());
    await expect(durable(simulation, { log, every: 0 })).rejects.toThrow(/every/);
    await expect(durable(simulation, { log: {} as DurableLog })).rejects.toThrow(/log/);
    const half = { load() {}, append() {} } as unknown as DurableLog;
    await expect(durable(simulation, { log: half })).rejects.toThrow(/a log with snapshot/);
    await expect(durable(simulation, { log, outbox: { events: [Push as never], deliver() {} } })).rejects.toThrow(
      /events/,
    );
    expect(() => fileLog(folder(), { sync: "often" as never })).toThrow(/sync/);
    expect(() => fileLog("/proc/nowhere")).toThrow(expect.objectContaining({ code: "file-io" }));
  });
});

describe("the outbox", () => {
  test("delivers when the tick is kept, in order, once", async () => {
    const log = new SlowLog();
    const simulation = await moving();
    const got: Effect[] = [];
    const kept = await durable(simulation, {
      log,
      outbox: {
        events: [Died],
        async deliver(effect) {
          const kept = log.stored!.records.map((bytes) => new DataView(bytes.buffer, bytes.byteOffset));
          const ticks = kept.filter((view) => view.getUint32(0, true) === 1).map((view) => view.getUint32(4, true));
          expect(ticks.at(-1)).toBeGreaterThanOrEqual(effect.tick);
          await new Promise((resolve) => setImmediate(resolve));
          got.push(effect);
        },
      },
    });
    run(simulation, 30);
    expect(got).toEqual([]);
    await kept.settled();
    const { keys } = await uninterrupted(30);
    expect(got.map(({ key }) => key)).toEqual(keys);
    expect(kept.waiting).toEqual([]);
    expect(got[0]).toMatchObject({ source: "Died", sequence: 0, values: { points: expect.any(Number) } });
  });

  test("keeps what was refused, over snapshots and restarts", async () => {
    const path = folder();
    const got: string[] = [];
    let refuse = true;
    const outbox = {
      events: [Died],
      deliver: ({ key }: Effect) => {
        if (refuse) throw new Error("not now");
        got.push(key);
      },
    };
    const first = await moving();
    const log = fileLog(path);
    const kept = await durable(first, { log, every: 5, outbox });
    run(first, 12);
    const { keys } = await uninterrupted(12);
    expect(keys.length).toBeGreaterThan(0);
    expect(kept.waiting.map(({ key }) => key)).toEqual(keys);
    await expect(kept.settled()).rejects.toThrow(/not now/);
    refuse = false;
    log.close();
    const next = await moving(1);
    const again = await durable(next, { log, every: 5, outbox });
    expect(got).toEqual(keys);
    await again.close();
    await durable(await moving(1), { log: fileLog(path), every: 5, outbox });
    expect(got).toEqual(keys);
  });
});

const script = new URL("durable-run.ts", import.meta.url).pathname;
const env = { ...process.env, WORLDLOOM_CHECKED: "0" };
