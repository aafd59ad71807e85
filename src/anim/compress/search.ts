import { type Encoded, encode } from "./encode.ts";
import { packTracks } from "./pack.ts";
import type { Source } from "./source.ts";

/** A clip made small, as far as its frames tell: between them it has to be measured. */
export interface Packed {
  readonly encoded: Encoded;
  readonly tracks: Uint8Array;
}

/** How fine tracks are in relation to one another, and what else there is to choose. */
interface Choice {
  /** Of each track, against what its lever says. */
  readonly coarseness: Float64Array;
  readonly slack: number;
  readonly shift: number;
}

const SLACKS = [1, 2, 4];
const SHIFTS = [4, 5, 7, 8];
const ROUNDS = 8;
const BACKS = [1, 0.9];
const PASSES = 3;
const COARSER = 1.25;

/**
 * Looks for the coarsest steps at which every frame is within `bound`: first one measure for all joints, then, joint
 * by joint, as much coarser as the joints below it have errors to spare. Deterministic.
 */
export class Search {
  readonly #source: Source;
  readonly #bound: number;
  #choice: Choice;
  #scale = 1;

  constructor(source: Source, bound: number) {
    this.#source = source;
    this.#bound = bound;
    this.#choice = { coarseness: new Float64Array(source.joints * 3).fill(1), slack: 1, shift: 6 };
  }

  /** The smallest that was found; `undefined` where nothing holds the bound. */
  run(): Packed | undefined {
    let best = this.#coarsest(this.#choice, 1);
    for (const slack of SLACKS.slice(1)) best = this.#better(best, { ...this.#choice, slack });
    for (const shift of SHIFTS) {
      if (1 << (shift - 1) < this.#source.frames) best = this.#better(best, { ...this.#choice, shift });
    }
    for (let round = 0; round < ROUNDS && best !== undefined; round++) {
      const coarseness = this.#spared(best.packed.encoded.errors);
      const next = this.#better(best, { ...this.#choice, coarseness });
      if (next === best) break;
      best = next;
    }
    for (const back of BACKS) if (best !== undefined) best = this.#trimmed(best, back);
    return best?.packed;
  }

  /** The last choice again with finer steps, for what showed only between frames. */
  finer(): Packed | undefined {
    for (let i = 0; i < 8; i++) {
      this.#scale *= 0.96;
      const packed = this.#attempt(this.#choice, this.#scale);
      if (packed !== undefined) return packed;
    }
    return undefined;
  }

  /** From somewhat finer steps on, one track after the other as coarse as the bound allows. */
  #trimmed(best: Found, back: number): Found {
    const { tracks } = this.#source;
    let choice = this.#choice;
    const scale = best.scale * back;
    let packed = this.#attempt(choice, scale);
    for (let pass = 0; pass < PASSES && packed !== undefined; pass++) {
      let gained = false;
      for (let i = 0; i < tracks.length; i++) {
        if (!tracks[i]!.moves) continue;
        const coarseness: Float64Array = choice.coarseness.slice();
        coarseness[i]! *= COARSER;
        const next = this.#attempt({ ...choice, coarseness }, scale);
        if (next === undefined || next.tracks.length >= packed.tracks.length) continue;
        choice = { ...choice, coarseness };
        packed = next;
        gained = true;
      }
      if (!gained) break;
    }
    if (packed === undefined || packed.tracks.length >= best.packed.tracks.length) return best;
    this.#choice = choice;
    this.#scale = scale;
    return { packed, scale };
  }

  #better(best: Found | undefined, choice: Choice): Found | undefined {
    const found = this.#coarsest(choice, best?.scale ?? 1);
    if (found === undefined || (best !== undefined && found.packed.tracks.length >= best.packed.tracks.length))
      return best;
    this.#choice = choice;
    this.#scale = found.scale;
    return found;
  }

  /** The largest scale of all steps, to about 2 %, at which the choice holds the bound. */
  #coarsest(choice: Choice, near: number): Found | undefined {
    let low = near;
    let packed = this.#attempt(choice, low);
    for (let i = 0; packed === undefined; i++) {
      if (i === 40) return undefined;
      low /= 2;
      packed = this.#attempt(choice, low);
    }
    let factor = low < near ? Math.SQRT2 : 2;
    for (let i = 0; i < 40; i++) {
      const higher = this.#attempt(choice, low * factor);
      if (higher !== undefined) {
        packed = higher;
        low *= factor;
      } else if (factor < 1.02) break;
      else factor = Math.sqrt(factor);
    }
    if (choice === this.#choice) this.#scale = low;
    return { packed, scale: low };
  }

  #attempt({ coarseness, slack, shift }: Choice, scale: number): Packed | undefined {
    const { joints, reaches, levers, isRigid } = this.#source;
    const unit = this.#bound * scale;
    const steps = new Float64Array(joints * 3);
    for (let joint = 0; joint < joints; joint++) {
      const [place, turn, size] = coarseness.subarray(joint * 3, joint * 3 + 3);
      steps[joint * 3] = unit * place!;
      steps[joint * 3 + 1] = (unit * turn!) / (2 * (isRigid[joint] === 1 ? reaches[joint]! : levers[joint]!));
      steps[joint * 3 + 2] = (unit * size!) / levers[joint]!;
    }
    const encoded = encode(this.#source, { steps, slack, shift });
    if (encoded === undefined || !encoded.errors.every((error) => error <= this.#bound)) return undefined;
    const tracks = packTracks(this.#source, encoded);
    return tracks === undefined ? undefined : { encoded, tracks };
  }

  /** Coarseness of the tracks, more where all joints below have errors to spare. */
  #spared(errors: Float64Array): Float64Array {
    const { parents, joints } = this.#source;
    const below = errors.slice();
    for (let joint = joints - 1; joint >= 0; joint--) {
      const parent = parents[joint]!;
      if (parent >= 0) below[parent] = Math.max(below[parent]!, below[joint]!);
    }
    return this.#choice.coarseness.map((coarseness, track) => {
      const spare = this.#bound / Math.max(below[Math.floor(track / 3)]!, this.#bound / 16);
      return coarseness * Math.sqrt(spare);
    });
  }
}

interface Found {
  readonly packed: Packed;
  readonly scale: number;
}
