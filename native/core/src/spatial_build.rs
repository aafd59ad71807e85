//! Builds a spatial index: a counting sort by cell, which keeps the order of rows.
//!
//! Threads share the cells, not the rows: each looks through the cells of all rows for its own, and it alone writes to
//! where these rows go. If rows were shared, threads would take the same lines of the result from each other all the time.

use std::ops::Range;

use crate::cpu::multiversion;
use crate::lanes::{Lanes, Parts, Split};
use crate::spatial::{Grid, SCRATCH_WORDS, lower};

/// x, y (bits), entity, slot.
type Row = [u32; 4];

/// Columns of rows that follow each other.
#[derive(Clone, Copy)]
pub struct Source<'a> {
    pub x: &'a [f32],
    pub y: &'a [f32],
    pub entity: &'a [i32],
}

/// Where the rows of a finished index go. Each slice has one element per row.
pub struct Columns<'a> {
    pub x: &'a mut [f32],
    pub y: &'a mut [f32],
    pub entity: &'a mut [i32],
    pub slot: &'a mut [u32],
}

/// Rows that are worth a part of their own, and as many where they are only looked at, or copied.
const ROWS_MIN: usize = 8_000;
const EASY_ROWS_MIN: usize = 2 * ROWS_MIN;
/// Rows whose places are looked up, and fetched, before they are written.
const AHEAD: usize = 128;
/// Most parts that cells are cut into: there is room for as many lists of rows.
const CUTS_MAX: usize = 4;

/// Sorts as many rows as `out` has. `rows` calls back with the columns of a range of them, one stretch after the other.
/// `cell_start` has [`Grid::cells`] + 2 words, the scratch [`SCRATCH_WORDS`] for each row. What `cell_start` has says how to
/// share the cells: after an earlier build each thread gets as many rows.
pub fn build(
    grid: Grid,
    rows: &(impl Fn(Range<usize>, &mut dyn FnMut(Source)) + Sync),
    cell_start: &mut [u32],
    out: Columns,
    scratch: &mut [u32],
    lanes: &dyn Lanes,
) {
    let count = out.x.len();
    let parts = Parts::new(lanes, count, ROWS_MIN).at_most(lanes.count().min(CUTS_MAX));
    let cuts = cut(cell_start, parts.count);
    let (sorted, cells) = scratch[..SCRATCH_WORDS * count].split_at_mut(4 * count);
    let sorted = Split::<Row>::new(sorted.as_chunks_mut().0);
    let (x, y, entity, slot) = (Split::new(out.x), Split::new(out.y), Split::new(out.entity), Split::new(out.slot));
    let Some((first, ends)) = cell_start.split_first_mut() else { return };
    *first = 0;

    let split = Split::new(&mut *cells);
    Parts::new(lanes, count, EASY_ROWS_MIN).run(lanes, |_, range| {
        // SAFETY: parts have no row in common.
        let (cells, mut done) = (unsafe { split.part(range.clone()) }, 0);
        rows(range, &mut |source| {
            cells_of(grid, source.x, source.y, &mut cells[done..done + source.x.len()]);
            done += source.x.len();
        });
    });
    let cells = &*cells;
    if parts.count == 1 {
        ends.fill(0);
        cells.iter().for_each(|&cell| ends[cell as usize] += 1);
        make_starts(ends, 0);
        let mut first = 0;
        rows(0..count, &mut |source| {
            let end = first + source.x.len() as u32;
            // SAFETY: nobody else is at work.
            unsafe { place(source, first, first..end, &mut Share { cells, first: 0, next: ends, sorted }) };
            first = end;
        });
    } else {
        // There are no results yet where the lists are.
        let lists = [x.words(), y.words(), entity.words(), slot];
        let ends = Split::new(ends);
        let mut lengths = [0; CUTS_MAX];
        let split = Split::new(&mut lengths);
        parts.run(lanes, |part, _| {
            // SAFETY: each part has a list, cells and a length of its own.
            unsafe {
                let (list, counts) = (lists[part].part(0..count), ends.part(cuts[part]..cuts[part + 1]));
                split.set(part, list_rows(cells, cuts[part] as u32, counts, list));
            }
        });
        parts.run(lanes, |part, _| {
            // SAFETY: as above.
            let (mut list, next) =
                unsafe { (&*lists[part].part(0..lengths[part]), ends.part(cuts[part]..cuts[part + 1])) };
            make_starts(next, lengths[..part].iter().sum::<usize>() as u32);
            let mut share = Share { cells, first: cuts[part] as u32, next, sorted };
            let mut first = 0;
            rows(0..count, &mut |source| {
                let end = first + source.x.len() as u32;
                let these;
                (these, list) = list.split_at(list.partition_point(|&row| row < end));
                // SAFETY: no other part has rows in these cells.
                unsafe { place(source, first, these.iter().copied(), &mut share) };
                first = end;
            });
        });
    }
    Parts::new(lanes, count, EASY_ROWS_MIN).run(lanes, |_, rows| {
        // SAFETY: parts have no row in common.
        unsafe {
            let (x, y) = (x.part(rows.clone()), y.part(rows.clone()));
            write_out(sorted.part(rows.clone()), x, y, entity.part(rows.clone()), slot.part(rows));
        }
    });
}

