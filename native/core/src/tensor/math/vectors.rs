//! The bits of all functions at each level against checksums that the reference made: `test/native/tensor-math.test.ts`.

use super::{BINARY, UNARY, binary_f32, binary_f64, unary_f32, unary_f64};
use crate::cpu::{Level, at_each_level};

const EXPECTED: &str = include_str!("../../../../../test/native/vectors/tensor-math.txt");
const COUNT: usize = 256;
const KINDS: usize = 9;

/// As in `test/native/tensor-math-inputs.ts`.
const SPECIAL: [f64; 32] = [
    0.0,
    -0.0,
    1.0,
    -1.0,
    0.5,
    -0.5,
    2.0,
    -2.0,
    3.0,
    -3.0,
    1.5,
    -2.5,
    f64::INFINITY,
    f64::NEG_INFINITY,
    f64::NAN,
    5e-324,
    -5e-324,
    f32::MIN_POSITIVE as f64 / 8_388_608.0,
    f32::MIN_POSITIVE as f64 / -8_388_608.0,
    f32::MIN_POSITIVE as f64,
    f64::MIN_POSITIVE,
    f32::MAX as f64 / 2.0 + 1.0141204801825835e31,
    f64::MAX / 2.0 + 9.9792015476736e291,
    f64::MIN / 2.0 - 9.9792015476736e291,
    4_503_599_627_370_497.0,
    16_777_217.0,
    1e5,
    -1e10,
    1e22,
    710.0,
    -745.0,
    88.5,
];

struct Words(u32);

impl Words {
    fn next(&mut self) -> u32 {
        let upper = self.step() >> 16;
        upper << 16 | self.step() >> 16
    }

    fn step(&mut self) -> u32 {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        self.0
    }
}

/// `any` makes a number of two words of bits.
fn numbers(kind: usize, seed: usize, any: impl Fn(u32, u32) -> f64) -> Vec<f64> {
    let mut words = Words(1);
    for _ in 0..seed {
        words.next();
    }
    let number = |i: usize| {
        let (first, second) = (words.next(), words.next());
        let unit = first as i32 as f64 / 2f64.powi(31) + second as f64 / 2f64.powi(63);
        match kind {
            0 => any(first, second),
            5 => 1.0 + unit / 1024.0,
            6 => unit / 2f64.powi(20),
            7 => SPECIAL[(i + if first & 1 != 0 { i / SPECIAL.len() } else { 0 }) % SPECIAL.len()],
            8 => ((first & 63) as f64 - 32.0) / 2.0,
            _ => unit * [1.0, 1.0, 4.0, 32.0, 1000.0][kind],
        }
    };
    (0..COUNT).map(number).collect()
}

fn singles(kind: usize, seed: usize) -> Vec<f32> {
    let any = |first, _| f32::from_bits(first) as f64;
    numbers(kind, seed, any).iter().map(|&x| x as f32).collect()
}

fn doubles(kind: usize, seed: usize) -> Vec<f64> {
    numbers(kind, seed, |first, second| f64::from_bits((second as u64) << 32 | first as u64))
}

fn checksum(words: impl Iterator<Item = u32>) -> u32 {
    words.fold(0x811c_9dc5, |hash, word| {
        let hash = (hash ^ word).wrapping_mul(0x0100_0193);
        hash ^ hash >> 15
    })
}

fn checksum_f32(values: &[f32]) -> u32 {
    checksum(values.iter().map(|x| if x.is_nan() { 0x7fc0_0000 } else { x.to_bits() }))
}

fn checksum_f64(values: &[f64]) -> u32 {
    let bits = |x: &f64| if x.is_nan() { 0x7ff8_0000_0000_0000 } else { x.to_bits() };
    checksum(values.iter().map(bits).flat_map(|bits| [bits as u32, (bits >> 32) as u32]))
}

/// Lines of the file for what this machine gives. Slices of other lengths give the same.
fn lines() -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = |name: &str, kind: &str, sums: Vec<u32>| {
        lines.push(format!("{name} {kind} {}", sums.iter().map(u32::to_string).collect::<Vec<_>>().join(" ")));
    };
    let pairs = || (0..KINDS).flat_map(|a| (0..KINDS).map(move |b| (a, b)));
    let (mut out, mut tail) = (vec![0f32; COUNT], vec![0f32; 37]);
    for &(name, function) in UNARY {
        let sum = |kind| {
            let input = singles(kind, 0);
            unary_f32(function, &input, &mut out);
            unary_f32(function, &input[..37], &mut tail);
            assert_eq!(checksum_f32(&out[..37]), checksum_f32(&tail), "{name}");
            checksum_f32(&out)
        };
        line(name, "f32", (0..KINDS).map(sum).collect());
    }
    for &(name, function) in BINARY {
        let sum = |(a, b)| {
            binary_f32(function, &singles(a, 0), &singles(b, 7), &mut out);
            checksum_f32(&out)
        };
        line(name, "f32", pairs().map(sum).collect());
    }
    let (mut out, mut tail) = (vec![0f64; COUNT], vec![0f64; 37]);
    for &(name, function) in UNARY {
        let sum = |kind| {
            let input = doubles(kind, 0);
            unary_f64(function, &input, &mut out);
            unary_f64(function, &input[..37], &mut tail);
            assert_eq!(checksum_f64(&out[..37]), checksum_f64(&tail), "{name}");
            checksum_f64(&out)
        };
        line(name, "f64", (0..KINDS).map(sum).collect());
    }
    for &(name, function) in BINARY {
        let sum = |(a, b)| {
            binary_f64(function, &doubles(a, 0), &doubles(b, 7), &mut out);
            checksum_f64(&out)
        };
        line(name, "f64", pairs().map(sum).collect());
    }
    lines
}

#[test]
fn bits_are_those_of_the_reference() {
    at_each_level(|level: Level| {
        for (line, expected) in lines().iter().zip(EXPECTED.lines()) {
            assert_eq!(line, expected, "{level:?}");
        }
        assert_eq!(lines().len(), EXPECTED.lines().count());
    });
}
