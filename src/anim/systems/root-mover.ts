import type { LayerRow } from "../graph/graph.ts";
import type { Numbers, Plays } from "../graph/playback.ts";
import { type Motion, motion } from "../motion.ts";
import type { Binding } from "./binding.ts";

/** The columns of `RootMoved`. */
export interface RootColumns {
  readonly translation: { readonly x: Numbers; readonly y: Numbers; readonly z: Numbers };
  readonly rotation: { readonly x: Numbers; readonly y: Numbers; readonly z: Numbers; readonly w: Numbers };
}

/** Blends how clips move the root by their weights. */
export class RootMover {
  readonly #delta: Motion = motion();
  readonly #sum: Motion = motion();

  /** No movement. */
  rest({ translation, rotation }: RootColumns, row: number): void {
    translation.x[row] = 0;
    translation.y[row] = 0;
    translation.z[row] = 0;
    rotation.x[row] = 0;
    rotation.y[row] = 0;
    rotation.z[row] = 0;
    rotation.w[row] = 1;
  }

  /** The movement of the last update of the first layer. */
  move(columns: RootColumns, row: number, { states }: LayerRow, plays: Plays, { motions }: Binding): void {
    const [delta, sum] = [this.#delta, this.#sum];
    sum.fill(0);
    for (let i = 0; i < plays.count; i++) {
      const from = plays.before[i]!;
      const { wrap } = states[plays.state[i]!]!;
      motions[plays.clip[i]!]?.delta(delta, from, from + plays.moved[i]!, wrap);
      if (motions[plays.clip[i]!] === undefined) continue;
      const weight = plays.weight[i]!;
      for (let c = 0; c < 3; c++) sum[c] = sum[c]! + weight * delta[c]!;
      const side =
        sum[3]! * delta[3]! + sum[4]! * delta[4]! + sum[5]! * delta[5]! + sum[6]! * delta[6]! < 0 ? -weight : weight;
      for (let c = 3; c < 7; c++) sum[c] = sum[c]! + side * delta[c]!;
    }
    const length = Math.sqrt(sum[3]! * sum[3]! + sum[4]! * sum[4]! + sum[5]! * sum[5]! + sum[6]! * sum[6]!);
    // Times and rates may be anything: what a column cannot hold is no movement.
    if (!(length > 1e-6 && sum.every(isFinite32))) return;
    const { translation, rotation } = columns;
    translation.x[row] = sum[0]!;
    translation.y[row] = sum[1]!;
    translation.z[row] = sum[2]!;
    rotation.x[row] = sum[3]! / length;
    rotation.y[row] = sum[4]! / length;
    rotation.z[row] = sum[5]! / length;
    rotation.w[row] = sum[6]! / length;
  }
}

function isFinite32(x: number): boolean {
  return Number.isFinite(Math.fround(x));
}
