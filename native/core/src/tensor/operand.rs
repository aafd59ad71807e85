//! Operands of instructions: as a program states them, and as views of memory for one leading number.

use super::format::{ELEMENTS_MAX, FLAG_ROWS, RANK_MAX, SPACE_LOCAL, SPACE_MEMORY, Type};
use super::refusal::Refusal;
use crate::layout::Reason;

/// An operand as its words say, with extents that may be symbolic.
#[derive(Clone, Copy, Debug)]
pub struct Operand {
    pub dtype: Type,
    pub rank: u8,
    pub slot: u8,
    pub is_local: bool,
    /// Axis 0 is the axis that the `rows` around it cuts.
    pub has_rows: bool,
    flags: u32,
    offset: u32,
    extents: [u32; RANK_MAX],
    strides: [i32; RANK_MAX],
}

/// What two axes have in common if they always are equally long.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Extent {
    /// The rows of the block.
    Rows,
    Fixed(u32),
    TimesLeading(u32),
}

impl Operand {
    /// Words of an operand of this rank.
    pub const fn words(rank: usize) -> usize {
        3 + 2 * rank
    }

    /// The operand in the front of `words`; `None` unless it is one.
    pub fn of(words: &[u32]) -> Option<Self> {
        let &[first, flags, offset, ref axes @ ..] = words else { return None };
        let (rank, space, slot) = ((first >> 8) & 0xff, (first >> 16) & 0xff, first >> 24);
        let (used, axes_mask) = (rank as usize, (1u32 << rank.min(8)) - 1);
        let is_local = space == SPACE_LOCAL;
        let has_rows = flags & FLAG_ROWS != 0;
        if used > RANK_MAX
            || (space != SPACE_MEMORY && !is_local)
            || (is_local && slot != 0)
            || flags & !(FLAG_ROWS | axes_mask | axes_mask << 8) != 0
            || (has_rows && rank == 0)
        {
            return None;
        }
        let axes = axes.get(..2 * used)?;
        let (mut extents, mut strides) = ([0; RANK_MAX], [0; RANK_MAX]);
        for (i, axis) in axes.chunks_exact(2).enumerate() {
            if axis[0] > ELEMENTS_MAX {
                return None;
            }
            (extents[i], strides[i]) = (axis[0], axis[1] as i32);
        }
        let dtype = Type::of(first & 0xff)?;
        Some(Self { dtype, rank: rank as u8, slot: slot as u8, is_local, has_rows, flags, offset, extents, strides })
    }

    pub fn rank(&self) -> usize {
        usize::from(self.rank)
    }

    pub fn extent(&self, axis: usize) -> Extent {
        match () {
            () if axis == 0 && self.has_rows => Extent::Rows,
            () if self.flags >> axis & 1 == 1 => Extent::TimesLeading(self.extents[axis]),
            () => Extent::Fixed(self.extents[axis]),
        }
    }

    /// Whether both have the same extents for every leading number.
    pub fn same_shape(&self, other: &Self) -> bool {
        self.rank == other.rank && (0..self.rank()).all(|axis| self.extent(axis) == other.extent(axis))
    }

