use std::cell::Cell;
use std::marker::PhantomData;
use std::mem::MaybeUninit;
use std::ptr;
use std::slice;

use worldloom_core::layout::{CANONICAL_NAN_F32, Reason};

use crate::fault::{At, Fault};

/// Element types that a slice of world memory may have: any bit pattern is a value.
pub trait Element: Copy {}
impl Element for f32 {}
impl Element for f64 {}
impl Element for i8 {}
impl Element for u8 {}
impl Element for i16 {}
impl Element for u16 {}
impl Element for i32 {}
impl Element for u32 {}
impl Element for u64 {}

/// Operands that one job can hold at a time.
const CLAIMS_MAX: usize = 24;

/// One registered memory during one call. It hands out slices by byte offset and element count, and refuses
/// whatever leaves the memory, is misaligned, or would let a written slice overlap another one.
///
/// A job with a descriptor list takes the list and its fixed operands first, calls [`Memory::keep`], and then
/// for each record [`Memory::rewind`] and the operands of the record: once for all records to check them,
/// and once more to run.
///
/// That no other thread touches the ranges during the call is the duty of the caller of the job.
pub struct Memory<'a> {
    base: *mut u8,
    bytes: u64,
    claims: [Cell<MaybeUninit<Claim>>; CLAIMS_MAX],
    /// The claims below it are initialised.
    count: Cell<usize>,
    kept: usize,
    owner: PhantomData<&'a mut [u8]>,
}

/// A memory whose operands have been checked, for parts of a job that run side by side.
#[derive(Clone, Copy)]
pub struct Shared<'a> {
    base: *mut u8,
    bytes: u64,
    owner: PhantomData<&'a mut [u8]>,
}

// SAFETY: it only gives what is unsafe to use.
unsafe impl Sync for Shared<'_> {}

impl<'a> Shared<'a> {
    /// The memory without what was claimed before.
    ///
    /// # Safety
    /// What is written through it overlaps nothing that is used elsewhere at the same time.
    pub unsafe fn part(&self) -> Memory<'a> {
        // SAFETY: it was made from such a memory.
        unsafe { Memory::new(self.base, self.bytes) }
    }
}

/// Byte range `first..end` of a slice that was handed out.
#[derive(Clone, Copy)]
struct Claim {
    first: u64,
    end: u64,
    writes: bool,
}

impl<'a> Memory<'a> {
    /// # Safety
    /// `base..base + bytes` is memory that stays valid for `'a`.
    pub unsafe fn new(base: *mut u8, bytes: u64) -> Self {
        let claims = [const { Cell::new(MaybeUninit::uninit()) }; CLAIMS_MAX];
        Self { base, bytes, claims, count: Cell::new(0), kept: 0, owner: PhantomData }
    }

    /// How long it is.
    pub fn byte_length(&self) -> u64 {
        self.bytes
    }

