import { WorldloomError } from "../../core/errors.ts";
import type { Clip } from "../clip.ts";
import type { Curve } from "../curve.ts";
import { type CurveTrack, clipFromCurves, type MorphCurve, type ResampleOptions } from "../resample.ts";
import type { Skeleton } from "../skeleton.ts";
import { gltfError } from "./json.ts";
import type { ReadElements } from "./load.ts";
import type { Rigs } from "./rigs.ts";
import type { GltfAnimation, GltfChannel, GltfStructure } from "./structure.ts";

/** One clip for each animation and skeleton that it moves; what is made is added to `made` at once. */
export function loadClips(
  { animations, meshes, nodes, warnings }: GltfStructure,
  meshNames: readonly string[],
  { skeletons, skins, nodes: placed }: Rigs,
  read: ReadElements,
  options: ResampleOptions,
  made: { dispose(): void }[],
): Clip[] {
  const { error, shell, rate, framesMax } = options;
  const names = new Set<string>();
  return animations.flatMap((animation, number) => {
    const tracks = new Map<Skeleton, CurveTrack[]>();
    const morphs = new Map<Skeleton, MorphCurve[]>();
    const times = new Map<number, Float32Array>();
    let duration = 0;
    for (const channel of animation.channels) {
      const { mesh, skin } = nodes[channel.node]!;
      const { skeleton: own, joint } = placed[channel.node]!;
      const skeleton = (channel.target === "weights" && mesh >= 0 ? skins[skin]?.skeleton : undefined) ?? own;
      const targets = meshes[mesh]?.primitives[0]?.targets.length ?? 0;
      if (skeleton === undefined) continue;
      if (channel.target === "weights" && targets === 0) {
        warnings.push(
          `${channel.path} moves morph weights of nodes[${channel.node}], which has none, and is left out.`,
        );
        continue;
      }
      const curve = curveOf(channel, targets, read, times);
      duration = Math.max(duration, curve.times[curve.times.length - 1]!);
      if (channel.target === "weights") listOf(morphs, skeleton).push({ node: meshNames[channel.node]!, curve });
      else listOf(tracks, skeleton).push({ joint, path: channel.target, curve });
    }
    const events = animation.events.filter(({ time }) => time <= duration);
    if (events.length < animation.events.length)
      warnings.push(`${animation.path}.extras.events has events behind the end at ${duration} s, which are left out.`);
    const name = uniqueName(animation, number, names);
    return skeletons
      .filter((skeleton) => tracks.has(skeleton) || morphs.has(skeleton))
      .map((skeleton) => {
        const clip = named(animation.path, () =>
          clipFromCurves(skeleton.arena, skeleton, {
            name,
            duration,
            events,
            tracks: tracks.get(skeleton) ?? [],
            morphs: morphs.get(skeleton) ?? [],
            warn: (text) => warnings.push(text),
            ...(error !== undefined && { error }),
            ...(shell !== undefined && { shell }),
            ...(rate !== undefined && { rate }),
            ...(framesMax !== undefined && { framesMax }),
          }),
        );
        made.push(clip);
        return clip;
      });
  });
}

function curveOf(
  { path, target, input, output, interpolation }: GltfChannel,
  targets: number,
  read: ReadElements,
  timesRead: Map<number, Float32Array>,
): Curve {
  let times = timesRead.get(input);
  if (times === undefined) {
    times = checkedTimes(path, Float32Array.from(read(input)));
    timesRead.set(input, times);
  }
  const rotation = target === "rotation";
  const size = rotation ? 4 : target === "weights" ? targets : 3;
  const values = read(output);
  const expected = times.length * size * (interpolation === "CUBICSPLINE" ? 3 : 1);
  if (values.length !== expected)
    throw gltfError(`${path}.sampler`, `has ${values.length} numbers for ${times.length} keys, which take ${expected}`);
  return { times, values, size, interpolation, rotation };
}

function checkedTimes(path: string, times: Float32Array): Float32Array {
  for (let i = 0; i < times.length; i++) {
    if (!(times[i]! >= (times[i - 1] ?? 0) && times[i]! < Infinity))
      throw gltfError(`${path}.sampler`, `has the time ${times[i]} at key ${i}; times rise from 0`);
  }
  return times;
}

function uniqueName({ name }: GltfAnimation, number: number, taken: Set<string>): string {
  const wanted = name || `animation${number}`;
  let unique = wanted;
  for (let n = 2; taken.has(unique); n++) unique = `${wanted}.${n}`;
  taken.add(unique);
  return unique;
}

/** Runs `make`; what it refuses is laid to the element at `path`. */
function named<T>(path: string, make: () => T): T {
  try {
    return make();
  } catch (cause) {
    if (cause instanceof WorldloomError && cause.code === "anim-clip")
      throw gltfError(path, `cannot be made a clip: ${cause.message.replace(/\.$/, "")}`, cause.operands, cause);
    throw cause;
  }
}

function listOf<K, T>(lists: Map<K, T[]>, key: K): T[] {
  let list = lists.get(key);
  if (list === undefined) {
    list = [];
    lists.set(key, list);
  }
  return list;
}
