import { type Component, component, f32, kernel } from "../../src/index.ts";
import { random } from "./random.ts";
import type { Loop, Rule } from "./rule.ts";

export const Health = component("Health", { value: f32 });
export const Armour = component("Armour", { value: f32 });
export const Luck = component("Luck", { value: f32 });

const CHANCE = 0.1;
/** All multiples of 1/8: every form gives the same bits. Nobody survives a hit. */
const STRENGTH = 6;
const LEAST = 1;
export const uniforms = { chance: CHANCE, strength: STRENGTH, least: LEAST };

type Value = { readonly value: Float32Array };
export type Mortals = {
  readonly health: Value;
  readonly armour: Value;
  readonly luck: Value;
  readonly entities: { readonly of: Int32Array };
  readonly list: { readonly of: Int32Array; readonly length: Int32Array };
};

/** A hit for the one in ten who is out of luck, who despawns when the health is out. */
export const strike = () =>
  kernel(
    "strike",
    { write: [Health], read: [Armour, Luck], uniforms: { chance: f32, strength: f32, least: f32 } },
    (health, armour, luck, k) => {
      if (luck.value < k.chance) {
        health.value -= Math.max(k.least, k.strength - armour.value);
        if (health.value <= 0) k.despawn();
      }
    },
  );

const strikeLoop: Loop<Mortals> = (columns, count) => {
  const [health, armour, luck] = [columns.health.value, columns.armour.value, columns.luck.value];
  const entities = columns.entities.of;
  const { of, length } = columns.list;
  let n = 0;
  for (let i = 0; i < count; i++) {
    if (luck[i]! < CHANCE) {
      const left = health[i]! - Math.max(LEAST, STRENGTH - armour[i]!);
      health[i] = left;
      if (left <= 0) of[n++] = entities[i]!;
    }
  }
  length[0] = n;
};

const rounded: Loop<Mortals> = (columns, count) => {
  const [health, armour, luck] = [columns.health.value, columns.armour.value, columns.luck.value];
  const entities = columns.entities.of;
  const { of, length } = columns.list;
  let n = 0;
  for (let i = 0; i < count; i++) {
    if (luck[i]! < Math.fround(CHANCE)) {
      const left = Math.fround(health[i]! - Math.max(LEAST, Math.fround(STRENGTH - armour[i]!)));
      health[i] = left;
      if (left <= 0) of[n++] = entities[i]!;
    }
  }
  length[0] = n;
};

/** Every entity is written to the list, where the next one overwrites it unless it counts. */
const withoutBranch: Loop<Mortals> = (columns, count) => {
  const [health, armour, luck] = [columns.health.value, columns.armour.value, columns.luck.value];
  const entities = columns.entities.of;
  const { of, length } = columns.list;
  let n = 0;
  for (let i = 0; i < count; i++) {
    const over = STRENGTH - armour[i]! - LEAST;
    const hit = Math.ceil(CHANCE - luck[i]!); // 1 or 0
    const left = health[i]! - (LEAST + 0.5 * (over + Math.abs(over))) * hit;
    health[i] = left;
    of[n] = entities[i]!;
    n += (((Math.ceil(left) | 0) - 1) >>> 31) & hit;
  }
  length[0] = n;
};

const unrolled: Loop<Mortals> = (columns, count) => {
  const [health, armour, luck] = [columns.health.value, columns.armour.value, columns.luck.value];
  const entities = columns.entities.of;
  const { of, length } = columns.list;
  let n = 0;
  let i = 0;
  for (const end = count - 3; i < end; i += 4) {
    if (luck[i]! < CHANCE && (health[i]! -= Math.max(LEAST, STRENGTH - armour[i]!)) <= 0) of[n++] = entities[i]!;
    if (luck[i + 1]! < CHANCE && (health[i + 1]! -= Math.max(LEAST, STRENGTH - armour[i + 1]!)) <= 0)
      of[n++] = entities[i + 1]!;
    if (luck[i + 2]! < CHANCE && (health[i + 2]! -= Math.max(LEAST, STRENGTH - armour[i + 2]!)) <= 0)
      of[n++] = entities[i + 2]!;
    if (luck[i + 3]! < CHANCE && (health[i + 3]! -= Math.max(LEAST, STRENGTH - armour[i + 3]!)) <= 0)
      of[n++] = entities[i + 3]!;
  }
  for (; i < count; i++)
    if (luck[i]! < CHANCE && (health[i]! -= Math.max(LEAST, STRENGTH - armour[i]!)) <= 0) of[n++] = entities[i]!;
  length[0] = n;
};

/** Despawns are collected on both sides, and applied on neither. */
export const despawnRule: Rule<Mortals> = {
  name: "damage that despawns 10 %, into commands",
  components: [Health, Armour, Luck] as Component[],
  changes: ["health"],
  inputs(count) {
    const eighths = (seed: number, from: number) =>
      Float32Array.from({ length: count }, (_, i) => from + Math.floor(random(i, seed) * 8) / 8);
    return {
      health: { value: eighths(1, 1 / 8) },
      armour: { value: eighths(2, 4) },
      luck: { value: Float32Array.from({ length: count }, (_, i) => random(i, 3)) },
      entities: { of: Int32Array.from({ length: count }, (_, i) => (1 << 20) | i) },
      list: { of: new Int32Array(count + 16), length: new Int32Array(1) },
    };
  },
  kernels: () => [strike()],
  uniforms,
  loops: {
    "plain loop": strikeLoop,
    "Math.fround loop": rounded,
    "loop without a branch": withoutBranch,
    "unrolled loop": unrolled,
  },
  exact: ["plain loop", "Math.fround loop", "loop without a branch", "unrolled loop"],
  tolerance: 0,
  native: {
    columns: ({ health, armour, luck, entities, list }) => [
      health.value,
      armour.value,
      luck.value,
      entities.of,
      list.of,
    ],
    run(addon, count, { list }) {
      list.length[0] = addon.damageList(count, CHANCE, STRENGTH, LEAST);
    },
  },
  shuffled: true,
  lists: true,
};
