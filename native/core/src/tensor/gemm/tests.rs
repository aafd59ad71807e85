//! Every path against the definition, to the bit.

use std::ops::Range;

use super::*;
use crate::cpu::{at_each_level, noise};

/// Numbers for tests: a linear congruential sequence.
struct Source(u64);

impl Source {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 33
    }
    fn below(&mut self, limit: usize) -> usize {
        self.next() as usize % limit
    }
}

trait Case: Real {
    fn value(source: &mut Source, special: bool) -> Self;
    /// The bits, NaNs made alike.
    fn bits(self) -> u64;
    fn defined(self, by: Self, to: Self) -> Self;
}

macro_rules! case {
    ($type:ty, $specials:expr) => {
        impl Case for $type {
            fn value(source: &mut Source, special: bool) -> Self {
                let specials = $specials;
                match special {
                    true if source.below(4) == 0 => specials[source.below(specials.len())],
                    _ => (source.next() as $type / (1u64 << 30) as $type - 1.0) * (1u64 << source.below(9)) as $type,
                }
            }
            fn bits(self) -> u64 {
                if self.is_nan() { u64::MAX } else { self.to_bits().into() }
            }
            fn defined(self, by: Self, to: Self) -> Self {
                self.mul_add(by, to)
            }
        }
    };
}
case!(f32, [0.0, -0.0, 1e-45, -3e-42, 1e-38, 1e-23, -1e-22, 3e38, f32::INFINITY, f32::NEG_INFINITY, f32::NAN]);
case!(f64, [0.0, -0.0, 5e-324, -3e-310, 1e-308, 1e-160, 1e308, f64::INFINITY, f64::NEG_INFINITY, f64::NAN]);

struct Matrix<T> {
    elements: Vec<T>,
    first: usize,
    row_stride: isize,
    column_stride: isize,
}

impl<T: Case> Matrix<T> {
    /// Rows or columns together, apart, reversed, repeated, or with gaps in both directions.
    fn new(rows: usize, columns: usize, layout: usize, special: bool, source: &mut Source) -> Self {
        let (rows, columns) = (rows as isize, columns as isize);
        let (row_stride, column_stride) = match layout {
            0 => (columns, 1),
            1 => (1, rows),
            2 => (columns + 5, 1),
            3 => (1, rows + 3),
            4 => (-columns, 1),
            5 => (0, 1),
            6 => (1, 0),
            7 => (-1, -rows),
            _ => (2 * columns, -2),
        };
        let reach = |stride: isize, count: isize| stride * (count - 1).max(0);
        let (down, right) = (reach(row_stride, rows), reach(column_stride, columns));
        let first = -(down.min(0) + right.min(0));
        let count = first + down.max(0) + right.max(0) + 1;
        let elements = (0..count).map(|_| T::value(source, special)).collect();
        Self { elements, first: first as usize, row_stride, column_stride }
    }
    fn view(&self) -> View<T> {
        View { start: &self.elements[self.first], row_stride: self.row_stride, column_stride: self.column_stride }
    }
    fn at(&self, row: usize, column: usize) -> T {
        let place = self.first as isize + row as isize * self.row_stride + column as isize * self.column_stride;
        self.elements[place as usize]
    }
}

#[derive(Debug, Clone, Copy)]
struct Parameters {
    shape: Shape,
    layouts: (usize, usize),
    gap: usize,
    accumulate: bool,
    special: bool,
}

fn check<T: Case>(parameters: Parameters, source: &mut Source, scratch: &mut Scratch<T>) {
    let Parameters { shape: Shape { m, n, k }, layouts, gap, accumulate, special } = parameters;
    let a = Matrix::<T>::new(m, k, layouts.0, special, source);
    let b = Matrix::<T>::new(k, n, layouts.1, special, source);
    let stride = n + gap;
    let before: Vec<T> = (0..m * stride + 1).map(|_| T::value(source, special)).collect();

    let mut expected = before.clone();
    for i in 0..m {
        for j in 0..n {
            let mut sum = if accumulate { before[i * stride + j] } else { T::ZERO };
            for step in 0..k {
                sum = a.at(i, step).defined(b.at(step, j), sum);
            }
            expected[i * stride + j] = sum;
        }
    }
    let expected: Vec<u64> = expected.into_iter().map(T::bits).collect();
    let bits = |c: Vec<T>| c.into_iter().map(T::bits).collect::<Vec<u64>>();
    let covered = |rows: &[Range<usize>]| rows.iter().cloned().flatten().eq(0..if n == 0 { 0 } else { m });

    let (mut c, mut rows) = (before.clone(), Vec::new());
    let mut packed = vec![T::ZERO; packed_count::<T>(k, n)];
    // SAFETY: matrices of these shapes.
    unsafe {
        let to = c.as_mut_ptr();
        multiply(parameters.shape, a.view(), b.view(), to, stride, accumulate, scratch, &mut |r| rows.push(r));
    }
    assert!(bits(c) == expected, "{parameters:?}");
    assert!(covered(&rows), "{parameters:?} {rows:?}");

    let (mut c, mut rows) = (before, Vec::new());
    // SAFETY: as above.
    unsafe {
        pack_b(k, n, b.view(), packed.as_mut_ptr());
        let (from, to) = (packed.as_ptr(), c.as_mut_ptr());
        multiply_packed(parameters.shape, a.view(), from, to, stride, accumulate, scratch, &mut |r| rows.push(r));
    }
    assert!(bits(c) == expected, "packed, {parameters:?}");
    assert!(covered(&rows), "packed, {parameters:?} {rows:?}");
}

