//! A uniform grid over points in the plane: rows sorted by (cell, slot), where the slot is a row's running
//! number in the build. What is found in it does not depend on the row order of the input.

use std::ops::Range;

/// Most cells of a grid, and most in one direction.
pub const CELLS_MAX: u32 = 1 << 26;
pub const SIDE_MAX: u32 = 65_535;
/// Most rows of an index.
pub const ROWS_MAX: u32 = 1 << 24;
/// Neighbours that a nearest query can be asked for.
pub const NEAREST_MAX: u32 = 1024;
/// Words of scratch per row.
pub const SCRATCH_WORDS: usize = 5;
/// Sides of cells, and radii of separation, reach from 2^-30 to 2^30.
pub const LENGTH_MIN: f32 = 1.0 / (1 << 30) as f32;
pub const LENGTH_MAX: f32 = (1 << 30) as f32;

/// The grid. Points outside belong to the nearest border cell, points with a NaN to the cell after the last.
#[derive(Clone, Copy, Debug)]
pub struct Grid {
    pub min_x: f32,
    pub min_y: f32,
    pub cell: f32,
    /// Cells per unit of length.
    pub scale: f32,
    /// At most [`SIDE_MAX`].
    pub width: u32,
    pub height: u32,
}

/// Cells that a query looks into, all bounds included.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Window {
    pub left: u32,
    pub right: u32,
    pub top: u32,
    pub bottom: u32,
}

/// A built index. `cell_start` has [`Grid::cells`] + 2 words, the other slices one element per row.
/// Nothing is read outside the slices whatever `cell_start` and `slot` hold.
#[derive(Clone, Copy)]
pub struct Index<'a> {
    pub grid: Grid,
    pub cell_start: &'a [u32],
    pub x: &'a [f32],
    pub y: &'a [f32],
    pub entity: &'a [i32],
    pub slot: &'a [u32],
}

impl Grid {
    /// `None` unless the bounds are finite, the cell and the sides within their limits.
    pub fn new(min_x: f32, min_y: f32, cell: f32, width: u32, height: u32) -> Option<Self> {
        let sides = (1..=SIDE_MAX).contains(&width) && (1..=SIDE_MAX).contains(&height);
        let lengths = min_x.is_finite() && min_y.is_finite() && (LENGTH_MIN..=LENGTH_MAX).contains(&cell);
        if !sides || !lengths || u64::from(width) * u64::from(height) > u64::from(CELLS_MAX) {
            return None;
        }
        Some(Self { min_x, min_y, cell, scale: 1.0 / cell, width, height })
    }

    pub fn cells(&self) -> u32 {
        self.width * self.height
    }

    /// Every point that is not farther than `reach` from (x, y) in x and in y lies in these cells.
    #[inline(always)]
    pub fn window(&self, x: f32, y: f32, reach: f32) -> Window {
        Window {
            left: lower(x - reach, self.min_x, self.scale, self.width),
            right: upper(x + reach, self.min_x, self.scale, self.width),
            top: lower(y - reach, self.min_y, self.scale, self.height),
            bottom: upper(y + reach, self.min_y, self.scale, self.height),
        }
    }

    pub fn is_whole(&self, window: Window) -> bool {
        window == Window { left: 0, right: self.width - 1, top: 0, bottom: self.height - 1 }
    }
}

impl<'a> Index<'a> {
    /// Rows in the cells of grid row `row` from `left` to `right`: they are neighbours in memory.
    #[inline(always)]
    pub fn run(&self, row: u32, left: u32, right: u32) -> (usize, usize) {
        let first = (row * self.grid.width) as usize;
        let start = self.cell_start[first + left as usize] as usize;
        let end = (self.cell_start[first + right as usize + 1] as usize).min(self.x.len());
        (start.min(end), end)
    }

    /// The first cell that begins at row `row` or later; the number of cells if it is the `end`.
    pub fn cell_of_row(&self, row: usize, end: bool) -> u32 {
        let cells = self.grid.cells();
        if end {
            return cells;
        }
        self.cell_start[..cells as usize].partition_point(|&start| (start as usize) < row) as u32
    }

    /// Rows of cells that follow each other, without those that have a NaN.
    pub fn rows_of(&self, cells: Range<u32>) -> Range<usize> {
        let end = (self.cell_start[cells.end as usize] as usize).min(self.x.len());
        (self.cell_start[cells.start as usize] as usize).min(end)..end
    }

    /// Rows before this one have no NaN.
    pub fn nan_start(&self) -> usize {
        (self.cell_start[self.grid.cells() as usize] as usize).min(self.x.len())
    }
}

/// Half the side of the square that holds every point whose squared distance is not above `radius` squared.
/// The margin covers the rounding of distances and their squares, and squares that underflow; squares that
/// overflow reach everywhere.
pub fn reach_of(radius: f32) -> f32 {
    const OVERFLOWS: f32 = (1u64 << 63) as f32;
    const UNDERFLOWS: f32 = 1.0 / (1u64 << 60) as f32;
    if radius < OVERFLOWS { radius * 1.000_001 + UNDERFLOWS } else { f32::INFINITY }
}

#[inline(always)]
pub fn distance2(x: f32, y: f32, to_x: f32, to_y: f32) -> f32 {
    let (dx, dy) = (x - to_x, y - to_y);
    dx * dx + dy * dy
}

/// Cell of a coordinate, clamped; NaN gives 0.
#[inline(always)]
pub fn lower(v: f32, min: f32, scale: f32, cells: u32) -> u32 {
    let place = (v - min) * scale;
    let last = (cells - 1) as f32;
    let place = if place > 0.0 { place } else { 0.0 };
    let place = if place < last { place } else { last };
    // SAFETY: between 0 and `last`, which is a u32 below 2^16.
    unsafe { place.to_int_unchecked::<i32>() as u32 }
}

/// Cell of a coordinate, clamped; NaN gives the last.
#[inline(always)]
pub fn upper(v: f32, min: f32, scale: f32, cells: u32) -> u32 {
    let place = (v - min) * scale;
    let last = (cells - 1) as f32;
    let place = if place < last { place } else { last };
    let place = if place > 0.0 { place } else { 0.0 };
    // SAFETY: as above.
    unsafe { place.to_int_unchecked::<i32>() as u32 }
}
