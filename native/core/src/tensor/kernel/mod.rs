//! One step of a fused loop over one tile. What is written overlaps nothing that is read.

mod convert;
mod float;
mod integer;

use std::slice;

use crate::tensor::format::{Step, Type};
use crate::tensor::math;
pub use convert::{cast_bits, iota};
pub use float::{canonical_f32, canonical_f64};

/// A step with what it reads and writes: registers, which are places in a table of pointers.
#[derive(Clone, Copy, Debug)]
pub struct Micro {
    pub step: Step,
    pub dtype: Type,
    pub written: Type,
    pub target: u8,
    pub operands: [u8; 3],
    pub extra: u8,
    /// Where the tile of its target begins; `usize::MAX` if it writes to an output.
    pub tile: usize,
}

/// Pointers by register; those of the outputs follow.
pub type Pointers = [*mut u8; 128];

impl Micro {
    /// Runs the step over `count` elements.
    ///
    /// # Safety
    /// The pointers of its registers are of as many elements of their types, aligned, and what is written is apart from
    /// what is read.
    #[inline]
    pub unsafe fn run(&self, count: usize, pointers: &Pointers) {
        let [a, b, c] = self.operands.map(|register| pointers[usize::from(register & 127)]);
        let out = pointers[usize::from(self.target & 127)];
        // SAFETY: what the caller promises.
        unsafe {
            match self.dtype {
                Type::F32 => self.on_f32(count, a.cast(), b.cast(), c, out),
                Type::F64 => self.on_f64(count, a.cast(), b.cast(), c, out),
                Type::I32 => self.on_i32(count, a.cast(), b.cast(), c, out),
                Type::U8 | Type::Bool => self.on_u8(count, a, b, c, out),
            }
        }
    }

    /// Whether what is written overlaps what is read.
    #[inline]
    pub fn overlaps(&self, count: usize, pointers: &Pointers) -> bool {
        let out = pointers[usize::from(self.target & 127)].addr();
        let bytes = count * self.dtype.bytes().max(self.written.bytes());
        self.operands.iter().any(|&register| {
            let distance = pointers[usize::from(register & 127)].addr().wrapping_sub(out);
            distance.wrapping_add(bytes - 1) < 2 * bytes - 1
        })
    }

    /// # Safety
    /// As for `run`.
    #[inline(always)]
    unsafe fn on_f32(&self, count: usize, a: *const f32, b: *const f32, c: *const u8, out: *mut u8) {
        // SAFETY: what the caller promises of the registers that this step has.
        unsafe {
            let step = self.step as u8;
            match self.step {
                Step::Cast => convert::from_f32(of(a, count), self.written, out),
                Step::Select => {
                    convert::select_u32(of(a.cast(), count), of(b.cast(), count), of(c.cast(), count), to(out, count))
                }
                Step::Uniform => convert::uniform_f32(of(a.cast(), count), to(out, count)),
                Step::Isnan | Step::Isfinite => float::test_f32(self.step, of(a, count), to(out, count)),
                Step::Equal | Step::NotEqual | Step::Less | Step::LessEqual => {
                    float::compare_f32(self.step, of(a, count), of(b, count), to(out, count));
                }
                _ if step >= Step::FIRST_BINARY => match math::binary_of(self.step) {
                    Some(function) => math::binary_f32(function, of(a, count), of(b, count), to(out, count)),
                    None => float::binary_f32(self.step, of(a, count), of(b, count), to(out, count)),
                },
                _ => match math::unary_of(self.step) {
                    Some(function) => math::unary_f32(function, of(a, count), to(out, count)),
                    None => float::unary_f32(self.step, of(a, count), to(out, count)),
                },
            }
        }
    }

