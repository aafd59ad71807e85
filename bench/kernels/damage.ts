import { type Component, component, f32, kernel } from "../../src/index.ts";
import { random } from "./random.ts";
import type { Rule } from "./rule.ts";

/** Turns between two resets at most; each has random numbers of its own. */
export const TURNS = 8;

const Health = component("Health", { value: f32 });
const Armour = component("Armour", { value: f32 });
export const lucks: readonly Component<string, { value: typeof f32 }>[] = Array.from({ length: TURNS }, (_, turn) =>
  component(`Luck${turn}`, { value: f32 }),
);

export const CHANCE = 0.1;
/** All multiples of 1/8: every form gives the same bits. */
export const STRENGTH = 6;
export const LEAST = 1;

type Value = { readonly value: Float32Array };
/** Random numbers from 0 to 1 for each turn. */
export type Lucks = { readonly [luck: `luck${number}`]: Value };
type Fighters = { readonly health: Value; readonly armour: Value } & Lucks;

export const lucky = (columns: Lucks, turn: number): Float32Array => columns[`luck${turn}`]!.value;

export function lucksOf(count: number, turns: number): Lucks {
  const luck = (seed: number) => ({ value: Float32Array.from({ length: count }, (_, i) => random(i, seed)) });
  return Object.fromEntries(Array.from({ length: turns }, (_, turn) => [`luck${turn}`, luck(turn)]));
}

/** A hit for the one in ten who is out of luck. */
const hit = (turn: number) =>
  kernel(
    "hit",
    { write: [Health], read: [Armour, lucks[turn]!], uniforms: { chance: f32, strength: f32, least: f32 } },
    (health, armour, luck, k) => {
      if (luck.value < k.chance) health.value -= Math.max(k.least, k.strength - armour.value);
    },
  );

/** The rule for so many turns. */
export function damageRule(turns: number): Rule<Fighters> {
  return {
    name: "damage, a branch taken by 10 %",
    components: [Health, Armour, ...lucks.slice(0, turns)] as Component[],
    changes: ["health"],
    inputs(count) {
      return {
        health: { value: Float32Array.from({ length: count }, (_, i) => 100 + Math.floor(random(i, 100) * 64) / 8) },
        armour: { value: Float32Array.from({ length: count }, (_, i) => Math.floor(random(i, 101) * 64) / 8) },
        ...lucksOf(count, turns),
      };
    },
    kernels: () => Array.from({ length: turns }, (_, turn) => hit(turn)),
    uniforms: { chance: CHANCE, strength: STRENGTH, least: LEAST },
    loops: {
      "plain loop"(columns, count, turn) {
        const [health, armour, luck] = [columns.health.value, columns.armour.value, lucky(columns, turn)];
        for (let i = 0; i < count; i++) if (luck[i]! < CHANCE) health[i]! -= Math.max(LEAST, STRENGTH - armour[i]!);
      },
      "Math.fround loop"(columns, count, turn) {
        const [health, armour, luck] = [columns.health.value, columns.armour.value, lucky(columns, turn)];
        for (let i = 0; i < count; i++) {
          if (luck[i]! < Math.fround(CHANCE))
            health[i] = Math.fround(health[i]! - Math.max(LEAST, Math.fround(STRENGTH - armour[i]!)));
        }
      },
      // What rounds up to 1 below the chance, and to 0 above it; the greater one by the difference. No branch is left.
      "loop without a branch"(columns, count, turn) {
        const [health, armour, luck] = [columns.health.value, columns.armour.value, lucky(columns, turn)];
        for (let i = 0; i < count; i++) {
          const over = STRENGTH - armour[i]! - LEAST;
          health[i]! -= (LEAST + 0.5 * (over + Math.abs(over))) * Math.ceil(CHANCE - luck[i]!);
        }
      },
      "loop without a branch, unrolled"(columns, count, turn) {
        const [health, armour, luck] = [columns.health.value, columns.armour.value, lucky(columns, turn)];
        let i = 0;
        for (const end = count - 3; i < end; i += 4) {
          hitOne(health, armour, luck, i);
          hitOne(health, armour, luck, i + 1);
          hitOne(health, armour, luck, i + 2);
          hitOne(health, armour, luck, i + 3);
        }
        for (; i < count; i++) hitOne(health, armour, luck, i);
      },
      "unrolled loop"(columns, count, turn) {
        const [health, armour, luck] = [columns.health.value, columns.armour.value, lucky(columns, turn)];
        let i = 0;
        for (const end = count - 3; i < end; i += 4) {
          if (luck[i]! < CHANCE) health[i]! -= Math.max(LEAST, STRENGTH - armour[i]!);
          if (luck[i + 1]! < CHANCE) health[i + 1]! -= Math.max(LEAST, STRENGTH - armour[i + 1]!);
          if (luck[i + 2]! < CHANCE) health[i + 2]! -= Math.max(LEAST, STRENGTH - armour[i + 2]!);
          if (luck[i + 3]! < CHANCE) health[i + 3]! -= Math.max(LEAST, STRENGTH - armour[i + 3]!);
        }
        for (; i < count; i++) if (luck[i]! < CHANCE) health[i]! -= Math.max(LEAST, STRENGTH - armour[i]!);
      },
    },
    exact: [
      "plain loop",
      "Math.fround loop",
      "loop without a branch",
      "loop without a branch, unrolled",
      "unrolled loop",
    ],
    tolerance: 0,
    listed(columns, ids, turn) {
      const [health, armour, luck] = [columns.health.value, columns.armour.value, lucky(columns, turn)];
      for (let i = 0, n = ids.length; i < n; i++) {
        const id = ids[i]!;
        if (luck[id]! < CHANCE) health[id]! -= Math.max(LEAST, STRENGTH - armour[id]!);
      }
    },
    native: {
      columns: (columns, turn) => [columns.health.value, columns.armour.value, lucky(columns, turn)],
      run: (addon, count) => addon.damage(count, CHANCE, STRENGTH, LEAST),
    },
    shuffled: true,
  };
}

function hitOne(health: Float32Array, armour: Float32Array, luck: Float32Array, i: number): void {
  const over = STRENGTH - armour[i]! - LEAST;
  health[i]! -= (LEAST + 0.5 * (over + Math.abs(over))) * Math.ceil(CHANCE - luck[i]!);
}
