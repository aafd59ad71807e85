//! A uniform grid over points in the plane: rows sorted by (cell, entity, slot), where the slot is a row's
//! running number in the build. Row order of the input decides nothing but slots.

use crate::cpu::multiversion;

/// Most cells of a grid, and most in one direction.
pub const CELLS_MAX: u32 = 1 << 26;
pub const SIDE_MAX: u32 = 65_535;
/// Most rows of an index.
pub const ROWS_MAX: u32 = 1 << 24;
/// Words of scratch per row.
pub const SCRATCH_WORDS: usize = 6;
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
        self.window_around(x, x, y, y, reach)
    }

    /// The same around a rectangle.
    #[inline(always)]
    pub fn window_around(&self, x_min: f32, x_max: f32, y_min: f32, y_max: f32, reach: f32) -> Window {
        Window {
            left: lower(x_min - reach, self.min_x, self.scale, self.width),
            right: upper(x_max + reach, self.min_x, self.scale, self.width),
            top: lower(y_min - reach, self.min_y, self.scale, self.height),
            bottom: upper(y_max + reach, self.min_y, self.scale, self.height),
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
fn lower(v: f32, min: f32, scale: f32, cells: u32) -> u32 {
    (((v - min) * scale) as i32).clamp(0, cells as i32 - 1) as u32
}

/// Cell of a coordinate, clamped; NaN gives the last.
#[inline(always)]
fn upper(v: f32, min: f32, scale: f32, cells: u32) -> u32 {
    let place = (v - min) * scale;
    if place < cells as f32 { (place as i32).max(0) as u32 } else { cells - 1 }
}

/// A build in two passes over the same spans in the same order: all of them are ranked, then all are placed.
pub struct Build<'a> {
    grid: Grid,
    cell_start: &'a mut [u32],
    /// Per row: its cell, and how many earlier rows are in that cell.
    cell: &'a mut [u32],
    rank: &'a mut [u32],
    /// Entity (as i32), slot, x, y of each row, sorted by cell.
    sorted: &'a mut [[u32; 4]],
    ranked: usize,
    placed: usize,
}

impl<'a> Build<'a> {
    /// `cell_start` has [`Grid::cells`] + 2 words, `scratch` [`SCRATCH_WORDS`] per row.
    pub fn new(grid: Grid, cell_start: &'a mut [u32], scratch: &'a mut [u32]) -> Self {
        let rows = scratch.len() / SCRATCH_WORDS;
        let (sorted, rest) = scratch.split_at_mut(4 * rows);
        let (cell, rest) = rest.split_at_mut(rows);
        cell_start.fill(0);
        Self { grid, cell_start, cell, rank: &mut rest[..rows], sorted: sorted.as_chunks_mut().0, ranked: 0, placed: 0 }
    }

    pub fn rank(&mut self, x: &[f32], y: &[f32]) {
        let rows = self.ranked..self.ranked + x.len();
        let cell = &mut self.cell[rows.clone()];
        cells_of(self.grid, x, y, cell);
        for (&cell, rank) in cell.iter().zip(&mut self.rank[rows]) {
            let count = &mut self.cell_start[cell as usize];
            *rank = *count;
            *count += 1;
        }
        self.ranked += x.len();
    }

    pub fn place(&mut self, x: &[f32], y: &[f32], entity: &[i32]) {
        if self.placed == 0 {
            starts_of_counts(self.cell_start);
        }
        let rows = self.placed..self.placed + x.len();
        let places = self.cell[rows.clone()].iter().zip(&self.rank[rows.clone()]);
        for ((((slot, (&cell, &rank)), x), y), &entity) in (rows.start as u32..).zip(places).zip(x).zip(y).zip(entity) {
            let place = (self.cell_start[cell as usize] + rank) as usize;
            self.sorted[place] = [entity as u32, slot, x.to_bits(), y.to_bits()];
        }
        self.placed = rows.end;
    }

    /// Sorts the rows of each cell by entity and writes them out. The slices have one element per placed row.
    pub fn finish(self, x: &mut [f32], y: &mut [f32], entity: &mut [i32], slot: &mut [u32]) {
        let rows = self.placed;
        if rows == 0 {
            return;
        }
        let sorted = &mut self.sorted[..rows];
        let mut start = 0;
        for &end in &self.cell_start[1..] {
            let end = end as usize;
            if end - start > 1 {
                sort_by_entity(&mut sorted[start..end]);
            }
            start = end;
        }
        let columns = x.iter_mut().zip(y).zip(entity).zip(slot);
        for (&[e, s, px, py], (((x, y), entity), slot)) in sorted.iter().zip(columns) {
            *x = f32::from_bits(px);
            *y = f32::from_bits(py);
            *entity = e as i32;
            *slot = s;
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

/// By (entity, slot); rows come in slot order.
#[inline]
fn sort_by_entity(rows: &mut [[u32; 4]]) {
    const CROWDED: usize = 24;
    if rows.len() > CROWDED {
        rows.sort_unstable_by_key(|&[entity, slot, ..]| (entity as i32, slot));
        return;
    }
    for i in 1..rows.len() {
        let row = rows[i];
        let mut k = i;
        while k > 0 && rows[k - 1][0] as i32 > row[0] as i32 {
            rows[k] = rows[k - 1];
            k -= 1;
        }
        rows[k] = row;
    }
}
