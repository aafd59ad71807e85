import { component, f32, kernel } from "../../src/index.ts";
import type { Rule } from "./rule.ts";

const Position = component("Position", { x: f32, y: f32, z: f32 });
const Velocity = component("Velocity", { x: f32, y: f32, z: f32 });
/** A power of two, and velocities that are small integers: all forms give the same bits. */
const DT = 1 / 64;

type Axes = { readonly x: Float32Array; readonly y: Float32Array; readonly z: Float32Array };
type Bodies = { readonly position: Axes; readonly velocity: Axes };

const move = () =>
  kernel("integrate", { write: [Position], read: [Velocity], uniforms: { dt: f32 } }, (position, velocity, k) => {
    position.x += velocity.x * k.dt;
    position.y += velocity.y * k.dt;
    position.z += velocity.z * k.dt;
  });

export const integrateRule: Rule<Bodies> = {
  name: "integration in three axes",
  components: [Position, Velocity],
  changes: ["position"],
  inputs(count) {
    const axis = (a: number) => Float32Array.from({ length: count }, (_, i) => ((i * 7 + a) % 13) - 5);
    const still = () => new Float32Array(count);
    return { position: { x: still(), y: still(), z: still() }, velocity: { x: axis(0), y: axis(1), z: axis(2) } };
  },
  kernels: () => [move()],
  uniforms: { dt: DT },
  loops: {
    "Math.fround loop"({ position: { x, y, z }, velocity: { x: vx, y: vy, z: vz } }, count) {
      for (let i = 0; i < count; i++) {
        x[i] = Math.fround(x[i]! + Math.fround(vx[i]! * DT));
        y[i] = Math.fround(y[i]! + Math.fround(vy[i]! * DT));
        z[i] = Math.fround(z[i]! + Math.fround(vz[i]! * DT));
      }
    },
    "plain loop"({ position: { x, y, z }, velocity: { x: vx, y: vy, z: vz } }, count) {
      for (let i = 0; i < count; i++) {
        x[i]! += vx[i]! * DT;
        y[i]! += vy[i]! * DT;
        z[i]! += vz[i]! * DT;
      }
    },
    "plain loop for each axis"({ position, velocity }, count) {
      plainAxis(position.x, velocity.x, count);
      plainAxis(position.y, velocity.y, count);
      plainAxis(position.z, velocity.z, count);
    },
    "Math.fround loop for each axis"({ position, velocity }, count) {
      roundedAxis(position.x, velocity.x, count);
      roundedAxis(position.y, velocity.y, count);
      roundedAxis(position.z, velocity.z, count);
    },
    "unrolled loop for each axis"({ position, velocity }, count) {
      unrolledAxis(position.x, velocity.x, count);
      unrolledAxis(position.y, velocity.y, count);
      unrolledAxis(position.z, velocity.z, count);
    },
  },
  exact: [
    "Math.fround loop",
    "plain loop",
    "plain loop for each axis",
    "Math.fround loop for each axis",
    "unrolled loop for each axis",
  ],
  tolerance: 0,
  listed({ position: { x, y, z }, velocity: { x: vx, y: vy, z: vz } }, ids) {
    for (let i = 0, n = ids.length; i < n; i++) {
      const id = ids[i]!;
      x[id]! += vx[id]! * DT;
      y[id]! += vy[id]! * DT;
      z[id]! += vz[id]! * DT;
    }
  },
  native: {
    columns: ({ position: p, velocity: v }) => [p.x, p.y, p.z, v.x, v.y, v.z],
    run: (addon, count) => addon.integrate(count, DT),
  },
};

function plainAxis(p: Float32Array, v: Float32Array, count: number): void {
  for (let i = 0; i < count; i++) p[i]! += v[i]! * DT;
}

function roundedAxis(p: Float32Array, v: Float32Array, count: number): void {
  for (let i = 0; i < count; i++) p[i] = Math.fround(p[i]! + Math.fround(v[i]! * DT));
}

function unrolledAxis(p: Float32Array, v: Float32Array, count: number): void {
  let i = 0;
  for (const end = count - 7; i < end; i += 8) {
    p[i]! += v[i]! * DT;
    p[i + 1]! += v[i + 1]! * DT;
    p[i + 2]! += v[i + 2]! * DT;
    p[i + 3]! += v[i + 3]! * DT;
    p[i + 4]! += v[i + 4]! * DT;
    p[i + 5]! += v[i + 5]! * DT;
    p[i + 6]! += v[i + 6]! * DT;
    p[i + 7]! += v[i + 7]! * DT;
  }
  for (; i < count; i++) p[i]! += v[i]! * DT;
}
