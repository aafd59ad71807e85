//! Orders the rows of each cell of a spatial index by entity, those of one entity as they were.

use crate::cpu::multiversion;
use crate::lanes::{Lanes, Parts, Split};
use crate::spatial::SCRATCH_WORDS;
use crate::spatial_build::Columns;

/// Most rows whose places are counted out, each row compared with each other one.
const FEW: usize = 32;
/// Most rows that are ordered in a fixed number of steps.
const PACK: usize = 8;

/// Rows that are worth a part of their own.
const ROWS_MIN: usize = 3_000;

/// `cell_start` is that of a build over `rows`, the scratch has [`SCRATCH_WORDS`] words per row. Whatever they hold,
/// nothing outside the slices is touched.
pub fn order(cell_start: &[u32], rows: Columns, scratch: &mut [u32], lanes: &dyn Lanes) {
    let mut parts = Parts::new(lanes, rows.x.len(), ROWS_MIN);
    if parts.count > 1 && !cell_start.is_sorted() {
        // Not what a build has left: its cells may overlap.
        parts = parts.at_most(1);
    }
    let (x, y) = (Split::new(rows.x), Split::new(rows.y));
    let (entity, slot) = (Split::new(rows.entity), Split::new(rows.slot));
    let scratch = Split::new(scratch);
    // A part has the cells that begin in its rows, and all rows up to the first cell of the next one.
    let first_cell = |part: usize| match part {
        0 => 0,
        part if part == parts.count => cell_start.len() - 1,
        part => cell_start.partition_point(|&start| (start as usize) < parts.first(part)),
    };
    let first_row = |part: usize, cell: usize| match part {
        0 => 0,
        part if part == parts.count => x.len(),
        _ => cell_start.get(cell).map_or(x.len(), |&start| x.len().min(start as usize)),
    };
    parts.run(lanes, |part, _| {
        let (first, end) = (first_cell(part), first_cell(part + 1));
        if first >= end {
            return;
        }
        let rows = first_row(part, first)..first_row(part + 1, end);
        // SAFETY: parts have no row in common.
        unsafe {
            let mut columns = Columns {
                x: x.part(rows.clone()),
                y: y.part(rows.clone()),
                entity: entity.part(rows.clone()),
                slot: slot.part(rows.clone()),
            };
            let scratch = scratch.part(rows.start * SCRATCH_WORDS..rows.end * SCRATCH_WORDS);
            order_cells(&cell_start[first..end + 1], rows.start, &mut columns, scratch);
        }
    });
}

multiversion! {
    /// Orders the cells between the bounds, whose rows are counted from `first` on.
    pub fn order_cells(cell_start: &[u32], first: usize, rows: &mut Columns, scratch: &mut [u32]) {
        let count = rows.entity.len();
        for bounds in cell_start.windows(2) {
            let end = (bounds[1] as usize).saturating_sub(first).min(count);
            let start = (bounds[0] as usize).saturating_sub(first).min(end);
            if end - start < 2 {
                continue;
            }
            if end - start <= PACK && start + PACK <= count {
                order_pack(rows, start, end - start);
                continue;
            }
            if rows.entity[start..end].is_sorted() {
                continue;
            }
            let x = &mut rows.x[start..end];
            let y = &mut rows.y[start..end];
            let entity = &mut rows.entity[start..end];
            let slot = &mut rows.slot[start..end];
            if end - start <= FEW {
                let places = places_of(entity);
                put(&places, x);
                put(&places, y);
                put(&places, entity);
                put(&places, slot);
            } else {
                let (keys, rest) = scratch.split_at_mut(2 * (end - start));
                let keys = keys.as_chunks_mut().0;
                sort(entity, keys);
                take(keys, x, rest, f32::to_bits, f32::from_bits);
                take(keys, y, rest, f32::to_bits, f32::from_bits);
                take(keys, entity, rest, |value| value as u32, |word| word as i32);
                take(keys, slot, rest, |value| value, |word| word);
            }
        }
    }
}

