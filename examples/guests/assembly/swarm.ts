// A swarm: everybody keeps its distance, flies as its neighbours do and stays near them, within a square that wraps around.
// Neighbours are found in a grid over the rows of the batch.
import { column } from "./worldloom";

export { worldloom_alloc } from "./worldloom";

/** Half of the square's side, and cells along it: a cell is as wide as the farthest that anybody sees. */
const HALF: f32 = 64;
const CELLS: i32 = 16;
const SIGHT: f32 = 8;
const ROWS_MAX: i32 = 65_536;

/** First row of each cell and the next of each row, -1 for none. */
const first = heap.alloc(CELLS * CELLS * 4);
let next: usize = 0;
let nextRows: i32 = 0;

// Columns, in the order of the manifest.
const X = 0;
const Y = 1;
const VX = 2;
const VY = 3;
const SPEED = 4;
const SPACE = 5;

export function on_update(count: i32, dt: f64, lists: usize): void {
  if (count > ROWS_MAX) unreachable();
  const x = column(lists, X);
  const y = column(lists, Y);
  sort(count, x, y);
  for (let i = 0; i < count; i++) steer(i, lists, x, y);
  move(count, <f32>dt, lists, x, y);
}

function cell(at: f32): i32 {
  const c = <i32>((at + HALF) * (<f32>CELLS / (2 * HALF)));
  return c < 0 ? 0 : c >= CELLS ? CELLS - 1 : c;
}

/** Fills the grid, last row first, so that each cell lists its rows in order. */
function sort(count: i32, x: usize, y: usize): void {
  if (count > nextRows) {
    next = heap.alloc((<usize>count) << 2);
    nextRows = count;
  }
  memory.fill(first, 0xff, CELLS * CELLS * 4);
  for (let i = count - 1; i >= 0; i--) {
    const at = (<usize>i) << 2;
    const place = first + ((<usize>(cell(load<f32>(y + at)) * CELLS + cell(load<f32>(x + at)))) << 2);
    store<i32>(next + at, load<i32>(place));
    store<i32>(place, i);
  }
}

/** Changes the velocity of one row by what it sees. */
function steer(i: i32, lists: usize, x: usize, y: usize): void {
  const vx = column(lists, VX);
  const vy = column(lists, VY);
  const at = (<usize>i) << 2;
  const px = load<f32>(x + at);
  const py = load<f32>(y + at);
  const space = load<f32>(column(lists, SPACE) + at);
  let seen: f32 = 0;
  let toX: f32 = 0;
  let toY: f32 = 0;
  let asX: f32 = 0;
  let asY: f32 = 0;
  let awayX: f32 = 0;
  let awayY: f32 = 0;
  const cx = cell(px);
  const cy = cell(py);
  for (let gy = max(cy - 1, 0); gy <= min(cy + 1, CELLS - 1); gy++) {
    for (let gx = max(cx - 1, 0); gx <= min(cx + 1, CELLS - 1); gx++) {
      let other = load<i32>(first + ((<usize>(gy * CELLS + gx)) << 2));
      for (; other >= 0; other = load<i32>(next + ((<usize>other) << 2))) {
        if (other === i) continue;
        const to = (<usize>other) << 2;
        const dx = load<f32>(x + to) - px;
        const dy = load<f32>(y + to) - py;
        const square = dx * dx + dy * dy;
        if (square > SIGHT * SIGHT) continue;
        seen += 1;
        toX += dx;
        toY += dy;
        asX += load<f32>(vx + to);
        asY += load<f32>(vy + to);
        if (square < space * space) {
          awayX -= dx;
          awayY -= dy;
        }
      }
    }
  }
  let nx = load<f32>(vx + at) + <f32>0.1 * awayX;
  let ny = load<f32>(vy + at) + <f32>0.1 * awayY;
  if (seen > 0) {
    nx += <f32>0.02 * (toX / seen) + <f32>0.05 * (asX / seen - nx);
    ny += <f32>0.02 * (toY / seen) + <f32>0.05 * (asY / seen - ny);
  }
  const speed = load<f32>(column(lists, SPEED) + at);
  const length = sqrt<f32>(nx * nx + ny * ny);
  if (length > speed) {
    nx = nx * (speed / length);
    ny = ny * (speed / length);
  }
  store<f32>(vx + at, nx);
  store<f32>(vy + at, ny);
}

function move(count: i32, dt: f32, lists: usize, x: usize, y: usize): void {
  const vx = column(lists, VX);
  const vy = column(lists, VY);
  for (let i = 0; i < count; i++) {
    const at = (<usize>i) << 2;
    store<f32>(x + at, wrap(load<f32>(x + at) + load<f32>(vx + at) * dt));
    store<f32>(y + at, wrap(load<f32>(y + at) + load<f32>(vy + at) * dt));
  }
}

function wrap(at: f32): f32 {
  if (at >= HALF) return at - 2 * HALF;
  return at < -HALF ? at + 2 * HALF : at;
}
