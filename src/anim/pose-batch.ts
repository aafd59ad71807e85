import { badArgument, expectInstance, expectOptions, type Known, said } from "../core/argument.ts";
import { assert, WorldloomError } from "../core/errors.ts";
import {
  CHARACTER_WORDS,
  ENTRIES_MAX,
  ENTRY_WORDS,
  IK_MAX,
  LAYER_ADDITIVE,
  LAYER_OVERRIDE,
  LAYER_WORDS,
  LAYERS_MAX,
  PALETTE_WORDS,
  PALETTES_MAX,
  SOURCE_CLIP,
  SOURCE_POSE,
} from "../native/anim/format.ts";
import { IK_WORDS } from "../native/anim/ik-format.ts";
import { AnimArena } from "./arena.ts";
import { Clip } from "./clip.ts";
import { type LookAt, type TwoBone, writeLookAt, writeTwoBone } from "./ik.ts";
import { JointMask } from "./joint-mask.ts";
import { ModelPoses, Palettes } from "./matrices.ts";
import { Pose } from "./pose.ts";
import { RecordList } from "./record-list.ts";
import { Skeleton } from "./skeleton.ts";
import { type FramePlace, placeFrame, type Wrap } from "./time.ts";

/** Most records of one list to begin with. */
const RECORDS_MAX: number = 2 ** 20;

/** `NONE` as the engine keeps it without an object. */
const NOWHERE = -1;

/** Where the pose of a character goes. The objects may be used again for the next character. */
export interface PoseTargets {
  /** Its local transforms. */
  readonly local?: Pose | undefined;
  /** Its model matrices: those of character `index` in `model`. */
  readonly model?: ModelPoses | undefined;
  /** Its palettes: those of character `index` in each. */
  readonly palettes?: readonly Palettes[] | undefined;
  /** 0 unless given. */
  readonly index?: number | undefined;
}

/** How many records there is room for at first; it doubles when that is not enough. */
export interface PoseBatchOptions {
  readonly characters?: number;
  readonly layersEach?: number;
  readonly entriesEach?: number;
}

const KNOWN: Known<PoseBatchOptions> = { characters: true, layersEach: true, entriesEach: true };

/**
 * The poses of many characters in one call: between {@link PoseBatch.begin} and {@link PoseBatch.run} each character is
 * said with its layers, what they blend, and its inverse kinematics. A character without layers rests. A tick like the
 * one before allocates nothing. Throws `anim-clip` where a clip does not fit the skeleton or the layer.
 */
export class PoseBatch {
  readonly arena: AnimArena;
  readonly #characters: RecordList;
  readonly #layers: RecordList;
  readonly #entries: RecordList;
  readonly #palettes: RecordList;
  readonly #ik: RecordList;
  readonly #lists: readonly RecordList[];
  readonly #place: FramePlace = { frame: 0, alpha: 0 };
  #skeleton: Skeleton | undefined;
  #additive = false;
  /** Word indices within their lists, so that growth does not matter to them; -1 before the first. */
  #character = -1;
  #layer = -1;
  #disposed = false;

  constructor(arena: AnimArena, options: PoseBatchOptions = {}) {
    expectInstance(arena, AnimArena, "arena", "an AnimArena");
    expectOptions(options, "options", KNOWN);
    const { characters = 16, layersEach = 2, entriesEach = 4 } = options;
    const counts = [characters, layersEach, entriesEach];
    if (!counts.every((count) => Number.isInteger(count) && count >= 0 && count <= RECORDS_MAX))
      throw wrong(`A batch begins with room for 0 to ${RECORDS_MAX} of each, not ${counts.map(said).join(", ")}.`, {
        counts,
      });
    this.arena = arena;
    this.#characters = new RecordList(arena, CHARACTER_WORDS, characters);
    this.#layers = new RecordList(arena, LAYER_WORDS, characters * layersEach);
    this.#entries = new RecordList(arena, ENTRY_WORDS, characters * entriesEach);
    this.#palettes = new RecordList(arena, PALETTE_WORDS, characters);
    this.#ik = new RecordList(arena, IK_WORDS, characters);
    this.#lists = [this.#characters, this.#layers, this.#entries, this.#palettes, this.#ik];
  }

