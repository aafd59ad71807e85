import { type ChunkBody, component, f32, write } from "../../../src/index.ts";

export const Velocity = component("Velocity", { x: f32, y: f32 });

export const dampQuery = [write(Velocity)] as const;

/** Velocities turn a little, on any thread. */
export const damp: ChunkBody<typeof dampQuery> = ({ count, velocity }) => {
  for (let row = 0; row < count; row++) {
    const x = velocity.x[row]!;
    velocity.x[row] = x * 0.875 - velocity.y[row]! * 0.25;
    velocity.y[row] = velocity.y[row]! * 0.875 + x * 0.25;
  }
};
