//! Elementwise functions of f32 and f64: the same bits at every level, those of `src/native/reference/tensor/math.ts`, where
//! each formula and its error are described. NaN is any NaN.

// Coefficients are written as the reference has them: the exact values of f32.
#![allow(clippy::excessive_precision)]

mod angle32;
mod angle64;
mod arctangent32;
mod arctangent64;
mod double;
mod error32;
mod error64;
mod exponential32;
#[cfg(target_arch = "x86_64")]
mod exponential32_x86;
mod exponential64;
mod gelu32;
#[cfg(target_arch = "x86_64")]
mod gelu32_x86;
mod group;
#[cfg(target_arch = "x86_64")]
mod group_x86;
mod hyperbolic64;
mod logarithm32;
mod logarithm64;
mod power32;
mod power64;
mod rounding;
mod sine32;
mod sine64;
mod single;
#[cfg(test)]
mod vectors;
mod word;

use super::format::Step;

macro_rules! functions {
    ($($step:ident $name:ident,)*; $($step2:ident $name2:ident,)*) => {
        /// Functions of one operand.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub enum Unary {
            $($step,)*
        }

        /// Functions of two operands.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub enum Binary {
            $($step2,)*
        }

        /// The function of a step, if it is one of these.
        #[inline]
        pub fn unary_of(step: Step) -> Option<Unary> {
            match step {
                $(Step::$step => Some(Unary::$step),)*
                _ => None,
            }
        }

        /// Likewise.
        #[inline]
        pub fn binary_of(step: Step) -> Option<Binary> {
            match step {
                $(Step::$step2 => Some(Binary::$step2),)*
                _ => None,
            }
        }

        /// Writes the values for `input`, as many as the shorter slice has.
        pub fn unary_f32(function: Unary, input: &[f32], out: &mut [f32]) {
            match function {
                $(Unary::$step => single::$name(input, out),)*
            }
        }

        /// The same of f64.
        pub fn unary_f64(function: Unary, input: &[f64], out: &mut [f64]) {
            match function {
                $(Unary::$step => double::$name(input, out),)*
            }
        }

        /// Writes the values for pairs of `a` and `b`, as many as the shortest slice has.
        pub fn binary_f32(function: Binary, a: &[f32], b: &[f32], out: &mut [f32]) {
            match function {
                $(Binary::$step2 => single::$name2(a, b, out),)*
            }
        }

        /// The same of f64.
        pub fn binary_f64(function: Binary, a: &[f64], b: &[f64], out: &mut [f64]) {
            match function {
                $(Binary::$step2 => double::$name2(a, b, out),)*
            }
        }

        /// All functions with their names.
        #[cfg(test)]
        const UNARY: &[(&str, Unary)] = &[$((stringify!($name), Unary::$step),)*];
        #[cfg(test)]
        const BINARY: &[(&str, Binary)] = &[$((stringify!($name2), Binary::$step2),)*];
    };
}

functions!(
    Sign sign,
    Floor floor,
    Ceil ceil,
    Trunc trunc,
    Round round,
    Exp exp,
    Expm1 expm1,
    Log log,
    Log1p log1p,
    Log2 log2,
    Log10 log10,
    Sin sin,
    Cos cos,
    Tan tan,
    Asin asin,
    Acos acos,
    Atan atan,
    Sinh sinh,
    Cosh cosh,
    Tanh tanh,
    Asinh asinh,
    Acosh acosh,
    Atanh atanh,
    Erf erf,
    Erfc erfc,
    Logistic logistic,
    Gelu gelu,
    ;
    FloorDivide floor_divide,
    Remainder remainder,
    Pow pow,
    Atan2 atan2,
);
