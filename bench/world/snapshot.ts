import type { Snapshot } from "../../src/index.ts";
import { copySide } from "../copies.ts";
import type { Side } from "../pairs.ts";
import type { Workload } from "../workload.ts";
import { eachWritten, totalOf, wideComponents, wideWorld } from "./wide.ts";

const COUNT = 100_000;
const CHUNKS = Math.ceil(COUNT / 1024);
const WRITTEN_BYTES = CHUNKS * 1024 * 8;
/** Runs between two checks. */
const GROUP = 8;

/** Every tick keeps a snapshot, gives the one before back, and writes one component of six: 2 columns of 12. */
function snapshotSide(): Side {
  const world = wideWorld(COUNT);
  const [written] = wideComponents;
  let snapshot: Snapshot | undefined;
  let sum = totalOf(world, written!);
  const fork = world.fork();
  return {
    run() {
      snapshot?.dispose();
      snapshot = world.snapshot();
      let rows = 0;
      eachWritten(world, written!, (x, count) => {
        x[0]! += 1;
        rows += count;
      });
      return rows;
    },
    checksum() {
      const before = sum;
      sum = totalOf(world, written!);
      fork.restore(snapshot!);
      // The snapshot is one tick behind the world: its chunks lack the last write.
      return sum - totalOf(fork, written!) === CHUNKS && sum - before >= CHUNKS ? CHUNKS : Number.NaN;
    },
  };
}

const target = { text: "<= 1.5x its time", met: ({ ratio }: { ratio: number }) => ratio >= 1 / 1.5 };

export const snapshotWorkloads: readonly Workload[] = [
  {
    name: "snapshot each tick, 2 of 12 columns written, 100,000 entities",
    item: "entity",
    peers: ["memory.copy of the written blocks", "memory.copy of the same bytes at once"],
    targets: { "memory.copy of the written blocks": target },
    async pair(peer) {
      const calls = peer.includes("blocks") ? CHUNKS : 1;
      return {
        ours: snapshotSide(),
        peer: copySide(WRITTEN_BYTES, calls, COUNT, () => CHUNKS),
        work: COUNT,
        group: GROUP,
      };
    },
  },
];
