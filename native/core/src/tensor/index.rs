//! Elements by index: `take`, `put` and their kin, `slice` and `update`.

use super::copy::{Layout, copy};
use super::fold::{Fold, Value};
use super::format::{Put, RANK_MAX, Type};
use super::lane::Lane;
use super::nest::Nest;
use super::operand::{View, refuse};
use super::program::Node;
use super::refusal::Refusal;
use crate::layout::Reason;

/// # Safety
/// As for all instructions: operands were checked to lie inside memory that the lane's bases lead to.
pub unsafe fn take(node: &Node, views: &[View], lane: &mut Lane, record: u32) -> Result<(), Refusal> {
    let [source, indices, result] = views else { return Ok(()) };
    // SAFETY: what the caller promises.
    unsafe {
        let places = places(lane, indices, source, node.numbers[0] as usize, record)?;
        let size = source.size();
        each_taken(lane, node.numbers[0] as usize, [source, indices, result], places, |from, to, inner| {
            copy_all(inner, from, to, size);
        });
    }
    Ok(())
}

/// # Safety
/// As for [`take`].
pub unsafe fn take_along(node: &Node, views: &[View], lane: &mut Lane, record: u32) -> Result<(), Refusal> {
    let [source, indices, result] = views else { return Ok(()) };
    // SAFETY: what the caller promises.
    unsafe {
        let places = places(lane, indices, source, node.numbers[0] as usize, record)?;
        let size = source.size();
        let none = Layout { row: 0, column: 0 };
        each_along(lane, node.numbers[0] as usize, source, result, places, |from, to| {
            copy(from, none, to, none, (1, 1), size);
        });
    }
    Ok(())
}

/// # Safety
/// As for [`take`].
pub unsafe fn put(node: &Node, views: &[View], lane: &mut Lane, record: u32) -> Result<(), Refusal> {
    let [target, indices, updates] = views else { return Ok(()) };
    let axis = node.numbers[0] as usize;
    // SAFETY: what the caller promises.
    unsafe {
        let places = places(lane, indices, target, axis, record)?;
        let size = target.size();
        match (Put::of(node.numbers[1]), target.dtype) {
            (Some(Put::Set) | None, _) => {
                each_taken(lane, axis, [target, indices, updates], places, |to, from, inner| {
                    let swapped = Nest { strides: [inner.strides[1], inner.strides[0]], ..*inner };
                    copy_all(&swapped, from, to.cast_mut(), size);
                });
            }
            (Some(put), dtype) => {
                let update = update_of(put, dtype);
                each_taken(lane, axis, [target, indices, updates], places, |to, from, inner| {
                    inner.each(|[target, updates]| {
                        update(to.wrapping_offset(target as isize).cast_mut(), from.wrapping_offset(updates as isize));
                    });
                });
            }
        }
    }
    Ok(())
}

/// # Safety
/// As for [`take`].
pub unsafe fn put_along(node: &Node, views: &[View], lane: &mut Lane, record: u32) -> Result<(), Refusal> {
    let [target, indices, updates] = views else { return Ok(()) };
    let axis = node.numbers[0] as usize;
    // SAFETY: what the caller promises.
    unsafe {
        let places = places(lane, indices, target, axis, record)?;
        let update = update_of(Put::of(node.numbers[1]).unwrap_or(Put::Set), target.dtype);
        each_along(lane, axis, target, updates, places, |to, from| update(to.cast_mut(), from.cast_const()));
    }
    Ok(())
}

/// # Safety
/// As for [`take`].
pub unsafe fn slice(node: &Node, views: &[View], lane: &mut Lane) {
    let [source, start, result] = views else { return };
    // SAFETY: what the caller promises; the part starts where it fits.
    unsafe {
        let from = lane.at(source).wrapping_offset(part_of(node, lane, source, start, result) as isize);
        let nest = Nest::of(result.extents(), result.has_rows, [source.strides(), result.strides()]);
        copy_all(&nest.with_rows(lane.rows), from, lane.at(result), result.size());
    }
}

/// # Safety
/// As for [`take`].
pub unsafe fn update(node: &Node, views: &[View], lane: &mut Lane) {
    let [target, start, source] = views else { return };
    // SAFETY: what the caller promises; the part starts where it fits.
    unsafe {
        let to = lane.at(target).wrapping_offset(part_of(node, lane, target, start, source) as isize);
        let nest = Nest::of(source.extents(), source.has_rows, [source.strides(), target.strides()]);
        copy_all(&nest.with_rows(lane.rows), lane.at(source), to, source.size());
    }
}

/// Bytes from the start of `whole` to where `part` goes, moved so that it fits.
unsafe fn part_of(node: &Node, lane: &Lane, whole: &View, start: &View, part: &View) -> i64 {
    let axis = node.numbers[0] as usize;
    let room = whole.extents[axis].saturating_sub(part.extents[axis]) as i64;
    // SAFETY: a checked scalar.
    let start = i64::from(unsafe { lane.at(start).cast::<i32>().read() });
    start.clamp(0, room) * whole.strides[axis]
}

/// Copies all elements.
///
/// # Safety
/// Both layouts are inside memory.
unsafe fn copy_all(nest: &Nest<2>, from: *const u8, to: *mut u8, size: usize) {
    let (rest, columns, [source_column, target_column]) = nest.split_last();
    let (planes, rows, [source_row, target_row]) = rest.split_last();
    let source = Layout { row: source_row, column: source_column };
    let target = Layout { row: target_row, column: target_column };
    planes.each(|[source_at, target_at]| {
        let (from, to) = (from.wrapping_offset(source_at as isize), to.wrapping_offset(target_at as isize));
        // SAFETY: what the caller promises.
        unsafe { copy(from, source, to, target, (rows, columns), size) }
    });
}

