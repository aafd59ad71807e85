import { component, f32, kernel } from "../../src/index.ts";
import { random } from "./random.ts";
import type { Loop, Rule } from "./rule.ts";

export const Position = component("Position", { x: f32, y: f32 });
export const Goal = component("Goal", { x: f32, y: f32 });
export const Velocity = component("Velocity", { x: f32, y: f32 });

type Plane = { readonly x: Float32Array; readonly y: Float32Array };
type Steered = { readonly position: Plane; readonly goal: Plane; readonly velocity: Plane };

/** All exact in f32. */
export const SPEED = 4;
export const SLOW = 0.5;
export const FORCE = 0.125;
export const NEAR = 2 ** -10;

/**
 * Turns the velocity towards a goal, slower the nearer it is, by at most `force` in each axis: two differences, a length
 * (two products, a sum, a root), a speed (product, minimum), a scale (maximum, quotient), and for each axis a product, a
 * difference, a minimum, a maximum and a sum. 20 operations; six numbers read, two written. Kernels of different `order` have
 * another constant, so the compiler has not seen them before.
 */
export const steerBy = (order: number) =>
  kernel(
    "steer",
    {
      write: [Velocity],
      read: [Position, Goal],
      uniforms: { speed: f32, slow: f32, force: f32 },
      constants: { near: NEAR + order * 2 ** -20 },
    },
    (velocity, position, goal, k) => {
      const dx = goal.x - position.x;
      const dy = goal.y - position.y;
      const distance = Math.sqrt(dx * dx + dy * dy);
      const scale = Math.min(k.speed, distance * k.slow) / Math.max(distance, k.near);
      velocity.x += Math.max(-k.force, Math.min(k.force, dx * scale - velocity.x));
      velocity.y += Math.max(-k.force, Math.min(k.force, dy * scale - velocity.y));
    },
  );

export const uniforms = { speed: SPEED, slow: SLOW, force: FORCE };

const { fround } = Math;

const rounded: Loop<Steered> = ({ position, goal, velocity }, count) => {
  const { x: px, y: py } = position;
  const { x: gx, y: gy } = goal;
  const { x: vx, y: vy } = velocity;
  for (let i = 0; i < count; i++) {
    const dx = fround(gx[i]! - px[i]!);
    const dy = fround(gy[i]! - py[i]!);
    const distance = fround(Math.sqrt(fround(fround(dx * dx) + fround(dy * dy))));
    const scale = fround(Math.min(SPEED, fround(distance * SLOW)) / Math.max(distance, NEAR));
    const sx = fround(fround(dx * scale) - vx[i]!);
    const sy = fround(fround(dy * scale) - vy[i]!);
    vx[i] = fround(vx[i]! + Math.max(-FORCE, Math.min(FORCE, sx)));
    vy[i] = fround(vy[i]! + Math.max(-FORCE, Math.min(FORCE, sy)));
  }
};

const plain: Loop<Steered> = ({ position, goal, velocity }, count) => {
  const { x: px, y: py } = position;
  const { x: gx, y: gy } = goal;
  const { x: vx, y: vy } = velocity;
  for (let i = 0; i < count; i++) {
    const dx = gx[i]! - px[i]!;
    const dy = gy[i]! - py[i]!;
    const distance = Math.sqrt(dx * dx + dy * dy);
    const scale = Math.min(SPEED, distance * SLOW) / Math.max(distance, NEAR);
    vx[i]! += Math.max(-FORCE, Math.min(FORCE, dx * scale - vx[i]!));
    vy[i]! += Math.max(-FORCE, Math.min(FORCE, dy * scale - vy[i]!));
  }
};

/** Comparisons instead of Math.min and Math.max, which also care for NaN and -0. */
const compared: Loop<Steered> = ({ position, goal, velocity }, count) => {
  const { x: px, y: py } = position;
  const { x: gx, y: gy } = goal;
  const { x: vx, y: vy } = velocity;
  for (let i = 0; i < count; i++) steerOne(px, py, gx, gy, vx, vy, i);
};

