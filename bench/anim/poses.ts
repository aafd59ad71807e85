import { CHARACTER_WORDS, ENTRY_WORDS, LAYER_WORDS, SOURCE_CLIP } from "../../src/native/anim/format.ts";
import { measureRunners, type Runner, timed } from "../tensor/runner.ts";
import { atLeast, type Target, type Workload } from "../workload.ts";
import { BLENDED, type People, people, WEIGHTS } from "./people.ts";
import { loopRunner } from "./pose-loops.ts";
import { threeRunner } from "./pose-three.ts";

const JAVASCRIPT = "JavaScript";
const THREE = "three.js";
const NONE = 0xffffffff;
/** Bits of 1. */
const ONE = 0x3f800000;
/** How far matrices may be apart, as a share of the largest element: three.js blends rotations two at a time. */
const TOLERANCES: Readonly<Record<string, number>> = { [JAVASCRIPT]: 1e-4, [THREE]: 2e-2 };
/** What compressed clips may differ by, in metres, over the height of a person, and as much again for rotations. */
const COMPRESSED_TOLERANCE = 2e-3;

/** All persons in one call of the job, on one thread, from records that lie there already. */
function ourRunner({ arena, skeleton, clips, count, playing }: People): Runner {
  const { memory, jobs } = arena;
  if (jobs.name !== "addon") throw new Error("the addon is not built: npm run setup");
  jobs.threads(1);
  const bytes = Math.ceil((skeleton.count * 48) / 64) * 64;
  const models = arena.allocate(count * bytes).offset;
  const lists = playing.map((moment) => {
    const entries = arena.allocate(count * BLENDED * ENTRY_WORDS * 4).offset;
    const layers = arena.allocate(count * LAYER_WORDS * 4).offset;
    const characters = arena.allocate(count * CHARACTER_WORDS * 4).offset;
    moment.forEach(({ clip, place }, i) => {
      const at = entries / 4 + i * ENTRY_WORDS;
      const frame = Math.floor(place);
      memory.u32.set([clips[clip]!.offset, SOURCE_CLIP, frame], at);
      memory.f32.set([place - frame, WEIGHTS[i % BLENDED]!], at + 3);
      memory.u32[at + 5] = 0;
    });
    for (let i = 0; i < count; i++) {
      const [entry, layer] = [entries + i * BLENDED * ENTRY_WORDS * 4, layers + i * LAYER_WORDS * 4];
      memory.u32.set([entry, BLENDED, 0, ONE, NONE, 0], layer / 4);
      const record = [skeleton.offset, layer, 1, NONE, models + i * bytes, 0, 0, 0, 0, 0, 0, 0];
      memory.u32.set(record, characters / 4 + i * CHARACTER_WORDS);
    }
    return characters;
  });
  const out = new Float32Array(count * skeleton.count * 12);
  let run = 0;
  return {
    reset() {
      run = 0;
    },
    time: timed(() => jobs.animPoses(memory, lists[run++ & 1]!, count)),
    result() {
      for (let i = 0; i < count; i++) {
        const at = (models + i * bytes) / 4;
        out.set(memory.f32.subarray(at, at + skeleton.count * 12), i * skeleton.count * 12);
      }
      return out;
    },
  };
}

interface Options {
  readonly name: string;
  readonly count: number;
  readonly compressed?: boolean;
  readonly peers: readonly string[];
  /** Most nanoseconds for one character. */
  readonly within: number;
}

function workload({ name, count, compressed = false, peers, within }: Options): Workload {
  const target: Target = { text: `>= ${1e6 / within} characters per ms`, met: ({ ours }) => ours <= within };
  return {
    name: `poses, 67 joints, 3 clips blended, local to model, ${name}`,
    item: "character",
    peers,
    target,
    targets: { [THREE]: atLeast(40) },
    async measure(peer, quick) {
      // An engine with objects for each bone is not asked for as many persons.
      const persons = peer === THREE ? Math.min(count, 128) : count;
      const given = people(persons, compressed);
      const theirs = peer === THREE ? await threeRunner(given) : loopRunner(given);
      const tolerance = compressed ? COMPRESSED_TOLERANCE : TOLERANCES[peer]!;
      const row = await measureRunners(ourRunner(given), theirs, { tolerance, checkedRuns: 1, quick });
      const ns = (us: number) => (us * 1e3) / persons;
      return { ...row, ours: ns(row.ours), peer: ns(row.peer) };
    },
  };
}

export const poseWorkloads: readonly Workload[] = [
  workload({ name: "512 characters", count: 512, peers: [JAVASCRIPT, THREE], within: 1000 }),
  workload({ name: "4,096 characters", count: 4096, peers: [JAVASCRIPT], within: 1000 }),
  workload({ name: "compressed clips", count: 512, compressed: true, peers: [JAVASCRIPT, THREE], within: 2500 }),
];
