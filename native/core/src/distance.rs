//! Distances on octile grids, exact integers.
//!
//! A grid is `width * height` bytes, row by row; 1 is free, anything else is blocked. A step goes to
//! one of eight neighbours; a diagonal one needs both orthogonal neighbours free. Straight steps
//! cost 470,832 and diagonal ones 665,857: their ratio is the square root of two to 2e-12, so that
//! sums are exact and a length in cells is `distance / 470,832` to 2e-12.

use crate::cpu::multiversion;

/// Cost of a step to the east, south, west or north.
pub const STRAIGHT: u32 = 470_832;
/// Cost of a diagonal step.
pub const DIAGONAL: u32 = 665_857;
/// What the field holds where no goal can be reached.
pub const UNREACHABLE: u32 = u32::MAX;
/// Cells farther from their goal than this (9,120 straight steps) count as unreachable: a cell that
/// is not can take one more step without overflow.
pub const DISTANCE_MAX: u32 = u32::MAX - 1 - DIAGONAL;
/// Most cells of a grid: 4,096 x 4,096.
pub const CELLS_MAX: usize = 1 << 24;

/// Words of `state` that [`distance_field`] needs: rows of an odd number of cache lines, so that
/// cells of one column do not compete for the same sets of the cache.
pub const fn state_words(width: usize, height: usize) -> usize {
    stride(width) * height
}

/// Words of `queue` that [`distance_field`] needs.
pub const fn queue_words(width: usize, height: usize) -> usize {
    2 * (width * height + 1)
}

const fn stride(width: usize) -> usize {
    (width.div_ceil(8) | 1) * 8
}

/// Distance of every cell from its nearest goal. True if cells farther than [`DISTANCE_MAX`] were
/// left unreachable. Returns without a result if a slice has another length than width and height
/// ask for, or the grid has no cell, more than [`CELLS_MAX`], or a goal that is not a free cell.
///
/// `goals` are cell indices, repeats allowed. `state` and `queue` are scratch.
///
/// Two monotone queues, one for each cost of a step, are merged. A cell enters each of them once at
/// most, since the second time it would have to be nearer, and what enters a queue is ever farther.
/// Only steps that continue a canonical path are tried (diagonal steps before straight ones, see
/// Sturtevant and Rabin, "Canonical Orderings on Grids", 2016), so most cells are touched once.
pub fn distance_field(
    grid: &[u8],
    width: usize,
    goals: &[u32],
    out: &mut [u32],
    state: &mut [u64],
    queue: &mut [u32],
) -> Option<bool> {
    let cells = grid.len();
    if width == 0 || cells == 0 || cells > CELLS_MAX || !cells.is_multiple_of(width) {
        return None;
    }
    let height = cells / width;
    if out.len() != cells || state.len() != state_words(width, height) || queue.len() != queue_words(width, height) {
        return None;
    }
    if blocked_goal(grid, goals).is_some() {
        return None;
    }
    prepare(grid, width, stride(width), out, state);
    let complete = spread(width, goals, state, queue);
    finish(width, stride(width), out, state);
    Some(!complete)
}

/// Index of the first goal that is not a free cell of the grid.
pub fn blocked_goal(grid: &[u8], goals: &[u32]) -> Option<usize> {
    goals.iter().position(|&goal| grid.get(goal as usize) != Some(&1))
}

// A word of state: distance << 32 | free neighbours << 8 | how the cell was reached. The last is the
// direction code of the step, or one of these.
/// The cell continues in every direction: a goal, or reached in two ways of the same length.
const ANY: u64 = 8;
/// The steps of the cell were taken.
const DONE: u64 = 9;
const REACHED: u64 = 0xff;
const FREE: u64 = 0xff00;

fn spread(width: usize, goals: &[u32], state: &mut [u64], queue: &mut [u32]) -> bool {
    let line = stride(width);
    // Straight steps queue in the first half, diagonal ones in the second; each has room for one
    // word more than can enter, because a word is stored before it is known to be wanted.
    let second = queue.len() / 2;
    let mut ends = [0, second];
    for &goal in goals {
        let cell = (goal as usize / width) * line + goal as usize % width;
        if state[cell] & REACHED != ANY {
            state[cell] = (state[cell] & FREE) | ANY;
            queue[ends[0]] = cell as u32;
            ends[0] += 1;
        }
    }
    let line = line as isize;
    let moves = [1, line + 1, line, line - 1, -1, -line - 1, -line, 1 - line];
    let (mut straight, mut diagonal) = (0, second);
    loop {
        // A cell that got nearer after it was queued stands in the other queue too; reading its
        // distance from the state instead of keeping it in the queue does not harm the order.
        let first = if straight < ends[0] { state[queue[straight] as usize] } else { u64::MAX };
        let other = if diagonal < ends[1] { state[queue[diagonal] as usize] } else { u64::MAX };
        let take = first >> 32 <= other >> 32;
        let word = if take { first } else { other };
        let distance = word >> 32;
        if distance > u64::from(DISTANCE_MAX) {
            return word == u64::MAX;
        }
        let cell = queue[if take { straight } else { diagonal }] as usize;
        straight += usize::from(take);
        diagonal += usize::from(!take);
        if word & REACHED == DONE {
            continue;
        }
        state[cell] = (word & !REACHED) | DONE;
        let mut steps = STEPS[(word & REACHED) as usize][((word & FREE) >> 8) as usize];
        while steps != 0 {
            let step = steps.trailing_zeros() as usize;
            steps &= steps - 1;
            let next = (cell as isize + moves[step]) as usize;
            let length = distance + COSTS[step & 1];
            let old = state[next];
            let nearer = length < old >> 32;
            // Selections instead of branches: which step is worth taking is hard to predict.
            let found = if nearer { length << 32 | (old & FREE) | step as u64 } else { old };
            state[next] = if length == old >> 32 { (old & !REACHED) | ANY } else { found };
            queue[ends[step & 1]] = next as u32;
            ends[step & 1] += usize::from(nearer);
            prefetch(state, next as isize + moves[step]);
        }
    }
}

