//! Separation: every agent is pushed away from its neighbours. Each push is rounded to an integer number of
//! [`UNIT`]ths and sums are integers, so neither row order nor vector width can be seen in the result.

use crate::spatial::{Index, reach_of};

#[cfg(target_arch = "x86_64")]
use crate::spatial_separate_x86 as x86;

/// Units of push in 1.
pub const UNIT: f32 = 65_536.0;
/// Added to an f32 below 2^22 it rounds it to an integer, ties to even.
const ROUND: f32 = 12_582_912.0;
/// Eight directions, counterclockwise from +x, of length 3/8 in units.
const DIRECTION_X: [i32; 8] = [24_576, 17_378, 0, -17_378, -24_576, -17_378, 0, 17_378];
const DIRECTION_Y: [i32; 8] = [0, 17_378, 24_576, 17_378, 0, -17_378, -24_576, -17_378];

/// What the push is computed from: the weight of a difference is `near - d2 * slope`, in units.
#[derive(Clone, Copy, Debug)]
pub struct Falloff {
    pub radius2: f32,
    pub near: f32,
    pub slope: f32,
}

/// Sums of one agent, in units, and its neighbours.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Sum {
    pub x: i32,
    pub y: i32,
    pub count: u32,
}

/// Per slot: the sum of pushes, and the number of neighbours. Each slice has one element per row of the index.
pub struct Pushes<'a> {
    pub x: &'a mut [f32],
    pub y: &'a mut [f32],
    pub count: &'a mut [u32],
}

/// For each row the sum over its neighbours within `radius` of `u * (1 - u . u)`, `u` being the difference of
/// positions over the radius. Agents at a squared distance of 0 push each other by 3/8 in opposite directions
/// that their entities decide. The radius is within the limits of `spatial`.
pub fn separate(index: &Index, radius: f32, out: &mut Pushes) {
    #[cfg(target_arch = "x86_64")]
    match crate::cpu::level() {
        // SAFETY: the level is never above what the machine was found to have.
        crate::cpu::Level::Avx512 => return unsafe { x86::separate_avx512(index, radius, out) },
        // SAFETY: as above.
        crate::cpu::Level::Avx2 => return unsafe { x86::separate_avx2(index, radius, out) },
        crate::cpu::Level::Portable => {}
    }
    each_row(index, radius, out, #[inline(always)]
    |runs, falloff, x, y| {
        let mut sum = Sum::default();
        let mut same = 0;
        runs.each(|xs, ys| add_run(falloff, x, y, xs, ys, &mut sum, &mut same));
        (sum, same)
    });
}

/// The runs of rows that one agent's neighbours are in.
#[derive(Clone, Copy)]
pub struct Runs<'a, 'b> {
    index: &'b Index<'a>,
    window: crate::spatial::Window,
}

impl Runs<'_, '_> {
    #[inline(always)]
    pub fn each(&self, mut run: impl FnMut(&[f32], &[f32])) {
        for row in self.window.top..=self.window.bottom {
            let (start, end) = self.index.run(row, self.window.left, self.window.right);
            // SAFETY: `Index::run` keeps `start <= end <= x.len()`, and y is as long as x.
            unsafe { run(self.index.x.get_unchecked(start..end), self.index.y.get_unchecked(start..end)) }
        }
    }
}

