//! Velocities of agents that follow flow fields and give way to pushes.

use crate::cpu::multiversion;
use crate::fetch::fetch;

/// Directions of codes E, SE, S, SW, W, NW, N, NE; y grows southward. The other codes have none.
const DIAGONAL: f32 = std::f32::consts::FRAC_1_SQRT_2;
const UNIT_X: [f32; 8] = [1.0, DIAGONAL, 0.0, -DIAGONAL, -1.0, -DIAGONAL, 0.0, DIAGONAL];
const UNIT_Y: [f32; 8] = [0.0, DIAGONAL, 1.0, DIAGONAL, 0.0, -DIAGONAL, -1.0, -DIAGONAL];
const AT_GOAL: u8 = 8;
const NO_WAY: u8 = 255;

/// What `arrived` says of an agent.
pub const MOVING: u8 = 0;
pub const GOAL: u8 = 1;
pub const LOST: u8 = 2;

/// Longest side of a grid, in cells.
pub const SIDE_MAX: u32 = 65_535;

/// The map and the limits. Positions are in cells, velocities in cells per second.
#[derive(Clone, Copy)]
pub struct Course<'a> {
    pub width: u32,
    pub height: u32,
    /// 1 is free; `width * height` cells.
    pub grid: &'a [u8],
    /// The flow fields, somewhere in these bytes: field `g` starts at byte `table[g] - base`.
    pub fields: &'a [u8],
    pub table: &'a [u32],
    pub base: u32,
    pub speed: f32,
    pub strength: f32,
    pub push_max: f32,
    pub dt: f32,
}

/// The agents of one span: all slices have the same length, but for `goal`.
pub struct Agents<'a> {
    pub x: &'a [f32],
    pub y: &'a [f32],
    pub vx: &'a mut [f32],
    pub vy: &'a mut [f32],
    pub push_x: &'a [f32],
    pub push_y: &'a [f32],
    pub arrived: &'a mut [u8],
}

/// Agents that go through the steps together: enough for the vector loops, little enough for the first cache.
pub const BLOCK: usize = 64;

/// Agents whose lookups are fetched ahead.
const AHEAD: usize = 4 * BLOCK;

/// What is known of a block of agents between the steps.
struct Block {
    cell_x: [i32; BLOCK],
    cell_y: [i32; BLOCK],
    inside: [i32; BLOCK],
    code: [u8; BLOCK],
    free: [u8; BLOCK],
    to_x: [i32; BLOCK],
    to_y: [i32; BLOCK],
    vx: [f32; BLOCK],
    vy: [f32; BLOCK],
}

/// `velocity = speed * direction + clamped push`, reduced to its x part, its y part or zero where the step
/// `position + velocity * dt` would leave the grid, end in a blocked cell or cut a blocked corner. `goal` gives
/// the number of the field of agent `i`.
#[inline(always)]
pub fn steer(course: &Course, agents: Agents, goal: impl Fn(usize) -> u32) {
    let Agents { x, y, vx, vy, push_x, push_y, arrived } = agents;
    let count = x.len();
    assert!(y.len() == count && vx.len() == count && vy.len() == count);
    assert!(push_x.len() == count && push_y.len() == count && arrived.len() == count);
    let mut b = Block {
        cell_x: [0; BLOCK],
        cell_y: [0; BLOCK],
        inside: [0; BLOCK],
        code: [0; BLOCK],
        free: [0; BLOCK],
        to_x: [0; BLOCK],
        to_y: [0; BLOCK],
        vx: [0.0; BLOCK],
        vy: [0.0; BLOCK],
    };
    for first in (0..count).step_by(BLOCK) {
        if first % AHEAD == 0 {
            let rows = first..count.min(first + AHEAD);
            call_ahead(course, &x[rows.clone()], &y[rows], |i| goal(first + i));
        }
        let rows = first..count.min(first + BLOCK);
        let size = rows.len();
        let (x, y) = (&x[rows.clone()], &y[rows.clone()]);
        cells(course.width, x, &mut b.cell_x[..size], &mut b.inside[..size]);
        and_cells(course.height, y, &mut b.cell_y[..size], &mut b.inside[..size]);
        look_up(course, &mut b, size, |i| goal(first + i));
        classify(&mut b.code[..size], &b.free[..size], &b.inside[..size], &mut arrived[rows.clone()]);
        velocities(course, &b.code[..size], &push_x[rows.clone()], &UNIT_X, &mut b.vx[..size]);
        velocities(course, &b.code[..size], &push_y[rows.clone()], &UNIT_Y, &mut b.vy[..size]);
        steps(course.width, course.dt, x, &b.vx[..size], &b.cell_x[..size], &mut b.to_x[..size]);
        steps(course.height, course.dt, y, &b.vy[..size], &b.cell_y[..size], &mut b.to_y[..size]);
        stop_at_walls(course, &b, &mut vx[rows.clone()], &mut vy[rows]);
    }
}

