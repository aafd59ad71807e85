//! Builds a spatial index: a counting sort by cell, then each cell by entity.

use crate::cpu::multiversion;
use crate::fetch::fetch;
use crate::spatial::{Grid, SCRATCH_WORDS, lower};

/// A build in two passes over the same spans in the same order: all of them are counted, then all are placed.
pub struct Build<'a> {
    grid: Grid,
    cell_start: &'a mut [u32],
    /// Per row: its cell, and how many earlier rows are in that cell.
    cell: &'a mut [u32],
    rank: &'a mut [u32],
    /// Sorted by cell: the entity, and the rest of the row.
    entity: &'a mut [i32],
    rest: &'a mut [Rest],
    counted: usize,
    is_counted: bool,
    placed: usize,
}

/// x, y (bits), slot, cell.
type Rest = [u32; 4];

/// Where the rows of a finished index go. Each slice has one element per placed row.
pub struct Columns<'a> {
    pub x: &'a mut [f32],
    pub y: &'a mut [f32],
    pub entity: &'a mut [i32],
    pub slot: &'a mut [u32],
}

/// Rows whose places are fetched ahead.
const AHEAD: usize = 128;

/// Cells with more rows are sorted in O(n log n), others by comparing all pairs.
const CROWDED: usize = 16;

impl<'a> Build<'a> {
    /// `cell_start` has [`Grid::cells`] + 2 words; the scratch has [`SCRATCH_WORDS`] words per row: 7 are split
    /// into u32, and the entities are apart.
    pub fn new(grid: Grid, cell_start: &'a mut [u32], scratch: &'a mut [u32], entity: &'a mut [i32]) -> Self {
        let rows = entity.len();
        debug_assert_eq!(scratch.len(), (SCRATCH_WORDS - 1) * rows);
        let (rest, scratch) = scratch.split_at_mut(4 * rows);
        let (cell, scratch) = scratch.split_at_mut(rows);
        let rank = &mut scratch[..rows];
        cell_start.fill(0);
        Self {
            grid,
            cell_start,
            cell,
            rank,
            entity,
            rest: rest.as_chunks_mut().0,
            counted: 0,
            is_counted: false,
            placed: 0,
        }
    }

    pub fn count(&mut self, x: &[f32], y: &[f32]) {
        let rows = self.counted..self.counted + x.len();
        let cells = &mut self.cell[rows.clone()];
        cells_of(self.grid, x, y, cells);
        for (&cell, rank) in cells.iter().zip(&mut self.rank[rows]) {
            let count = &mut self.cell_start[cell as usize];
            *rank = *count;
            *count += 1;
        }
        self.counted += x.len();
    }

    pub fn place(&mut self, x: &[f32], y: &[f32], entity: &[i32]) {
        if !std::mem::replace(&mut self.is_counted, true) {
            starts_of_counts(self.cell_start);
        }
        let rows = self.placed..self.placed + x.len();
        let (cells, ranks) = (&self.cell[rows.clone()], &self.rank[rows.clone()]);
        let place_of = |i: usize| (self.cell_start[cells[i] as usize] + ranks[i]) as usize;
        for first in (0..x.len()).step_by(AHEAD) {
            let stretch = first..x.len().min(first + AHEAD);
            for i in stretch.clone() {
                fetch(self.rest, place_of(i));
                fetch(self.entity, place_of(i));
            }
            for i in stretch {
                let place = place_of(i);
                self.entity[place] = entity[i];
                self.rest[place] = [x[i].to_bits(), y[i].to_bits(), (rows.start + i) as u32, cells[i]];
            }
        }
        self.placed = rows.end;
    }

