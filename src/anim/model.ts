import { expectInstance, expectList, expectOptions, expectText, said } from "../core/argument.ts";
import { WorldloomError } from "../core/errors.ts";
import { Clip } from "./clip.ts";
import type { Mesh } from "./mesh.ts";
import { Skeleton } from "./skeleton.ts";
import { Skin } from "./skin.ts";

export interface ModelNode {
  /** As in the file; may be empty, and need not be unique. */
  readonly name: string;
  /** Number of the parent, -1 without one; not in order. */
  readonly parent: number;
  /** The skeleton that has the node as a joint, and its number there; undefined and -1 where nothing moves it. */
  readonly skeleton: Skeleton | undefined;
  readonly joint: number;
}

export interface ModelParts {
  readonly name: string;
  readonly skeletons: readonly Skeleton[];
  readonly skins: readonly Skin[];
  readonly meshes: readonly Mesh[];
  readonly clips: readonly Clip[];
  /** In the order of the file. */
  readonly nodes: readonly ModelNode[];
  /** What was put right or left out, in words. */
  readonly warnings: readonly string[];
}

/** What a file holds: skeletons, what is bound to them, and how they move. */
export class Model implements ModelParts {
  readonly name: string;
  readonly skeletons: readonly Skeleton[];
  readonly skins: readonly Skin[];
  readonly meshes: readonly Mesh[];
  readonly clips: readonly Clip[];
  readonly nodes: readonly ModelNode[];
  readonly warnings: readonly string[];

  constructor(parts: ModelParts) {
    checkParts(parts);
    this.name = parts.name;
    this.skeletons = parts.skeletons;
    this.skins = parts.skins;
    this.meshes = parts.meshes;
    this.clips = parts.clips;
    this.nodes = parts.nodes;
    this.warnings = parts.warnings;
  }

  /** The clip of that name: of `skeleton` if given, else the first. Throws `anim-clip` where there is none. */
  clip(name: string, skeleton?: Skeleton): Clip {
    const found = this.clips.find((clip) => clip.name === name && (skeleton ?? clip.skeleton) === clip.skeleton);
    if (found !== undefined) return found;
    const names = this.clips.map((clip) => clip.name).join(", ");
    throw new WorldloomError(
      "anim-clip",
      `Model "${this.name}" has no clip "${said(name)}"${skeleton ? ` for "${skeleton.name}"` : ""}; it has ${names || "none"}.`,
      { model: this.name, clip: name },
    );
  }

  /** The mesh of that name, the first of them. Throws `anim-asset` where there is none. */
  mesh(name: string): Mesh {
    const found = this.meshes.find((mesh) => mesh.name === name);
    if (found !== undefined) return found;
    const names = this.meshes.map((mesh) => mesh.name).join(", ");
    throw new WorldloomError(
      "anim-asset",
      `Model "${this.name}" has no mesh "${said(name)}"; it has ${names || "none"}.`,
      {
        model: this.name,
        mesh: name,
      },
    );
  }

  /** Gives the memory of all its assets back. */
  dispose(): void {
    for (const asset of [...this.clips, ...this.skins, ...this.skeletons]) asset.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

function checkParts(parts: ModelParts): void {
  expectOptions(parts, "parts");
  expectText(parts.name, "parts.name");
  for (const list of ["skeletons", "skins", "meshes", "clips", "nodes", "warnings"] as const)
    expectList(parts[list], `parts.${list}`);
  for (const one of parts.skeletons) expectInstance(one, Skeleton, "each of parts.skeletons", "a Skeleton");
  for (const one of parts.skins) expectInstance(one, Skin, "each of parts.skins", "a Skin");
  for (const one of parts.clips) expectInstance(one, Clip, "each of parts.clips", "a Clip");
  for (const one of parts.meshes) expectOptions(one, "each of parts.meshes");
}
