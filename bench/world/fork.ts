import type { World } from "../../src/index.ts";
import { copySide } from "../copies.ts";
import type { Workload } from "../workload.ts";
import { numberOf } from "./hash.ts";
import { WIDE_BYTES, wideComponents, wideWorld } from "./wide.ts";

const COUNT = 100_000;
/** Columns, the list of entities, and the index of entities. */
const BYTES = COUNT * (WIDE_BYTES + 4 + 8);

function forkWorkload(name: string, use: (fork: World, entity: number) => void): Workload {
  return {
    name,
    item: "fork",
    peers: ["memory.copy of the whole world"],
    target: { text: "<= 20 us", met: ({ ours }) => ours <= 20_000 },
    async pair() {
      const world = wideWorld(COUNT);
      const expected = numberOf(world.hash());
      const entity = world.query(wideComponents[0]!).entities()[COUNT >> 1]!;
      let fork: World | undefined;
      const ours = {
        reset: () => fork?.dispose(),
        run: () => {
          fork = world.fork();
          use(fork, entity);
          return 1;
        },
        checksum: () => numberOf(fork!.hash()),
      };
      return { ours, peer: copySide(BYTES, 1, 1, () => expected), work: 1 };
    },
  };
}

export const forkWorkloads: readonly Workload[] = [
  forkWorkload("fork of 100,000 entities", () => {}),
  forkWorkload("fork of 100,000 entities, with a query, a read and a write", (fork, entity) => {
    const [one] = wideComponents;
    if (fork.query(one!).count !== COUNT) throw new Error("the fork lacks entities");
    fork.set(entity, one!, fork.get(entity, one!) as never);
  }),
];