/// All indices in row-major order, in the lane's spare room, as bytes along `axis` of `whole`.
unsafe fn places<'a>(
    lane: &mut Lane,
    indices: &View,
    whole: &View,
    axis: usize,
    record: u32,
) -> Result<&'a [i64], Refusal> {
    let extents = lane.extents(indices);
    let count = extents[..indices.rank()].iter().product::<usize>();
    let to = lane.spare.room(count * 8).cast::<i64>();
    let from = lane.at(indices).cast_const();
    let (extent, stride) = (whole.extents[axis] as i64, whole.strides[axis]);
    let nest = Nest::of(indices.extents(), indices.has_rows, [indices.strides()]).with_rows(lane.rows);
    let mut is_inside = true;
    let mut i = 0;
    nest.each(|[at]| {
        // SAFETY: an element of a checked operand; the room has one place for each.
        unsafe {
            let index = i64::from(from.wrapping_offset(at as isize).cast::<i32>().read());
            is_inside &= index >= -extent && index < extent;
            to.add(i).write((if index < 0 { index + extent } else { index }) * stride);
        }
        i += 1;
    });
    if !is_inside {
        return Err(Refusal { operand: "indices", ..refuse(Reason::Value, record) });
    }
    // SAFETY: as many were written. Nothing else uses the spare room until the instruction ends.
    Ok(unsafe { std::slice::from_raw_parts(to, i) })
}

/// Calls `each` with the starts of stretches of `whole` and `part`, and the axes inside of the indexed one: outer axes,
/// then the indices in order.
unsafe fn each_taken(
    lane: &Lane,
    axis: usize,
    [whole, indices, part]: [&View; 3],
    places: &[i64],
    mut each: impl FnMut(*const u8, *mut u8, &Nest<2>),
) {
    let behind = axis + indices.rank();
    let (whole_extents, part_extents) = (lane.extents(whole), lane.extents(part));
    let outer = Nest::of(&whole_extents[..axis], false, [&whole.strides[..axis], &part.strides[..axis]]);
    let middle = Nest::of(&part_extents[axis..behind], false, [&part.strides[axis..behind]]);
    let inner = axis + 1..whole.rank();
    let inner =
        Nest::of(&whole_extents[inner.clone()], false, [&whole.strides[inner], &part.strides[behind..part.rank()]]);
    let (from, to) = (lane.at(whole).cast_const(), lane.at(part));
    outer.each(|[whole_at, part_at]| {
        let mut places = places.iter();
        middle.each(|[at]| {
            let place = places.next().copied().unwrap_or(0);
            each(
                from.wrapping_offset((whole_at + place) as isize),
                to.wrapping_offset((part_at + at) as isize),
                &inner,
            );
        });
    });
}

/// Calls `each` with an element of `whole` and one of `part`, in row-major order of the indices.
unsafe fn each_along(
    lane: &Lane,
    axis: usize,
    whole: &View,
    part: &View,
    places: &[i64],
    mut each: impl FnMut(*const u8, *mut u8),
) {
    let mut strides: [i64; RANK_MAX] = whole.strides;
    strides[axis] = 0;
    let nest = Nest::of(part.extents(), part.has_rows, [&strides, part.strides()]).with_rows(lane.rows);
    let (from, to) = (lane.at(whole).cast_const(), lane.at(part));
    let mut places = places.iter();
    nest.each(|[whole_at, part_at]| {
        let place = places.next().copied().unwrap_or(0);
        each(from.wrapping_offset((whole_at + place) as isize), to.wrapping_offset(part_at as isize));
    });
}

type Update = unsafe fn(*mut u8, *const u8);

fn update_of(put: Put, dtype: Type) -> Update {
    match dtype {
        Type::F32 => update_in::<f32>(put),
        Type::F64 => update_in::<f64>(put),
        Type::I32 => update_in::<i32>(put),
        Type::U8 | Type::Bool => update_in::<u8>(put),
    }
}

fn update_in<T: Value>(put: Put) -> Update {
    match put {
        Put::Set => set_one::<T>,
        Put::Add => |to, from| {
            // SAFETY: what the caller promises.
            unsafe { fold_into::<T>(Fold::Sum, to, from) }
        },
        Put::Max => |to, from| {
            // SAFETY: what the caller promises.
            unsafe { fold_into::<T>(Fold::Max, to, from) }
        },
        Put::Min => |to, from| {
            // SAFETY: what the caller promises.
            unsafe { fold_into::<T>(Fold::Min, to, from) }
        },
    }
}

/// # Safety
/// Both are elements of checked operands.
unsafe fn fold_into<T: Value>(fold: Fold, to: *mut u8, from: *const u8) {
    // SAFETY: what the caller promises.
    unsafe {
        let to = to.cast::<T>();
        to.write(T::pair(fold, to.read(), from.cast::<T>().read()).canonical());
    }
}

/// # Safety
/// As for [`fold_into`].
unsafe fn set_one<T: Value>(to: *mut u8, from: *const u8) {
    // SAFETY: what the caller promises.
    unsafe { to.cast::<T>().write(from.cast::<T>().read()) }
}
