//! One block of k against a block of rows: tiles over all of its columns.

use super::View;
use super::path::Path;
use super::tile::{PANEL_BYTES, Run, Tile, VECTORS_MAX};

/// B as tiles read it: rows of a panel `k_stride` apart, panels `panel_stride` apart. A matrix that is not packed has
/// its panels side by side.
#[derive(Clone, Copy)]
pub struct Columns<T> {
    pub start: *const T,
    pub k_stride: isize,
    pub panel_stride: isize,
}

impl<T> Columns<T> {
    /// From row k on, and from the panel of column `left` on, which is its first.
    ///
    /// # Safety
    /// B must have so many rows and columns.
    pub unsafe fn part(self, k: usize, left: usize) -> Self {
        let panels = left * size_of::<T>() / PANEL_BYTES;
        // SAFETY: inside B.
        let start = unsafe { self.start.offset(k as isize * self.k_stride + panels as isize * self.panel_stride) };
        Self { start, ..self }
    }
}

/// C of m rows and n columns.
#[derive(Clone, Copy)]
pub struct Target<T> {
    pub start: *mut T,
    pub row_stride: usize,
    /// Chains go on from C's values.
    pub load: bool,
}

/// Adds A (m rows, k columns) times B (k rows, n columns). Dimensions are at least 1.
///
/// # Safety
/// A and B must be readable and C writable in these dimensions, on a machine with the instructions of `path`.
pub unsafe fn sweep<T: Copy>(
    path: &Path<T>,
    (m, n, k): (usize, usize, usize),
    a: View<T>,
    b: Columns<T>,
    c: Target<T>,
) {
    let lanes = path.lanes;
    let shift = lanes.trailing_zeros();
    let width = PANEL_BYTES / size_of::<T>();
    let per_panel = width >> shift;
    let panel_shift = per_panel.trailing_zeros();
    let packed = b.panel_stride != width as isize;
    let vectors = (n + lanes - 1) >> shift;
    // Rows of B as they are come best a few lines at a time, in order: from further away, they are fetched ahead.
    let widest = widest(path, if packed { m } else { m.min(path.tiles[3].len()) });
    let mut tile = Tile {
        k,
        a: a.start,
        a_row: a.row_stride,
        a_k: a.column_stride,
        b: b.start,
        b_k: b.k_stride,
        b_panel: b.panel_stride,
        c: c.start,
        c_row: c.row_stride,
        next: c.start,
        last: lanes,
        load: c.load,
    };
    let mut first = 0;
    while first < vectors {
        let mut count = widest.min(vectors - first);
        if packed {
            let inside = first & (per_panel - 1);
            if inside > 0 || count < per_panel {
                count = count.min(per_panel - inside);
            } else {
                count &= !(per_panel - 1);
            }
        }
        if first + count == vectors {
            tile.last = n - (vectors - 1) * lanes;
        }
        let (panel, inside) = (first >> panel_shift, first & (per_panel - 1));
        // SAFETY: columns inside the operands; the next ones are only fetched ahead.
        unsafe {
            tile.b = b.start.offset(panel as isize * b.panel_stride).add(inside * lanes);
            tile.c = c.start.add(first * lanes);
            let next = tile.c.wrapping_add(count * lanes);
            down(path.tiles[count - 1], tile, m, next);
        }
        first += count;
    }
}

/// Tiles of all m rows, as even as can be: one of few rows has too few chains to hide the latency.
///
/// # Safety
/// As [`sweep`].
unsafe fn down<T: Copy>(tiles: &[Run<T>], mut tile: Tile<T>, m: usize, next: *const T) {
    let count = if m <= tiles.len() { 1 } else { m.div_ceil(tiles.len()) };
    let (rows, more) = if count == 1 { (m, 0) } else { (m / count, m % count) };
    for index in 0..count {
        let rows = if index < more { rows + 1 } else { rows };
        let below = tile.c.wrapping_add(rows * tile.c_row);
        tile.next = if index + 1 == count { next } else { below };
        // SAFETY: rows of the tile, inside the operands.
        unsafe { tiles[rows - 1](&tile) }
        tile.a = tile.a.wrapping_offset(rows as isize * tile.a_row);
        tile.c = below;
    }
}

/// The most vectors in a tile of m rows, or of the many rows that a tile of two vectors has.
pub fn widest<T>(path: &Path<T>, m: usize) -> usize {
    let rows = m.min(path.rows());
    (1..=VECTORS_MAX).rev().find(|&v| path.tiles[v - 1].len() >= rows).unwrap_or(1)
}
