//! Separation: every agent is pushed away from its neighbours. Each push is rounded to an integer number of
//! [`UNIT`]ths and sums are integers, so neither row order nor vector width can be seen in the result.

use std::ops::Range;

use crate::cpu::multiversion;
use crate::lanes::{Lanes, Parts, Split};
use crate::spatial::{Grid, Index, SIDE_MAX, Window, distance2, lower, reach_of};

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

/// Rows that are worth a part of their own.
const ROWS_MIN: usize = 2_048;
/// Rows from one whose results are written to the one whose place is fetched meanwhile: other threads write there, too.
const AHEAD: usize = 16;

/// For each row the sum over its neighbours within `radius` of `u * (1 - u . u)`, `u` being the difference of
/// positions over the radius. Agents at a squared distance of 0 push each other by 3/8 in opposite directions
/// that their entities decide. The radius is within the limits of `spatial`; `scratch` has five words per row.
pub fn separate(index: &Index, radius: f32, out: &mut Pushes, scratch: &mut [u32], lanes: &dyn Lanes) {
    let rows = index.x.len();
    let (sums, strays) = scratch.split_at_mut(4 * rows);
    let sums = Split::<Record>::new(sums.as_chunks_mut().0);
    let strays = Split::new(strays);
    let plan = Plan::new(index, radius);
    let mut parts = Parts::new(lanes, rows, ROWS_MIN);
    if parts.count > 1 && !index.cell_start.is_sorted() {
        // Not what a build has left: its cells may overlap.
        parts = parts.at_most(1);
    }
    // Cells are cut where the rows are, so that crowds are shared, too.
    let first_cell = |part: usize| index.cell_of_row(parts.first(part), part == parts.count);
    parts.run(lanes, |part, _| {
        let cells = first_cell(part)..first_cell(part + 1);
        let rows = index.rows_of(cells.clone());
        // SAFETY: parts have no row in common.
        let strays = unsafe { strays.part(rows.clone()) };
        let strays = plan.strays(index, rows.clone(), strays);
        sums_by_slot(index, &Walk { plan, cells, strays }, sums);
        if part + 1 == parts.count {
            let writer = Writer { index, out: sums };
            (rows.end..index.x.len()).for_each(|row| writer.store(row, Sum::default()));
        }
    });
    let (x, y, count) = (Split::new(&mut *out.x), Split::new(&mut *out.y), Split::new(&mut *out.count));
    parts.run(lanes, |_, rows| {
        // SAFETY: parts have no row in common.
        unsafe {
            take_apart(sums.part(rows.clone()), x.part(rows.clone()), y.part(rows.clone()), count.part(rows.clone()));
        }
    });
}

/// The results of one row: x and y in units, the count, nothing. Slots are all over the memory, so a row is first
/// written to one place instead of three.
pub type Record = [u32; 4];

multiversion! {
    /// Writes records out.
    pub fn take_apart(sums: &[[u32; 4]], x: &mut [f32], y: &mut [f32], count: &mut [u32]) {
        for (((sum, x), y), count) in sums.iter().zip(x).zip(y).zip(count) {
            *x = sum[0] as i32 as f32 * (1.0 / UNIT);
            *y = sum[1] as i32 as f32 * (1.0 / UNIT);
            *count = sum[2];
        }
    }
}

/// The sums of the rows of some cells, at their slots.
fn sums_by_slot(index: &Index, walk: &Walk, out: Split<Record>) {
    #[cfg(target_arch = "x86_64")]
    match crate::cpu::level() {
        // SAFETY: the level is never above what the machine was found to have.
        crate::cpu::Level::Avx512 => return unsafe { x86::separate_avx512(index, walk, out) },
        // SAFETY: as above.
        crate::cpu::Level::Avx2 => return unsafe { x86::separate_avx2(index, walk, out) },
        crate::cpu::Level::Portable => {}
    }
    let gather = |window, x, y| {
        let (mut sum, mut same) = (Sum::default(), 0);
        each_run(index, window, |xs, ys| add_run(walk.plan.falloff, x, y, xs, ys, &mut sum, &mut same));
        (sum, same)
    };
    each_cell(index, walk, out, |_, _, _| false, gather);
}

/// What is the same for all cells.
#[derive(Clone, Copy)]
pub struct Plan {
    pub falloff: Falloff,
    reach: f32,
    /// Neighbours are at most so many cells away but for strays.
    steps: u32,
}

/// The cells that one part goes through.
pub struct Walk<'a> {
    pub plan: Plan,
    cells: Range<u32>,
    /// Rows of these cells, ascending, that lie so close to the border of their cell that rounding matters.
    strays: &'a [u32],
}

