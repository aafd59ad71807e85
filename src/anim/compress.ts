import { expectInstance, expectNumberOptions, expectOptions, expectText, type Known } from "../core/argument.ts";
import { WorldloomError } from "../core/errors.ts";
import { Clip } from "./clip.ts";
import { clipPose, recordPose } from "./clip-pose.ts";
import { packClip } from "./compress/pack.ts";
import { type Packed, Search } from "./compress/search.ts";
import { Source } from "./compress/source.ts";
import { framesAndHalves, poseError, SHELL } from "./error.ts";

export interface CompressOptions {
  /** Metres that no point may move by, in object space; 0.0001 unless given. */
  readonly error?: number;
  /** Metres from each joint, along its axes, to the points that are measured; 0.1 unless given. */
  readonly shell?: number;
  /** Name of the new clip; the old one's unless given. */
  readonly name?: string;
}

const KNOWN: Known<CompressOptions> = { error: true, shell: true, name: true };

/** A compressed clip, and what became of it. */
export interface Compressed {
  readonly clip: Clip;
  /** Metres in object space, measured at all frames, in the middle between them, and shortly before where values jump. */
  readonly error: number;
  /** What moves: translations, rotations and scales of joints. */
  readonly tracks: number;
  /** Bytes of all that is stored for them. */
  readonly bytes: number;
  /** Bytes that their frames would take: 16 for a rotation, 12 for a translation or a scale. */
  readonly bytesRaw: number;
  /** `bytesRaw / bytes`; 1 for a clip in which nothing moves. */
  readonly ratio: number;
}

const ERROR = 0.0001;
const ATTEMPTS = 40;

/**
 * A small clip that moves as `clip` does: no point within `shell` of a joint is further than `error` from where it was, which
 * is measured. Morph weights and events are those of `clip`, which stays as it is. Throws `anim-compress` where that cannot be
 * held, `anim-clip` for a clip that is compressed already, and `bad-argument`.
 */
export function compressClip(clip: Clip, options: CompressOptions = {}): Compressed {
  expectInstance(clip, Clip, "clip", "a Clip");
  expectOptions(options, "options", KNOWN);
  expectNumberOptions(options, ["error", "shell"]);
  const { error: bound = ERROR, shell = SHELL, name = clip.name } = options;
  expectText(name, "options.name");
  if (!(bound > 0 && bound < Infinity && shell >= 0 && shell < Infinity)) {
    throw new WorldloomError(
      "bad-argument",
      `Clip "${clip.name}" cannot be compressed with an error of ${bound} m at ${shell} m; give an error above 0 and a shell of at least 0.`,
      { clip: clip.name, error: bound, shell },
    );
  }
  let nearest = Infinity;
  // What hardly moves is left out, unless the bound does not hold then.
  for (const exact of [false, true]) {
    const source = new Source(clip, { error: bound, shell, exact });
    const search = new Search(source, bound * 0.995);
    let packed = search.run();
    for (let attempt = 0; attempt < ATTEMPTS && packed !== undefined; attempt++) {
      const made = finish(source, packed, name, shell);
      if (made.error <= bound) return made;
      nearest = Math.min(nearest, made.error);
      made.clip.dispose();
      packed = search.finer();
    }
  }
  const best = nearest === Infinity ? "" : `; the nearest was ${nearest} m`;
  throw new WorldloomError(
    "anim-compress",
    `Clip "${clip.name}" cannot be compressed with an error of ${bound} m${best}. Allow more, or keep it as it is.`,
    { clip: clip.name, error: bound, nearest },
  );
}

/** Makes the clip and measures it as it will be played. */
function finish(source: Source, { encoded, tracks }: Packed, name: string, shell: number): Compressed {
  const { clip, frames } = source;
  const block = packClip(source, encoded.shift, tracks);
  const played = recordPose(clip.skeleton, block.offset, source.rest);
  const { parents } = clip.skeleton;
  const { error } = poseError(parents, clipPose(clip), played, framesAndHalves(frames, source.someHold), { shell });
  const { rate, duration, additive, events, morphs } = clip;
  const total = clip.error + error;
  const bytes = encoded.tracks.length === 0 ? 0 : tracks.length;
  const bytesRaw = encoded.tracks.reduce((sum, { group }) => sum + frames * (group === 1 ? 16 : 12), 0);
  return {
    clip: new Clip(clip.skeleton, block, { name, rate, duration, additive, events, morphs, error: total }),
    error,
    tracks: encoded.tracks.length,
    bytes,
    bytesRaw,
    ratio: bytes === 0 ? 1 : bytesRaw / bytes,
  };
}
