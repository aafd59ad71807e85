//! Elements that follow each other and are moved as they are: a part of an operand, from or to where a scalar says, or all.

use super::format::RANK_MAX;
use super::fuse_plan::{Kind, Loops};
use super::lane::Lane;
use super::nest::Nest;
use super::operand::View;

/// A `slice`, an `update` or a copy without gaps, outside of blocks of rows.
#[derive(Clone, Copy, Debug)]
pub struct Shift {
    from: (u16, i64),
    to: (u16, i64),
    bytes: usize,
    start: Option<Start>,
}

/// Where the part begins.
#[derive(Clone, Copy, Debug)]
struct Start {
    scalar: (u16, i64),
    /// The largest it may be.
    room: i64,
    /// Bytes from one to the next.
    stride: i64,
    is_update: bool,
}

impl Shift {
    /// A part along `axis` that is taken out of the whole, or put into it; `None` if it has gaps.
    pub fn part(axis: usize, is_update: bool, [whole, start, part]: &[View; 3]) -> Option<Self> {
        let is_in_rows = [whole, start, part].iter().any(|view| view.has_rows || view.row_step != 0);
        let nest = Nest::of(part.extents(), false, [part.strides(), whole.strides()]);
        let size = part.size();
        let is_dense = nest.rank == 0 || (nest.rank == 1 && nest.strides.iter().all(|along| along[0] == size as i64));
        if is_in_rows || !is_dense {
            return None;
        }
        let (from, to) = if is_update { (part, whole) } else { (whole, part) };
        Some(Self {
            from: (from.base, from.offset),
            to: (to.base, to.offset),
            bytes: nest.count() * size,
            start: Some(Start {
                scalar: (start.base, start.offset),
                room: whole.extents[axis].saturating_sub(part.extents[axis]) as i64,
                stride: whole.strides[axis],
                is_update,
            }),
        })
    }

    /// The last loop, if it is such a copy.
    pub fn copy(loops: &Loops) -> Option<Self> {
        let fused = loops.loops.last()?;
        let pins = &loops.pins[fused.pin..][..fused.pin_count];
        let to = pins.last()?;
        let from = pins.get(usize::from(to.source))?;
        let size = to.dtype.bytes();
        let is_dense = |stride: i64| stride == size as i64 || fused.dims[0] == 1;
        let is_plain = fused.is_copy
            && fused.rank == 1
            && fused.rows_axis == RANK_MAX
            && from.kind == Kind::Input
            && [from, to].iter().all(|pin| pin.row_step == 0 && is_dense(pin.strides[0]));
        is_plain.then_some(Self {
            from: (from.base, from.offset),
            to: (to.base, to.offset),
            bytes: fused.dims[0] * size,
            start: None,
        })
    }

    /// # Safety
    /// All operands were checked to lie inside memory that the lane's bases lead to, and nothing else writes there.
    #[inline]
    pub unsafe fn run(&self, lane: &Lane) {
        let mut from = lane.from(self.from.0, self.from.1).cast_const();
        let mut to = lane.from(self.to.0, self.to.1);
        // SAFETY: what the caller promises; the part starts where it fits.
        unsafe {
            if let Some(start) = self.start {
                let first = i64::from(lane.from(start.scalar.0, start.scalar.1).cast::<i32>().read());
                let distance = (first.clamp(0, start.room) * start.stride) as isize;
                if start.is_update {
                    to = to.wrapping_offset(distance);
                } else {
                    from = from.wrapping_offset(distance);
                }
            }
            std::ptr::copy(from, to, self.bytes);
        }
    }
}
