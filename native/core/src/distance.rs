//! Distances on octile grids, exact integers.
//!
//! A grid is `width * height` bytes, row by row; 1 is free, anything else is blocked. A step goes to
//! one of eight neighbours; a diagonal one needs both orthogonal neighbours free. Straight steps
//! cost 470,832 and diagonal ones 665,857: their ratio is the square root of two to 2e-12, so that
//! lengths of paths compare exactly and convert to cells within 2e-12.

/// Cost of a step to the east, south, west or north.
pub const STRAIGHT: u32 = 470_832;
/// Cost of a diagonal step.
pub const DIAGONAL: u32 = 665_857;
/// What the field holds where no goal can be reached.
pub const UNREACHABLE: u32 = u32::MAX;
/// No cell may be farther from its goal (9,120 straight steps): one step more still fits in a u32.
pub const DISTANCE_MAX: u32 = u32::MAX - 1 - DIAGONAL;
/// Most cells of a grid: 4,096 x 4,096.
pub const CELLS_MAX: usize = 1 << 24;
/// Bytes of scratch per cell: two queues of u32, one byte of neighbours, one of arrival.
pub const SCRATCH_BYTES: usize = 10;

/// Directions in code order E, SE, S, SW, W, NW, N, NE: odd ones are diagonal, y grows southward.
pub const STEP_X: [i32; 8] = [1, 1, 0, -1, -1, -1, 0, 1];
pub const STEP_Y: [i32; 8] = [0, 1, 1, 1, 0, -1, -1, -1];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DistanceError {
    /// A slice does not have the length that width and height ask for.
    Size,
    /// The goal at this index lies outside the grid or on a blocked cell.
    Goal(usize),
    /// Some cell is farther from its goal than [`DISTANCE_MAX`].
    TooFar,
}

/// Distance of every cell from its nearest goal, [`UNREACHABLE`] for cells that have none.
///
/// `goals` are cell indices, repeats allowed. `out` and `queue` hold one and two words a cell,
/// `around` and `arrival` one byte a cell each. After an error `out` holds nothing of use.
///
/// Two monotone queues, one per cost of a step, are merged (Dial's buckets with two costs). Each
/// cell enters each of them once at most. Only steps that continue a canonical path (diagonal steps
/// before straight ones, Sturtevant and Rabin 2016) are tried, so most cells are touched once.
pub fn distance_field(
    grid: &[u8],
    width: usize,
    goals: &[u32],
    out: &mut [u32],
    queue: &mut [u32],
    around: &mut [u8],
    arrival: &mut [u8],
) -> Result<(), DistanceError> {
    let cells = grid.len();
    if width == 0 || cells == 0 || cells % width != 0 || cells > CELLS_MAX {
        return Err(DistanceError::Size);
    }
    if out.len() != cells || queue.len() != 2 * cells {
        return Err(DistanceError::Size);
    }
    if around.len() != cells || arrival.len() != cells {
        return Err(DistanceError::Size);
    }
    for (index, &goal) in goals.iter().enumerate() {
        if grid.get(goal as usize) != Some(&1) {
            return Err(DistanceError::Goal(index));
        }
    }
    free_around(grid, width, around);
    out.fill(UNREACHABLE);
    spread(width, goals, out, queue, around, arrival)
}

/// Arrival code of a cell that continues in every direction: a goal, or reached two ways at once.
const ANY: u8 = 8;
/// Arrival code of a cell whose steps were taken.
const DONE: u8 = 9;

