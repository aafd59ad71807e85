//! Stable sorting along the last axis.

use super::copy::{Layout, copy};
use super::format::Type;
use super::lane::Lane;
use super::nest::Nest;
use super::operand::View;
use super::program::Node;

/// # Safety
/// As for all instructions: operands were checked to lie inside memory that the lane's bases lead to.
pub unsafe fn sort(node: &Node, views: &[View], lane: &mut Lane) {
    let [input, values, indices] = views else { return };
    let axis = input.rank() - 1;
    let count = input.extents[axis];
    if count == 0 {
        return;
    }
    let extents = lane.extents(input);
    let outer = Nest::of(&extents[..axis], false, [input.strides(), values.strides(), indices.strides()]);
    let starts = [lane.at(input), lane.at(values), lane.at(indices)];
    let size = input.size();
    let spare = lane.spare.room(count * (KEY_BYTES + size));
    let is_descending = node.numbers[0] == 1;
    outer.each(|at| {
        let [input_at, values_at, indices_at] = [0, 1, 2].map(|i| starts[i].wrapping_offset(at[i] as isize));
        // SAFETY: rows of checked operands; the spare room has keys and a copy of the row.
        unsafe {
            let keys = std::slice::from_raw_parts_mut(spare.cast::<(u64, u32)>(), count);
            let row = spare.add(count * KEY_BYTES);
            let tight = Layout { row: 0, column: size as i64 };
            copy(input_at, Layout { row: 0, column: input.strides[axis] }, row, tight, (1, count), size);
            for (i, key) in keys.iter_mut().enumerate() {
                *key = (key_of(row.add(i * size), input.dtype, is_descending), i as u32);
            }
            // Keys with their places are all different.
            keys.sort_unstable();
            for (i, &(_, place)) in keys.iter().enumerate() {
                let to = values_at.wrapping_offset(values.strides[axis] as isize * i as isize);
                copy(row.add(place as usize * size), tight, to, tight, (1, 1), size);
                let to = indices_at.wrapping_offset(indices.strides[axis] as isize * i as isize);
                to.cast::<u32>().write(place);
            }
        }
    });
}

const KEY_BYTES: usize = size_of::<(u64, u32)>();

/// A number that is ordered as elements are sorted: all zeros alike, NaN last either way.
///
/// # Safety
/// An element of this type is there.
unsafe fn key_of(at: *const u8, dtype: Type, is_descending: bool) -> u64 {
    // SAFETY: what the caller promises.
    let key = unsafe {
        match dtype {
            Type::F32 => {
                let value = f64::from(at.cast::<f32>().read());
                if value.is_nan() {
                    return u64::MAX;
                }
                float_key(value)
            }
            Type::F64 => {
                let value = at.cast::<f64>().read();
                if value.is_nan() {
                    return u64::MAX;
                }
                float_key(value)
            }
            Type::I32 => i64::from(at.cast::<i32>().read()).cast_unsigned() ^ 1 << 63,
            Type::U8 | Type::Bool => u64::from(at.read()),
        }
    };
    if is_descending { !key } else { key }
}

fn float_key(value: f64) -> u64 {
    // Adding 0 makes -0 to 0.
    let bits = (value + 0.0).to_bits();
    if bits >> 63 == 1 { !bits } else { bits | 1 << 63 }
}
