//! Factors of small matrices and substitution, element by element in the order of the reference.

use super::fold::Value;
use super::format::Type;
use super::lane::Lane;
use super::nest::Nest;
use super::operand::View;
use super::program::Node;

/// # Safety
/// As for all instructions: operands were checked to lie inside memory that the lane's bases lead to.
pub unsafe fn cholesky(views: &[View], lane: &mut Lane) {
    let [input, output] = views else { return };
    // SAFETY: what the caller promises.
    unsafe {
        each_matrix([input, output], lane, |n, [from, to]| match input.dtype {
            Type::F64 => factor(n, Matrix::<f64>::of(input, from), Matrix::of(output, to)),
            _ => factor(n, Matrix::<f32>::of(input, from), Matrix::of(output, to)),
        });
    }
}

/// # Safety
/// As for [`cholesky`].
pub unsafe fn lu(views: &[View], lane: &mut Lane) {
    let [input, output, pivots] = views else { return };
    let step = pivots.strides[pivots.rank() - 1] as isize;
    // SAFETY: what the caller promises.
    unsafe {
        each_matrix([input, output, pivots], lane, |n, [from, to, pivots]| {
            let pivot = |i: usize| pivots.wrapping_offset(step * i as isize).cast::<i32>();
            match input.dtype {
                Type::F64 => eliminate(n, Matrix::<f64>::of(input, from), Matrix::of(output, to), pivot),
                _ => eliminate(n, Matrix::<f32>::of(input, from), Matrix::of(output, to), pivot),
            }
        });
    }
}

/// # Safety
/// As for [`cholesky`].
pub unsafe fn triangular(node: &Node, views: &[View], lane: &mut Lane) {
    let [matrix, right, result] = views else { return };
    let flags = (node.numbers[0] & 1 == 1, node.numbers[0] & 2 == 2);
    let columns = right.extents[right.rank() - 1];
    // SAFETY: what the caller promises.
    unsafe {
        each_matrix([matrix, right, result], lane, |n, [a, from, to]| match matrix.dtype {
            Type::F64 => {
                let (a, right) = (Matrix::<f64>::of(matrix, a), Matrix::of(right, from));
                substitute((n, columns), flags, a, right, Matrix::of(result, to));
            }
            _ => {
                let (a, right) = (Matrix::<f32>::of(matrix, a), Matrix::of(right, from));
                substitute((n, columns), flags, a, right, Matrix::of(result, to));
            }
        });
    }
}

/// Calls `each` with the order of the matrices and where each operand has its next one.
fn each_matrix<const K: usize>(views: [&View; K], lane: &Lane, mut each: impl FnMut(usize, [*mut u8; K])) {
    let batches = views[0].rank() - 2;
    let extents = lane.extents(views[0]);
    let nest = Nest::of(&extents[..batches], false, views.map(|view| &view.strides[..batches]));
    let starts = views.map(|view| lane.at(view));
    nest.each(|at| each(extents[batches], std::array::from_fn(|k| starts[k].wrapping_offset(at[k] as isize))));
}

/// Elements of a matrix by row and column.
#[derive(Clone, Copy)]
struct Matrix<T> {
    start: *mut T,
    row: isize,
    column: isize,
}

impl<T: Real> Matrix<T> {
    fn of(view: &View, start: *mut u8) -> Self {
        let axis = view.rank() - 2;
        Self { start: start.cast(), row: view.strides[axis] as isize, column: view.strides[axis + 1] as isize }
    }

    /// # Safety
    /// The element is inside the matrix.
    #[inline(always)]
    unsafe fn get(&self, row: usize, column: usize) -> T {
        // SAFETY: what the caller promises.
        unsafe { self.at(row, column).read() }
    }

    /// Writes a value, a NaN as the canonical one.
    ///
    /// # Safety
    /// The element is inside the matrix.
    #[inline(always)]
    unsafe fn set(&self, row: usize, column: usize, value: T) {
        // SAFETY: what the caller promises.
        unsafe { self.at(row, column).write(value.canonical()) }
    }

