import { afterEach, expect } from "vitest";
import { AnimArena } from "../../../src/anim/arena.ts";
import { SkinnedMesh } from "../../../src/anim/skinned-mesh.ts";
import type { SkinArrays, Skinner, SkinRequest } from "../../../src/anim/skinning/skinner.ts";
import type { Figure } from "./figures.ts";
import { skinned } from "./oracle.ts";

/** Relative to the size of what is skinned; and never more than this many metres. */
export const RELATIVE = 1e-5;
const ABSOLUTE = 1e-3;

/** Largest difference of two lists, over the size of what they hold. */
export function difference(got: ArrayLike<number>, wanted: ArrayLike<number>): number {
  expect(got.length).toBe(wanted.length);
  let most = 0;
  let size = 1;
  for (let i = 0; i < wanted.length; i++) {
    const apart = Math.abs(got[i]! - wanted[i]!);
    if (!(apart <= ABSOLUTE)) return Number.POSITIVE_INFINITY;
    most = Math.max(most, apart);
    size = Math.max(size, Math.abs(wanted[i]!));
  }
  return most / size;
}

/** Values of each vertex in the order of a mesh. */
export function ordered(values: ArrayLike<number>, stride: number, order: Uint32Array): Float64Array {
  const out = new Float64Array(values.length);
  order.forEach((vertex, i) => {
    for (let c = 0; c < stride; c++) out[i * stride + c] = values[vertex * stride + c]!;
  });
  return out;
}

export type Open = (arena: AnimArena) => Promise<Skinner>;

/** Makes skinners for the tests of a suite, which are disposed after each of them. */
export function starter(open: Open) {
  const undo: (() => void)[] = [];
  afterEach(() => {
    for (const step of undo.splice(0).reverse()) step();
  });

  return async () => {
    const arena = new AnimArena();
    const skinner = await open(arena);
    undo.push(() => skinner.dispose());
    const add = (options: Figure) => {
      const mesh = SkinnedMesh.create(arena, options);
      return { mesh, id: skinner.addMesh(mesh) };
    };
    const run = async (requests: readonly SkinRequest[]) => {
      const results = await skinner.collect(skinner.submit(requests));
      return results.map((result) => {
        expect(result.kind).toBe("arrays");
        return result as SkinArrays;
      });
    };
    return { arena, skinner, add, run };
  };
}

/** Holds a result against the oracle. */
export function check(
  result: SkinArrays,
  options: Figure,
  mesh: SkinnedMesh,
  bones: Float32Array,
  request: object,
): void {
  const wanted = skinned(options, bones, request);
  expect(difference(result.positions, ordered(wanted.positions, 3, mesh.order))).toBeLessThanOrEqual(RELATIVE);
  for (const [part, stride] of [
    ["normals", 3],
    ["tangents", 4],
  ] as const) {
    const got = result[part];
    if (got !== undefined)
      expect(difference(got, ordered(wanted[part], stride, mesh.order))).toBeLessThanOrEqual(RELATIVE);
  }
}
