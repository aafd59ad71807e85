//! Builds a spatial index: a counting sort by cell, which keeps the order of rows.

use crate::cpu::multiversion;
use crate::fetch::fetch;
use crate::spatial::{Grid, SCRATCH_WORDS, lower};

/// A build in two passes over the same spans in the same order: all of them are counted, then all are placed.
pub struct Build<'a> {
    grid: Grid,
    /// Word `c + 1` counts the rows of cell `c`, then tells where its next row goes, and in the end where it ends.
    cell_start: &'a mut [u32],
    /// The cell of each row.
    cell: &'a mut [u32],
    /// Sorted by cell.
    sorted: &'a mut [Row],
    counted: usize,
    is_counted: bool,
    placed: usize,
}

/// x, y (bits), entity, slot.
type Row = [u32; 4];

/// Where the rows of a finished index go. Each slice has one element per placed row.
pub struct Columns<'a> {
    pub x: &'a mut [f32],
    pub y: &'a mut [f32],
    pub entity: &'a mut [i32],
    pub slot: &'a mut [u32],
}

/// Rows whose places are fetched ahead.
const AHEAD: usize = 128;

impl<'a> Build<'a> {
    /// `cell_start` has [`Grid::cells`] + 2 words, the scratch [`SCRATCH_WORDS`] per row.
    pub fn new(grid: Grid, cell_start: &'a mut [u32], scratch: &'a mut [u32]) -> Self {
        let rows = scratch.len() / SCRATCH_WORDS;
        let (sorted, cell) = scratch.split_at_mut(4 * rows);
        cell_start.fill(0);
        Self { grid, cell_start, cell, sorted: sorted.as_chunks_mut().0, counted: 0, is_counted: false, placed: 0 }
    }

    pub fn count(&mut self, x: &[f32], y: &[f32]) {
        let cells = &mut self.cell[self.counted..self.counted + x.len()];
        cells_of(self.grid, x, y, cells);
        for &cell in &*cells {
            self.cell_start[cell as usize + 1] += 1;
        }
        self.counted += x.len();
    }

    pub fn place(&mut self, x: &[f32], y: &[f32], entity: &[i32]) {
        if !std::mem::replace(&mut self.is_counted, true) {
            starts_of_counts(&mut self.cell_start[1..]);
        }
        let rows = self.placed..self.placed + x.len();
        let cells = &self.cell[rows.clone()];
        for first in (0..x.len()).step_by(AHEAD) {
            let stretch = first..x.len().min(first + AHEAD);
            for i in stretch.clone() {
                fetch(self.sorted, self.cell_start[cells[i] as usize + 1] as usize);
            }
            for i in stretch {
                let next = &mut self.cell_start[cells[i] as usize + 1];
                let place = *next as usize;
                *next += 1;
                self.sorted[place] = [x[i].to_bits(), y[i].to_bits(), entity[i] as u32, (rows.start + i) as u32];
            }
        }
        self.placed = rows.end;
    }

    /// Writes the rows out.
    pub fn finish(self, out: Columns) {
        write_out(&self.sorted[..self.placed], out.x, out.y, out.entity, out.slot);
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

/// Counts become exclusive prefix sums.
fn starts_of_counts(counts: &mut [u32]) {
    let mut sum = 0;
    for count in counts {
        let start = sum;
        sum += *count;
        *count = start;
    }
}
