//! One step of a fused loop over one tile. What is written overlaps nothing that is read.

mod convert;
mod float;
mod integer;

use std::slice;

use crate::tensor::format::{Step, Type};
use crate::tensor::math;
use crate::tensor::program::StepCode;
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
    /// Makes NaNs the canonical one, too.
    pub is_final: bool,
    /// What it writes to may be what it reads: that is to be found out for each tile.
    pub may_overlap: bool,
    kernel: Kernel,
    /// Where the tile of its target begins; [`OUTPUT`] if it writes to an output.
    pub tile: u32,
}

/// In the place of a tile.
pub const OUTPUT: u32 = u32::MAX;

/// Pointers by register; those of the outputs follow.
pub type Pointers = [*mut u8; 128];

/// Which function a step is.
#[derive(Clone, Copy, Debug)]
enum Kernel {
    Unary32,
    Unary64,
    Binary32,
    Binary64,
    /// One operand is one value.
    FirstOne32,
    FirstOne64,
    SecondOne32,
    SecondOne64,
    Math32(math::Unary),
    Math64(math::Unary),
    MathBinary32(math::Binary),
    MathBinary64(math::Binary),
    Compare32,
    Compare64,
    Test32,
    Test64,
    UnaryInteger,
    BinaryInteger,
    CompareInteger,
    UnaryByte,
    BinaryByte,
    CompareByte,
    Not,
    Cast,
    Select,
    Uniform,
    Random,
}

impl Kernel {
    fn of(step: Step, dtype: Type) -> Self {
        let is_binary = step as u8 >= Step::FIRST_BINARY;
        let is_compare = matches!(step, Step::Equal | Step::NotEqual | Step::Less | Step::LessEqual);
        match (step, dtype) {
            (Step::Cast, _) => Self::Cast,
            (Step::Select, _) => Self::Select,
            (Step::Uniform, _) => Self::Uniform,
            (Step::Random, _) => Self::Random,
            (Step::Not, Type::Bool) => Self::Not,
            (Step::Isnan | Step::Isfinite, Type::F64) => Self::Test64,
            (Step::Isnan | Step::Isfinite, _) => Self::Test32,
            (_, Type::F32) if is_compare => Self::Compare32,
            (_, Type::F64) if is_compare => Self::Compare64,
            (_, Type::I32) if is_compare => Self::CompareInteger,
            _ if is_compare => Self::CompareByte,
            (_, Type::F32) if is_binary => math::binary_of(step).map_or(Self::Binary32, Self::MathBinary32),
            (_, Type::F64) if is_binary => math::binary_of(step).map_or(Self::Binary64, Self::MathBinary64),
            (_, Type::I32) if is_binary => Self::BinaryInteger,
            _ if is_binary => Self::BinaryByte,
            (_, Type::F32) => math::unary_of(step).map_or(Self::Unary32, Self::Math32),
            (_, Type::F64) => math::unary_of(step).map_or(Self::Unary64, Self::Math64),
            (_, Type::I32) => Self::UnaryInteger,
            _ => Self::UnaryByte,
        }
    }

    /// Whether it can make NaNs canonical by the way, or does so.
    fn finishes(self) -> bool {
        matches!(
            self,
            Self::Unary32
                | Self::Unary64
                | Self::Binary32
                | Self::Binary64
                | Self::FirstOne32
                | Self::FirstOne64
                | Self::SecondOne32
                | Self::SecondOne64
                | Self::Math32(math::Unary::Gelu)
        )
    }

    /// The same where the first (second) operand is one value, if there is such.
    fn with_one(self, is_first: bool) -> Option<Self> {
        match (self, is_first) {
            (Self::Binary32, true) => Some(Self::FirstOne32),
            (Self::Binary32, false) => Some(Self::SecondOne32),
            (Self::Binary64, true) => Some(Self::FirstOne64),
            (Self::Binary64, false) => Some(Self::SecondOne64),
            _ => None,
        }
    }
}

