//! Vectors that the tiles are written in, one type for each element type and instruction set.

use super::real::Real;

/// A vector of `COUNT` elements. Counts given to methods are in `1..=COUNT`.
///
/// # Safety
/// Methods may run only on a machine with the instructions of the type, and pointers must be good for the elements that
/// are read or written, with no alignment beyond the element's.
pub unsafe trait Lanes: Copy {
    type Item: Real;
    const COUNT: usize;

    unsafe fn zero() -> Self;
    unsafe fn splat(value: Self::Item) -> Self;
    unsafe fn load(from: *const Self::Item) -> Self;
    /// The first `count` elements; the rest are 0 and their memory is not touched.
    unsafe fn load_first(from: *const Self::Item, count: usize) -> Self;
    unsafe fn store(self, to: *mut Self::Item);
    unsafe fn store_first(self, to: *mut Self::Item, count: usize);
    /// Brings what is at `from`, anywhere, closer.
    #[inline(always)]
    unsafe fn fetch(_from: *const Self::Item) {}
    /// `self * by + to`, rounded once.
    unsafe fn fused(self, by: Self, to: Self) -> Self;
    /// Elements of `self` and `other` in turn: the first half of them and the second.
    unsafe fn zip(self, other: Self) -> (Self, Self);
}

/// Vectors as plain arrays, for machines that have no type below and for what the compiler makes of them there.
#[derive(Clone, Copy)]
pub struct Plain<T, const N: usize>([T; N]);

// SAFETY: needs no instructions beyond the target's; reads and writes `count` or `N` elements.
unsafe impl<T: Real, const N: usize> Lanes for Plain<T, N> {
    type Item = T;
    const COUNT: usize = N;

    #[inline(always)]
    unsafe fn zero() -> Self {
        Self([T::ZERO; N])
    }
    #[inline(always)]
    unsafe fn splat(value: T) -> Self {
        Self([value; N])
    }
    #[inline(always)]
    unsafe fn load(from: *const T) -> Self {
        // SAFETY: good for N elements; arrays of T need T's alignment.
        Self(unsafe { from.cast::<[T; N]>().read() })
    }
    #[inline(always)]
    unsafe fn load_first(from: *const T, count: usize) -> Self {
        if count == N {
            // SAFETY: good for N elements.
            return unsafe { Self::load(from) };
        }
        let mut lanes = [T::ZERO; N];
        for (i, lane) in lanes.iter_mut().enumerate().take(count) {
            // SAFETY: good for `count` elements.
            *lane = unsafe { *from.add(i) };
        }
        Self(lanes)
    }
    #[inline(always)]
    unsafe fn store(self, to: *mut T) {
        // SAFETY: good for N elements.
        unsafe { to.cast::<[T; N]>().write(self.0) }
    }
    #[inline(always)]
    unsafe fn store_first(self, to: *mut T, count: usize) {
        if count == N {
            // SAFETY: good for N elements.
            return unsafe { self.store(to) };
        }
        for (i, &lane) in self.0.iter().enumerate().take(count) {
            // SAFETY: good for `count` elements.
            unsafe { *to.add(i) = lane }
        }
    }
    #[inline(always)]
    unsafe fn fused(self, by: Self, to: Self) -> Self {
        let mut lanes = to.0;
        for i in 0..N {
            lanes[i] = self.0[i].fused(by.0[i], lanes[i]);
        }
        Self(lanes)
    }
    #[inline(always)]
    unsafe fn zip(self, other: Self) -> (Self, Self) {
        let (mut low, mut high) = (self.0, self.0);
        for i in 0..N {
            let source = if i % 2 == 0 { self.0 } else { other.0 };
            low[i] = source[i / 2];
            high[i] = source[(N + i) / 2];
        }
        (Self(low), Self(high))
    }
}
