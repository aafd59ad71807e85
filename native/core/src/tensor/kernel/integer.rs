//! Steps on i32, and on u8 and bool, which are bytes.

use super::{map, map2};
use crate::cpu::multiversion;
use crate::tensor::format::Step;

macro_rules! integer {
    ($t:ty, $mask:expr, $unary:ident, $binary:ident, $compare:ident, $sign:expr, $abs:expr) => {
        multiversion! {
            pub fn $unary(step: Step, a: &[$t], out: &mut [$t]) {
                match step {
                    Step::Negate => map(a, out, |x| x.wrapping_neg()),
                    Step::Abs => map(a, out, $abs),
                    Step::Sign => map(a, out, $sign),
                    Step::Square => map(a, out, |x| x.wrapping_mul(x)),
                    Step::Not => map(a, out, |x| !x),
                    _ => map(a, out, |x| x),
                }
            }
        }

        multiversion! {
            pub fn $binary(step: Step, a: &[$t], b: &[$t], out: &mut [$t]) {
                match step {
                    Step::Add => map2(a, b, out, |x, y| x.wrapping_add(y)),
                    Step::Subtract => map2(a, b, out, |x, y| x.wrapping_sub(y)),
                    Step::Multiply => map2(a, b, out, |x, y| x.wrapping_mul(y)),
                    Step::FloorDivide => map2(a, b, out, |x, y| {
                        if y == 0 {
                            return 0;
                        }
                        let (quotient, rest) = (x.wrapping_div(y), x.wrapping_rem(y));
                        #[allow(unused_comparisons)]
                        let is_above = rest != 0 && (x < 0) != (y < 0);
                        quotient.wrapping_sub(<$t>::from(is_above))
                    }),
                    Step::Remainder => map2(a, b, out, |x, y| {
                        if y == 0 {
                            return 0;
                        }
                        let rest = x.wrapping_rem(y);
                        #[allow(unused_comparisons)]
                        let is_apart = rest != 0 && (rest < 0) != (y < 0);
                        if is_apart { rest.wrapping_add(y) } else { rest }
                    }),
                    Step::Maximum => map2(a, b, out, |x, y| x.max(y)),
                    Step::Minimum => map2(a, b, out, |x, y| x.min(y)),
                    Step::And => map2(a, b, out, |x, y| x & y),
                    Step::Or => map2(a, b, out, |x, y| x | y),
                    Step::Xor => map2(a, b, out, |x, y| x ^ y),
                    Step::LeftShift => map2(a, b, out, |x, y| x << (y & $mask)),
                    Step::RightShift => map2(a, b, out, |x, y| x >> (y & $mask)),
                    _ => map2(a, b, out, |x, _| x),
                }
            }
        }

        multiversion! {
            pub fn $compare(step: Step, a: &[$t], b: &[$t], out: &mut [u8]) {
                match step {
                    Step::Equal => map2(a, b, out, |x, y| u8::from(x == y)),
                    Step::NotEqual => map2(a, b, out, |x, y| u8::from(x != y)),
                    Step::Less => map2(a, b, out, |x, y| u8::from(x < y)),
                    _ => map2(a, b, out, |x, y| u8::from(x <= y)),
                }
            }
        }
    };
}

integer!(i32, 31, unary_i32, binary_i32, compare_i32, |x| x.signum(), |x| x.wrapping_abs());
integer!(u8, 7, unary_u8, binary_u8, compare_u8, |x| u8::from(x != 0), |x| x);

multiversion! {
    pub fn not_bool(a: &[u8], out: &mut [u8]) {
        map(a, out, |x| u8::from(x == 0));
    }
}