/** Limits by absolute values, which take no branch; those of the speed are seldom reached, so their branch costs little. */
const absolute: Loop<Steered> = ({ position, goal, velocity }, count) => {
  const { x: px, y: py } = position;
  const { x: gx, y: gy } = goal;
  const { x: vx, y: vy } = velocity;
  for (let i = 0; i < count; i++) {
    const dx = gx[i]! - px[i]!;
    const dy = gy[i]! - py[i]!;
    const distance = Math.sqrt(dx * dx + dy * dy);
    const wanted = distance * SLOW;
    const scale = (wanted < SPEED ? wanted : SPEED) / (distance > NEAR ? distance : NEAR);
    const sx = dx * scale - vx[i]!;
    const sy = dy * scale - vy[i]!;
    vx[i]! += 0.5 * (Math.abs(sx + FORCE) - Math.abs(sx - FORCE));
    vy[i]! += 0.5 * (Math.abs(sy + FORCE) - Math.abs(sy - FORCE));
  }
};

const unrolled: Loop<Steered> = ({ position, goal, velocity }, count) => {
  const { x: px, y: py } = position;
  const { x: gx, y: gy } = goal;
  const { x: vx, y: vy } = velocity;
  let i = 0;
  for (const end = count - 3; i < end; i += 4) {
    steerOne(px, py, gx, gy, vx, vy, i);
    steerOne(px, py, gx, gy, vx, vy, i + 1);
    steerOne(px, py, gx, gy, vx, vy, i + 2);
    steerOne(px, py, gx, gy, vx, vy, i + 3);
  }
  for (; i < count; i++) steerOne(px, py, gx, gy, vx, vy, i);
};

function steerOne(
  px: Float32Array,
  py: Float32Array,
  gx: Float32Array,
  gy: Float32Array,
  vx: Float32Array,
  vy: Float32Array,
  i: number,
): void {
  const dx = gx[i]! - px[i]!;
  const dy = gy[i]! - py[i]!;
  const distance = Math.sqrt(dx * dx + dy * dy);
  const wanted = distance * SLOW;
  const scale = (wanted < SPEED ? wanted : SPEED) / (distance > NEAR ? distance : NEAR);
  const sx = dx * scale - vx[i]!;
  const sy = dy * scale - vy[i]!;
  vx[i]! += sx > FORCE ? FORCE : sx < -FORCE ? -FORCE : sx;
  vy[i]! += sy > FORCE ? FORCE : sy < -FORCE ? -FORCE : sy;
}

export const steeringRule: Rule<Steered> = {
  name: "steering, 20 operations",
  components: [Position, Goal, Velocity],
  changes: ["velocity"],
  inputs(count) {
    const place = (seed: number) => Float32Array.from({ length: count }, (_, i) => random(i, seed) * 64);
    const speed = (seed: number) => Float32Array.from({ length: count }, (_, i) => random(i, seed) * 8 - 4);
    return {
      position: { x: place(1), y: place(2) },
      goal: { x: place(3), y: place(4) },
      velocity: { x: speed(5), y: speed(6) },
    };
  },
  kernels: () => [steerBy(0)],
  uniforms,
  loops: {
    "Math.fround loop": rounded,
    "plain loop": plain,
    "plain loop with comparisons": compared,
    "unrolled loop with comparisons": unrolled,
    "loop with absolute values": absolute,
  },
  exact: ["Math.fround loop"],
  tolerance: 1e-5,
  listed({ position, goal, velocity }, ids) {
    const { x: px, y: py } = position;
    const { x: gx, y: gy } = goal;
    const { x: vx, y: vy } = velocity;
    for (let i = 0, n = ids.length; i < n; i++) steerOne(px, py, gx, gy, vx, vy, ids[i]!);
  },
  native: {
    columns: ({ position: p, goal: g, velocity: v }) => [v.x, v.y, p.x, p.y, g.x, g.y],
    run: (addon, count) => addon.steer(count, SPEED, SLOW, FORCE, NEAR),
  },
};
