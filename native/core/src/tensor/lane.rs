//! What one lane of a run has to itself: where operands begin, the block of rows at hand, and scratch.

use super::format::RANK_MAX;
use super::gemm::Scratch;
use super::operand::{LOCAL, View};

/// Places that an offset can count from: the memory, 255 slots, local memory.
const BASES: usize = LOCAL as usize + 1;

pub struct Lane {
    bases: Box<[*mut u8; BASES]>,
    /// The first row of the block at hand and how many it has.
    pub first: usize,
    pub rows: usize,
    /// Registers of fused loops.
    pub tiles: Aligned,
    local: Aligned,
    pub single: Scratch<f32>,
    pub double: Scratch<f64>,
    /// Whatever an instruction needs for itself.
    pub spare: Aligned,
}

// SAFETY: the pointers are used only while a run has the memory they lead to.
unsafe impl Send for Lane {}

impl Lane {
    pub fn new() -> Self {
        Self {
            bases: Box::new([std::ptr::null_mut(); BASES]),
            first: 0,
            rows: 0,
            tiles: Aligned::default(),
            local: Aligned::default(),
            single: Scratch::new(),
            double: Scratch::new(),
            spare: Aligned::default(),
        }
    }

    /// Makes room for registers and local memory.
    pub fn reserve(&mut self, tile_bytes: usize, local_bytes: usize) {
        self.tiles.room(tile_bytes);
        self.bases[usize::from(LOCAL)] = self.local.room(local_bytes);
    }

    /// Where the memory and the slots begin.
    pub fn place(&mut self, memory: *mut u8, slots: &[u32]) {
        self.bases[0] = memory;
        for (base, &slot) in self.bases[1..].iter_mut().zip(slots) {
            *base = memory.wrapping_add(slot as usize);
        }
    }

    /// The first element of a view, of its block if it has rows.
    #[inline]
    pub fn at(&self, view: &View) -> *mut u8 {
        self.from(view.base, view.offset + view.row_step * self.first as i64)
    }

    #[inline]
    pub fn from(&self, base: u16, offset: i64) -> *mut u8 {
        let base = self.bases[usize::from(base).min(BASES - 1)];
        base.wrapping_offset(offset as isize)
    }

    /// The extents of a view, with the rows of this block; 1 past its rank.
    #[inline]
    pub fn extents(&self, view: &View) -> [usize; RANK_MAX] {
        let mut extents = view.extents;
        if view.has_rows {
            extents[0] = self.rows;
        }
        extents
    }
}

impl Default for Lane {
    fn default() -> Self {
        Self::new()
    }
}

/// Memory that only grows, aligned to 64 bytes, whatever it holds.
#[derive(Default)]
pub struct Aligned(Vec<Line>);

#[derive(Clone, Copy)]
#[repr(align(64))]
struct Line {
    _bytes: [u8; 64],
}

impl Aligned {
    /// The start of what there is.
    pub fn start(&self) -> *const u8 {
        self.0.as_ptr().cast()
    }

    /// The start of so many bytes.
    pub fn room(&mut self, bytes: usize) -> *mut u8 {
        let lines = bytes.div_ceil(64).max(1);
        if self.0.len() < lines {
            self.0.resize(lines, Line { _bytes: [0; 64] });
        }
        self.0.as_mut_ptr().cast()
    }
}