    /// The view for a leading number, inside a `rows` of `rows` rows cut into blocks of `block`. `bytes` is the size of
    /// the space that the operand lies in if that is known (it is not behind a slot). `writes`: each element has a place
    /// of its own.
    pub fn resolve(
        &self,
        leading: u32,
        (rows, block): (usize, usize),
        bytes: Option<u64>,
        writes: bool,
    ) -> Result<View, Reason> {
        let size = self.dtype.bytes() as i64;
        let mut view = View {
            dtype: self.dtype,
            rank: self.rank,
            has_rows: self.has_rows,
            base: if self.is_local { LOCAL } else { u16::from(self.slot) },
            offset: i64::from(self.offset),
            row_step: 0,
            extents: [1; RANK_MAX],
            strides: [0; RANK_MAX],
            low: 0,
            high: 0,
        };
        let mut elements = 1u64;
        for axis in 0..self.rank() {
            let mut extent = u64::from(self.extents[axis]);
            if self.flags >> axis & 1 == 1 {
                extent *= u64::from(leading);
            }
            if axis == 0 && self.has_rows {
                extent = if self.is_local { block.min(rows) } else { rows } as u64;
            }
            elements = elements.saturating_mul(extent);
            if extent > u64::from(ELEMENTS_MAX) {
                return Err(Reason::Value);
            }
            let mut stride = i64::from(self.strides[axis]);
            if self.flags >> (axis + 8) & 1 == 1 {
                stride *= i64::from(leading);
            }
            view.extents[axis] = extent as usize;
            view.strides[axis] = stride.saturating_mul(size);
        }
        if elements > u64::from(ELEMENTS_MAX) {
            return Err(Reason::Value);
        }
        // What is too large for these numbers is too large for any memory.
        let (mut low, mut high) = (i64::from(self.offset), i64::from(self.offset) + size);
        for axis in 0..self.rank() {
            let reach = (view.extents[axis] as i64 - 1).saturating_mul(view.strides[axis]);
            if reach < 0 { low = low.saturating_add(reach) } else { high = high.saturating_add(reach) }
        }
        let is_inside = bytes.is_none_or(|bytes| low >= 0 && high as u64 <= bytes);
        if elements > 0 && !is_inside {
            return Err(Reason::Range);
        }
        if !self.offset.is_multiple_of(size as u32) {
            return Err(Reason::Alignment);
        }
        if elements > 0 {
            if writes && !view.has_places() {
                return Err(Reason::Overlap);
            }
            let far = 1 << 60;
            (view.low, view.high) = (low.max(-far), high.min(far));
        }
        if self.has_rows && !self.is_local {
            view.row_step = view.strides[0];
            view.extents[0] = block.min(rows);
        }
        Ok(view)
    }
}

/// The base of what is local to a lane.
pub const LOCAL: u16 = 256;

/// An operand with all its numbers, its ranges checked: those of bases behind slots for each run.
#[derive(Clone, Copy, Debug)]
pub struct View {
    pub dtype: Type,
    pub rank: u8,
    pub has_rows: bool,
    /// Which base the offset counts from: 0 the memory, else a slot, or [`LOCAL`].
    pub base: u16,
    /// In bytes.
    pub offset: i64,
    /// Bytes from one row of a `rows` to the next; 0 unless the operand is a block of it in memory.
    pub row_step: i64,
    /// Of axis 0 the rows of a full block, if it is one.
    pub extents: [usize; RANK_MAX],
    /// In bytes.
    pub strides: [i64; RANK_MAX],
    /// The bytes from the base that are touched: `low..high`, none if they are equal.
    pub low: i64,
    pub high: i64,
}

impl View {
    pub fn rank(&self) -> usize {
        usize::from(self.rank)
    }

    pub fn extents(&self) -> &[usize] {
        &self.extents[..self.rank()]
    }

    pub fn strides(&self) -> &[i64] {
        &self.strides[..self.rank()]
    }

    pub fn size(&self) -> usize {
        self.dtype.bytes()
    }

    /// Whether each element has a place of its own; sufficient, not necessary.
    fn has_places(&self) -> bool {
        let mut axes = [(0u64, 0u64); RANK_MAX];
        let mut count = 0;
        for axis in 0..self.rank() {
            let extent = self.extents[axis];
            if extent > 1 {
                axes[count] = (self.strides[axis].unsigned_abs(), extent as u64);
                count += 1;
            }
        }
        axes[..count].sort_unstable();
        let mut reach = 0u64;
        axes[..count].iter().all(|&(stride, extent)| {
            let is_past = stride > reach;
            reach = reach.saturating_add(stride.saturating_mul(extent - 1));
            is_past
        })
    }
}

/// A refusal of instruction `record`.
pub fn refuse(reason: Reason, record: u32) -> Refusal {
    Refusal { reason, operand: "program", record: Some(record) }
}
