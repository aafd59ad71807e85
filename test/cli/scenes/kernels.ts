import { component, f32, kernel } from "../../../src/index.ts";

const Position = component("Position", { x: f32, y: f32 });
const Velocity = component("Velocity", { x: f32, y: f32 });

export const sink = kernel("sink", { write: [Position], uniforms: { by: f32 }, doc: "Lower." }, (position, k) => {
  position.y -= k.by;
});
export const drift = kernel("drift", { write: [Position], read: [Velocity] }, (position, velocity) => {
  position.x += velocity.x;
});
export const other = 7;
