//! A swarm: everybody keeps its distance, flies as its neighbours do and stays near them, within a square that wraps
//! around. Neighbours are found in a grid over the rows of the batch.

/// Half of the square's side, and cells along it: a cell is as wide as the farthest that anybody sees.
const HALF: f32 = 64.0;
const CELLS: usize = 16;
const SIGHT: f32 = 8.0;

pub struct Rows<'a> {
    pub x: &'a mut [f32],
    pub y: &'a mut [f32],
    pub vx: &'a mut [f32],
    pub vy: &'a mut [f32],
    pub speed: &'a [f32],
    pub space: &'a [f32],
}

pub fn update(dt: f32, rows: Rows) {
    let Rows { x, y, vx, vy, speed, space } = rows;
    let grid = Grid::new(x, y);
    for i in 0..x.len() {
        let (nx, ny) = steer(i, &grid, (x, y), (vx, vy), speed[i], space[i]);
        vx[i] = nx;
        vy[i] = ny;
    }
    for i in 0..x.len() {
        x[i] = wrap(x[i] + vx[i] * dt);
        y[i] = wrap(y[i] + vy[i] * dt);
    }
}

/// First row of each cell and the next of each row, -1 for none.
struct Grid {
    first: [i32; CELLS * CELLS],
    next: Vec<i32>,
}

impl Grid {
    /// Filled last row first, so that each cell lists its rows in order.
    fn new(x: &[f32], y: &[f32]) -> Self {
        let mut grid = Self { first: [-1; CELLS * CELLS], next: vec![-1; x.len()] };
        for i in (0..x.len()).rev() {
            let place = cell(y[i]) * CELLS + cell(x[i]);
            grid.next[i] = grid.first[place];
            grid.first[place] = i as i32;
        }
        grid
    }
}

fn cell(at: f32) -> usize {
    let c = ((at + HALF) * (CELLS as f32 / (2.0 * HALF))) as i32;
    c.clamp(0, CELLS as i32 - 1) as usize
}

/// The new velocity of one row, by what it sees.
fn steer(
    i: usize,
    grid: &Grid,
    (x, y): (&[f32], &[f32]),
    (vx, vy): (&[f32], &[f32]),
    speed: f32,
    space: f32,
) -> (f32, f32) {
    let mut seen = 0.0;
    let (mut to_x, mut to_y, mut as_x, mut as_y, mut away_x, mut away_y) = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0);
    let (cx, cy) = (cell(x[i]), cell(y[i]));
    for gy in cy.saturating_sub(1)..=(cy + 1).min(CELLS - 1) {
        for gx in cx.saturating_sub(1)..=(cx + 1).min(CELLS - 1) {
            let mut next = grid.first[gy * CELLS + gx];
            while next >= 0 {
                let other = next as usize;
                next = grid.next[other];
                if other == i {
                    continue;
                }
                let (dx, dy) = (x[other] - x[i], y[other] - y[i]);
                let square = dx * dx + dy * dy;
                if square > SIGHT * SIGHT {
                    continue;
                }
                seen += 1.0;
                to_x += dx;
                to_y += dy;
                as_x += vx[other];
                as_y += vy[other];
                if square < space * space {
                    away_x -= dx;
                    away_y -= dy;
                }
            }
        }
    }
    let (mut nx, mut ny) = (vx[i] + 0.1 * away_x, vy[i] + 0.1 * away_y);
    if seen > 0.0 {
        nx += 0.02 * (to_x / seen) + 0.05 * (as_x / seen - nx);
        ny += 0.02 * (to_y / seen) + 0.05 * (as_y / seen - ny);
    }
    let length = (nx * nx + ny * ny).sqrt();
    if length > speed {
        nx *= speed / length;
        ny *= speed / length;
    }
    (nx, ny)
}

fn wrap(at: f32) -> f32 {
    if at >= HALF {
        at - 2.0 * HALF
    } else if at < -HALF {
        at + 2.0 * HALF
    } else {
        at
    }
}