/// Orders the first `count` of [`PACK`] rows without a branch; those that follow are written to where they are.
#[inline(always)]
fn order_pack(rows: &mut Columns, start: usize, count: usize) {
    let Some(entity) = rows.entity[start..].first_chunk_mut::<PACK>() else { return };
    let mut keys = *entity;
    for (i, key) in keys.iter_mut().enumerate() {
        *key = if i < count { *key } else { i32::MAX };
    }
    let mut places = [0u32; PACK];
    for j in 0..PACK {
        for i in 0..PACK {
            places[i] += u32::from(if j < i { keys[j] <= keys[i] } else { keys[j] < keys[i] });
        }
    }
    put_pack(&places, entity);
    put_pack(&places, &mut rows.x[start..]);
    put_pack(&places, &mut rows.y[start..]);
    put_pack(&places, &mut rows.slot[start..]);
}

#[inline(always)]
fn put_pack<T: Copy>(places: &[u32; PACK], column: &mut [T]) {
    let Some(column) = column.first_chunk_mut::<PACK>() else { return };
    let old = *column;
    for i in 0..PACK {
        column[places[i] as usize % PACK] = old[i];
    }
}

/// Where each of few rows goes, without a branch.
#[inline]
fn places_of(entity: &[i32]) -> [u32; FEW] {
    let mut places = [0; FEW];
    for i in 1..entity.len().min(FEW) {
        for j in 0..i {
            let is_after = u32::from(entity[j] <= entity[i]);
            places[i] += is_after;
            places[j] += 1 - is_after;
        }
    }
    places
}

#[inline]
fn put<T: Copy + Default>(places: &[u32; FEW], column: &mut [T]) {
    let mut old = [T::default(); FEW];
    let count = column.len().min(FEW);
    old[..count].copy_from_slice(&column[..count]);
    for (&value, &place) in old[..count].iter().zip(places) {
        column[place as usize] = value;
    }
}

/// Pairs (entity, made to ascend as u32; row), sorted.
fn sort(entity: &[i32], keys: &mut [[u32; 2]]) {
    for ((key, &entity), row) in keys.iter_mut().zip(entity).zip(0..) {
        *key = [entity as u32 ^ 0x8000_0000, row];
    }
    keys.sort_unstable();
}

/// Row `i` becomes what row `keys[i][1]` was.
fn take<T: Copy>(keys: &[[u32; 2]], column: &mut [T], old: &mut [u32], bits: fn(T) -> u32, value: fn(u32) -> T) {
    let old = &mut old[..column.len()];
    for (old, &now) in old.iter_mut().zip(&*column) {
        *old = bits(now);
    }
    for (now, key) in column.iter_mut().zip(keys) {
        *now = value(old[key[1] as usize]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cpu::noise;
    use crate::lanes::Serial;

    #[test]
    fn rows_stay_together_and_ascend_in_each_cell() {
        let cell_start = [0, 0, 1, 3, 20, 53, 300, 301];
        let count = 301;
        let entity: Vec<i32> = noise(count).into_iter().map(|byte| i32::from(byte) - 128).collect();
        let mut columns = [(); 3].map(|()| (0..count as u32).collect::<Vec<_>>());
        let [x, y, slot] = &mut columns;
        let mut x: Vec<f32> = x.iter().map(|&row| row as f32).collect();
        let mut y: Vec<f32> = y.iter().map(|&row| -(row as f32)).collect();
        let mut sorted = entity.clone();
        let rows = Columns { x: &mut x, y: &mut y, entity: &mut sorted, slot };
        order(&cell_start, rows, &mut vec![0; 5 * count], &Serial);
        for bounds in cell_start.windows(2) {
            let cell = bounds[0] as usize..bounds[1] as usize;
            let mut expected: Vec<usize> = cell.clone().collect();
            expected.sort_by_key(|&row| entity[row]);
            for (at, row) in cell.zip(expected) {
                assert_eq!((sorted[at], x[at], y[at], slot[at]), (entity[row], row as f32, -(row as f32), row as u32));
            }
        }
    }

    #[test]
    fn bounds_that_make_no_sense_leave_each_row_in_place_once() {
        let mut entity = [3, 2, 1];
        let [mut x, mut y] = [[0.0; 3]; 2];
        let mut slot = [0, 1, 2];
        let rows = Columns { x: &mut x, y: &mut y, entity: &mut entity, slot: &mut slot };
        order(&[u32::MAX, 2, 1, u32::MAX, 0], rows, &mut [0; 15], &Serial);
        assert_eq!((entity, slot), ([3, 1, 2], [0, 2, 1]));
    }
}
