import { type Component, component, createWorld, f32, type World, write } from "../../src/index.ts";

/** Six components of two f32: 12 columns, 48 bytes an entity. */
export const wideComponents: readonly Component[] = ["A", "B", "C", "D", "E", "F"].map((name) =>
  component(name, { x: f32, y: f32 }),
);

export const WIDE_BYTES = 48;

/** A world of `count` entities that have all 12 columns, with values that differ. */
export function wideWorld(count: number): World {
  const world = createWorld({ components: wideComponents });
  const items = wideComponents.map((one, c) => {
    const x = Float32Array.from({ length: count }, (_, i) => (i * 5 + c) % 1021);
    const y = Float32Array.from({ length: count }, (_, i) => (i * 3 + c) % 509);
    return [one, { x, y }] as const;
  });
  world.spawnMany(count, ...(items as never[]));
  return world;
}

/** Calls `visit` with the columns of each chunk of a component, which counts as written. */
export function eachWritten(world: World, one: Component, visit: (x: Float32Array, count: number) => void): void {
  for (const chunk of world.query(write(one)).chunks()) {
    const { x } = (chunk as unknown as Record<string, { x: Float32Array }>)[one.key]!;
    visit(x, chunk.count);
  }
}

/** The sum of the first column of a component. */
export function totalOf(world: World, one: Component): number {
  let sum = 0;
  for (const chunk of world.query(one).chunks()) {
    const { x } = (chunk as unknown as Record<string, { x: Float32Array }>)[one.key]!;
    for (let i = 0; i < chunk.count; i++) sum += x[i]!;
  }
  return sum;
}
