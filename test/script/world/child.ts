import { readFileSync } from "node:fs";
import { type DurableLog, durable, fileLog } from "../../../src/index.ts";
import { drive, rich, run } from "./rich.ts";

/** What a child process is to do. */
export interface Errand {
  readonly ticks: number;
  /** A file with a save to go on from. */
  readonly save?: string;
  /** A folder of a durable run, which goes on to tick `ticks` and ends with SIGKILL at that call of its log, if one is given. */
  readonly folder?: string;
  readonly killAt?: number;
}

// Runs an errand and prints the hashes of its ticks, or the last one of a durable run.
const { ticks, save, folder, killAt } = JSON.parse(process.argv[2]!) as Errand;
const one = await rich(save === undefined ? {} : { bytes: readFileSync(save) });
if (folder === undefined) process.stdout.write(JSON.stringify(run(one, ticks)));
else {
  let calls = 0;
  const dies = (append: () => void): void => {
    append();
    if (++calls === killAt) process.kill(process.pid, "SIGKILL");
  };
  const files = fileLog(folder);
  const log: DurableLog = {
    load: () => files.load(),
    append: (record) => dies(() => files.append(record)),
    snapshot: (bytes) => dies(() => files.snapshot(bytes)),
    close: () => files.close(),
  };
  const kept = await durable(one.game, { log, every: 20, hashEvery: 1 });
  while (one.game.tick < ticks) {
    drive(one, one.game.tick + 1);
    one.game.step();
  }
  await kept.settled();
  process.stdout.write(JSON.stringify([one.world.hash()]));
}