    /// # Safety
    /// As for `run`.
    #[inline(always)]
    unsafe fn on_f64(&self, count: usize, a: *const f64, b: *const f64, c: *const u8, out: *mut u8) {
        // SAFETY: what the caller promises of the registers that this step has.
        unsafe {
            let step = self.step as u8;
            match self.step {
                Step::Cast => convert::from_f64(of(a, count), self.written, out),
                Step::Select => {
                    convert::select_u64(of(a.cast(), count), of(b.cast(), count), of(c.cast(), count), to(out, count))
                }
                Step::Uniform => convert::uniform_f64(of(a.cast(), count), to(out, count)),
                Step::Isnan | Step::Isfinite => float::test_f64(self.step, of(a, count), to(out, count)),
                Step::Equal | Step::NotEqual | Step::Less | Step::LessEqual => {
                    float::compare_f64(self.step, of(a, count), of(b, count), to(out, count));
                }
                _ if step >= Step::FIRST_BINARY => match math::binary_of(self.step) {
                    Some(function) => math::binary_f64(function, of(a, count), of(b, count), to(out, count)),
                    None => float::binary_f64(self.step, of(a, count), of(b, count), to(out, count)),
                },
                _ => match math::unary_of(self.step) {
                    Some(function) => math::unary_f64(function, of(a, count), to(out, count)),
                    None => float::unary_f64(self.step, of(a, count), to(out, count)),
                },
            }
        }
    }

    /// # Safety
    /// As for `run`.
    #[inline(always)]
    unsafe fn on_i32(&self, count: usize, a: *const i32, b: *const i32, c: *const u8, out: *mut u8) {
        // SAFETY: what the caller promises of the registers that this step has.
        unsafe {
            match self.step {
                Step::Cast => convert::from_i32(of(a, count), self.written, out),
                Step::Select => {
                    convert::select_u32(of(a.cast(), count), of(b.cast(), count), of(c.cast(), count), to(out, count))
                }
                Step::Random => {
                    convert::random(
                        usize::from(self.extra & 1),
                        of(a, count),
                        of(b, count),
                        of(c.cast(), count),
                        to(out, count),
                    );
                }
                Step::Equal | Step::NotEqual | Step::Less | Step::LessEqual => {
                    integer::compare_i32(self.step, of(a, count), of(b, count), to(out, count));
                }
                step if step as u8 >= Step::FIRST_BINARY => {
                    integer::binary_i32(step, of(a, count), of(b, count), to(out, count));
                }
                step => integer::unary_i32(step, of(a, count), to(out, count)),
            }
        }
    }

    /// # Safety
    /// As for `run`.
    #[inline(always)]
    unsafe fn on_u8(&self, count: usize, a: *const u8, b: *const u8, c: *const u8, out: *mut u8) {
        // SAFETY: what the caller promises of the registers that this step has.
        unsafe {
            match self.step {
                Step::Cast => convert::from_u8(of(a, count), self.written, out),
                Step::Select => convert::select_u8(of(a, count), of(b, count), of(c, count), to(out, count)),
                Step::Not if self.dtype == Type::Bool => integer::not_bool(of(a, count), to(out, count)),
                Step::Equal | Step::NotEqual | Step::Less | Step::LessEqual => {
                    integer::compare_u8(self.step, of(a, count), of(b, count), to(out, count));
                }
                step if step as u8 >= Step::FIRST_BINARY => {
                    integer::binary_u8(step, of(a, count), of(b, count), to(out, count));
                }
                step => integer::unary_u8(step, of(a, count), to(out, count)),
            }
        }
    }
}

/// # Safety
/// `count` elements are there to read.
#[inline(always)]
unsafe fn of<'a, T>(start: *const T, count: usize) -> &'a [T] {
    // SAFETY: what the caller promises.
    unsafe { slice::from_raw_parts(start, count) }
}

/// # Safety
/// `count` elements are there to write.
#[inline(always)]
unsafe fn to<'a, T>(start: *mut u8, count: usize) -> &'a mut [T] {
    // SAFETY: what the caller promises.
    unsafe { slice::from_raw_parts_mut(start.cast(), count) }
}

/// `out[i] = f(a[i])`
#[inline(always)]
fn map<A: Copy, B>(a: &[A], out: &mut [B], f: impl Fn(A) -> B) {
    for (out, &a) in out.iter_mut().zip(a) {
        *out = f(a);
    }
}

/// `out[i] = f(a[i], b[i])`
#[inline(always)]
fn map2<A: Copy, B: Copy, C>(a: &[A], b: &[B], out: &mut [C], f: impl Fn(A, B) -> C) {
    for ((out, &a), &b) in out.iter_mut().zip(a).zip(b) {
        *out = f(a, b);
    }
}
