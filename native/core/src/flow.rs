//! Flow fields: for each cell of an octile grid the step that leads to the nearest goal.

use crate::cpu::multiversion;
use crate::distance::{DIAGONAL, STRAIGHT, UNREACHABLE};
use crate::lanes::{Lanes, Parts, Split};

/// Code of a cell at distance 0.
pub const AT_GOAL: u8 = 8;
/// Code of a cell that is blocked or from which no goal can be reached.
pub const NO_WAY: u8 = 255;

/// Cells that are worked on at a time.
const BLOCK: usize = 32;

/// Cells that are worth a part of their own.
const CELLS_MIN: usize = 16_384;

/// Direction code (E, SE, S, SW, W, NW, N, NE) of the legal step with the least sum of its cost
/// and the distance of the cell that it leads to, the lowest code among equals; [`AT_GOAL`] or
/// [`NO_WAY`] where there is none. Sums that reach [`UNREACHABLE`] do not count.
///
/// `grid` (1 is free), `distances` and `out` have one element a cell, rows of `width`; nothing
/// is written if their lengths differ.
pub fn flow_field(grid: &[u8], width: usize, distances: &[u32], out: &mut [u8], lanes: &dyn Lanes) {
    let cells = grid.len();
    if width == 0 || !cells.is_multiple_of(width) || distances.len() != cells || out.len() != cells {
        return;
    }
    let out = Split::new(out);
    Parts::new(lanes, cells / width, CELLS_MIN.div_ceil(width)).run(lanes, |_, rows| {
        // SAFETY: parts have no row in common.
        let out = unsafe { out.part(rows.start * width..rows.end * width) };
        flow_rows(grid, width, distances, rows.start, out);
    });
}

multiversion! {
    /// The codes of whole rows of the grid, `first_row` and those that follow.
    pub fn flow_rows(grid: &[u8], width: usize, distances: &[u32], first_row: usize, out: &mut [u8]) {
        let height = grid.len() / width;
        for (y, out) in (first_row..).zip(out.chunks_exact_mut(width)) {
            let start = y * width;
            let mut x = 0;
            if y > 0 && y + 1 < height && width >= BLOCK + 2 {
                out[0] = cell_code(grid, width, distances, 0, y);
                x = 1;
                while x < width - 1 {
                    // The last block of a row may cover cells that the one before it did.
                    x = x.min(width - 1 - BLOCK);
                    let codes = block_codes(grid, width, distances, start + x);
                    out[x..][..BLOCK].copy_from_slice(&codes);
                    x += BLOCK;
                }
            }
            for x in x..width {
                out[x] = cell_code(grid, width, distances, x, y);
            }
        }
    }
}

/// Codes of the cells from `first` on, which have neighbours inside the grid on all sides.
#[inline(always)]
fn block_codes(grid: &[u8], width: usize, distances: &[u32], first: usize) -> [u8; BLOCK] {
    let line = width as isize;
    let offsets = [1, line + 1, line, line - 1, -1, -line - 1, -line, 1 - line];
    let mut free = [[0; BLOCK]; 8];
    for step in 0..8 {
        let cells = &grid[(first as isize + offsets[step]) as usize..][..BLOCK];
        for i in 0..BLOCK {
            free[step][i] = u8::from(cells[i] == 1);
        }
    }
    let own = &distances[first..][..BLOCK];
    let mut least = [UNREACHABLE; BLOCK];
    let mut codes = [u32::from(NO_WAY); BLOCK];
    for step in 0..8 {
        let cells = &distances[(first as isize + offsets[step]) as usize..][..BLOCK];
        let cost = if step & 1 == 0 { STRAIGHT } else { DIAGONAL };
        let mut legal = free[step];
        if step & 1 == 1 {
            for i in 0..BLOCK {
                legal[i] &= free[step - 1][i] & free[(step + 1) & 7][i];
            }
        }
        for i in 0..BLOCK {
            let sum = cells[i].saturating_add(cost);
            let sum = if legal[i] == 1 { sum } else { UNREACHABLE };
            codes[i] = if sum < least[i] { step as u32 } else { codes[i] };
            least[i] = least[i].min(sum);
        }
    }
    let here = &grid[first..][..BLOCK];
    let mut out = [NO_WAY; BLOCK];
    for i in 0..BLOCK {
        let code = if own[i] == 0 { AT_GOAL } else { codes[i] as u8 };
        out[i] = if here[i] == 1 && own[i] != UNREACHABLE { code } else { NO_WAY };
    }
    out
}

/// Code of one cell anywhere in the grid.
#[inline(always)]
fn cell_code(grid: &[u8], width: usize, distances: &[u32], x: usize, y: usize) -> u8 {
    let cell = y * width + x;
    if grid[cell] != 1 || distances[cell] == UNREACHABLE {
        return NO_WAY;
    }
    if distances[cell] == 0 {
        return AT_GOAL;
    }
    let height = grid.len() / width;
    let free = |dx: isize, dy: isize| {
        let (x, y) = (x.wrapping_add_signed(dx), y.wrapping_add_signed(dy));
        x < width && y < height && grid[y * width + x] == 1
    };
    let (mut least, mut code) = (UNREACHABLE, NO_WAY);
    let steps = [(1, 0), (1, 1), (0, 1), (-1, 1), (-1, 0), (-1, -1), (0, -1), (1, -1)];
    for (step, (dx, dy)) in steps.into_iter().enumerate() {
        if free(dx, dy) && free(dx, 0) | (dx == 0) && free(0, dy) | (dy == 0) {
            let cost = if step & 1 == 0 { STRAIGHT } else { DIAGONAL };
            let next = cell.wrapping_add_signed(dy * width as isize + dx);
            let sum = distances[next].saturating_add(cost);
            if sum < least {
                (least, code) = (sum, step as u8);
            }
        }
    }
    code
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cpu::{Level, limit};
    use crate::lanes::Serial;

    #[test]
    fn prefers_the_lowest_code_and_does_not_cut_corners() {
        let (s, d, x) = (STRAIGHT, DIAGONAL, UNREACHABLE);
        let mut out = [7; 9];
        flow_field(&[1, 1, 1, 1, 1, 1, 1, 1, 0], 3, &[0, s, 2 * s, s, d, s + d, 2 * s, s + d, x], &mut out, &Serial);
        assert_eq!(out, [8, 4, 4, 6, 5, 4, 6, 5, 255]);
    }

    #[test]
    fn blocks_equal_single_cells_at_every_level() {
        let (width, height) = (131, 7);
        let mut seed = 1u32;
        let mut next = || {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            seed >> 16
        };
        for round in 0..20 {
            let grid: Vec<u8> = (0..width * height).map(|_| [1, 1, 1, 0, 2][next() as usize % 5]).collect();
            let distances: Vec<u32> = grid
                .iter()
                .map(|_| [next() % 3 * DIAGONAL, UNREACHABLE - next() * 20, UNREACHABLE][round % 3])
                .collect();
            let expected: Vec<u8> =
                (0..grid.len()).map(|cell| cell_code(&grid, width, &distances, cell % width, cell / width)).collect();
            for level in [Level::Portable, Level::Avx2, Level::Avx512] {
                limit(level);
                let mut out = vec![7; grid.len()];
                flow_field(&grid, width, &distances, &mut out, &Serial);
                assert_eq!(out, expected);
            }
        }
    }
}