const COSTS: [u64; 2] = [STRAIGHT as u64, DIAGONAL as u64];

/// Asks for the word that is most likely needed when the cell before it leaves its queue.
#[inline(always)]
fn prefetch(state: &[u64], index: isize) {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: a prefetch of any address is a hint and has no effect on the program.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(state.as_ptr().wrapping_offset(index).cast()) };
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = (state, index);
}

multiversion! {
    /// Fills `state` with unreached cells and their free neighbours; outside the grid nothing is free.
    /// `out` is a place to work in.
    pub fn prepare(grid: &[u8], width: usize, stride: usize, out: &mut [u32], state: &mut [u64]) {
        let height = grid.len() / width;
        for y in 0..height {
            let bits = &mut out[..width];
            let row = &grid[y * width..][..width];
            bits.fill(0);
            add_row(row, bits, [1 << 4, 0, 1]);
            if y > 0 {
                add_row(&grid[(y - 1) * width..][..width], bits, [1 << 5, 1 << 6, 1 << 7]);
            }
            if y + 1 < height {
                add_row(&grid[(y + 1) * width..][..width], bits, [1 << 3, 1 << 2, 1 << 1]);
            }
            for (word, &free) in state[y * stride..][..width].iter_mut().zip(&*bits) {
                *word = u64::from(UNREACHABLE) << 32 | u64::from(free) << 8;
            }
        }
    }
}

/// Adds the given bits for cells of `row` that are free: to the left, in the same column, to the right.
#[inline(always)]
fn add_row(row: &[u8], bits: &mut [u32], [left, middle, right]: [u32; 3]) {
    let last = row.len() - 1;
    for (bits, &cell) in bits[1..].iter_mut().zip(&row[..last]) {
        *bits |= if cell == 1 { left } else { 0 };
    }
    for (bits, &cell) in bits.iter_mut().zip(row) {
        *bits |= if cell == 1 { middle } else { 0 };
    }
    for (bits, &cell) in bits[..last].iter_mut().zip(&row[1..]) {
        *bits |= if cell == 1 { right } else { 0 };
    }
}

multiversion! {
    /// Copies the distances from `state`.
    pub fn finish(width: usize, stride: usize, out: &mut [u32], state: &[u64]) {
        for (row, words) in out.chunks_exact_mut(width).zip(state.chunks_exact(stride)) {
            for (out, &word) in row.iter_mut().zip(words) {
                let distance = (word >> 32) as u32;
                *out = if distance > DISTANCE_MAX { UNREACHABLE } else { distance };
            }
        }
    }
}

/// Steps worth trying from a cell, by how it was reached and by its free neighbours; bits are
/// direction codes: E, SE, S, SW, W, NW, N, NE, so odd ones are diagonal.
static STEPS: [[u8; 256]; 9] = {
    let mut table = [[0; 256]; 9];
    let mut free = 0;
    while free < 256 {
        let legal = legal_steps(free as u8);
        let mut reached = 0;
        while reached < 8 {
            table[reached][free] = legal & canonical_steps(reached as u32, free as u8);
            reached += 1;
        }
        table[ANY as usize][free] = legal;
        free += 1;
    }
    table
};

/// Free straight neighbours, and free diagonal ones between two free straight ones.
const fn legal_steps(free: u8) -> u8 {
    let straight = free & 0b0101_0101;
    free & (straight | (straight.rotate_left(1) & straight.rotate_right(1)))
}

