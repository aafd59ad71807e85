//! Runs each job once per level of vector instructions, on fixed inputs, within a function that profilers find by its
//! name. Prints `LEVEL JOB CHECKSUM` for each, in order.

mod crowd;
mod spans;

use std::hint::black_box;

use worldloom_core::cpu::{Level, limit};

/// A job with its inputs; gives a checksum of what it wrote.
pub type Job = (&'static str, Box<dyn FnMut() -> u64>);

/// What is counted: one run of a job.
#[inline(never)]
fn gate_job(run: &mut dyn FnMut() -> u64) -> u64 {
    black_box(run())
}

fn main() {
    // Counters of instructions know no more than AVX2.
    for (name, level) in [("portable", Level::Portable), ("avx2", Level::Avx2)] {
        if limit(level) != level {
            continue;
        }
        for (job, mut run) in spans::jobs().into_iter().chain(crowd::jobs()) {
            let sum = gate_job(&mut *run);
            println!("{name} {job} {sum:016x}");
        }
    }
}

/// Numbers in [0, 2^32) that look random: element `i` of stream `stream`.
pub fn word(stream: u32, i: usize) -> u32 {
    let mut x = (i as u32).wrapping_mul(0x9e37_79b1) ^ stream.wrapping_mul(0x85eb_ca6b);
    x ^= x >> 15;
    x = x.wrapping_mul(0x2c1b_3c6d);
    x ^= x >> 12;
    x = x.wrapping_mul(0x297a_2d39);
    x ^ x >> 15
}

/// Numbers in [0, 1).
pub fn unit(stream: u32, i: usize) -> f32 {
    (word(stream, i) >> 8) as f32 / (1 << 24) as f32
}

/// Depends on each word and its place.
pub fn sum(words: impl IntoIterator<Item = u32>) -> u64 {
    words.into_iter().fold(0, |sum: u64, word| sum.rotate_left(5).wrapping_add(u64::from(word)))
}

/// Of a few among many: enough to see that they were written.
pub fn sum_f32(values: &[f32]) -> u64 {
    sum(values.iter().map(|value| value.to_bits()))
}
