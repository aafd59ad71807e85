import { WorldloomError } from "../../core/errors.ts";
import { makeAdditive } from "../additive.ts";
import type { AnimArena } from "../arena.ts";
import type { AnimAssets } from "../assets.ts";
import type { Clip } from "../clip.ts";
import type { AnimationGraph } from "../graph/graph.ts";
import { JointMask } from "../joint-mask.ts";
import type { Model } from "../model.ts";
import { extractRootMotion, type RootMotion, type RootMotionOptions } from "../root-motion.ts";
import type { Skeleton } from "../skeleton.ts";
import type { Skin } from "../skin.ts";

/** A graph's names looked up in a model. */
export interface Binding {
  readonly model: Model;
  readonly skeleton: Skeleton;
  /** For each layer its clips, by the numbers of the graph; `undefined` for those that the layer does not play. */
  readonly clips: readonly (readonly (Clip | undefined)[])[];
  /** Seconds, by the numbers of the graph. */
  readonly durations: Float64Array;
  /** By layer. */
  readonly masks: readonly (JointMask | undefined)[];
  /** How clips move the root, by the numbers of the graph. */
  readonly motions: readonly (RootMotion | undefined)[];
  /** Skins of the skeleton. */
  readonly skins: readonly Skin[];
}

/** Bindings of one graph, by the number of the model. They are made anew after a model was replaced. */
export class Bindings {
  readonly graph: AnimationGraph;
  readonly assets: AnimAssets;
  readonly #arena: AnimArena;
  readonly #rootMotion: RootMotionOptions | undefined;
  #made: (Binding | undefined)[] = [];
  #own: { dispose(): void }[] = [];
  #version = -1;

  constructor(graph: AnimationGraph, arena: AnimArena, assets: AnimAssets, rootMotion: RootMotionOptions | undefined) {
    this.graph = graph;
    this.#arena = arena;
    this.assets = assets;
    this.#rootMotion = rootMotion;
  }

  /** Throws `anim-asset`, also for a model of another arena, and `anim-graph` for a model that lacks a clip or a joint. */
  of(model: number): Binding {
    if (this.#version !== this.assets.version) this.#forget();
    return (this.#made[model] ??= this.#bound(this.assets.model(model)));
  }

  dispose(): void {
    for (const one of this.#own) one.dispose();
    this.#own = [];
    this.#made = [];
  }

  #forget(): void {
    this.dispose();
    this.#version = this.assets.version;
  }

  /** What does not fit leaves nothing behind: it may be asked for in each tick. */
  #bound(model: Model): Binding {
    const kept = this.#own.length;
    try {
      return this.#bind(model);
    } catch (cause) {
      for (const one of this.#own.splice(kept)) one.dispose();
      throw cause;
    }
  }

  #bind(model: Model): Binding {
    const { graph } = this;
    const has = (skeleton: Skeleton) => (clip: string) =>
      model.clips.some((one) => one.name === clip && one.skeleton === skeleton);
    const skeleton = model.skeletons.find((one) => graph.clips.every(has(one)));
    if (skeleton === undefined) {
      const missing = graph.clips.find((clip) => !model.skeletons.some((one) => has(one)(clip))) ?? graph.clips[0];
      const names = model.clips.map((clip) => clip.name).join(", ") || "none";
      throw new WorldloomError(
        "anim-graph",
        `Model "${model.name}" has no skeleton with all clips of graph ${graph.name}, such as "${missing}"; its clips are ${names}.`,
        { model: model.name, graph: graph.name, clip: missing },
      );
    }
    if (skeleton.arena !== this.#arena) {
      throw new WorldloomError(
        "anim-asset",
        `Model "${model.name}" is in another arena than the animation of graph ${graph.name}; load it into the animation's arena.`,
        { model: model.name, graph: graph.name },
      );
    }
    const clips = graph.clips.map((name) => model.clip(name, skeleton));
    const moved = clips.map((clip) => this.#inPlace(clip));
    return {
      model,
      skeleton,
      clips: graph.layers.map(({ additive, states }) => {
        const played = new Set(states.flatMap((state) => [...state.clips]));
        return moved.map(({ clip }, i) => (played.has(i) ? this.#fitting(clip, additive) : undefined));
      }),
      durations: Float64Array.from(clips, (clip) => clip.duration),
      masks: graph.layers.map(({ joints }) => joints && this.#mask(skeleton, joints)),
      motions: moved.map(({ motion }) => motion),
      skins: model.skins.filter((skin) => skin.skeleton === skeleton),
    };
  }

  #inPlace(clip: Clip): { readonly clip: Clip; readonly motion: RootMotion | undefined } {
    if (this.#rootMotion === undefined || clip.additive) return { clip, motion: undefined };
    const extracted = extractRootMotion(clip, this.#rootMotion);
    this.#own.push(extracted.clip);
    return extracted;
  }

  /** An additive layer takes differences: from the first frame of the clip, where it does not hold differences already. */
  #fitting(clip: Clip, additive: boolean): Clip {
    if (clip.additive === additive) return clip;
    if (clip.additive) {
      throw new WorldloomError(
        "anim-graph",
        `Clip "${clip.name}" holds differences, but a layer of graph ${this.graph.name} that is not additive plays it.`,
        { graph: this.graph.name, clip: clip.name },
      );
    }
    const made = makeAdditive(clip);
    this.#own.push(made);
    return made;
  }

  #mask(skeleton: Skeleton, joints: readonly string[]): JointMask {
    const mask = new JointMask(skeleton);
    this.#own.push(mask);
    for (const joint of joints) mask.subtree(joint);
    return mask;
  }
}
