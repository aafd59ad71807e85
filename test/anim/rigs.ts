import { AnimArena, Clip, type JointOptions, Skeleton } from "../../src/anim.ts";

/** A spine with an arm and a leg: root, spine +1 y, arm +0.5 x, hand +0.3 x; thigh, shin, foot down from the root. */
export function figure(arena: AnimArena, bind: Readonly<Record<string, readonly number[]>> = {}): Skeleton {
  const joint = (name: string, parent: number, ...translation: number[]): JointOptions => ({
    name,
    parent,
    translation,
    ...(bind[name] === undefined ? {} : { rotation: bind[name] }),
  });
  return Skeleton.create(arena, {
    name: "figure",
    joints: [
      joint("root", -1, 0, 0, 0),
      joint("hips", 0, 0, 1, 0),
      joint("spine", 1, 0, 1, 0),
      joint("arm", 2, 0.5, 0, 0),
      joint("elbow", 3, 0.4, 0, 0),
      joint("hand", 4, 0.3, 0, 0),
      joint("thigh", 1, 0.1, -0.1, 0),
      joint("shin", 6, 0, -0.45, 0),
      joint("foot", 7, 0, -0.45, 0),
    ],
  });
}

/** Pseudo-random numbers in -1..1 from a seed. */
export function noise(seed: number): () => number {
  let state = (seed * 2_654_435_761) >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 31 - 1;
  };
}

/** A turn by `degrees` about an axis that is one long. */
export function turn(degrees: number, x: number, y: number, z: number): number[] {
  const half = (degrees * Math.PI) / 360;
  return [x * Math.sin(half), y * Math.sin(half), z * Math.sin(half), Math.cos(half)];
}

/** Sets a joint in the rows of a frame: translation x y z, rotation x y z w, scale x y z; undefined stays as it is. */
export function put(
  skeleton: Skeleton,
  frames: Float32Array,
  frame: number,
  joint: number,
  values: readonly (number | undefined)[],
): void {
  values.forEach((value, row) => {
    if (value !== undefined) frames[(frame * 10 + row) * skeleton.stride + joint] = value;
  });
}

/** `count` frames of the rest pose. */
export function restFrames(skeleton: Skeleton, count: number): Float32Array<ArrayBuffer> {
  const frames = new Float32Array(count * skeleton.rest.length);
  for (let frame = 0; frame < count; frame++) frames.set(skeleton.rest, frame * skeleton.rest.length);
  return frames;
}

/** A clip in which all joints turn, move and grow a little, smoothly, at random; with `alike` the same in all directions. */
export function randomClip(skeleton: Skeleton, seed: number, { alike = false, frameCount = 9, rate = 8 } = {}): Clip {
  const next = noise(seed);
  const frames = restFrames(skeleton, frameCount);
  for (let joint = 0; joint < skeleton.count; joint++) {
    const start = Array.from({ length: 10 }, () => next() * 0.3);
    const slope = Array.from({ length: 10 }, () => next() * 0.1);
    if (alike) for (const values of [start, slope]) values.fill(values[7]!, 7);
    for (let frame = 0; frame < frameCount; frame++) {
      for (let row = 0; row < 10; row++) {
        const at = (frame * 10 + row) * skeleton.stride + joint;
        frames[at]! += start[row]! + slope[row]! * frame;
      }
      const at = (frame * 10 + 3) * skeleton.stride + joint;
      const q = [0, 1, 2, 3].map((c) => frames[at + c * skeleton.stride]!);
      q.forEach((x, c) => {
        frames[at + c * skeleton.stride] = x / Math.hypot(...q);
      });
    }
  }
  return Clip.fromFrames(skeleton.arena, skeleton, { name: `random ${seed}`, rate, frames });
}

/** Model matrices in f64 of locals given joint after joint, by the plain formula. */
export function models(parents: ArrayLike<number>, locals: readonly (readonly number[])[]): number[][] {
  const out: number[][] = [];
  locals.forEach(([tx = 0, ty = 0, tz = 0, a = 0, b = 0, c = 0, d = 1, sx = 1, sy = 1, sz = 1], joint) => {
    const size = Math.hypot(a, b, c, d);
    const [x, y, z, w] = [a / size, b / size, c / size, d / size];
    const own = [
      [(1 - 2 * (y * y + z * z)) * sx, 2 * (x * y - w * z) * sy, 2 * (x * z + w * y) * sz, tx],
      [2 * (x * y + w * z) * sx, (1 - 2 * (x * x + z * z)) * sy, 2 * (y * z - w * x) * sz, ty],
      [2 * (x * z - w * y) * sx, 2 * (y * z + w * x) * sy, (1 - 2 * (x * x + y * y)) * sz, tz],
      [0, 0, 0, 1],
    ];
    const parent = parents[joint]!;
    const m = parent < 0 ? undefined : [...out[parent]!, 0, 0, 0, 1];
    const full = own.map((row, r) =>
      row.map((value, col) =>
        m === undefined ? value : own.reduce((sum, other, k) => sum + m[r * 4 + k]! * other[col]!, 0),
      ),
    );
    out.push(full.slice(0, 3).flat());
  });
  return out;
}

/** A frame of a clip between two of its frames, joint after joint of 10, linear in f64; rotations are not normalised. */
export function sampled(clip: Clip, frame: number, alpha: number): number[][] {
  const { stride, count } = clip.skeleton;
  const frames = clip.toFrames();
  const next = Math.min(frame + 1, clip.frameCount - 1);
  return Array.from({ length: count }, (_, joint) =>
    Array.from({ length: 10 }, (_, row) => {
      const a = frames[(frame * 10 + row) * stride + joint]!;
      const b = frames[(next * 10 + row) * stride + joint]!;
      return a + (b - a) * alpha;
    }),
  );
}

/** An arena for a test, on the job set that the environment says. */
export function arenaOf(options: ConstructorParameters<typeof AnimArena>[0] = {}): AnimArena {
  return new AnimArena({ bytesMax: 2 ** 26, ...options });
}
