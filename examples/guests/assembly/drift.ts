// The least that a guest does: reads three columns of each row, computes a little, and writes them. All in f64, as Lua does.
import { column } from "./worldloom";

export { worldloom_alloc } from "./worldloom";

// Columns, in the order of the manifest.
const X = 0;
const Y = 1;
const HEAT = 2;

export function on_update(count: i32, dt: f64, lists: usize): void {
  const xs = column(lists, X);
  const ys = column(lists, Y);
  const heats = column(lists, HEAT);
  for (let i = 0; i < count; i++) {
    const at = (<usize>i) << 2;
    const heatAt = heats + ((<usize>i) << 3);
    const x = <f64>load<f32>(xs + at);
    const y = <f64>load<f32>(ys + at);
    let heat = load<f64>(heatAt);
    const dx = x * 0.01 + 1;
    const dy = y * 0.01 - 1;
    const speed = dx * dx + dy * dy;
    if (speed > 4) heat += 0.1;
    else heat -= 0.05;
    if (heat < 0) heat = 0;
    if (heat > 10) heat *= 0.5;
    store<f32>(xs + at, <f32>(x + dx * dt));
    store<f32>(ys + at, <f32>(y + dy * dt));
    store<f64>(heatAt, heat);
  }
}
