//! Builds a spatial index: a counting sort by cell, which keeps the order of rows.
//!
//! Parts of the rows count for themselves. From the counts of all follows where the rows of a part go in each cell:
//! behind those of the parts before.

use std::ops::Range;

use crate::cpu::multiversion;
use crate::lanes::{Lanes, Parts, Serial, Split};
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

/// Rows, and counts of cells, that are worth a part of their own.
const ROWS_MIN: usize = 8_000;
const COUNTS_MIN: usize = 30_000;
/// Rows whose places are looked up, and fetched, before they are written.
const AHEAD: usize = 128;

/// Sorts as many rows as `out` has. `rows` calls back with the columns of a range of them, one stretch after the other.
/// `cell_start` has [`Grid::cells`] + 2 words, the scratch [`SCRATCH_WORDS`] for each row.
pub fn build(
    grid: Grid,
    rows: &(impl Fn(Range<usize>, &mut dyn FnMut(Source)) + Sync),
    cell_start: &mut [u32],
    out: Columns,
    scratch: &mut [u32],
    lanes: &dyn Lanes,
) {
    let count = out.x.len();
    let (sorted, cell) = scratch[..SCRATCH_WORDS * count].split_at_mut(4 * count);
    let (sorted, cell) = (Split::<Row>::new(sorted.as_chunks_mut().0), Split::new(cell));
    let (x, y, entity, slot) = (Split::new(out.x), Split::new(out.y), Split::new(out.entity), Split::new(out.slot));
    let Some((first, ends)) = cell_start.split_first_mut() else { return };
    *first = 0;
    let counts = Counts::new([x.words(), y.words(), entity.words(), slot], Split::new(ends));
    let parts = Parts::new(lanes, count, ROWS_MIN).at_most(lanes.count().min(counts.most));

    parts.run(lanes, |part, range| {
        // SAFETY: each part has its own rows and counts.
        let (cells, counts) = unsafe { (cell.part(range.clone()), counts.of(part, parts.count)) };
        counts.fill(0);
        let mut done = 0;
        rows(range, &mut |source| {
            let cells = &mut cells[done..done + source.x.len()];
            cells_of(grid, source.x, source.y, cells);
            for &cell in &*cells {
                counts[cell as usize] += 1;
            }
            done += source.x.len();
        });
    });
    counts.make_starts(parts.count, lanes);
    parts.run(lanes, |part, range| {
        // SAFETY: as above; the counts of all parts give each row a place of its own.
        let (cells, next) = unsafe { (cell.part(range.clone()), counts.of(part, parts.count)) };
        let (mut cells, mut row) = (&*cells, range.start as u32);
        rows(range, &mut |source| {
            let these;
            (these, cells) = cells.split_at(source.x.len());
            // SAFETY: as above.
            unsafe { place(source, these, row, next, sorted) };
            row += source.x.len() as u32;
        });
    });
    Parts::new(lanes, count, 2 * ROWS_MIN).run(lanes, |_, rows| {
        // SAFETY: parts have no row in common.
        unsafe {
            let (x, y) = (x.part(rows.clone()), y.part(rows.clone()));
            write_out(sorted.part(rows.clone()), x, y, entity.part(rows.clone()), slot.part(rows));
        }
    });
}

/// For each part the rows in each cell, and in the cell of points with a NaN after them; then where the next of them
/// goes. The last part counts where the index has the ends of its cells, because that is where its rows end; the others
/// in columns that have no results yet.
struct Counts<'a> {
    columns: [Split<'a, u32>; 4],
    ends: Split<'a, u32>,
    /// Parts that one column has room for.
    in_column: usize,
    /// Parts that there is room for.
    most: usize,
}

impl<'a> Counts<'a> {
    fn new(columns: [Split<'a, u32>; 4], ends: Split<'a, u32>) -> Self {
        let in_column = columns[0].len() / ends.len().max(1);
        Self { columns, ends, in_column, most: in_column * columns.len() + 1 }
    }

    /// # Safety
    /// The part has them to itself.
    unsafe fn of(&self, part: usize, parts: usize) -> &'a mut [u32] {
        // SAFETY: up to the caller.
        unsafe { self.cells_of(part, parts, 0..self.ends.len()) }
    }