    #[inline(always)]
    fn at(&self, row: usize, column: usize) -> *mut T {
        self.start.wrapping_byte_offset(self.row * row as isize + self.column * column as isize)
    }
}

/// Floats that these are for.
trait Real: Value {
    const ZERO: Self;
    const NAN: Self;
    /// `a * b + c` with one rounding.
    fn fused(a: Self, b: Self, c: Self) -> Self;
    fn negated(self) -> Self;
    fn over(self, divisor: Self) -> Self;
    fn root(self) -> Self;
    fn size(self) -> Self;
    fn exceeds(self, other: Self) -> bool;
}

macro_rules! real {
    ($t:ty) => {
        impl Real for $t {
            const ZERO: Self = 0.0;
            const NAN: Self = <$t>::NAN;

            #[inline(always)]
            fn fused(a: Self, b: Self, c: Self) -> Self {
                a.mul_add(b, c)
            }

            fn negated(self) -> Self {
                -self
            }

            fn over(self, divisor: Self) -> Self {
                self / divisor
            }

            fn root(self) -> Self {
                self.sqrt()
            }

            fn size(self) -> Self {
                self.abs()
            }

            fn exceeds(self, other: Self) -> bool {
                self > other
            }
        }
    };
}

real!(f32);
real!(f64);

unsafe fn factor<T: Real>(n: usize, input: Matrix<T>, l: Matrix<T>) {
    // SAFETY: all places are inside the matrices.
    unsafe {
        for j in 0..n {
            for i in j..n {
                let mut sum = input.get(i, j);
                for k in 0..j {
                    sum = T::fused(l.get(i, k).negated(), l.get(j, k), sum);
                }
                let value = match () {
                    () if i > j => sum.over(l.get(j, j)),
                    () if sum.exceeds(T::ZERO) => sum.root(),
                    () => T::NAN,
                };
                l.set(i, j, value);
            }
        }
        for i in 0..n {
            for j in i + 1..n {
                l.set(i, j, T::ZERO);
            }
        }
    }
}

unsafe fn eliminate<T: Real>(n: usize, input: Matrix<T>, u: Matrix<T>, pivot: impl Fn(usize) -> *mut i32) {
    // SAFETY: all places are inside the matrices, and there are as many pivots as rows.
    unsafe {
        for i in 0..n {
            for j in 0..n {
                u.at(i, j).write(input.get(i, j));
            }
            pivot(i).write(i as i32);
        }
        for k in 0..n {
            let mut largest = k;
            for i in k + 1..n {
                if u.get(i, k).size().exceeds(u.get(largest, k).size()) {
                    largest = i;
                }
            }
            if largest != k {
                for j in 0..n {
                    let value = u.get(k, j);
                    u.set(k, j, u.get(largest, j));
                    u.set(largest, j, value);
                }
                std::ptr::swap(pivot(k), pivot(largest));
            }
            for i in k + 1..n {
                u.set(i, k, u.get(i, k).over(u.get(k, k)));
                let factor = u.get(i, k).negated();
                for j in k + 1..n {
                    u.set(i, j, T::fused(factor, u.get(k, j), u.get(i, j)));
                }
            }
        }
    }
}

unsafe fn substitute<T: Real>(
    (n, columns): (usize, usize),
    (is_upper, is_unit): (bool, bool),
    a: Matrix<T>,
    right: Matrix<T>,
    x: Matrix<T>,
) {
    // SAFETY: all places are inside the matrices.
    unsafe {
        for c in 0..columns {
            for step in 0..n {
                let i = if is_upper { n - 1 - step } else { step };
                let mut sum = right.get(i, c);
                for k in if is_upper { i + 1..n } else { 0..i } {
                    sum = T::fused(a.get(i, k).negated(), x.get(k, c), sum);
                }
                x.set(i, c, if is_unit { sum } else { sum.over(a.get(i, i)) });
            }
        }
    }
}