    /// For parts that run side by side. What they write must not overlap what others of them touch.
    pub fn shared(&self) -> Shared<'a> {
        Shared { base: self.base, bytes: self.bytes, owner: PhantomData }
    }

    /// `count` elements at byte `offset`, to read. It may overlap other slices that are read.
    #[inline]
    pub fn read<T: Element>(&self, at: impl Into<At>, offset: u32, count: u32) -> Result<&[T], Fault> {
        let start = self.claim_elements::<T>(at.into(), offset, u64::from(count), false)?;
        // SAFETY: `claim` checked range and alignment, and that no slice to write overlaps.
        Ok(unsafe { slice::from_raw_parts(start, count as usize) })
    }

    /// The same for a count that was multiplied.
    #[inline]
    pub fn read_many<T: Element>(&self, at: impl Into<At>, offset: u32, count: u64) -> Result<&[T], Fault> {
        let start = self.claim_elements::<T>(at.into(), offset, count, false)?;
        // SAFETY: as in `read`.
        Ok(unsafe { slice::from_raw_parts(start, count as usize) })
    }

    /// `count` elements at byte `offset`, to write. It overlaps no other slice.
    #[inline]
    #[allow(clippy::mut_from_ref)]
    pub fn write<T: Element>(&self, at: impl Into<At>, offset: u32, count: u32) -> Result<&mut [T], Fault> {
        self.write_many(at, offset, u64::from(count))
    }

    /// The same for a count that was multiplied.
    #[inline]
    #[allow(clippy::mut_from_ref)]
    pub fn write_many<T: Element>(&self, at: impl Into<At>, offset: u32, count: u64) -> Result<&mut [T], Fault> {
        let start = self.claim_elements::<T>(at.into(), offset, count, true)?;
        // SAFETY: `claim` checked range and alignment, and that no other slice overlaps.
        Ok(unsafe { slice::from_raw_parts_mut(start, count as usize) })
    }

    /// `count` elements of `element_bytes` as bytes, at an offset divisible by `alignment`, to read.
    #[inline]
    pub fn bytes(
        &self,
        at: impl Into<At>,
        offset: u32,
        count: u64,
        element_bytes: u32,
        alignment: u32,
    ) -> Result<&[u8], Fault> {
        let at = at.into();
        // Far past the end of any memory counts as past the end.
        let bytes = count.saturating_mul(u64::from(element_bytes)).min(u64::MAX >> 1);
        let start = self.claim::<u8>(at, offset, bytes, alignment, false)?;
        // SAFETY: `claim` checked the range, and that no slice to write overlaps.
        Ok(unsafe { slice::from_raw_parts(start, bytes as usize) })
    }

    /// As [`Memory::read`], with what was claimed so far kept, so that the slice can outlive [`Memory::rewind`].
    pub fn read_kept<T: Element>(&mut self, at: impl Into<At>, offset: u32, count: u32) -> Result<&'a [T], Fault> {
        let start = self.claim_elements::<T>(at.into(), offset, u64::from(count), false)?;
        self.keep();
        // SAFETY: `claim` checked range and alignment; a kept claim is never forgotten, so no slice to write
        // overlaps.
        Ok(unsafe { slice::from_raw_parts(start, count as usize) })
    }

    /// As [`Memory::write`], with what was claimed so far kept, so that the slice can outlive [`Memory::rewind`].
    pub fn write_kept<T: Element>(&mut self, at: impl Into<At>, offset: u32, count: u32) -> Result<&'a mut [T], Fault> {
        let start = self.claim_elements::<T>(at.into(), offset, u64::from(count), true)?;
        self.keep();
        // SAFETY: `claim` checked range and alignment; a kept claim is never forgotten, so no other slice overlaps.
        Ok(unsafe { slice::from_raw_parts_mut(start, count as usize) })
    }

    /// Makes what was claimed so far survive [`Memory::rewind`].
    pub fn keep(&mut self) {
        self.kept = self.count.get();
    }

    /// Forgets what was claimed since [`Memory::keep`]. No slice can be alive: the borrow is exclusive.
    #[inline]
    pub fn rewind(&mut self) {
        self.count.set(self.kept);
    }

    /// Where a copy of `bytes` bytes goes to and comes from: they may overlap each other, but a written range
    /// overlaps nothing else that is claimed.
    #[inline]
    pub fn copy(&mut self, record: u32, destination: u32, source: u32, bytes: u32) -> Result<Transfer<'_>, Fault> {
        let to = self.claim::<u8>(("destination", record).into(), destination, u64::from(bytes), 1, true)?;
        self.rewind();
        let from = self.claim::<u8>(("source", record).into(), source, u64::from(bytes), 1, false)?;
        self.rewind();
        Ok(Transfer { to, from, bytes: bytes as usize, owner: PhantomData })
    }

    #[inline]
    fn claim_elements<T: Element>(&self, at: At, offset: u32, count: u64, writes: bool) -> Result<*mut T, Fault> {
        self.claim(at, offset, count * size_of::<T>() as u64, align_of::<T>() as u32, writes)
    }

    /// The start of `bytes` bytes at `offset`, once they are known to be inside, aligned and apart.
    #[inline]
    fn claim<T>(&self, at: At, offset: u32, bytes: u64, alignment: u32, writes: bool) -> Result<*mut T, Fault> {
        let first = u64::from(offset);
        let end = first + bytes;
        if end > self.bytes {
            return Err(Fault::new(Reason::Range, at));
        }
        if !offset.is_multiple_of(alignment) {
            return Err(Fault::new(Reason::Alignment, at));
        }
        // SAFETY: the offset is within the memory or just past its end.
        let start = unsafe { self.base.add(offset as usize) }.cast();
        if bytes == 0 {
            return Ok(start);
        }
        let used = self.count.get();
        for claim in &self.claims[..used.min(CLAIMS_MAX)] {
            // SAFETY: claims below the count were set.
            let other = unsafe { claim.get().assume_init() };
            if (writes || other.writes) && first < other.end && other.first < end {
                return Err(Fault::new(Reason::Overlap, at));
            }
        }
        let Some(place) = self.claims.get(used) else { return Err(Fault::new(Reason::Capacity, at)) };
        place.set(MaybeUninit::new(Claim { first, end, writes }));
        self.count.set(used + 1);
        Ok(start)
    }
}

/// A checked copy that has not been made yet.
pub struct Transfer<'m> {
    to: *mut u8,
    from: *const u8,
    bytes: usize,
    owner: PhantomData<&'m mut [u8]>,
}

impl Transfer<'_> {
    /// Copies as if through a buffer.
    #[inline]
    pub fn run(self) {
        // SAFETY: both ranges were checked, and the exclusive borrow of the memory lasts until here.
        unsafe { ptr::copy(self.from, self.to, self.bytes) };
    }
}

/// A descriptor list: `count` records of `N` u32 each, in world memory, claimed for reading.
#[derive(Clone, Copy)]
pub struct List<'a, const N: usize> {
    start: *const [u32; N],
    count: u32,
    owner: PhantomData<&'a [u32]>,
}

