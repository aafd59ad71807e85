//! Sums of pushes over entities that are sorted by cell.

use crate::version::versions;

pub struct Grid<'a> {
    pub x: &'a [f32],
    pub y: &'a [f32],
    pub row: &'a [i32],
    /// Where each cell's entities start, cells row by row; the cells of the border are empty.
    pub start: &'a [i32],
    pub side: usize,
}

versions! {
    /// `uniforms`: radius, one by its square.
    spread = spread_body(push_x: &mut [f32], push_y: &mut [f32], grid: &Grid, uniforms: [f32; 2])
}

const LANES: usize = 8;

/// Eight candidates at once; the sums of the lanes are added up at the end.
#[inline(always)]
fn spread_body(push_x: &mut [f32], push_y: &mut [f32], grid: &Grid, [radius, inverse]: [f32; 2]) {
    let &Grid { x, y, row, start, side } = grid;
    let limit = radius * radius;
    for cell in side + 1..side * (side - 1) - 1 {
        let runs =
            [cell - side - 1, cell - 1, cell + side - 1].map(|first| start[first] as usize..start[first + 3] as usize);
        for i in start[cell] as usize..start[cell + 1] as usize {
            let (mut sum_x, mut sum_y) = ([0f32; LANES], [0f32; LANES]);
            for run in &runs {
                let mut j = run.start;
                while j < run.end {
                    if j + LANES <= x.len() {
                        let (xs, ys) = (&x[j..j + LANES], &y[j..j + LANES]);
                        for lane in 0..LANES {
                            let (dx, dy) = (x[i] - xs[lane], y[i] - ys[lane]);
                            let square = dx * dx + dy * dy;
                            let near = (square <= limit) & (j + lane < run.end);
                            let weight = if near { 1.0 - square * inverse } else { 0.0 };
                            sum_x[lane] += dx * weight;
                            sum_y[lane] += dy * weight;
                        }
                        j += LANES;
                    } else {
                        let (dx, dy) = (x[i] - x[j], y[i] - y[j]);
                        let square = dx * dx + dy * dy;
                        let weight = if square <= limit { 1.0 - square * inverse } else { 0.0 };
                        sum_x[0] += dx * weight;
                        sum_y[0] += dy * weight;
                        j += 1;
                    }
                }
            }
            let r = row[i] as usize;
            push_x[r] = sum_x.iter().sum();
            push_y[r] = sum_y.iter().sum();
        }
    }
}