    /// Writes the rows out, those of each cell sorted by (entity, slot).
    pub fn finish(self, out: Columns) {
        let entity = &mut self.entity[..self.placed];
        let rest = &mut self.rest[..self.placed];
        #[cfg(target_arch = "x86_64")]
        match crate::cpu::level() {
            // SAFETY: the level is never above what the machine was found to have.
            crate::cpu::Level::Avx512 => return unsafe { order_cells_avx512(self.cell_start, entity, rest, out) },
            // SAFETY: as above.
            crate::cpu::Level::Avx2 => return unsafe { order_cells_avx2(self.cell_start, entity, rest, out) },
            crate::cpu::Level::Portable => {}
        }
        order_cells_portable(self.cell_start, entity, rest, out);
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

/// Counts become exclusive prefix sums.
fn starts_of_counts(counts: &mut [u32]) {
    let mut sum = 0;
    for count in counts {
        let start = sum;
        sum += *count;
        *count = start;
    }
}

/// Moves each row, sorted by cell so far, to its place in its cell. `before` tells how many of at most [`CROWDED`]
/// entities come before the one with the given position among them. Walks rows, not cells: the number of rows in
/// a cell is not predictable, that it is at most [`CROWDED`] is.
#[inline(always)]
fn order_cells(
    cell_start: &[u32],
    entities: &mut [i32],
    rest: &mut [Rest],
    out: Columns,
    before: impl Fn(&[i32], usize) -> usize,
) {
    let rows = entities.len();
    let Columns { x, y, entity, slot } = out;
    assert!(rest.len() == rows && x.len() == rows && y.len() == rows && entity.len() == rows && slot.len() == rows);
    let mut crowded_end = 0;
    for row in 0..rows {
        let cell = rest[row][3] as usize;
        let (start, end) = (cell_start[cell] as usize, cell_start[cell + 1] as usize);
        let mut place = row;
        if end - start <= CROWDED {
            place = start + before(&entities[start..end], row - start);
        } else if row >= crowded_end {
            sort_crowded(&mut entities[start..end], &mut rest[start..end]);
            crowded_end = end;
        }
        let [px, py, number, _] = rest[row];
        entity[place] = entities[row];
        x[place] = f32::from_bits(px);
        y[place] = f32::from_bits(py);
        slot[place] = number;
    }
}

fn order_cells_portable(cell_start: &[u32], entities: &mut [i32], rest: &mut [Rest], out: Columns) {
    order_cells(cell_start, entities, rest, out, |cell, own| {
        let entity = cell[own];
        let earlier = cell[..own].iter().filter(|&&other| other <= entity).count();
        earlier + cell[own..].iter().filter(|&&other| other < entity).count()
    });
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq,popcnt")]
fn order_cells_avx512(cell_start: &[u32], entities: &mut [i32], rest: &mut [Rest], out: Columns) {
    use std::arch::x86_64::*;
    order_cells(cell_start, entities, rest, out, |cell, own| {
        // SAFETY: this function has AVX-512, and the load is masked to the slice.
        unsafe {
            let others = _mm512_maskz_loadu_epi32(first_lanes(cell.len()) as u16, cell.as_ptr());
            let entity = _mm512_set1_epi32(cell[own]);
            let less = u32::from(_mm512_cmplt_epi32_mask(others, entity)) & first_lanes(cell.len());
            let equal = u32::from(_mm512_cmpeq_epi32_mask(others, entity)) & first_lanes(own);
            (less | equal).count_ones() as usize
        }
    });
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,popcnt")]
fn order_cells_avx2(cell_start: &[u32], entities: &mut [i32], rest: &mut [Rest], out: Columns) {
    use std::arch::x86_64::*;
    let numbers = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    order_cells(cell_start, entities, rest, out, |cell, own| {
        // SAFETY: this function has AVX2, and the loads are masked to the slice.
        unsafe {
            let entity = _mm256_set1_epi32(cell[own]);
            let lanes = |first: usize| {
                let count = _mm256_set1_epi32(cell.len() as i32 - first as i32);
                let others = cell.as_ptr().wrapping_add(first);
                let others = _mm256_maskload_epi32(others, _mm256_cmpgt_epi32(count, numbers));
                let less = _mm256_movemask_ps(_mm256_castsi256_ps(_mm256_cmpgt_epi32(entity, others)));
                let equal = _mm256_movemask_ps(_mm256_castsi256_ps(_mm256_cmpeq_epi32(entity, others)));
                (less as u32, equal as u32)
            };
            let ((less, equal), (less_8, equal_8)) = (lanes(0), lanes(8));
            let less = (less | less_8 << 8) & first_lanes(cell.len());
            let equal = (equal | equal_8 << 8) & first_lanes(own);
            (less | equal).count_ones() as usize
        }
    });
}

/// A bit for each of the first `count` lanes, at most 16.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn first_lanes(count: usize) -> u32 {
    (1 << count) - 1
}

/// By (entity, slot); rows come in slot order.
#[cold]
#[inline(never)]
fn sort_crowded(entities: &mut [i32], rest: &mut [[u32; 4]]) {
    // The cell number is the same in all of these rows: its word carries the entity meanwhile.
    let cell = rest[0][3];
    for (row, &entity) in rest.iter_mut().zip(&*entities) {
        row[3] = entity as u32;
    }
    rest.sort_unstable_by_key(|&[_, _, slot, entity]| (entity as i32, slot));
    for (row, entity) in rest.iter_mut().zip(entities) {
        *entity = row[3] as i32;
        row[3] = cell;
    }
}