impl Micro {
    pub fn of(code: &StepCode) -> Self {
        let mut operands = [code.operands[0]; 3];
        let used = usize::from(code.operand_count);
        operands[..used].copy_from_slice(&code.operands[..used]);
        Self {
            step: code.step,
            dtype: code.dtype,
            written: code.written,
            target: code.target,
            operands,
            extra: code.extra,
            is_final: false,
            may_overlap: false,
            kernel: Kernel::of(code.step, code.dtype),
            tile: OUTPUT,
        }
    }

    /// Has it make NaNs canonical; returns whether whoever stores the result still has to.
    pub fn finish(&mut self) -> bool {
        let is_quiet = matches!(self.written, Type::Bool | Type::U8 | Type::I32);
        self.is_final = self.kernel.finishes();
        !self.is_final && !is_quiet
    }

    /// The same step where one operand, that of `register`, is one value; `None` if there is no such.
    pub fn with_one(&self, register: u8) -> Option<Self> {
        let [a, b, _] = self.operands;
        let kernel = if a == b { None } else { self.kernel.with_one(a == register) };
        kernel.map(|kernel| Self { kernel, ..*self })
    }

    /// Whether what is written overlaps what is read.
    ///
    /// # Safety
    /// As for [`Micro::run`].
    #[inline]
    pub unsafe fn overlaps(&self, count: usize, pointers: *const *mut u8) -> bool {
        // SAFETY: what the caller promises.
        let pointer = |register: u8| unsafe { pointers.add(usize::from(register)).read() };
        self.overlaps_at(count, self.operands.map(pointer), pointer(self.target))
    }

    /// The same with the operands at hand.
    #[inline]
    pub fn overlaps_at(&self, count: usize, operands: [*mut u8; 3], out: *mut u8) -> bool {
        let bytes = count * self.dtype.bytes().max(self.written.bytes());
        operands.iter().any(|operand| {
            let distance = operand.addr().wrapping_sub(out.addr());
            distance.wrapping_add(bytes - 1) < 2 * bytes - 1
        })
    }

    /// Runs the step over `count` elements.
    ///
    /// # Safety
    /// `pointers` is a table of [`Pointers`]. Those of the registers of this step are of as many elements of their types,
    /// aligned, and what is written is apart from what is read.
    #[inline]
    pub unsafe fn run(&self, count: usize, pointers: *const *mut u8) {
        // SAFETY: what the caller promises.
        unsafe {
            let operands = self.operands.map(|register| pointers.add(usize::from(register)).read().cast_const());
            self.run_at(count, operands, pointers.add(usize::from(self.target)).read());
        }
    }

    /// Runs a step of arithmetic on f32 over few elements and makes NaNs canonical; false if it is another step.
    ///
    /// # Safety
    /// As for [`Micro::run`].
    #[inline(always)]
    pub unsafe fn run_few(&self, count: usize, [a, b]: [*mut u8; 2], out: *mut u8) -> bool {
        if !matches!(self.kernel, Kernel::Binary32) {
            return false;
        }
        // SAFETY: what the caller promises.
        let (a, b, out) = unsafe { (of::<f32>(a, count), of::<f32>(b, count), to::<f32>(out, count)) };
        match self.step {
            Step::Add => float::few(a, b, out, |x, y| x + y),
            Step::Subtract => float::few(a, b, out, |x, y| x - y),
            Step::Multiply => float::few(a, b, out, |x, y| x * y),
            Step::Divide => float::few(a, b, out, |x, y| x / y),
            _ => return false,
        }
        true
    }

