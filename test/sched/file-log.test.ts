import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
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