fn spread(
    width: usize,
    goals: &[u32],
    out: &mut [u32],
    queue: &mut [u32],
    around: &[u8],
    arrival: &mut [u8],
) -> Result<(), DistanceError> {
    let cells = out.len();
    let (straight, diagonal) = queue.split_at_mut(cells);
    let mut ends = [0usize; 2];
    for &goal in goals {
        let cell = goal as usize;
        if out[cell] != 0 {
            out[cell] = 0;
            arrival[cell] = ANY;
            straight[ends[0]] = goal;
            ends[0] += 1;
        }
    }
    let stride = width as isize;
    let moves = [1, stride + 1, stride, stride - 1, -1, -stride - 1, -stride, 1 - stride];
    let (mut s, mut d) = (0, 0);
    loop {
        // A cell that got nearer since it was queued has its better entry in the other queue; reading
        // the distance from the field keeps both fronts in order without storing keys.
        let front_s = if s < ends[0] { straight[s] } else { u32::MAX };
        let front_d = if d < ends[1] { diagonal[d] } else { u32::MAX };
        let key_s = if front_s != u32::MAX { out[front_s as usize] } else { u32::MAX };
        let key_d = if front_d != u32::MAX { out[front_d as usize] } else { u32::MAX };
        let take_s = key_s <= key_d;
        let (cell, from) = if take_s { (front_s, key_s) } else { (front_d, key_d) };
        if from > DISTANCE_MAX {
            return if cell == u32::MAX { Ok(()) } else { Err(DistanceError::TooFar) };
        }
        s += usize::from(take_s);
        d += usize::from(!take_s);
        let cell = cell as usize;
        let code = arrival[cell];
        if code == DONE {
            continue;
        }
        arrival[cell] = DONE;
        let mut steps = STEPS[code as usize][around[cell] as usize];
        while steps != 0 {
            let step = steps.trailing_zeros() as usize;
            steps &= steps - 1;
            let next = (cell as isize + moves[step]) as usize;
            let odd = step & 1;
            let length = from + if odd == 0 { STRAIGHT } else { DIAGONAL };
            let old = out[next];
            if length < old {
                out[next] = length;
                arrival[next] = step as u8;
                if odd == 0 {
                    straight[ends[0]] = next as u32;
                } else {
                    diagonal[ends[1]] = next as u32;
                }
                ends[odd] += 1;
            } else if length == old {
                arrival[next] = ANY;
            }
        }
    }
}

/// Which neighbours are free, one bit per direction code; outside the grid nothing is.
pub fn free_around(grid: &[u8], width: usize, around: &mut [u8]) {
    let height = grid.len() / width;
    for y in 0..height {
        let row = |y: usize| &grid[y * width..(y + 1) * width];
        let out = &mut around[y * width..(y + 1) * width];
        out.fill(0);
        add_row(row(y), out, [4, 8, 0]);
        if y > 0 {
            add_row(row(y - 1), out, [5, 6, 7]);
        }
        if y + 1 < height {
            add_row(row(y + 1), out, [3, 2, 1]);
        }
    }
}

/// Adds the bits for the neighbours to the left, in the same column and to the right in `row`;
/// a bit number of 8 adds nothing.
fn add_row(row: &[u8], out: &mut [u8], bits: [u32; 3]) {
    let [left, middle, right] = bits.map(|bit| if bit < 8 { 1u8 << bit } else { 0 });
    let last = row.len() - 1;
    for (out, cell) in out[1..].iter_mut().zip(&row[..last]) {
        *out |= if *cell == 1 { left } else { 0 };
    }
    for (out, cell) in out.iter_mut().zip(row) {
        *out |= if *cell == 1 { middle } else { 0 };
    }
    for (out, cell) in out[..last].iter_mut().zip(&row[1..]) {
        *out |= if *cell == 1 { right } else { 0 };
    }
}

/// Steps worth trying from a cell, by arrival code and by the free neighbours.
pub static STEPS: [[u8; 256]; 9] = steps();

const fn steps() -> [[u8; 256]; 9] {
    let mut table = [[0; 256]; 9];
    let mut free = 0;
    while free < 256 {
        let legal = legal_steps(free as u8);
        let mut code = 0;
        while code < 8 {
            table[code][free] = legal & canonical_steps(code as u32, free as u8);
            code += 1;
        }
        table[ANY as usize][free] = legal;
        free += 1;
    }
    table
}

/// All free straight neighbours, and diagonal ones whose two orthogonal neighbours are free.
pub const fn legal_steps(free: u8) -> u8 {
    let straight = free & 0x55;
    free & (straight | (straight.rotate_left(1) & straight.rotate_right(1)))
}

/// After a diagonal step: the same again, and its two straight parts. After a straight step: the
/// same again; and to a side, straight and diagonally ahead, if the cell behind on that side is
/// blocked, since else a diagonal step before this one leads there as well or better.
const fn canonical_steps(arrival: u32, free: u8) -> u8 {
    let ahead = 1u8.rotate_left(arrival);
    if arrival & 1 == 1 {
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