    /// # Safety
    /// As [`Counts::of`], for some of the cells.
    unsafe fn cells_of(&self, part: usize, parts: usize, cells: Range<usize>) -> &'a mut [u32] {
        // SAFETY: up to the caller.
        unsafe {
            if part + 1 == parts || self.in_column == 0 {
                return self.ends.part(cells);
            }
            let first = part % self.in_column * self.ends.len();
            self.columns[part / self.in_column].part(first + cells.start..first + cells.end)
        }
    }

    /// Counts become exclusive prefix sums over cells, then parts.
    fn make_starts(&self, parts: usize, lanes: &dyn Lanes) {
        const STRETCHES_MAX: usize = 64;
        // SAFETY: stretches have no cell in common; nobody else is at work on the counts.
        let of = |part, cells: &Range<usize>| unsafe { self.cells_of(part, parts, cells.clone()) };
        let stretches = match parts {
            1 => Parts::new(&Serial, self.ends.len(), 1),
            _ => Parts::new(lanes, self.ends.len(), COUNTS_MIN / parts).at_most(STRETCHES_MAX),
        };
        let mut sums = [0u32; STRETCHES_MAX];
        if stretches.count > 1 {
            let sums = Split::new(&mut sums);
            stretches.run(lanes, |stretch, cells| {
                let sum = (0..parts).fold(0, |sum: u32, part| sum + of(part, &cells).iter().sum::<u32>());
                // SAFETY: each stretch has its own sum.
                unsafe { sums.set(stretch, sum) };
            });
        }
        let mut sum = 0;
        for size in &mut sums {
            (*size, sum) = (sum, sum + *size);
        }
        stretches.run(lanes, |stretch, cells| {
            let mut sum = sums[stretch];
            let last = of(parts - 1, &cells);
            if parts == 2 {
                for (count, last) in of(0, &cells).iter_mut().zip(last) {
                    let both = *count + *last;
                    (*count, *last) = (sum, sum + *count);
                    sum += both;
                }
                return;
            }
            for (i, last) in last.iter_mut().enumerate() {
                let cell = cells.start + i..cells.start + i + 1;
                for part in 0..parts - 1 {
                    for count in of(part, &cell) {
                        (*count, sum) = (sum, sum + *count);
                    }
                }
                (*last, sum) = (sum, sum + *last);
            }
        });
    }
}

/// Puts rows, the first of which is number `first`, where `next` says for their cells.
///
/// # Safety
/// No other part has rows in these places.
unsafe fn place(source: Source, cells: &[u32], first: u32, next: &mut [u32], sorted: Split<Row>) {
    let mut places = [0; AHEAD];
    for (step, cells) in cells.chunks(AHEAD).enumerate() {
        let start = step * AHEAD;
        for (place, &cell) in places.iter_mut().zip(cells) {
            let next = &mut next[cell as usize];
            (*place, *next) = (*next, *next + 1);
            sorted.fetch_to_write(*place as usize);
        }
        let rows = start..start + cells.len();
        let rows = source.x[rows.clone()].iter().zip(&source.y[rows.clone()]).zip(&source.entity[rows]);
        for ((((&x, &y), &entity), &place), row) in rows.zip(&places).zip(first + start as u32..) {
            // SAFETY: up to the caller.
            unsafe { sorted.set(place as usize, [x.to_bits(), y.to_bits(), entity as u32, row]) };
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

    /// Bits of all that a build writes, from rows in stretches of 1,000.
    fn built(points: &[(f32, f32)], lanes: &dyn Lanes) -> Vec<Vec<u32>> {
        let (x, y): (Vec<f32>, Vec<f32>) = points.iter().copied().unzip();
        let entity: Vec<i32> = (0..points.len() as i32).map(|row| row * 7).collect();
        let rows_of = |rows: Range<usize>, each: &mut dyn FnMut(Source)| {
            for first in rows.clone().step_by(1_000) {
                let here = first..rows.end.min(first + 1_000);
                each(Source { x: &x[here.clone()], y: &y[here.clone()], entity: &entity[here] });
            }
        };
        let mut cell_start = vec![9; GRID.cells() as usize + 2];
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
    fn any_number_of_lanes_gives_the_same_bits() {
        let random = |i: u32| (i.wrapping_mul(0x9e37_79b1) >> 8) as f32 / (1 << 24) as f32;
        let spread: Vec<_> =
            (0..40_500).map(|i| (random(2 * i) * 55.0 - 2.0, random(2 * i + 1) * 44.0 - 2.0)).collect();
        let crowd: Vec<_> = (0..33_000).map(|i| if i % 5 == 0 { (f32::NAN, 1.0) } else { (7.5, 7.5) }).collect();
        for points in [spread, crowd] {
            let expected = built(&points, &Serial);
            assert_eq!(expected[0].last().map(|&rows| rows as usize), Some(points.len()));
            assert!(expected[0].is_sorted());
            let mut slots = expected[4].clone();
            slots.sort_unstable();
            assert!(slots.into_iter().eq(0..points.len() as u32));
            for lanes in [2, 3, 5, 16] {
                assert!(built(&points, &Backwards(lanes)) == expected, "{lanes} lanes");
            }
        }
    }
}