multiversion! {
    /// The column of each place and whether it is inside the grid; 0 and 0 if not.
    pub fn cells(side: u32, places: &[f32], cells: &mut [i32], inside: &mut [i32]) {
        for ((&place, cell), inside) in places.iter().zip(cells).zip(inside) {
            let is_inside = (place >= 0.0) & (place < side as f32);
            // SAFETY: between 0 and the side of a grid.
            *cell = unsafe { (if is_inside { place } else { 0.0 }).to_int_unchecked() };
            *inside = i32::from(is_inside);
        }
    }
}

multiversion! {
    /// The same for rows; inside only what was inside before.
    pub fn and_cells(side: u32, places: &[f32], cells: &mut [i32], inside: &mut [i32]) {
        for ((&place, cell), inside) in places.iter().zip(cells).zip(inside) {
            let is_inside = (place >= 0.0) & (place < side as f32);
            // SAFETY: between 0 and the side of a grid.
            *cell = unsafe { (if is_inside { place } else { 0.0 }).to_int_unchecked() };
            *inside &= i32::from(is_inside);
        }
    }
}

/// Starts to fetch what [`look_up`] will read: agents are all over the map, and the fields do not fit in the cache.
#[inline(always)]
fn call_ahead(course: &Course, x: &[f32], y: &[f32], goal: impl Fn(usize) -> u32) {
    for (i, (&x, &y)) in x.iter().zip(y).enumerate() {
        let cell = (y as i32 as usize).wrapping_mul(course.width as usize).wrapping_add(x as i32 as usize);
        let start = course.table.get(goal(i) as usize).map_or(0, |&offset| offset.wrapping_sub(course.base) as usize);
        fetch(course.fields, start.wrapping_add(cell));
    }
}

/// Bytes of the fields and the grid in the agents' cells. Nothing depends on what they hold, so that the misses of
/// the cache overlap.
#[inline(always)]
fn look_up(course: &Course, block: &mut Block, size: usize, goal: impl Fn(usize) -> u32) {
    let cells = block.cell_x.iter().zip(&block.cell_y);
    for (i, ((&x, &y), (code, free))) in cells.zip(block.code.iter_mut().zip(&mut block.free)).enumerate().take(size) {
        let cell = y as usize * course.width as usize + x as usize;
        let start = course.table.get(goal(i) as usize).map(|&offset| offset.wrapping_sub(course.base) as usize);
        *code = start.and_then(|start| course.fields.get(start + cell)).copied().unwrap_or(NO_WAY);
        *free = course.grid.get(cell).copied().unwrap_or(0);
    }
}

multiversion! {
    /// Makes what was looked up a code of a direction, [`AT_GOAL`], [`NO_WAY`], or [`FIXED`] for agents that stand
    /// where nobody can.
    pub fn classify(codes: &mut [u8], free: &[u8], inside: &[i32], arrived: &mut [u8]) {
        for (((code, &free), &inside), arrived) in codes.iter_mut().zip(free).zip(inside).zip(arrived) {
            let way = if *code > AT_GOAL { NO_WAY } else { *code };
            let way = if (free == 1) & (inside != 0) { way } else { FIXED };
            *code = way;
            *arrived = if way < AT_GOAL { MOVING } else if way == AT_GOAL { GOAL } else { LOST };
        }
    }
}

const FIXED: u8 = 254;

