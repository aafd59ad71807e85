//! Steps on f32 and f64 that are more than a call of a mathematical function.

use super::{map, map2};
use crate::cpu::multiversion;
use crate::layout::CANONICAL_NAN_F32;
use crate::tensor::fold::{larger_f32, larger_f64, smaller_f32, smaller_f64};
use crate::tensor::format::Step;

macro_rules! float {
    (
        $t:ty, $bits:ty, $nan:expr, $larger:ident, $smaller:ident, $finished:ident, $make:ident, $unary:ident, $binary:ident,
        $one_first:ident, $one_second:ident, $compare:ident, $test:ident, $canonical:ident
    ) => {
        multiversion! {
            /// With NaNs made canonical if it is final.
            pub fn $unary(step: Step, a: &[$t], out: &mut [$t], is_final: bool) {
                let end = |value: $t| if is_final { $finished(value) } else { value };
                match step {
                    Step::Negate => map(a, out, |x| end(-x)),
                    Step::Abs => map(a, out, |x| end(x.abs())),
                    Step::Sign => map(a, out, |x| end(if x > 0.0 { 1.0 } else if x < 0.0 { -1.0 } else { x })),
                    Step::Floor => map(a, out, |x| end(x.floor())),
                    Step::Ceil => map(a, out, |x| end(x.ceil())),
                    Step::Trunc => map(a, out, |x| end(x.trunc())),
                    Step::Round => map(a, out, |x| end(x.round_ties_even())),
                    Step::Sqrt => {
                        map(a, out, |x| x.sqrt());
                        // In one loop the compiler would take the NaN of a root for any NaN.
                        if is_final {
                            $make(out);
                        }
                    }
                    Step::Square => map(a, out, |x| end(x * x)),
                    _ => map(a, out, |x| end(x)),
                }
            }
        }

        multiversion! {
            /// With NaNs made canonical if it is final.
            pub fn $binary(step: Step, a: &[$t], b: &[$t], out: &mut [$t], is_final: bool) {
                let end = |value: $t| if is_final { $finished(value) } else { value };
                match step {
                    Step::Add => map2(a, b, out, |x, y| end(x + y)),
                    Step::Subtract => map2(a, b, out, |x, y| end(x - y)),
                    Step::Multiply => map2(a, b, out, |x, y| end(x * y)),
                    Step::Divide => map2(a, b, out, |x, y| end(x / y)),
                    Step::Maximum => map2(a, b, out, |x, y| end($larger(x, y))),
                    Step::Minimum => map2(a, b, out, |x, y| end($smaller(x, y))),
                    _ => map2(a, b, out, |x, _| end(x)),
                }
            }
        }

        multiversion! {
            /// The same with one value as the first operand.
            pub fn $one_first(step: Step, x: $t, b: &[$t], out: &mut [$t], is_final: bool) {
                let end = |value: $t| if is_final { $finished(value) } else { value };
                match step {
                    Step::Add => map(b, out, |y| end(x + y)),
                    Step::Subtract => map(b, out, |y| end(x - y)),
                    Step::Multiply => map(b, out, |y| end(x * y)),
                    Step::Divide => map(b, out, |y| end(x / y)),
                    Step::Maximum => map(b, out, |y| end($larger(x, y))),
                    Step::Minimum => map(b, out, |y| end($smaller(x, y))),
                    _ => out.fill(end(x)),
                }
            }
        }

        multiversion! {
            /// The same with one value as the second operand.
            pub fn $one_second(step: Step, a: &[$t], y: $t, out: &mut [$t], is_final: bool) {
                let end = |value: $t| if is_final { $finished(value) } else { value };
                match step {
                    Step::Add => map(a, out, |x| end(x + y)),
                    Step::Subtract => map(a, out, |x| end(x - y)),
                    Step::Multiply => map(a, out, |x| end(x * y)),
                    Step::Divide => map(a, out, |x| end(x / y)),
                    Step::Maximum => map(a, out, |x| end($larger(x, y))),
                    Step::Minimum => map(a, out, |x| end($smaller(x, y))),
                    _ => map(a, out, |x| end(x)),
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

        multiversion! {
            pub fn $test(step: Step, a: &[$t], out: &mut [u8]) {
                match step {
                    Step::Isnan => map(a, out, |x| u8::from(x.is_nan())),
                    _ => map(a, out, |x| u8::from(x.is_finite())),
                }
            }
        }

        multiversion! {
            /// Makes all NaNs the canonical one.
            pub fn $canonical(values: &mut [$t]) {
                $make(values);
            }
        }

        #[inline(always)]
        fn $make(values: &mut [$t]) {
            // Looking whether there is any takes longer than mending few.
            let are_few = values.len() <= FEW;
            let any = |values: &[$t]| values.iter().fold(0 as $bits, |odd, x| odd | <$bits>::from(x.is_nan())) != 0;
            if are_few || any(values) {
                for value in values {
                    *value = $finished(*value);
                }
            }
        }

        #[inline(always)]
        fn $finished(value: $t) -> $t {
            <$t>::from_bits(if value.is_nan() { $nan } else { value.to_bits() })
        }
    };
}

float!(
    f32,
    u32,
    CANONICAL_NAN_F32,
    larger_f32,
    smaller_f32,
    finished_f32,
    make_f32,
    unary_f32,
    binary_f32,
    one_first_f32,
    one_second_f32,
    compare_f32,
    test_f32,
    canonical_f32
);
float!(
    f64,
    u64,
    CANONICAL_NAN_F64,
    larger_f64,
    smaller_f64,
    finished_f64,
    make_f64,
    unary_f64,
    binary_f64,
    one_first_f64,
    one_second_f64,
    compare_f64,
    test_f64,
    canonical_f64
);

/// `out[i] = f(a[i], b[i])` four at a time, with NaNs made canonical. The slices are of one length.
#[inline(always)]
pub fn few(a: &[f32], b: &[f32], out: &mut [f32], f: impl Fn(f32, f32) -> f32) {
    let (a_fours, a_rest) = a.as_chunks::<4>();
    let (b_fours, b_rest) = b.as_chunks::<4>();
    let (out_fours, out_rest) = out.as_chunks_mut::<4>();
    for ((out, a), b) in out_fours.iter_mut().zip(a_fours).zip(b_fours) {
        *out = std::array::from_fn(|i| finished_f32(f(a[i], b[i])));
    }
    for ((out, &a), &b) in out_rest.iter_mut().zip(a_rest).zip(b_rest) {
        *out = finished_f32(f(a, b));
    }
}

/// What an f64 NaN is stored as.
const CANONICAL_NAN_F64: u64 = (crate::layout::CANONICAL_NAN_F64_HIGH as u64) << 32;

const FEW: usize = 32;