/// Where to cut the cells, the one of points with a NaN behind them included: so that parts had as many rows each when
/// `cell_start` was made. If it is none, parts are any.
fn cut(cell_start: &[u32], parts: usize) -> [usize; CUTS_MAX + 1] {
    let cells = cell_start.len().saturating_sub(1);
    let rows = cell_start.last().map_or(0, |&rows| rows as usize);
    let mut cuts = [cells; CUTS_MAX + 1];
    cuts[0] = 0;
    for part in 1..parts {
        let cut = match rows * part / parts {
            0 => cells * part / parts,
            before => cell_start.partition_point(|&start| (start as usize) < before),
        };
        cuts[part] = cut.clamp(cuts[part - 1], cells);
    }
    cuts
}

/// Lists the rows in the cells from `first` on that `counts` is about, and counts them by cell. Returns how many there are.
fn list_rows(cells: &[u32], first: u32, counts: &mut [u32], list: &mut [u32]) -> usize {
    const BLOCK: usize = 1024;
    counts.fill(0);
    let mut listed = 0;
    for (step, cells) in cells.chunks(BLOCK).enumerate() {
        let before = listed;
        for (row, &cell) in cells.iter().enumerate() {
            // Writing first and stepping after needs no branch.
            list[listed] = (step * BLOCK + row) as u32;
            listed += usize::from((cell.wrapping_sub(first) as usize) < counts.len());
        }
        for &row in &list[before..listed] {
            counts[(cells[row as usize % BLOCK] - first) as usize] += 1;
        }
    }
    listed
}

/// Counts become exclusive prefix sums that begin with `start`.
fn make_starts(counts: &mut [u32], start: u32) {
    let mut sum = start;
    for count in counts {
        (*count, sum) = (sum, sum + *count);
    }
}

/// What one part knows when it places rows: the cells of all rows, its own from `first` on, and where the next row in each
/// of these goes.
struct Share<'a> {
    cells: &'a [u32],
    first: u32,
    next: &'a mut [u32],
    sorted: Split<'a, Row>,
}

/// Puts some rows of a source, the first of which is number `first`, where they go.
///
/// # Safety
/// No other part has rows in these cells.
unsafe fn place(source: Source, first: u32, mut rows: impl Iterator<Item = u32>, share: &mut Share) {
    let Source { x, y, entity } = source;
    let cells = &share.cells[first as usize..][..x.len()];
    assert!(y.len() == cells.len() && entity.len() == cells.len());
    let mut batch = [(0, [0; 4]); AHEAD];
    loop {
        let mut count = 0;
        for (known, row) in batch.iter_mut().zip(rows.by_ref()) {
            let at = (row - first) as usize;
            let next = &mut share.next[(cells[at] - share.first) as usize];
            *known = (*next as usize, [x[at].to_bits(), y[at].to_bits(), entity[at] as u32, row]);
            share.sorted.fetch_to_write(*next as usize);
            *next += 1;
            count += 1;
        }
        for &(place, row) in &batch[..count] {
            // SAFETY: up to the caller.
            unsafe { share.sorted.set(place, row) };
        }
        if count < AHEAD {
            return;
        }
    }
}

