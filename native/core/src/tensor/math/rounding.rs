//! Exact functions, alike for f32 and f64 but where a sum is rounded.

macro_rules! rounding {
    ($sign:ident, $remainder:ident, $of_rest:ident, $floor_divide:ident, $float:ty) => {
        #[inline(always)]
        pub fn $sign(x: $float) -> $float {
            if x > 0.0 {
                1.0
            } else if x < 0.0 {
                -1.0
            } else {
                x
            }
        }

        /// What is left of `a` by whole multiples of `b`, with the sign of `b`, as in Python; NaN by 0.
        #[inline(always)]
        pub fn $remainder(a: $float, b: $float) -> $float {
            $of_rest(a % b, b)
        }

        /// The remainder, given that with the sign of the first operand.
        #[inline(always)]
        pub fn $of_rest(rest: $float, b: $float) -> $float {
            let zero = if b > 0.0 { 0.0 } else { -0.0 };
            let value = if (rest < 0.0) == (b < 0.0) { rest } else { rest + b };
            if rest == 0.0 { zero } else { value }
        }

        /// `a / b` rounded down, as in Python, without the error of the division; by 0 as the division.
        #[inline(always)]
        pub fn $floor_divide(a: $float, b: $float, rest: $float) -> $float {
            let ratio = (a - rest) / b;
            let less = ratio - 1.0;
            let ratio = if rest != 0.0 && (rest < 0.0) != (b < 0.0) { less } else { ratio };
            let whole = ratio.floor();
            let whole = if ratio - whole > 0.5 { whole + 1.0 } else { whole };
            let value = if ratio == 0.0 { (0.0 as $float).copysign(a / b) } else { whole };
            if b == 0.0 { a / b } else { value }
        }
    };
}

rounding!(sign32, remainder32, remainder_of_rest32, floor_divide32, f32);
rounding!(sign64, remainder64, remainder_of_rest64, floor_divide64, f64);

/// Quotients below this are found in one step.
const STEP: f32 = 134_217_728.0;

/// Whether [`rest_near32`] gives `a % b`.
#[inline(always)]
pub fn is_near32(a: f32, b: f32) -> bool {
    a.abs() < b.abs() * STEP && b.abs() < f32::INFINITY
}

/// `a % b` where [`is_near32`]. Both are multiples of a number that is at least 2^-52 of the first, so that no quotient is
/// rounded up to an integer, and the result is exact.
#[inline(always)]
pub fn rest_near32(a: f32, b: f32) -> f32 {
    let (dividend, divisor) = (a.abs() as f64, b.abs() as f64);
    ((dividend - (dividend / divisor).trunc() * divisor) as f32).copysign(a)
}
