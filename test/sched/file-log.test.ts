import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { durable, fileLog } from "worldloom";
import { moving, run } from "./moving.ts";

const root = mkdtempSync(join(tmpdir(), "worldloom-log-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const SECTOR = 512;

/** The folder of a run of so many ticks that was killed, and the hash after each. */
async function killed(name: string, ticks: number): Promise<{ path: string; log: string; hashes: string[] }> {
  const path = join(root, name);
  const simulation = await moving();
  const log = fileLog(path);
  await durable(simulation, { log, every: 1000 });
  const hashes = [simulation.world.hash(), ...run(simulation, ticks)];
  log.close();
  return { path, log: join(path, "log-000000000001"), hashes };
}

describe("the log of a machine that lost power", () => {
  test("goes on from the last whole record before sectors that are zeros", async () => {
    const { path, log, hashes } = await killed("zeros", 24);
    const bytes = readFileSync(log);
    expect(bytes.length).toBeGreaterThan(3 * SECTOR);
    let before = 24;
    for (let from = Math.floor((bytes.length - 1) / SECTOR) * SECTOR; from >= SECTOR; from -= SECTOR) {
      writeFileSync(log, Buffer.from(bytes).fill(0, from));
      const again = await moving(1);
      const mine = fileLog(path);
      await durable(again, { log: mine, every: 1000 });
      mine.close();
      expect(again.tick).toBeLessThan(before);
      expect(again.world.hash()).toBe(hashes[again.tick]);
      before = again.tick;
    }
    expect(before).toBeGreaterThan(0);
  });

  test("is refused where zeros are followed by something else, or begin within a sector", async () => {
    const { path, log } = await killed("holes", 24);
    const bytes = readFileSync(log);
    const end = bytes.findLastIndex((byte) => byte !== 0) + 1;
    for (const [from, to] of [
      [SECTOR, 2 * SECTOR],
      [end - 4, end],
    ] as const) {
      writeFileSync(log, Buffer.from(bytes).fill(0, from, to));
      await expect(durable(await moving(1), { log: fileLog(path) })).rejects.toMatchObject({
        code: "bad-file",
        message: expect.stringContaining(`${log}: `),
      });
    }
  });

  test("is refused without its snapshot, and stays as it is", async () => {
    const { path, log } = await killed("alone", 3);
    const bytes = readFileSync(log);
    rmSync(join(path, "snapshot-000000000001"));
    await expect(durable(await moving(1), { log: fileLog(path) })).rejects.toMatchObject({
      code: "bad-file",
      message: expect.stringMatching(/has a log, but no snapshot; empty it to begin anew/),
    });
    expect(readFileSync(log).equals(bytes)).toBe(true);
    rmSync(log);
    expect((await durable(await moving(1), { log: fileLog(path) })).resumed).toBe(false);
  });
});

describe("the log in a folder", () => {
  test("whose next file cannot be made ends the run, is closed all the same, and its folder is free", async () => {
    const path = join(root, "next");
    const simulation = await moving();
    const kept = await durable(simulation, { log: fileLog(path), every: 5 });
    const odd = join(path, "log-000000000002");
    mkdirSync(odd);
    const failed = { code: "file-io", message: expect.stringContaining(path) };
    expect(() => run(simulation, 8)).toThrow(expect.objectContaining(failed));
    const hash = simulation.hash();
    await expect(kept.close()).rejects.toMatchObject(failed);
    expect([simulation.tick, readdirSync(path).includes("lock")]).toEqual([5, false]);
    await expect(durable(await moving(1), { log: fileLog(path) })).rejects.toMatchObject(failed);
    rmSync(odd, { recursive: true });
    const again = await moving(1);
    const next = await durable(again, { log: fileLog(path) });
    expect([again.tick, again.hash()]).toEqual([5, hash]);
    await next.close();
  });

  test("that was not loaded, or is closed, keeps nothing", async () => {
    const log = fileLog(join(root, "closed"));
    const closed = expect.objectContaining({ code: "file-io", message: expect.stringContaining("is closed") });
    for (let time = 0; time < 2; time++) {
      expect(() => log.append(new Uint8Array(4))).toThrow(closed);
      expect(() => log.snapshot(new Uint8Array(4))).toThrow(closed);
      expect(log.load()).toBe(undefined);
      log.close();
      log.close();
    }
    expect(readdirSync(join(root, "closed"))).toEqual([]);
  });

  test("goes on from a snapshot without a log, and is refused where the snapshot is cut short", async () => {
    const { path, log, hashes } = await killed("short", 6);
    rmSync(log);
    const again = await moving(1);
    const kept = await durable(again, { log: fileLog(path) });
    expect([again.tick, again.hash(), kept.ticksAgain]).toEqual([0, hashes[0], 0]);
    await kept.close();
    const name = readdirSync(path).find((file) => file.startsWith("snapshot"))!;
    truncateSync(join(path, name), 100);
    await expect(durable(again, { log: fileLog(path) })).rejects.toMatchObject({
      code: "bad-file",
      message: expect.stringContaining("is cut short"),
    });
    expect([again.hash(), readdirSync(path).includes("lock")]).toEqual([hashes[0], false]);
  });

  test.for(["record", "snapshot", "nothing"] as const)("keeps the same, with sync %s", async (sync) => {
    const path = join(root, sync);
    const simulation = await moving();
    const log = fileLog(path, { sync });
    await durable(simulation, { log, every: 4 });
    const hashes = run(simulation, 10);
    log.close();
    const again = await moving(1);
    const kept = await durable(again, { log: fileLog(path, { sync }) });
    expect([again.hash(), kept.ticksAgain, kept.waiting]).toEqual([hashes[9], 2, []]);
    await kept.close();
  });
});
