//! One block of k against a block of rows: tiles over all of its columns.

use super::path::Path;
use super::tile::{PANEL_BYTES, Tile, VECTORS_MAX};

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

/// A as tiles read it: all rows alike, or in groups of [`Path::rows`] that lie `group_stride` apart.
#[derive(Clone, Copy)]
pub struct Rows<T> {
    pub start: *const T,
    pub row_stride: isize,
    pub k_stride: isize,
    pub group_stride: Option<usize>,
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
pub unsafe fn sweep<T>(path: &Path<T>, (m, n, k): (usize, usize, usize), a: Rows<T>, b: Columns<T>, c: Target<T>) {
    let lanes = path.lanes;
    let width = PANEL_BYTES / size_of::<T>();
    let per_panel = width / lanes;
    let packed = b.panel_stride != width as isize;
    let vectors = n.div_ceil(lanes);
    let widest = widest(path, m);
    let mut tile = Tile {
        k,
        a: a.start,
        a_row: a.row_stride,
        a_k: a.k_stride,
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
            let inside = first % per_panel;
            if inside > 0 || count < per_panel {
                count = count.min(per_panel - inside);
            } else {
                count -= count % per_panel;
            }
        }
        if first + count == vectors {
            tile.last = n - (vectors - 1) * lanes;
        }
        let table = path.tiles[count - 1];
        let whole = if a.group_stride.is_some() { path.rows() } else { table.len() };
        let tiles = m.div_ceil(whole);
        // SAFETY: rows and columns inside the operands.
        unsafe {
            let (panel, inside) = (first / per_panel, first % per_panel);
            tile.b = b.start.offset(panel as isize * b.panel_stride).add(inside * lanes);
            let mut row = 0;
            for index in 0..tiles {
                let rows = match a.group_stride {
                    Some(_) => whole.min(m - row),
                    // As even as can be: a tile of few rows has too few chains to hide the latency.
                    None => (m - row) / (tiles - index),
                };
                let distance = match a.group_stride {
                    Some(stride) => (row / whole * stride) as isize,
                    None => row as isize * a.row_stride,
                };
                tile.a = a.start.offset(distance);
                tile.c = c.start.add(row * c.row_stride + first * lanes);
                row += rows;
                tile.next = if row < m {
                    tile.c.wrapping_add(rows * c.row_stride)
                } else {
                    c.start.wrapping_add((first + count) * lanes)
                };
                table[rows - 1](&tile);
            }
        }
        first += count;
    }
}

/// The most vectors in a tile of m rows, or of the many rows that a tile of two vectors has.
pub fn widest<T>(path: &Path<T>, m: usize) -> usize {
    let rows = m.min(path.rows());
    (1..=VECTORS_MAX).rev().find(|&v| path.tiles[v - 1].len() >= rows).unwrap_or(1)
}
