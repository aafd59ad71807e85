use std::ops::{Add, Mul, Sub};

/// Elements that a formula is computed for at once, operation by operation: operations next to each other do not wait for
/// one another.
#[derive(Clone, Copy)]
pub struct Group<const SIZE: usize>(pub [f32; SIZE]);

/// Of 16 to 128 the fastest for long formulas.
pub const LONG: usize = 64;
/// For what is left.
pub const SHORT: usize = 16;

impl<const SIZE: usize> Group<SIZE> {
    /// The values, and 0 for what is missing of them.
    #[inline(always)]
    pub fn padded(values: &[f32]) -> Self {
        let mut group = [0.0; SIZE];
        for (to, &value) in group.iter_mut().zip(values) {
            *to = value;
        }
        Self(group)
    }

    #[inline(always)]
    pub fn map(self, f: impl Fn(f32) -> f32) -> Self {
        let mut out = [0.0; SIZE];
        for (out, x) in out.iter_mut().zip(self.0) {
            *out = f(x);
        }
        Self(out)
    }

    #[inline(always)]
    pub fn with(self, other: Self, f: impl Fn(f32, f32) -> f32) -> Self {
        let mut out = [0.0; SIZE];
        for ((out, x), y) in out.iter_mut().zip(self.0).zip(other.0) {
            *out = f(x, y);
        }
        Self(out)
    }

    /// `c[0] + x * (c[1] + x * (c[2] + ...))` by Horner's rule, of two coefficients or more.
    #[inline(always)]
    pub fn polynomial<const N: usize>(self, c: &[f32; N]) -> Self {
        let mut sum = self * c[N - 1] + c[N - 2];
        let mut i = N - 2;
        while i > 0 {
            i -= 1;
            sum = self * sum + c[i];
        }
        sum
    }
}

macro_rules! operation {
    ($operation:ident $name:ident $symbol:tt) => {
        impl<const SIZE: usize> $operation for Group<SIZE> {
            type Output = Self;
            #[inline(always)]
            fn $name(self, other: Self) -> Self {
                self.with(other, |x, y| x $symbol y)
            }
        }

        impl<const SIZE: usize> $operation<f32> for Group<SIZE> {
            type Output = Self;
            #[inline(always)]
            fn $name(self, other: f32) -> Self {
                self.map(|x| x $symbol other)
            }
        }
    };
}

operation!(Add add +);
operation!(Sub sub -);
operation!(Mul mul *);