// SAFETY: it is only read.
unsafe impl<const N: usize> Sync for List<'_, N> {}

impl<'a, const N: usize> List<'a, N> {
    pub fn new(memory: &Memory<'a>, at: &'static str, offset: u32, count: u32) -> Result<Self, Fault> {
        let words = u64::from(count) * N as u64;
        let start = memory.claim_elements::<u32>(At::from(at), offset, words, false)?;
        Ok(Self { start: start.cast_const().cast(), count, owner: PhantomData })
    }

    pub fn count(&self) -> u32 {
        self.count
    }

    /// A copy of record `index`, which must be below [`List::count`].
    #[inline]
    pub fn get(&self, index: u32) -> [u32; N] {
        debug_assert!(index < self.count);
        if index >= self.count {
            return [0; N];
        }
        // SAFETY: the range was claimed for reading while the list was made, and the index is inside.
        unsafe { ptr::read(self.start.add(index as usize)) }
    }
}

/// `count` elements in world memory to write one by one while slices come and go. Taken before [`Memory::keep`],
/// so that no slice overlaps it.
#[derive(Clone, Copy)]
pub struct Target<'a, T> {
    start: *mut T,
    count: u32,
    owner: PhantomData<&'a mut [T]>,
}

// SAFETY: it is only written; parts that share it write elements of their own.
unsafe impl<T: Send> Sync for Target<'_, T> {}

impl<'a, T: Element> Target<'a, T> {
    pub fn new(memory: &Memory<'a>, at: &'static str, offset: u32, count: u64) -> Result<Self, Fault> {
        let start = memory.claim_elements::<T>(At::from(at), offset, count, true)?;
        Ok(Self { start, count: count as u32, owner: PhantomData })
    }

    /// Writes element `index`, which must be below the count.
    #[inline]
    pub fn set(&self, index: u32, value: T) {
        debug_assert!(index < self.count);
        if index < self.count {
            // SAFETY: the range was claimed for writing while the target was made, and the index is inside.
            unsafe { self.start.add(index as usize).write(value) };
        }
    }
}

/// `N` f32 values, `stride` bytes apart, such as the fields of one row of a chunk.
pub struct Strided<'a, const N: usize> {
    start: *mut u32,
    /// In u32.
    stride: usize,
    owner: PhantomData<&'a mut [u32]>,
}

impl<'a, const N: usize> Strided<'a, N> {
    /// Claims all bytes from the first value to the last, only to see whether that is allowed.
    pub fn claim(memory: &Memory, at: impl Into<At>, offset: u32, stride: u32, writes: bool) -> Result<(), Fault> {
        let at = at.into();
        if !stride.is_multiple_of(4) {
            return Err(Fault::new(Reason::Alignment, at));
        }
        memory.claim::<u32>(at, offset, Self::bytes(stride), 4, writes).map(|_| ())
    }

    /// Values that were claimed before: only that they are inside the memory is checked again.
    #[inline]
    pub fn new(memory: &Memory<'a>, at: impl Into<At>, offset: u32, stride: u32) -> Result<Self, Fault> {
        let inside = u64::from(offset) + Self::bytes(stride) <= memory.bytes;
        if !inside || !(offset | stride).is_multiple_of(4) {
            return Err(Fault::new(Reason::Range, at));
        }
        // SAFETY: the offset is within the memory.
        let start = unsafe { memory.base.add(offset as usize) }.cast();
        Ok(Self { start, stride: stride as usize / 4, owner: PhantomData })
    }

    fn bytes(stride: u32) -> u64 {
        u64::from(stride) * (N as u64 - 1) + 4
    }

    #[inline]
    pub fn get(&self) -> [f32; N] {
        // SAFETY: all places are inside the memory, and no slice is alive while jobs use strided values.
        std::array::from_fn(|i| f32::from_bits(unsafe { self.start.add(i * self.stride).read() }))
    }

    /// The values of `rows` rows that follow each other, 4 bytes apart, field by field.
    #[inline]
    pub fn get_rows<const TILE: usize>(&self, rows: usize, out: &mut [[f32; TILE]; N]) {
        for (i, out) in out.iter_mut().enumerate() {
            let out = &mut out[..rows.min(TILE)];
            // SAFETY: each row was checked to be inside the memory; as in `get`.
            unsafe { ptr::copy_nonoverlapping(self.start.add(i * self.stride).cast(), out.as_mut_ptr(), out.len()) };
        }
    }

    /// Writes the values from the first to the last, a NaN as the canonical one.
    #[inline]
    pub fn set(&self, values: &[f32; N]) {
        let bits = values.map(f32::to_bits);
        let bits = bits.map(|bits| if bits & 0x7fff_ffff > 0x7f80_0000 { CANONICAL_NAN_F32 } else { bits });
        for (i, bits) in bits.into_iter().enumerate() {
            // SAFETY: as in `get`.
            unsafe { self.start.add(i * self.stride).write(bits) };
        }
    }
}
