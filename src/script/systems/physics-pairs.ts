import { bucketMask, bucketOf, cellOf } from "./cell.ts";
import type { Bodies, Body } from "./physics-bodies.ts";
import { type Touch, touchOf } from "./physics-shape.ts";

/** Two colliders that touch, as places in the list of all bodies: `a` is the lower one. */
export interface Meeting extends Touch {
  readonly a: number;
  readonly b: number;
  readonly trigger: boolean;
}

/** Others that one collider of usual size meets in a step: what is piled up in one place costs no more than that. */
export const MEETINGS_MAX = 32;

/**
 * All that touch, ordered by (a, b). Colliders of usual size are in cells of a grid, so that those that touch are in cells
 * side by side; the few that are much larger are compared with all.
 */
export function meetings({ all }: Bodies): Meeting[] {
  const found: Meeting[] = [];
  if (all.length === 0) return found;
  const limit = usualSize(all) * 4;
  const cells = new Cells(all, limit);
  const counts = new Uint16Array(all.length);
  const large: number[] = [];
  all.forEach((body, i) => {
    if (sizeOf(body) > limit) large.push(i);
  });
  const meet = (i: number, j: number): void => {
    const [a, b] = i < j ? [i, j] : [j, i];
    const [one, other] = [all[a]!, all[b]!];
    if (!mayMeet(one, other)) return;
    const touch = touchOf(one, other);
    if (touch === undefined) return;
    found.push({ ...touch, a, b, trigger: one.trigger || other.trigger });
    if (sizeOf(all[i]!) > limit || sizeOf(all[j]!) > limit) return;
    counts[i]!++;
    counts[j]!++;
  };
  for (let i = 0; i < all.length; i++) {
    if (sizeOf(all[i]!) > limit) continue;
    cells.drop(i);
    for (let near = 0; near < 27; near++)
      for (let j = cells.first(i, near); j >= 0 && counts[i]! < MEETINGS_MAX; j = cells.next(j))
        if (counts[j]! < MEETINGS_MAX && cells.isIn(j, i, near)) meet(i, j);
  }
  for (let l = 0; l < large.length; l++)
    for (let j = 0; j < all.length; j++) if (sizeOf(all[j]!) <= limit || j > large[l]!) meet(large[l]!, j);
  return found.sort((one, other) => one.a - other.a || one.b - other.b);
}

/** The bodies of usual size by cell, each cell in ascending order; those that are dropped are first. */
class Cells {
  readonly #x: Int32Array;
  readonly #y: Int32Array;
  readonly #z: Int32Array;
  /** By bucket and by body: 1 + the next one. */
  readonly #heads: Int32Array;
  readonly #next: Int32Array;
  readonly #mask: number;

  constructor(all: readonly Body[], limit: number) {
    const { length } = all;
    const side = limit > 0 ? limit * 2 : 1;
    this.#x = Int32Array.from(all, ({ x }) => cellOf(x, side));
    this.#y = Int32Array.from(all, ({ y }) => cellOf(y, side));
    this.#z = Int32Array.from(all, ({ z }) => cellOf(z, side));
    this.#mask = bucketMask(length);
    this.#heads = new Int32Array(this.#mask + 1);
    this.#next = new Int32Array(length);
    for (let i = length - 1; i >= 0; i--) {
      if (sizeOf(all[i]!) > limit) continue;
      const bucket = this.#bucket(this.#x[i]!, this.#y[i]!, this.#z[i]!);
      this.#next[i] = this.#heads[bucket]!;
      this.#heads[bucket] = i + 1;
    }
  }

  /** Takes the lowest body that is left out. */
  drop(i: number): void {
    this.#heads[this.#bucket(this.#x[i]!, this.#y[i]!, this.#z[i]!)] = this.#next[i]!;
  }

  /** The first body of one of the 27 cells around that of `i`, or of another in the same bucket; -1 for none. */
  first(i: number, near: number): number {
    return this.#heads[this.#bucket(this.#x[i]! + dx(near), this.#y[i]! + dy(near), this.#z[i]! + dz(near))]! - 1;
  }
  next(j: number): number {
    return this.#next[j]! - 1;
  }
  isIn(j: number, i: number, near: number): boolean {
    return (
      this.#x[j] === this.#x[i]! + dx(near) &&
      this.#y[j] === this.#y[i]! + dy(near) &&
      this.#z[j] === this.#z[i]! + dz(near)
    );
  }

  #bucket(x: number, y: number, z: number): number {
    return bucketOf(x, y, z, this.#mask);
  }
}

function dx(near: number): number {
  return (near % 3) - 1;
}
function dy(near: number): number {
  return (((near / 3) | 0) % 3) - 1;
}
function dz(near: number): number {
  return ((near / 9) | 0) - 1;
}

function sizeOf({ rx, ry, rz }: Body): number {
  return Math.max(rx, ry, rz);
}

/** That of the one in the middle. */
function usualSize(all: readonly Body[]): number {
  const sizes = Float64Array.from(all, sizeOf).sort();
  return sizes[sizes.length >> 1]!;
}

/** By their layers; what cannot move touches triggers alone. */
function mayMeet(a: Body, b: Body): boolean {
  if ((a.layer & b.mask) === 0 || (b.layer & a.mask) === 0) return false;
  if (a.inverse === 0 && b.inverse === 0 && !a.trigger && !b.trigger) return false;
  return Math.abs(a.x - b.x) < a.rx + b.rx && Math.abs(a.y - b.y) < a.ry + b.ry && Math.abs(a.z - b.z) < a.rz + b.rz;
}