    /// The same with the operands at hand.
    ///
    /// # Safety
    /// As for [`Micro::run`].
    #[inline]
    pub unsafe fn run_at(&self, count: usize, [a, b, c]: [*const u8; 3], out: *mut u8) {
        let step = self.step;
        // SAFETY: what the caller promises of the registers that this step has.
        unsafe {
            match self.kernel {
                Kernel::Unary32 => float::unary_f32(step, of(a, count), to(out, count), self.is_final),
                Kernel::Unary64 => float::unary_f64(step, of(a, count), to(out, count), self.is_final),
                Kernel::Binary32 => float::binary_f32(step, of(a, count), of(b, count), to(out, count), self.is_final),
                Kernel::Binary64 => float::binary_f64(step, of(a, count), of(b, count), to(out, count), self.is_final),
                Kernel::FirstOne32 => {
                    float::one_first_f32(step, a.cast::<f32>().read(), of(b, count), to(out, count), self.is_final);
                }
                Kernel::FirstOne64 => {
                    float::one_first_f64(step, a.cast::<f64>().read(), of(b, count), to(out, count), self.is_final);
                }
                Kernel::SecondOne32 => {
                    float::one_second_f32(step, of(a, count), b.cast::<f32>().read(), to(out, count), self.is_final);
                }
                Kernel::SecondOne64 => {
                    float::one_second_f64(step, of(a, count), b.cast::<f64>().read(), to(out, count), self.is_final);
                }
                Kernel::Math32(function) => math::unary_f32(function, of(a, count), to(out, count)),
                Kernel::Math64(function) => math::unary_f64(function, of(a, count), to(out, count)),
                Kernel::MathBinary32(function) => {
                    math::binary_f32(function, of(a, count), of(b, count), to(out, count))
                }
                Kernel::MathBinary64(function) => {
                    math::binary_f64(function, of(a, count), of(b, count), to(out, count))
                }
                Kernel::Compare32 => float::compare_f32(step, of(a, count), of(b, count), to(out, count)),
                Kernel::Compare64 => float::compare_f64(step, of(a, count), of(b, count), to(out, count)),
                Kernel::Test32 => float::test_f32(step, of(a, count), to(out, count)),
                Kernel::Test64 => float::test_f64(step, of(a, count), to(out, count)),
                Kernel::UnaryInteger => integer::unary_i32(step, of(a, count), to(out, count)),
                Kernel::BinaryInteger => integer::binary_i32(step, of(a, count), of(b, count), to(out, count)),
                Kernel::CompareInteger => integer::compare_i32(step, of(a, count), of(b, count), to(out, count)),
                Kernel::UnaryByte => integer::unary_u8(step, of(a, count), to(out, count)),
                Kernel::BinaryByte => integer::binary_u8(step, of(a, count), of(b, count), to(out, count)),
                Kernel::CompareByte => integer::compare_u8(step, of(a, count), of(b, count), to(out, count)),
                Kernel::Not => integer::not_bool(of(a, count), to(out, count)),
                Kernel::Cast => convert::cast(self.dtype, a, self.written, out, count),
                Kernel::Select => match self.dtype.bytes() {
                    1 => convert::select_u8(of(a, count), of(b, count), of(c, count), to(out, count)),
                    4 => convert::select_u32(of(a, count), of(b, count), of(c, count), to(out, count)),
                    _ => convert::select_u64(of(a, count), of(b, count), of(c, count), to(out, count)),
                },
                Kernel::Uniform if self.dtype == Type::F64 => convert::uniform_f64(of(a, count), to(out, count)),
                Kernel::Uniform => convert::uniform_f32(of(a, count), to(out, count)),
                Kernel::Random => {
                    let word = usize::from(self.extra & 1);
                    convert::random(word, of(a, count), of(b, count), of(c, count), to(out, count));
                }
            }
        }
    }
}

/// # Safety
/// `count` elements are there to read.
#[inline(always)]
unsafe fn of<'a, T>(start: *const u8, count: usize) -> &'a [T] {
    // SAFETY: what the caller promises.
    unsafe { slice::from_raw_parts(start.cast(), count) }
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
