import { type Component, component, f32, kernel } from "../../src/index.ts";
import { type Lucks, lucks, lucksOf, lucky } from "./damage.ts";
import { random } from "./random.ts";
import type { Rule } from "./rule.ts";

const Blast = component("Blast", { x: f32, y: f32 });
const Fuse = component("Fuse", { angle: f32, power: f32 });

type Fuses = {
  readonly blast: { readonly x: Float32Array; readonly y: Float32Array };
  readonly fuse: { readonly angle: Float32Array; readonly power: Float32Array };
} & Lucks;

const CHANCE = 0.01;

/** A dear formula for the one in a hundred who is out of luck. */
const burst = (turn: number) =>
  kernel("burst", { write: [Blast], read: [Fuse, lucks[turn]!], uniforms: { chance: f32 } }, (blast, fuse, luck, k) => {
    if (luck.value < k.chance) {
      const size = Math.exp(-fuse.power);
      blast.x = size * Math.cos(fuse.angle);
      blast.y = size * Math.sin(fuse.angle);
    }
  });

/** The rule for so many turns. */
export function burstRule(turns: number): Rule<Fuses> {
  return {
    name: "sin, cos and exp for 1 %",
    components: [Blast, Fuse, ...lucks.slice(0, turns)] as Component[],
    changes: ["blast"],
    inputs(count) {
      const from = (seed: number, low: number, high: number) =>
        Float32Array.from({ length: count }, (_, i) => low + Math.floor(random(i, seed) * (high - low) * 256) / 256);
      return {
        blast: { x: new Float32Array(count), y: new Float32Array(count) },
        fuse: { angle: from(1, -16, 16), power: from(2, 0, 8) },
        ...lucksOf(count, turns),
      };
    },
    kernels: () => Array.from({ length: turns }, (_, turn) => burst(turn)),
    uniforms: { chance: CHANCE },
    loops: {
      "plain loop"(columns, count, turn) {
        const { blast, fuse } = columns;
        const luck = lucky(columns, turn);
        const [{ x, y }, { angle, power }] = [blast, fuse];
        for (let i = 0; i < count; i++) {
          if (luck[i]! >= CHANCE) continue;
          const size = Math.exp(-power[i]!);
          x[i] = size * Math.cos(angle[i]!);
          y[i] = size * Math.sin(angle[i]!);
        }
      },
      "unrolled loop"(columns, count, turn) {
        const { blast, fuse } = columns;
        const luck = lucky(columns, turn);
        const [{ x, y }, { angle, power }] = [blast, fuse];
        const one = (i: number): void => {
          const size = Math.exp(-power[i]!);
          x[i] = size * Math.cos(angle[i]!);
          y[i] = size * Math.sin(angle[i]!);
        };
        let i = 0;
        for (const end = count - 3; i < end; i += 4) {
          if (luck[i]! < CHANCE) one(i);
          if (luck[i + 1]! < CHANCE) one(i + 1);
          if (luck[i + 2]! < CHANCE) one(i + 2);
          if (luck[i + 3]! < CHANCE) one(i + 3);
        }
        for (; i < count; i++) if (luck[i]! < CHANCE) one(i);
      },
    },
    exact: [],
    tolerance: 3e-7,
  };
}
