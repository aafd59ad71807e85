import { randomBelow } from "../../src/core/prng.ts";
import type { Component } from "../../src/ecs/component.ts";
import { SEED_UNIFORM, TICK_UNIFORM } from "../../src/kernel/lowered.ts";
import { Body, Mark, Mind, Other, objectOf, rowOf, Tag } from "./front-run.ts";

export const UNIFORMS = { dt: 0.5, wide: 3, steps: 4, mask: 6, flag: 1, [SEED_UNIFORM]: 11, [TICK_UNIFORM]: 3 };

/** Halves of small integers, with which f32 computes as JavaScript does. */
export function randomRow(seed: number): Record<string, number> {
  const row: Record<string, number> = {};
  let draw = 0;
  for (const { key, columns, schema } of [Body, Mind, Other] as readonly Component[]) {
    for (const { path, kind, lanes, field } of columns) {
      for (let lane = 0; lane < lanes; lane++) {
        const name = `${key}.${path}${schema[field]!.shape === "array" ? `[${lane}]` : ""}`;
        const n = randomBelow(17, seed, draw++, 0, 0);
        row[name] =
          kind === "bool" ? n & 1 : kind === "u32" || kind === "u8" ? n : kind.startsWith("f") ? (n - 8) / 2 : n - 8;
      }
    }
  }
  return row;
}

/** What JavaScript itself makes of the function, with numbers that it need not round. */
export function plain(source: string, row: Record<string, number>): { row: Record<string, number>; effects: string[] } {
  const effects: string[] = [];
  let despawned = false;
  const tags = new Map<unknown, boolean>();
  const clamp = (x: number, low: number, high: number): number => (x < low ? low : x > high ? high : x);
  const [body, mind, other] = [Body, Mind, Other].map((of) => objectOf(of, row)) as [object, object, object];
  const k = {
    ...UNIFORMS,
    flag: true,
    LIMIT: 10,
    DEBUG: true,
    State: { Idle: 0, Walking: 1, Running: 2 },
    entity: 5,
    tick: 3,
    Tag,
    Mark,
    Hit: "Hit",
    clamp,
    sign: Math.sign,
    both: (a: number, b: number) => clamp(a, 0, 10) + clamp(b, 0, 1),
    inside: (x: number) => x >= 0 && x < 10,
    f32: Math.fround,
    f64: Number,
    i32: Math.trunc,
    despawn: () => (despawned = true),
    addTag: (tag: unknown) => tags.set(tag, true),
    removeTag: (tag: unknown) => tags.set(tag, false),
    emit: (_: unknown, { amount }: { amount: number }) => effects.push(`emit Hit 5,${amount},0,3,0,0,0,0,0,0`),
  };
  const f = new Function(`return (${source})`)() as (...parameters: unknown[]) => void;
  f(body, mind, other, k);
  const tagged = [Tag, Mark].flatMap((tag) =>
    tags.has(tag) ? [`${tags.get(tag) ? "add" : "remove"} ${tag.name} 5`] : [],
  );
  const after = {
    ...row,
    ...rowOf(Body, body as Record<string, unknown>),
    ...rowOf(Mind, mind as Record<string, unknown>),
  };
  for (const name of Object.keys(after)) if (name !== "body.big") after[name] = Math.fround(after[name]!);
  return { row: after, effects: [...tagged, ...effects, ...(despawned ? ["despawn 5"] : [])] };
}