  /** Characters since {@link PoseBatch.begin}. */
  get count(): number {
    return this.#characters.count;
  }

  /** How often lists of records were too short: a steady tick leaves it as it is. */
  get growths(): number {
    return this.#lists.reduce((sum, list) => sum + list.growths, 0);
  }

  /** Starts anew. */
  begin(): this {
    this.#expectLive();
    for (let i = 0; i < this.#lists.length; i++) this.#lists[i]!.count = 0;
    this.#skeleton = undefined;
    this.#character = -1;
    this.#layer = -1;
    return this;
  }

  /** The next character. The pose begins as the skeleton rests. */
  character(skeleton: Skeleton, targets: PoseTargets): this {
    if (!(skeleton instanceof Skeleton)) throw badArgument("skeleton", skeleton, "a Skeleton");
    if (typeof targets !== "object" || targets === null) throw badArgument("targets", targets, "an object of targets");
    const { local, model, palettes, index = 0 } = targets;
    if (local !== undefined && !(local instanceof Pose)) throw badArgument("targets.local", local, "a Pose");
    if (model !== undefined && !(model instanceof ModelPoses)) throw badArgument("targets.model", model, "ModelPoses");
    if (palettes !== undefined && !Array.isArray(palettes)) throw badArgument("targets.palettes", palettes, "an array");
    if (local !== undefined) this.#fits(local.skeleton, skeleton, "a local pose");
    if (model !== undefined) this.#fits(model.skeleton, skeleton, "model matrices");
    this.characterAt(
      skeleton,
      local === undefined ? NOWHERE : local.offset,
      model === undefined ? NOWHERE : model.offset(index),
    );
    if (palettes !== undefined) {
      for (let i = 0; i < palettes.length; i++) this.palette(palettes[i]!, index);
    }
    return this;
  }

  /** The same with byte offsets, -1 where nothing is to be written. */
  characterAt(skeleton: Skeleton, local: number, model: number): void {
    if (skeleton.arena !== this.arena) throw otherArena(skeleton);
    this.#expectLive();
    const record = skeleton.offset;
    const character = this.#characters.add();
    const { u32 } = this.arena.memory;
    u32[character] = record;
    u32[character + 1] = 0;
    u32[character + 2] = 0;
    u32[character + 3] = local;
    u32[character + 4] = model;
    for (let word = 5; word < CHARACTER_WORDS; word++) u32[character + word] = 0;
    this.#skeleton = skeleton;
    this.#character = this.#characters.count - 1;
    this.#layer = -1;
  }

  /** Has the matrices of character `index` in `palettes` written from the pose of the character. */
  palette(palettes: Palettes, index: number): this {
    if (!(palettes instanceof Palettes)) throw badArgument("palettes", palettes, "Palettes");
    const { skin } = palettes;
    this.#fits(skin.skeleton, this.#skeleton, "palettes");
    const [from, to] = [skin.offset, palettes.offset(index)];
    const record = this.#append(this.#palettes, 5, PALETTES_MAX, "palettes");
    const { u32 } = this.arena.memory;
    u32[record] = from;
    u32[record + 1] = to;
    return this;
  }

  /**
   * The next layer. `override` lays what it blends over the pose so far, `additive` adds its differences to it; with
   * `weight` (0 to 1) and `mask` (by joint) in part.
   */
  layer(mode: "override" | "additive" = "override", weight = 1, mask?: JointMask): this {
    if (!(typeof weight === "number" && weight >= 0 && weight <= 1))
      throw wrong(`A layer has the weight ${said(weight)}; give 0 to 1.`, { weight });
    if (mode !== "override" && mode !== "additive")
      throw wrong(`A layer has the mode ${said(mode)}; give "override" or "additive".`, { mode });
    if (mask !== undefined && !(mask instanceof JointMask)) throw badArgument("mask", mask, "a JointMask");
    if (mask !== undefined) this.#fits(mask.skeleton, this.#skeleton, "a mask");
    const weights = mask === undefined ? NOWHERE : mask.offset;
    const layer = this.#append(this.#layers, 1, LAYERS_MAX, "layers");
    const { u32, f32 } = this.arena.memory;
    this.#additive = mode === "additive";
    u32[layer] = 0;
    u32[layer + 1] = 0;
    u32[layer + 2] = this.#additive ? LAYER_ADDITIVE : LAYER_OVERRIDE;
    f32[layer + 3] = weight;
    u32[layer + 4] = weights;
    u32[layer + 5] = 0;
    this.#layer = this.#layers.count - 1;
    return this;
  }

  /** Blends `clip` at `seconds` of playback into the layer. Weights of a layer count relative to their sum. */
  clip(clip: Clip, seconds: number, weight = 1, wrap: Wrap = "loop"): this {
    if (!(clip instanceof Clip)) throw badArgument("clip", clip, "a Clip");
    if (!Number.isFinite(seconds)) throw wrong(`Clip "${clip.name}" is played at ${said(seconds)} s.`, { seconds });
    if (wrap !== "loop" && wrap !== "clamp" && wrap !== "ping-pong")
      throw wrong(`Clip "${clip.name}" is to ${said(wrap)}; give "clamp", "loop" or "ping-pong".`, { wrap });
    this.#expect(clip);
    placeFrame(this.#place, clip, seconds, wrap);
    this.#entry(clip.offset, SOURCE_CLIP, weight);
    return this;
  }

  /** The same between `frame` and the one after it, `alpha` of the way. */
  clipAt(clip: Clip, frame: number, alpha: number, weight: number): void {
    if (!(clip instanceof Clip)) throw badArgument("clip", clip, "a Clip");
    if (typeof frame !== "number") throw badArgument("frame", frame, "a number");
    if (typeof alpha !== "number") throw badArgument("alpha", alpha, "a number");
    this.#expect(clip);
    this.#place.frame = frame;
    this.#place.alpha = alpha;
    this.#entry(clip.offset, SOURCE_CLIP, weight);
  }

  /** Blends a pose into the layer; in an additive layer it is one of differences. */
  pose(pose: Pose, weight = 1): this {
    if (!(pose instanceof Pose)) throw badArgument("pose", pose, "a Pose");
    this.#fits(pose.skeleton, this.#skeleton, "a pose");
    this.#place.frame = this.#place.alpha = 0;
    this.#entry(pose.offset, SOURCE_POSE, weight);
    return this;
  }

  /** Bends a limb so that its end is at a place, after all layers and after the inverse kinematics said before. */
  twoBone(limb: TwoBone): this {
    const record = this.#append(this.#ik, 7, IK_MAX, "inverse kinematics");
    try {
      writeTwoBone(this.arena.memory, record, limb, this.#skeleton!);
    } catch (cause) {
      this.#takeBack(this.#ik, 7);
      throw cause;
    }
    return this;
  }

  /** Turns a joint so that it looks at a place. */
  lookAt(look: LookAt): this {
    const record = this.#append(this.#ik, 7, IK_MAX, "inverse kinematics");
    try {
      writeLookAt(this.arena.memory, record, look, this.#skeleton!);
    } catch (cause) {
      this.#takeBack(this.#ik, 7);
      throw cause;
    }
    return this;
  }

  /** Computes all poses; returns how many. What was said stays until the next {@link PoseBatch.begin}. */
  run(): number {
    this.#expectLive();
    const { count, offset } = this.#characters;
    if (count > 0) {
      this.#resolve();
      this.arena.jobs.animPoses(this.arena.memory, offset, count);
    }
    return count;
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#character = this.#layer = -1;
    for (const list of this.#lists) list.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #expect(clip: Clip): void {
    if (clip.skeleton !== this.#skeleton) throw otherSkeleton(clip, this.#skeleton);
    if (clip.additive !== this.#additive) throw otherMode(clip);
  }

  /** A new entry of the layer, at the place in the fields. */
  #entry(source: number, kind: number, weight: number): void {
    assert(this.#layer >= 0, "a batch gets a layer before what it blends");
    if (!(typeof weight === "number" && weight >= 0 && weight < Infinity))
      throw wrong(`A clip or pose has the weight ${said(weight)}.`, { weight });
    const layer = (this.#layers.offset >>> 2) + this.#layer * LAYER_WORDS;
    if (this.arena.memory.u32[layer + 1] === ENTRIES_MAX)
      throw wrong(`A layer blends at most ${ENTRIES_MAX}.`, { most: ENTRIES_MAX });
    const entry = this.#entries.add();
    const { u32, f32 } = this.arena.memory;
    u32[layer + 1]!++;
    u32[entry] = source;
    u32[entry + 1] = kind;
    u32[entry + 2] = this.#place.frame;
    f32[entry + 3] = this.#place.alpha;
    f32[entry + 4] = weight;
    u32[entry + 5] = 0;
  }

  /** A new record of the character's list whose count is in word `at + 1`. */
  #append(list: RecordList, at: number, most: number, what: string): number {
    assert(this.#character >= 0, `a batch gets a character before its ${what}`);
    const character = (this.#characters.offset >>> 2) + this.#character * CHARACTER_WORDS;
    if (this.arena.memory.u32[character + at + 1] === most)
      throw wrong(`A character has at most ${most} ${what}.`, { most });
    const record = list.add();
    this.arena.memory.u32[character + at + 1]!++;
    return record;
  }

  /** Forgets the last record of the character's list: who catches the error goes on with what was right. */
  #takeBack(list: RecordList, at: number): void {
    list.count--;
    this.arena.memory.u32[(this.#characters.offset >>> 2) + this.#character * CHARACTER_WORDS + at + 1]!--;
  }

  #expectLive(): void {
    if (this.#disposed) throw new WorldloomError("anim-asset", "The batch has been disposed; make another one.");
  }

  /** Records name their lists by their lengths so far; from these follow the offsets, as lists are in order. */
  #resolve(): void {
    const { u32 } = this.arena.memory;
    let layer = this.#layers.offset;
    let entry = this.#entries.offset;
    let palette = this.#palettes.offset;
    let ik = this.#ik.offset;
    let at = this.#characters.offset >>> 2;
    for (let i = 0; i < this.#characters.count; i++, at += CHARACTER_WORDS) {
      u32[at + 1] = layer;
      layer += u32[at + 2]! * LAYER_WORDS * 4;
      u32[at + 5] = palette;
      palette += u32[at + 6]! * PALETTE_WORDS * 4;
      u32[at + 7] = ik;
      ik += u32[at + 8]! * IK_WORDS * 4;
    }
    at = this.#layers.offset >>> 2;
    for (let i = 0; i < this.#layers.count; i++, at += LAYER_WORDS) {
      u32[at] = entry;
      entry += u32[at + 1]! * ENTRY_WORDS * 4;
    }
  }

  #fits(given: Skeleton, wanted: Skeleton | undefined, what: string): void {
    if (given === wanted) return;
    throw new WorldloomError(
      "anim-asset",
      `A character of skeleton "${wanted?.name}" got ${what} of skeleton "${given.name}"; make them for its own.`,
      { wanted: wanted?.name, given: given.name },
    );
  }
}

function wrong(message: string, operands: object): WorldloomError {
  return new WorldloomError("bad-argument", message, { ...operands });
}

function otherArena(skeleton: Skeleton): WorldloomError {
  const message = `Skeleton "${skeleton.name}" is in another arena; make the batch in the arena of what it poses.`;
  return new WorldloomError("anim-asset", message, { skeleton: skeleton.name });
}

function otherSkeleton(clip: Clip, skeleton: Skeleton | undefined): WorldloomError {
  return new WorldloomError(
    "anim-clip",
    `Clip "${clip.name}" moves skeleton "${clip.skeleton.name}", not "${skeleton?.name}"; retarget() it.`,
    { clip: clip.name, skeleton: skeleton?.name },
  );
}

function otherMode(clip: Clip): WorldloomError {
  const message = clip.additive
    ? `Clip "${clip.name}" holds differences; blend it in an additive layer.`
    : `Clip "${clip.name}" holds poses, not differences; makeAdditive() it for an additive layer.`;
  return new WorldloomError("anim-clip", message, { clip: clip.name });
}
