import type { AnimArena } from "../anim/arena.ts";
import type { Clip } from "../anim/clip.ts";
import { ModelPoses, Palettes } from "../anim/matrices.ts";
import type { Mesh, MeshPart } from "../anim/mesh.ts";
import type { Model } from "../anim/model.ts";
import { morphWeights } from "../anim/morph-weights.ts";
import { PoseBatch } from "../anim/pose-batch.ts";
import type { Skeleton } from "../anim/skeleton.ts";
import { SkinnedMesh } from "../anim/skinned-mesh.ts";
import { createJobsSkinner } from "../anim/skinning/jobs-skinner.ts";
import type { CpuSkinner } from "../anim/skinning/skinner.ts";

/** A mesh as it is at one time. */
export interface PosedMesh {
  readonly mesh: Mesh;
  readonly positions: Float32Array;
  readonly normals: Float32Array;
  readonly indices: Uint32Array;
  readonly parts: readonly MeshPart[];
  /** From its positions to the model, three rows of four; undefined where positions are in the model already. */
  readonly matrix: Float32Array | undefined;
}

export interface PosedSkeleton {
  readonly skeleton: Skeleton;
  /** 12 numbers a joint. */
  readonly matrices: Float32Array;
}

/** A model at one time: copies that stay. */
export interface PosedModel {
  readonly meshes: readonly PosedMesh[];
  readonly skeletons: readonly PosedSkeleton[];
}

/** Poses a model and skins its meshes, as often as asked. */
export class ModelView {
  readonly model: Model;
  readonly #batch: PoseBatch;
  readonly #skinner: CpuSkinner;
  readonly #poses: ReadonlyMap<Skeleton, ModelPoses>;
  readonly #palettes = new Map<Mesh, Palettes>();
  readonly #skinned = new Map<Mesh, { readonly mesh: SkinnedMesh; readonly number: number }>();

  constructor(arena: AnimArena, model: Model) {
    this.model = model;
    this.#batch = new PoseBatch(arena);
    this.#skinner = createJobsSkinner(arena, arena.jobs.name === "addon" ? "native" : "reference");
    this.#poses = new Map(model.skeletons.map((skeleton) => [skeleton, new ModelPoses(skeleton)]));
    for (const mesh of model.meshes) {
      if (mesh.skin === undefined) continue;
      const skinned = SkinnedMesh.create(arena, mesh);
      this.#skinned.set(mesh, { mesh: skinned, number: this.#skinner.addMesh(skinned) });
      this.#palettes.set(mesh, new Palettes(mesh.skin));
    }
  }

  /** The model at `seconds` of the clips of that name, one for each skeleton; at rest without one. Past its ends a clip stays. */
  pose(clip: string | undefined, seconds: number): PosedModel {
    const clips = this.model.clips.filter(({ name }) => name === clip);
    this.#batch.begin();
    for (const [skeleton, model] of this.#poses) {
      const palettes = [...this.#palettes.values()].filter(({ skin }) => skin.skeleton === skeleton);
      this.#batch.character(skeleton, { model, palettes });
      const own = clips.find((one) => one.skeleton === skeleton);
      if (own !== undefined) this.#batch.layer(own.additive ? "additive" : "override").clip(own, seconds, 1, "clamp");
    }
    this.#batch.run();
    const meshes = this.model.meshes.map((mesh) => this.#posed(mesh, clips, seconds));
    return {
      meshes,
      skeletons: [...this.#poses].map(([skeleton, poses]) => ({ skeleton, matrices: poses.view(0).slice() })),
    };
  }

  #posed(mesh: Mesh, clips: readonly Clip[], seconds: number): PosedMesh {
    const { parts } = mesh;
    const weights = this.#weights(mesh, clips, seconds);
    const skinned = this.#skinned.get(mesh);
    if (skinned !== undefined) {
      const palette = this.#palettes.get(mesh)!.offset(0);
      const joints = mesh.skin!.count;
      const ticket = [{ mesh: skinned.number, palette, joints, ...(weights && { morphWeights: weights }) }];
      const { positions, normals } = this.#skinner.skin(ticket)[0]!;
      const { indices } = skinned.mesh;
      return { mesh, positions: positions.slice(), normals: normals!.slice(), indices, parts, matrix: undefined };
    }
    const matrix =
      mesh.skeleton === undefined
        ? mesh.matrix
        : this.#poses
            .get(mesh.skeleton)!
            .view(0)
            .slice(12 * mesh.joint, 12 * mesh.joint + 12);
    const positions = mesh.positions.slice();
    const normals = mesh.normals.slice();
    mesh.morphTargets.forEach((target, index) => {
      const weight = weights?.[index] ?? 0;
      for (let i = 0; i < positions.length; i++) {
        positions[i]! += weight * target.positions[i]!;
        if (target.normals !== undefined) normals[i]! += weight * target.normals[i]!;
      }
    });
    return { mesh, positions, normals, indices: mesh.indices, parts, matrix };
  }

  /** Weights of the morph targets of a mesh, if it has any. */
  #weights(mesh: Mesh, clips: readonly Clip[], seconds: number): Float32Array | undefined {
    if (mesh.morphTargets.length === 0) return undefined;
    const node = this.model.nodes[mesh.node]?.name ?? "";
    const clip = clips.find(({ morphs }) => morphs.some((track) => track.node === node));
    return clip === undefined ? mesh.morphWeights : morphWeights(clip, node, seconds, "clamp");
  }

  dispose(): void {
    this.#skinner.dispose();
    this.#batch.dispose();
    for (const one of [...this.#poses.values(), ...this.#palettes.values()]) one.dispose();
    for (const { mesh } of this.#skinned.values()) mesh.dispose();
  }
}