fn random<T: Case>(cases: usize, sizes: &[usize], seed: u64) {
    at_each_level(|_| {
        let mut source = Source(seed);
        let mut scratch = Scratch::new();
        for _ in 0..cases {
            let mut size = || sizes[source.below(sizes.len())];
            let shape = Shape { m: size(), n: size(), k: size() };
            let parameters = Parameters {
                shape,
                layouts: (source.below(9), source.below(9)),
                gap: source.below(2) * 3,
                accumulate: source.below(2) == 1,
                special: source.below(3) == 0,
            };
            check::<T>(parameters, &mut source, &mut scratch);
        }
    });
}

const SMALL: [usize; 18] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 11, 13, 16, 17, 24, 31, 33, 48, 67];

#[test]
fn small_shapes_have_the_bits_of_the_definition() {
    random::<f32>(250, &SMALL, 1);
    random::<f64>(250, &SMALL, 2);
}

#[test]
fn shapes_of_several_blocks_have_the_bits_of_the_definition() {
    random::<f32>(4, &[1, 12, 37, 131], 3);
    random::<f64>(4, &[1, 12, 37, 131], 4);
    let shapes = [(3, 70, 600), (24, 65, 520), (1, 300, 600), (500, 1, 60), (540, 65, 5)];
    at_each_level(|_| {
        let mut source = Source(5);
        for (m, n, k) in shapes {
            for layouts in [(0, 0), (1, 0), (0, 1), (1, 1)] {
                let shape = Shape { m, n, k };
                let parameters = Parameters { shape, layouts, gap: 1, accumulate: m == 24, special: false };
                check::<f32>(parameters, &mut source, &mut Scratch::new());
                check::<f64>(parameters, &mut source, &mut Scratch::new());
            }
        }
        // Two blocks of columns.
        for layouts in [(0, 1), (1, 0)] {
            let shape = Shape { m: 13, n: 270, k: 512 };
            let parameters = Parameters { shape, layouts, gap: 0, accumulate: false, special: false };
            check::<f64>(parameters, &mut source, &mut Scratch::new());
        }
    });
}

#[test]
fn a_fused_product_without_the_instruction_is_exact() {
    let bytes = noise(3 * 4 * 20_000);
    let random =
        bytes.chunks_exact(4).map(|word| f32::from_bits(u32::from_le_bytes([word[0], word[1], word[2], word[3]])));
    let random: Vec<f32> = random.collect();
    let near =
        [1.0, 1.0 + f32::EPSILON, 1.0 - f32::EPSILON / 2.0, 4097.0, 1e-45, 1e-38, 1e-20, 3e38, 0.0, f32::INFINITY];
    let signed: Vec<f32> = near.iter().flat_map(|&value| [value, -value]).collect();
    let triples = random.chunks_exact(3).map(|t| (t[0], t[1], t[2]));
    let all = signed.iter().flat_map(|&a| signed.iter().map(move |&b| (a, b)));
    let all = all.flat_map(|(a, b)| signed.iter().map(move |&c| (a, b, c)));
    let cancelling = random.chunks_exact(2).map(|t| (t[0], t[1], -(t[0] * t[1])));
    for (a, b, c) in triples.chain(all).chain(cancelling) {
        assert_eq!(real::odd(a, b, c).bits(), a.mul_add(b, c).bits(), "{a:e} {b:e} {c:e}");
    }
}

#[test]
fn packed_weights_are_the_same_at_every_level() {
    let mut source = Source(6);
    let b = Matrix::<f32>::new(19, 45, 1, false, &mut source);
    let mut first: Option<Vec<f32>> = None;
    at_each_level(|_| {
        let mut packed = vec![f32::NAN; packed_count::<f32>(19, 45)];
        // SAFETY: the shape of b.
        unsafe { pack_b(19, 45, b.view(), packed.as_mut_ptr()) }
        assert_eq!(first.get_or_insert_with(|| packed.clone()), &packed);
    });
}
