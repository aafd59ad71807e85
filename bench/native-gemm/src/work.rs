//! Operands and results of a case.

use worldloom_core::tensor::gemm::{Real, Scratch, Shape, View, multiply, multiply_packed, pack_b, packed_count};

use crate::cases::{Case, Layout, Product};
use crate::peers::Peer;

pub trait Numbers: Real + From<f32> + Into<f64> {
    fn multiply(peer: &dyn Peer, work: &mut Work<Self>);
}

impl Numbers for f32 {
    fn multiply(peer: &dyn Peer, work: &mut Work<f32>) {
        work.each(|call| peer.multiply32(call));
    }
}

impl Numbers for f64 {
    fn multiply(peer: &dyn Peer, work: &mut Work<f64>) {
        work.each(|call| peer.multiply64(call));
    }
}

/// One call of a peer; C is m rows of n contiguous elements.
pub struct Call<T> {
    pub product: Product,
    pub a: *const T,
    pub b: *const T,
    pub c: *mut T,
}

impl<T> Call<T> {
    /// Distances in A from row to row and from column to column, in elements.
    pub fn a_strides(&self) -> (usize, usize) {
        if self.product.layout == Layout::TN { (1, self.product.m) } else { (self.product.k, 1) }
    }

    /// The same of B.
    pub fn b_strides(&self) -> (usize, usize) {
        if self.product.layout == Layout::NT { (1, self.product.k) } else { (self.product.n, 1) }
    }
}

pub struct Work<T> {
    parts: Vec<Part<T>>,
    packed: bool,
    scratch: Scratch<T>,
}

struct Part<T> {
    product: Product,
    a: Aligned<T>,
    b: Aligned<T>,
    c: Aligned<T>,
    packed: Aligned<T>,
}

/// Elements that start on a line of the cache, as tensors do.
struct Aligned<T> {
    elements: Vec<T>,
    first: usize,
}

impl<T: Numbers> Aligned<T> {
    fn new(count: usize, mut next: impl FnMut() -> T) -> Self {
        let spare = 64 / size_of::<T>();
        let mut elements = vec![T::ZERO; count + spare];
        let address = elements.as_ptr().addr();
        let first = (address.next_multiple_of(64) - address) / size_of::<T>();
        elements[first..first + count].fill_with(&mut next);
        Self { elements, first }
    }
    fn at(&self, index: usize) -> *const T {
        self.elements[self.first + index..].as_ptr()
    }
    fn at_mut(&mut self, index: usize) -> *mut T {
        self.elements[self.first + index..].as_mut_ptr()
    }
    fn iter(&self) -> impl Iterator<Item = f64> {
        self.elements[self.first..].iter().map(|&element| element.into())
    }
}

impl<T: Numbers> Work<T> {
    pub fn new(case: &Case) -> Self {
        let part = |&product: &Product| {
            let Product { m, n, k, batch, .. } = product;
            // Multiples of 1/16 in (-1, 1), so that sums are of like size on both sides.
            let mut state = 7u32;
            let mut number = || {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                T::from(((state >> 27) as f32 - 15.5) / 16.0)
            };
            let (a, b) = (Aligned::new(m * k * batch, &mut number), Aligned::new(k * n * batch, &mut number));
            let c = Aligned::new(m * n * batch, || T::ZERO);
            let packed = Aligned::new(packed_count::<T>(k, n), || T::ZERO);
            let mut part = Part { product, a, b, c, packed };
            if case.packed {
                let place = part.packed.at_mut(0);
                let call = part.call(0);
                // SAFETY: a B of this shape, and room for it.
                unsafe { pack_b(k, n, b_of(&call), place) }
            }
            part
        };
        Self { parts: case.products.iter().map(part).collect(), packed: case.packed, scratch: Scratch::new() }
    }

    pub fn multiply(&mut self) {
        for part in &mut self.parts {
            let Product { m, n, k, batch, .. } = part.product;
            let shape = Shape { m, n, k };
            let place = part.packed.at_mut(0);
            for index in 0..batch {
                let call = part.call(index);
                let (row_stride, column_stride) = call.a_strides();
                let a = View { start: call.a, row_stride: row_stride as isize, column_stride: column_stride as isize };
                // SAFETY: operands of this shape.
                unsafe {
                    if self.packed {
                        multiply_packed(shape, a, place, call.c, n, false, &mut self.scratch, &mut |_| ());
                    } else {
                        multiply(shape, a, b_of(&call), call.c, n, false, &mut self.scratch, &mut |_| ());
                    }
                }
            }
        }
    }

    fn each(&mut self, mut run: impl FnMut(Call<T>)) {
        for part in &mut self.parts {
            for index in 0..part.product.batch {
                run(part.call(index));
            }
        }
    }
}

impl<T: Numbers> Part<T> {
    fn call(&mut self, index: usize) -> Call<T> {
        let Product { m, n, k, .. } = self.product;
        let (a, b) = (self.a.at(index * m * k), self.b.at(index * k * n));
        Call { product: self.product, a, b, c: self.c.at_mut(index * m * n) }
    }
}

fn b_of<T>(call: &Call<T>) -> View<T> {
    let (row_stride, column_stride) = call.b_strides();
    View { start: call.b, row_stride: row_stride as isize, column_stride: column_stride as isize }
}

/// Whether both computed the same, up to the rounding of sums in another order.
pub fn near<T: Numbers>(ours: &Work<T>, theirs: &Work<T>) -> Result<(), String> {
    for (own, other) in ours.parts.iter().zip(&theirs.parts) {
        let limit = own.product.k as f64 * 1e-5;
        for (x, y) in own.c.iter().zip(other.c.iter()) {
            if (x - y).abs() > limit {
                return Err(format!("results differ: {x} and {y}"));
            }
        }
        if own.c.iter().all(|x| x == 0.0) {
            return Err("nothing was computed".into());
        }
    }
    Ok(())
}