impl Plan {
    fn new(index: &Index, radius: f32) -> Self {
        let near = UNIT / radius;
        let falloff = Falloff { radius2: radius * radius, near, slope: near / (radius * radius) };
        let reach = reach_of(radius);
        let steps = ((radius * index.grid.scale).ceil() as u32).clamp(1, SIDE_MAX);
        Self { falloff, reach, steps }
    }

    /// The strays among some rows, in `room`, which has a word for each row.
    fn strays<'a>(&self, index: &Index, rows: Range<usize>, room: &'a mut [u32]) -> &'a [u32] {
        let (x, y) = (&index.x[rows.clone()], &index.y[rows.clone()]);
        let count = strays(index.grid, x, y, self.reach, self.steps as i32, rows.start as u32, room);
        &room[..count]
    }
}

multiversion! {
    /// Writes the numbers of rows, from `first` on, that can have neighbours more than `steps` cells away, and returns
    /// how many.
    pub fn strays(
        grid: Grid, x: &[f32], y: &[f32], reach: f32, steps: i32, first: u32, out: &mut [u32],
    ) -> usize {
        const BLOCK: usize = 256;
        let mut count = 0;
        for (block, (x, y)) in x.chunks(BLOCK).zip(y.chunks(BLOCK)).enumerate() {
            let mut farthest = [0i32; BLOCK];
            for ((&x, &y), far) in x.iter().zip(y).zip(&mut farthest) {
                let window = grid.window(x, y, reach);
                let column = lower(x, grid.min_x, grid.scale, grid.width) as i32;
                let row = lower(y, grid.min_y, grid.scale, grid.height) as i32;
                let far_x = (column - window.left as i32).max(window.right as i32 - column);
                let far_y = (row - window.top as i32).max(window.bottom as i32 - row);
                *far = far_x.max(far_y);
            }
            if farthest.iter().fold(0, |far, &other| far.max(other)) <= steps {
                continue;
            }
            for (i, _) in farthest.iter().enumerate().filter(|(_, far)| **far > steps) {
                if let Some(place) = out.get_mut(count) {
                    *place = first + (block * BLOCK + i) as u32;
                    count += 1;
                }
            }
        }
        count
    }
}

/// Calls `run` with the x and y of each run of rows in the window.
#[inline(always)]
pub fn each_run(index: &Index, window: Window, mut run: impl FnMut(&[f32], &[f32])) {
    for row in window.top..=window.bottom {
        let (start, end) = index.run(row, window.left, window.right);
        // SAFETY: `Index::run` keeps `start <= end <= x.len()`, and `each_cell` checks that y is as long.
        unsafe { run(index.x.get_unchecked(start..end), index.y.get_unchecked(start..end)) }
    }
}

/// The results of a cell's rows, and what is needed to complete them.
pub struct Writer<'a, 'b> {
    index: &'b Index<'a>,
    out: Split<'b, Record>,
}

impl Writer<'_, '_> {
    /// `sum` goes over all rows of the window, the agent itself included; `same` counts those at a squared
    /// distance of 0.
    #[inline(always)]
    pub fn write(&self, row: usize, window: Window, mut sum: Sum, same: u32) {
        if same == 1 {
            sum.count = sum.count.wrapping_sub(1);
        } else {
            add_coincident(self.index, window, row, &mut sum);
        }
        self.store(row, sum);
    }

    #[inline(always)]
    fn store(&self, row: usize, sum: Sum) {
        if let Some(&slot) = self.index.slot.get(row + AHEAD) {
            self.out.fetch_to_write(slot as usize);
        }
        // SAFETY: each row has a slot of its own.
        unsafe { self.out.set(self.index.slot[row] as usize, [sum.x as u32, sum.y as u32, sum.count, 0]) };
    }
}

