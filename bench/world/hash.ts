import { copySide } from "../copies.ts";
import type { Workload } from "../workload.ts";
import { eachWritten, WIDE_BYTES, wideComponents, wideWorld } from "./wide.ts";

const COUNT = 100_000;

function hashWorkload(jobs: "addon" | "reference", gigabytes: number): Workload {
  return {
    name: `hash with all blocks dirty, 100,000 entities, ${jobs}`,
    item: "entity",
    itemBytes: WIDE_BYTES,
    env: { WORLDLOOM_JOBS: jobs },
    peers: ["memory.copy of the same bytes"],
    target: { text: `>= ${gigabytes} GB/s`, met: ({ ours }) => WIDE_BYTES / ours >= gigabytes },
    async pair() {
      const world = wideWorld(COUNT);
      const twin = wideWorld(COUNT);
      const expected = numberOf(twin.hash());
      let hash = "";
      const ours = {
        reset: () => {
          for (const one of wideComponents) eachWritten(world, one, () => {});
        },
        run: () => {
          hash = world.hash();
          return COUNT;
        },
        checksum: () => (numberOf(hash) === expected ? expected : Number.NaN),
      };
      return { ours, peer: copySide(COUNT * WIDE_BYTES, 1, COUNT, () => expected), work: COUNT };
    },
  };
}

/** The first 48 bits of a hash, as a number that is not zero. */
export function numberOf(hash: string): number {
  return Number.parseInt(hash.slice(0, 12), 16) + 1;
}

export const hashWorkloads: readonly Workload[] = [hashWorkload("addon", 8), hashWorkload("reference", 1)];