/// One axis of `speed * direction + clamped push`, each operation rounded. Agents that do not move have 0.
#[inline(always)]
fn velocities(course: &Course, codes: &[u8], push: &[f32], units: &[f32; 8], out: &mut [f32]) {
    let mut along = [0.0; 16];
    for (along, &unit) in along.iter_mut().zip(units) {
        *along = course.speed * unit;
    }
    for ((&code, &push), out) in codes.iter().zip(push).zip(out) {
        let push = course.strength * push;
        let push = if push > course.push_max { course.push_max } else { push };
        let push = if push < -course.push_max { -course.push_max } else { push };
        // Codes without a direction are 8, 254 and 255: the upper half of the table is 0.
        let velocity = along[(code & 15) as usize] + push;
        *out = if code == FIXED { 0.0 } else { velocity };
    }
}

multiversion! {
    /// The cell after a step, -1 if it is outside the grid or not next to `from`.
    pub fn steps(side: u32, dt: f32, places: &[f32], velocities: &[f32], from: &[i32], to: &mut [i32]) {
        for (((&place, &velocity), &from), to) in places.iter().zip(velocities).zip(from).zip(to) {
            let place = place + velocity * dt;
            let is_inside = (place >= 0.0) & (place < side as f32);
            // SAFETY: between 0 and the side of a grid.
            let cell: i32 = unsafe { (if is_inside { place } else { 0.0 }).to_int_unchecked() };
            let is_near = (cell - from + 1) as u32 <= 2;
            *to = if is_inside & is_near { cell } else { -1 };
        }
    }
}

#[inline(always)]
fn stop_at_walls(course: &Course, block: &Block, vx: &mut [f32], vy: &mut [f32]) {
    let width = course.width as usize;
    let free = |x: i32, y: i32| {
        // -1 becomes a place far outside.
        let cell = (y as u32 as usize).wrapping_mul(width).wrapping_add(x as u32 as usize);
        course.grid.get(cell) == Some(&1)
    };
    for (i, (vx, vy)) in vx.iter_mut().zip(vy).enumerate() {
        let (from_x, from_y) = (block.cell_x[i], block.cell_y[i]);
        let (to_x, to_y) = (block.to_x[i], block.to_y[i]);
        let free_x = (to_x >= 0) & free(to_x, from_y);
        let free_y = (to_y >= 0) & free(from_x, to_y);
        let free_both = free_x & free_y & free(to_x, to_y);
        *vx = if free_x { block.vx[i] } else { 0.0 };
        *vy = if free_both | (free_y & !free_x) { block.vy[i] } else { 0.0 };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cpu::{Level, limit};

    #[test]
    fn every_level_gives_the_same_bits() {
        let count = 331;
        let random = |i: usize| ((i as u32).wrapping_mul(0x9e37_79b1) >> 8) as f32 / (1 << 24) as f32;
        let (width, height) = (9, 7);
        let grid: Vec<u8> = (0..63).map(|i| u8::from(random(i) > 0.2)).collect();
        let fields: Vec<u8> = (0..126).map(|i| (random(i + 100) * 11.0) as u8).collect();
        let x: Vec<f32> = (0..count).map(|i| random(i * 3) * 10.0 - 0.5).collect();
        let y: Vec<f32> = (0..count).map(|i| random(i * 5 + 1) * 8.0 - 0.5).collect();
        let push: Vec<f32> = (0..count).map(|i| if i % 50 == 0 { f32::NAN } else { random(i) * 4.0 - 2.0 }).collect();
        let course = Course {
            width,
            height,
            grid: &grid,
            fields: &fields,
            table: &[1_000, 1_063],
            base: 1_000,
            speed: 1.5,
            strength: 0.7,
            push_max: 1.0,
            dt: 0.3,
        };
        let results = [Level::Portable, Level::Avx2, Level::Avx512].map(|level| {
            limit(level);
            let (mut vx, mut vy, mut arrived) = (vec![9.0; count], vec![9.0; count], vec![9; count]);
            let agents =
                Agents { x: &x, y: &y, vx: &mut vx, vy: &mut vy, push_x: &push, push_y: &push, arrived: &mut arrived };
            steer(&course, agents, |i| i as u32 % 3);
            (vx.iter().chain(&vy).map(|v| v.to_bits()).collect::<Vec<_>>(), arrived)
        });
        assert!(results[0] == results[1] && results[0] == results[2]);
        assert!([MOVING, GOAL, LOST].iter().all(|flag| results[0].1.contains(flag)));
    }
}
