//! Running sums, products, maxima and minima.

use super::fold::{Fold, Value};
use super::format::{Cumulation, Type};
use super::lane::Lane;
use super::nest::Nest;
use super::operand::View;
use super::program::Node;

/// # Safety
/// As for all instructions: operands were checked to lie inside memory that the lane's bases lead to.
pub unsafe fn cumulate(node: &Node, views: &[View], lane: &mut Lane) {
    let [input, output] = views else { return };
    // SAFETY: what the caller promises.
    unsafe {
        match input.dtype {
            Type::F32 => cumulate_as::<f32>(node, input, output, lane),
            Type::F64 => cumulate_as::<f64>(node, input, output, lane),
            Type::I32 => cumulate_as::<i32>(node, input, output, lane),
            Type::U8 | Type::Bool => cumulate_as::<u8>(node, input, output, lane),
        }
    }
}

unsafe fn cumulate_as<T: Value>(node: &Node, input: &View, output: &View, lane: &mut Lane) {
    let [kind, axis, reverse] = node.numbers;
    let fold = match Cumulation::of(kind) {
        Some(Cumulation::Prod) => Fold::Product,
        Some(Cumulation::Max) => Fold::Max,
        Some(Cumulation::Min) => Fold::Min,
        _ => Fold::Sum,
    };
    let axis = axis as usize;
    let mut extents = lane.extents(input);
    let count = extents[axis];
    extents[axis] = count.min(1);
    let nest = Nest::of(&extents[..input.rank()], false, [input.strides(), output.strides()]);
    let (mut from, mut to) = (lane.at(input).cast_const(), lane.at(output));
    let (mut read, mut write) = (input.strides[axis] as isize, output.strides[axis] as isize);
    if reverse == 1 && count > 0 {
        from = from.wrapping_offset(read * (count as isize - 1));
        to = to.wrapping_offset(write * (count as isize - 1));
        (read, write) = (-read, -write);
    }
    nest.each(|[input_at, output_at]| {
        let mut from = from.wrapping_offset(input_at as isize).cast::<T>();
        let mut to = to.wrapping_offset(output_at as isize).cast::<T>();
        // SAFETY: elements of checked operands.
        unsafe {
            let mut sum = from.read();
            to.write(sum.canonical());
            for _ in 1..count {
                from = from.wrapping_byte_offset(read);
                to = to.wrapping_byte_offset(write);
                sum = T::pair(fold, sum, from.read());
                to.write(sum.canonical());
            }
        }
    });
}
