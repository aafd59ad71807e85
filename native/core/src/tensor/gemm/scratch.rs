//! Memory for packed operands.

use super::real::Real;

/// Bytes that packed operands are aligned to: a vector of the widest kind, and a line of the cache.
pub const ALIGNMENT: usize = 64;

/// Grows to what the largest multiplication so far needed, and is kept by the caller from one to the next.
pub struct Scratch<T> {
    a: Vec<T>,
    b: Vec<T>,
}

impl<T: Real> Scratch<T> {
    pub const fn new() -> Self {
        Self { a: Vec::new(), b: Vec::new() }
    }

    /// An aligned place for `count` elements of A, whose values are anything.
    pub fn a(&mut self, count: usize) -> *mut T {
        place(&mut self.a, count)
    }

    /// The same for B.
    pub fn b(&mut self, count: usize) -> *mut T {
        place(&mut self.b, count)
    }
}

impl<T: Real> Default for Scratch<T> {
    fn default() -> Self {
        Self::new()
    }
}

fn place<T: Real>(elements: &mut Vec<T>, count: usize) -> *mut T {
    let spare = ALIGNMENT / size_of::<T>();
    if elements.len() < count + spare {
        elements.resize(count + spare, T::ZERO);
    }
    let start = elements.as_mut_ptr();
    // A vector of T is aligned to T, so the distance is a whole number of elements, below `spare`.
    let distance = start.addr().next_multiple_of(ALIGNMENT) - start.addr();
    start.wrapping_byte_add(distance)
}