multiversion! {
    /// Takes rows apart.
    pub fn write_out(rows: &[[u32; 4]], x: &mut [f32], y: &mut [f32], entity: &mut [i32], slot: &mut [u32]) {
        for ((((row, x), y), entity), slot) in rows.iter().zip(x).zip(y).zip(entity).zip(slot) {
            *x = f32::from_bits(row[0]);
            *y = f32::from_bits(row[1]);
            *entity = row[2] as i32;
            *slot = row[3];
        }
    }
}

multiversion! {
    /// The cell of each point.
    pub fn cells_of(grid: Grid, x: &[f32], y: &[f32], out: &mut [u32]) {
        let (width, height, nan) = (grid.width, grid.height, grid.cells());
        for ((&x, &y), out) in x.iter().zip(y).zip(out) {
            let cell = lower(y, grid.min_y, grid.scale, height) * width + lower(x, grid.min_x, grid.scale, width);
            *out = if x.is_nan() | y.is_nan() { nan } else { cell };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lanes::{Backwards, Serial};

    const GRID: Grid = Grid { min_x: 0.0, min_y: 0.0, cell: 1.0, scale: 1.0, width: 50, height: 40 };

    /// Bits of all that a build writes, from rows in stretches of 1,000, and a `cell_start` that holds something.
    fn built(points: &[(f32, f32)], known: &[u32], lanes: &dyn Lanes) -> Vec<Vec<u32>> {
        let (x, y): (Vec<f32>, Vec<f32>) = points.iter().copied().unzip();
        let entity: Vec<i32> = (0..points.len() as i32).map(|row| row * 7).collect();
        let rows_of = |rows: Range<usize>, each: &mut dyn FnMut(Source)| {
            for first in rows.clone().step_by(1_000) {
                let here = first..rows.end.min(first + 1_000);
                each(Source { x: &x[here.clone()], y: &y[here.clone()], entity: &entity[here] });
            }
        };
        let mut cell_start = known.to_vec();
        let mut scratch = vec![0; points.len() * SCRATCH_WORDS];
        let (mut sorted_x, mut sorted_y) = (vec![0.0; points.len()], vec![0.0; points.len()]);
        let (mut sorted_entity, mut slot) = (vec![0; points.len()], vec![0; points.len()]);
        let columns = Columns { x: &mut sorted_x, y: &mut sorted_y, entity: &mut sorted_entity, slot: &mut slot };
        build(GRID, &rows_of, &mut cell_start, columns, &mut scratch, lanes);
        let bits = |values: Vec<f32>| values.into_iter().map(f32::to_bits).collect();
        let entities = sorted_entity.into_iter().map(|entity| entity as u32).collect();
        vec![cell_start, bits(sorted_x), bits(sorted_y), entities, slot]
    }

    #[test]
    fn any_number_of_lanes_and_any_cuts_give_the_same_bits() {
        let random = |i: u32| (i.wrapping_mul(0x9e37_79b1) >> 8) as f32 / (1 << 24) as f32;
        let spread: Vec<_> =
            (0..40_500).map(|i| (random(2 * i) * 55.0 - 2.0, random(2 * i + 1) * 44.0 - 2.0)).collect();
        let crowd: Vec<_> = (0..33_000).map(|i| if i % 5 == 0 { (f32::NAN, 1.0) } else { (7.5, 7.5) }).collect();
        let empty = vec![0; GRID.cells() as usize + 2];
        for points in [spread.clone(), crowd.clone()] {
            let expected = built(&points, &empty, &Serial);
            assert_eq!(expected[0].last().map(|&rows| rows as usize), Some(points.len()));
            assert!(expected[0].is_sorted());
            let mut slots = expected[4].clone();
            slots.sort_unstable();
            assert!(slots.into_iter().eq(0..points.len() as u32));
            let falling = (0..empty.len() as u32).map(|cell| u32::MAX - cell).collect();
            let others = [&spread, &crowd].map(|points| built(points, &empty, &Serial).swap_remove(0));
            for known in others.into_iter().chain([empty.clone(), falling]) {
                for lanes in [1, 2, 3, 16] {
                    assert!(built(&points, &known, &Backwards(lanes)) == expected, "{lanes} lanes");
                }
            }
        }
    }
}