/// Walks the index cell by cell. `gather` sums over all rows of the runs, the agent itself included, and counts
/// those at a squared distance of 0.
#[inline(always)]
pub fn each_row(
    index: &Index,
    radius: f32,
    out: &mut Pushes,
    gather: impl Fn(&Runs, Falloff, f32, f32) -> (Sum, u32),
) {
    let near = UNIT / radius;
    let falloff = Falloff { radius2: radius * radius, near, slope: near / (radius * radius) };
    let reach = reach_of(radius);
    let rows = index.x.len().min(index.y.len());
    let nan_start = index.nan_start();
    let mut start = 0;
    for &end in &index.cell_start[1..=index.grid.cells() as usize] {
        let end = (end as usize).min(nan_start);
        if start >= end {
            continue;
        }
        let (x_min, x_max) = bounds(&index.x[start..end]);
        let (y_min, y_max) = bounds(&index.y[start..end]);
        let window = index.grid.window_around(x_min, x_max, y_min, y_max, reach);
        let runs = Runs { index, window };
        for row in start..end.min(rows) {
            let (x, y) = (index.x[row], index.y[row]);
            let (mut sum, same) = gather(&runs, falloff, x, y);
            if same == 1 {
                sum.count -= 1;
            } else {
                add_coincident(index, &runs, row, &mut sum);
            }
            store(out, index.slot[row], sum);
        }
        start = end;
    }
    for &slot in &index.slot[nan_start..] {
        store(out, slot, Sum::default());
    }
}

#[inline(always)]
fn bounds(values: &[f32]) -> (f32, f32) {
    let mut bounds = (values[0], values[0]);
    for &value in &values[1..] {
        bounds.0 = if value < bounds.0 { value } else { bounds.0 };
        bounds.1 = if value > bounds.1 { value } else { bounds.1 };
    }
    bounds
}

/// The difference from the agent itself, and from any other with the same position, adds nothing: its push is 0.
#[inline(always)]
pub fn add_run(falloff: Falloff, x: f32, y: f32, xs: &[f32], ys: &[f32], sum: &mut Sum, same: &mut u32) {
    let (mut sum_x, mut sum_y, mut count, mut zero) = (0i32, 0i32, 0u32, 0u32);
    for (&to_x, &to_y) in xs.iter().zip(ys) {
        let (dx, dy) = (x - to_x, y - to_y);
        let d2 = dx * dx + dy * dy;
        let weight = falloff.near - d2 * falloff.slope;
        let hit = u32::from(d2 <= falloff.radius2);
        let mask = hit.wrapping_neg() as i32;
        sum_x = sum_x.wrapping_add(rounded(dx * weight) & mask);
        sum_y = sum_y.wrapping_add(rounded(dy * weight) & mask);
        count += hit;
        zero += u32::from(d2 == 0.0);
    }
    sum.x = sum.x.wrapping_add(sum_x);
    sum.y = sum.y.wrapping_add(sum_y);
    sum.count += count;
    *same += zero;
}

#[inline(always)]
fn rounded(push: f32) -> i32 {
    (push + ROUND).to_bits().wrapping_sub(ROUND.to_bits()) as i32
}

/// Pushes from agents at the same place, and the agent itself taken from the count.
#[cold]
#[inline(never)]
fn add_coincident(index: &Index, runs: &Runs, row: usize, sum: &mut Sum) {
    let (x, y, own) = (index.x[row], index.y[row], index.entity[row]);
    let window = runs.window;
    for grid_row in window.top..=window.bottom {
        let (start, end) = index.run(grid_row, window.left, window.right);
        for i in start..end {
            if crate::spatial::distance2(x, y, index.x[i], index.y[i]) != 0.0 {
                continue;
            }
            if i == row {
                sum.count -= 1;
                continue;
            }
            let other = index.entity[i];
            let direction = ((own ^ other) as u32).wrapping_mul(0x9e37_79b1) as usize >> 29;
            let sign = i32::from(own > other) - i32::from(own < other);
            sum.x = sum.x.wrapping_add(sign * DIRECTION_X[direction]);
            sum.y = sum.y.wrapping_add(sign * DIRECTION_Y[direction]);
        }
    }
}

#[inline(always)]
fn store(out: &mut Pushes, slot: u32, sum: Sum) {
    let slot = slot as usize;
    if slot < out.x.len() && slot < out.y.len() && slot < out.count.len() {
        out.x[slot] = sum.x as f32 * (1.0 / UNIT);
        out.y[slot] = sum.y as f32 * (1.0 / UNIT);
        out.count[slot] = sum.count;
    }
}