/// After a diagonal step: ahead, and both straight parts of it. After a straight step: ahead, and if
/// the cell behind on one side is blocked, to that side and diagonally ahead on it; were it free, a
/// diagonal step taken earlier would lead there as well or better.
const fn canonical_steps(reached: u32, free: u8) -> u8 {
    let ahead = 1u8.rotate_left(reached);
    if reached & 1 == 1 {
        return ahead | ahead.rotate_left(1) | ahead.rotate_right(1);
    }
    let mut steps = ahead;
    if free & ahead.rotate_left(3) == 0 {
        steps |= ahead.rotate_left(1) | ahead.rotate_left(2);
    }
    if free & ahead.rotate_right(3) == 0 {
        steps |= ahead.rotate_right(1) | ahead.rotate_right(2);
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(rows: &[&str], goals: &[u32]) -> Option<(bool, Vec<u32>)> {
        let grid: Vec<u8> = rows.iter().flat_map(|row| row.bytes().map(|c| u8::from(c == b'.'))).collect();
        run(&grid, rows.first().map_or(0, |row| row.len()), goals)
    }

    fn run(grid: &[u8], width: usize, goals: &[u32]) -> Option<(bool, Vec<u32>)> {
        let height = grid.len().checked_div(width).unwrap_or(0);
        let mut out = vec![7; grid.len()];
        let mut state = vec![7; state_words(width, height)];
        let mut queue = vec![7; queue_words(width, height)];
        let far = distance_field(grid, width, goals, &mut out, &mut state, &mut queue)?;
        Some((far, out))
    }

    #[test]
    fn goes_round_corners_without_cutting_them() {
        let (far, out) = field(&["...", "@@.", "..."], &[0]).unwrap_or_default();
        let (s, x) = (STRAIGHT, UNREACHABLE);
        assert!(!far);
        assert_eq!(out, [0, s, 2 * s, x, x, 3 * s, 6 * s, 5 * s, 4 * s]);
    }

    #[test]
    fn takes_diagonals_where_both_sides_are_free() {
        let (_, out) = field(&["...", "...", "..@"], &[0]).unwrap_or_default();
        let (s, d, x) = (STRAIGHT, DIAGONAL, UNREACHABLE);
        assert_eq!(out, [0, s, 2 * s, s, d, s + d, 2 * s, s + d, x]);
    }

    #[test]
    fn equals_relaxation_until_nothing_changes() {
        let mut seed = 1u32;
        for round in 0..400 {
            let mut next = |below: u32| {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (seed >> 16) % below
            };
            let (width, height) = (1 + next(12) as usize, 1 + next(12) as usize);
            let blocked = next(50);
            let grid: Vec<u8> = (0..width * height).map(|_| u8::from(next(100) >= blocked)).collect();
            let free: Vec<u32> = (0..grid.len() as u32).filter(|&cell| grid[cell as usize] == 1).collect();
            let goals: Vec<u32> =
                (0..round % 4).filter_map(|_| free.get(next(1 + free.len() as u32) as usize).copied()).collect();
            let (far, out) = run(&grid, width, &goals).unwrap_or_default();
            assert!(!far);
            assert_eq!(out, relaxed(&grid, width, &goals), "{width} x {height}, {grid:?}, {goals:?}");
        }
    }

    fn relaxed(grid: &[u8], width: usize, goals: &[u32]) -> Vec<u32> {
        let mut out = vec![UNREACHABLE; grid.len()];
        goals.iter().for_each(|&goal| out[goal as usize] = 0);
        let free = |x: isize, y: isize| {
            let inside = x >= 0 && y >= 0 && (x as usize) < width && (y as usize) < grid.len() / width;
            inside && grid[y as usize * width + x as usize] == 1
        };
        loop {
            let before = out.clone();
            for cell in 0..grid.len() {
                let (x, y) = ((cell % width) as isize, (cell / width) as isize);
                for (dx, dy) in [(1, 0), (1, 1), (0, 1), (-1, 1), (-1, 0), (-1, -1), (0, -1), (1, -1)] {
                    if free(x, y) && free(x + dx, y + dy) && free(x + dx, y) && free(x, y + dy) {
                        let cost = if dx != 0 && dy != 0 { DIAGONAL } else { STRAIGHT };
                        let next = out[(y + dy) as usize * width + (x + dx) as usize];
                        out[cell] = out[cell].min(next.saturating_add(cost));
                    }
                }
            }
            if out == before {
                return out;
            }
        }
    }

    #[test]
    fn stops_at_the_largest_distance() {
        let (far, out) = run(&[1; 9_122], 9_122, &[0]).unwrap_or_default();
        assert!(far);
        assert_eq!(out[9_120], 9_120 * STRAIGHT);
        assert_eq!(out[9_121], UNREACHABLE);
        assert_eq!(run(&[1; 9_121], 9_121, &[0]).map(|(far, _)| far), Some(false));
    }

    #[test]
    fn refuses_what_does_not_fit() {
        assert_eq!(run(&[1, 1, 0], 3, &[2]), None);
        assert_eq!(run(&[1, 1, 0], 3, &[3]), None);
        assert_eq!(run(&[1, 1, 0], 2, &[0]), None);
        assert_eq!(run(&[], 0, &[]), None);
        assert_eq!(distance_field(&[1], 1, &[0], &mut [0], &mut [0; 7], &mut [0; 4]), None);
    }
}
