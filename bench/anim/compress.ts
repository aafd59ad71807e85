import { existsSync, readFileSync } from "node:fs";
import { figure } from "../../examples/anim/figure.ts";
import { AnimArena, clipPose, compressClip, framesAndHalves, loadGltf, poseError } from "../../src/anim.ts";
import { atLeast, type Workload } from "../workload.ts";

const REAL = new URL("../../../shared/data/gltf/rigged_simple.gltf", import.meta.url);
const KEYS = "keys of the file as f32";
const FRAMES = "frames as f32";
/** Metres. */
const BOUND = 0.0001;

interface Options {
  readonly name: string;
  /** What holds the clip, and where it is from if it may be missing. */
  file(): Uint8Array | URL;
  readonly clip?: string;
  readonly source?: URL;
  readonly target?: number;
}

/** Bytes of what moves, against what its keys in the file take (their times not counted), or the frames that were made of them. */
function workload({ name, file, clip: wanted, source, target }: Options): Workload {
  return {
    name,
    item: "clip",
    unit: "bytes",
    peers: [KEYS, FRAMES],
    ...(target === undefined ? {} : { target: atLeast(target), judged: [KEYS] }),
    skip: () => (source === undefined || existsSync(source) ? undefined : "../shared/data/gltf is not there"),
    async measure(peer) {
      const arena = new AnimArena();
      const given = file();
      const model = await loadGltf(given, { arena });
      const clip = model.clips.find((one) => one.name === wanted) ?? model.clips[0]!;
      const small = compressClip(clip, { error: BOUND });
      const times = framesAndHalves(clip.frameCount);
      const { error } = poseError(clip.skeleton.parents, clipPose(clip), clipPose(small.clip), times);
      if (error > BOUND) throw new Error(`the clip is ${error} m from what it was`);
      const keys = keysOf(given, clip.name);
      const raw = peer === KEYS ? (small.bytesRaw / clip.frameCount) * keys : small.bytesRaw;
      return { ours: small.bytes, peer: raw, ratio: raw / small.bytes };
    },
  };
}

/** Keys of the first channel of an animation in the file. */
function keysOf(file: Uint8Array | URL, animation: string): number {
  const bytes = Buffer.from(file instanceof URL ? readFileSync(file) : file);
  const isBinary = bytes.readUInt32LE(0) === 0x46546c67;
  const text = isBinary ? bytes.toString("utf8", 20, 20 + bytes.readUInt32LE(12)) : bytes.toString("utf8");
  const { animations, accessors } = JSON.parse(text) as GltfFile;
  const found = animations.find(({ name }) => name === animation) ?? animations[0]!;
  return accessors[found.samplers[0]!.input]!.count;
}

interface GltfFile {
  readonly animations: readonly { readonly name?: string; readonly samplers: readonly { readonly input: number }[] }[];
  readonly accessors: readonly { readonly count: number }[];
}

export const compressWorkloads: readonly Workload[] = [
  workload({ name: "compression of a real clip, 0.1 mm", file: () => REAL, source: REAL, target: 6 }),
  ...["idle", "walk", "run", "wave"].map((clip) =>
    workload({
      name: `compression, ${clip} of a figure, 67 joints, 0.1 mm`,
      file: () => figure({ vertices: 600 }),
      clip,
    }),
  ),
];