/// Goes cell by cell. `whole_cell` may do all rows of a cell and says whether it did; else `gather` does one: the sum
/// over all rows of the window, the agent itself included, and how many are at a squared distance of 0.
#[inline(always)]
pub fn each_cell(
    index: &Index,
    walk: &Walk,
    out: Split<Record>,
    whole_cell: impl Fn(Window, Range<usize>, &Writer) -> bool,
    gather: impl Fn(Window, f32, f32) -> (Sum, u32),
) {
    let Grid { width, height, .. } = index.grid;
    let Plan { steps, reach, .. } = walk.plan;
    assert!(index.y.len() == index.x.len() && index.slot.len() == index.x.len());
    let nan_start = index.nan_start();
    let writer = Writer { index, out };
    let mut strays = walk.strays.iter().map(|&row| row as usize).peekable();
    let mut cell = walk.cells.start;
    while cell < walk.cells.end {
        let (row, first) = (cell / width, cell % width);
        let last = width.min(first + (walk.cells.end - cell));
        cell += last - first;
        let (top, bottom) = (row.saturating_sub(steps), (row + steps).min(height - 1));
        for column in first..last {
            let (start, end) = index.run(row, column, column);
            let end = end.min(nan_start);
            if start >= end {
                continue;
            }
            let left = column.saturating_sub(steps);
            let right = (column + steps).min(width - 1);
            let window = Window { left, right, top, bottom };
            let has_stray = strays.peek().is_some_and(|&stray| stray < end);
            if !has_stray && whole_cell(window, start..end, &writer) {
                continue;
            }
            for row in start..end {
                let (x, y) = (index.x[row], index.y[row]);
                let stray = has_stray && strays.next_if(|&stray| stray <= row).is_some();
                let window = if stray { index.grid.window(x, y, reach) } else { window };
                let (sum, same) = gather(window, x, y);
                writer.write(row, window, sum, same);
            }
        }
    }
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
fn add_coincident(index: &Index, window: Window, row: usize, sum: &mut Sum) {
    let (x, y, own) = (index.x[row], index.y[row], index.entity[row]);
    for grid_row in window.top..=window.bottom {
        let (start, end) = index.run(grid_row, window.left, window.right);
        for i in start..end {
            if distance2(x, y, index.x[i], index.y[i]) != 0.0 {
                continue;
            }
            if i == row {
                sum.count = sum.count.wrapping_sub(1);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cpu::{Level, limit};
    use crate::lanes::{Backwards, Serial};
    use crate::spatial::SCRATCH_WORDS;
    use crate::spatial_build::{Columns, Source, build};

    /// Pushes of agents strewn over 8 x 8 cells, some of them at the same place, some outside, some nowhere.
    fn pushes(count: u32, spread: f32, radius: f32, lanes: &dyn Lanes) -> Vec<(u32, u32, u32)> {
        let rows = count as usize;
        let random = |i: u32| (i.wrapping_mul(0x9e37_79b1) >> 8) as f32 / (1 << 24) as f32;
        let mut x: Vec<f32> = (0..count).map(|i| random(i / 3 * 2) * spread - 0.5).collect();
        let y: Vec<f32> = (0..count).map(|i| random(i / 2 * 5 + 1) * spread - 0.5).collect();
        let entity: Vec<i32> = (0..count).map(|i| (i.wrapping_mul(0x85eb_ca6b) >> 1) as i32 - (1 << 30)).collect();
        if let Some(first) = x.first_mut() {
            *first = f32::NAN;
        }
        let grid = Grid { min_x: 0.0, min_y: 0.0, cell: 1.0, scale: 1.0, width: 8, height: 8 };
        let mut cell_start = vec![0; 66];
        let mut scratch = vec![0; rows * SCRATCH_WORDS];
        let (mut sorted_x, mut sorted_y) = (vec![0.0; rows], vec![0.0; rows]);
        let (mut sorted_entity, mut slot) = (vec![0; rows], vec![0; rows]);
        let rows_of = |rows: std::ops::Range<usize>, each: &mut dyn FnMut(Source)| {
            each(Source { x: &x[rows.clone()], y: &y[rows.clone()], entity: &entity[rows] });
        };
        let columns = Columns { x: &mut sorted_x, y: &mut sorted_y, entity: &mut sorted_entity, slot: &mut slot };
        build(grid, &rows_of, &mut cell_start, columns, &mut scratch, lanes);
        let index =
            Index { grid, cell_start: &cell_start, x: &sorted_x, y: &sorted_y, entity: &sorted_entity, slot: &slot };
        let (mut out_x, mut out_y, mut out_count) = (vec![9.0; rows], vec![9.0; rows], vec![9; rows]);
        let mut out = Pushes { x: &mut out_x, y: &mut out_y, count: &mut out_count };
        separate(&index, radius, &mut out, &mut scratch, lanes);
        (0..rows).map(|i| (out_x[i].to_bits(), out_y[i].to_bits(), out_count[i])).collect()
    }

    #[test]
    fn every_level_gives_the_same_bits() {
        for (count, spread) in [(0, 1.0), (1, 1.0), (40, 9.0), (300, 9.0), (700, 6.0), (1_500, 3.0), (600, 0.9)] {
            for radius in [0.4, 1.0, 1.7, 40.0] {
                let results = [Level::Portable, Level::Avx2, Level::Avx512].map(|level| {
                    limit(level);
                    pushes(count, spread, radius, &Serial)
                });
                assert!(results[0] == results[1], "AVX2: {count} agents, radius {radius}");
                assert!(results[0] == results[2], "AVX-512: {count} agents, radius {radius}");
            }
        }
    }

    #[test]
    fn any_number_of_lanes_gives_the_same_bits() {
        for (count, spread, radius) in [(4_200, 9.0, 0.1), (5_000, 3.0, 0.05), (6_500, 12.0, 1.0)] {
            let expected = pushes(count, spread, radius, &Serial);
            for lanes in [2, 3, 16] {
                assert!(pushes(count, spread, radius, &Backwards(lanes)) == expected, "{count} agents, {lanes} lanes");
            }
        }
    }
}
