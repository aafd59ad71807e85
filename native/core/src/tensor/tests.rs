//! Programs that are no programs, and hostile ones. That programs do what they should is tested against the reference.

use super::format::{HEADER_WORDS, PROGRAM_MAGIC, REDUCTION_TYPES, Reduction, STEP_TYPES, Step, Type};
use super::plan::{Plan, Space};
use super::refusal::Refusal;
use crate::cpu::{at_each_level, noise};
use crate::lanes::{Backwards, Serial};
use crate::layout::Reason;

/// A program of these instructions.
fn program(body: &[u32]) -> Vec<u32> {
    let mut words = vec![PROGRAM_MAGIC, (HEADER_WORDS + body.len()) as u32, 4, 2, 0, 256];
    words.extend_from_slice(body);
    words
}

/// Operand words: f32 of one axis.
fn row(offset: u32, extent: u32, stride: i32) -> [u32; 5] {
    [3 | 1 << 8, 0, offset, extent, stride as u32]
}

/// `out = a + b` over 8 elements.
fn addition(a: [u32; 5], b: [u32; 5], out: [u32; 5]) -> Vec<u32> {
    let mut words = vec![0, 0, 2, 1, 1, 3];
    for operand in [a, b, out] {
        words.extend_from_slice(&operand);
    }
    // Step 40 is `add`.
    words.extend_from_slice(&[40 | 3 << 8 | 2 << 16, 1 << 16, 0, 0, 0, 2]);
    words[1] = words.len() as u32;
    words
}

fn run(words: &[u32], memory: &mut [u64]) -> Result<(), Refusal> {
    let mut plan = Plan::default();
    plan.set(words)?;
    let leading = plan.leading_max();
    // SAFETY: the memory is this slice, which nobody else has.
    let space = unsafe { Space::new(memory.as_mut_ptr().cast(), memory.len() as u64 * 8) };
    plan.run(space, leading, space, &Backwards(3))
}

fn refused(reason: Reason, record: Option<u32>) -> Result<(), Refusal> {
    Err(Refusal { reason, operand: "program", record })
}

#[test]
fn adds_and_says_what_is_wrong() {
    let mut memory = vec![0u64; 64];
    let floats = |memory: &[u64]| -> Vec<f32> {
        memory.iter().flat_map(|word| [*word as u32, (word >> 32) as u32]).map(f32::from_bits).collect()
    };
    for (i, word) in memory.iter_mut().enumerate() {
        let bits = |value: usize| u64::from((value as f32).to_bits());
        *word = bits(i * 2) | bits(i * 2 + 1) << 32;
    }
    let good = program(&addition(row(64, 8, 1), row(128, 8, -1), row(256, 8, 1)));
    assert_eq!(run(&good, &mut memory), Ok(()));
    assert_eq!(floats(&memory)[64..72], [48.0; 8]);

    let with = |a, b, out| program(&addition(a, b, out));
    let plain = row(64, 8, 1);
    let cases = [
        (with(plain, plain, row(488, 8, 1)), refused(Reason::Range, Some(0))),
        (with(plain, row(8, 8, -1), plain), refused(Reason::Range, Some(0))),
        (with(plain, row(66, 8, 1), plain), refused(Reason::Alignment, Some(0))),
        (with(plain, plain, row(64, 8, 0)), refused(Reason::Overlap, Some(0))),
        (with(plain, plain, row(64, 9, 1)), refused(Reason::Value, Some(0))),
        (with(row(0, 1 << 31, 1), plain, plain), refused(Reason::Value, Some(0))),
        (vec![1, 2, 3], refused(Reason::Value, None)),
        (program(&[99, 2]), refused(Reason::Value, Some(0))),
        (program(&[0, 1]), refused(Reason::Value, Some(0))),
        (program(&[0, 3, 0]), refused(Reason::Value, Some(0))),
    ];
    for (i, (words, expected)) in cases.into_iter().enumerate() {
        assert_eq!(run(&words, &mut memory), expected, "case {i}");
    }
}

/// Whatever the words say, nothing outside the memory is touched and nothing panics.
#[test]
fn random_changes_do_no_harm() {
    let seeds = noise(1 << 16);
    let words = program(&addition(row(64, 8, 1), row(128, 8, 1), row(256, 8, 1)));
    let mut memory = vec![0u64; 512];
    at_each_level(|_| {
        for change in seeds.chunks_exact(8) {
            let mut words = words.clone();
            for pair in change.chunks_exact(4) {
                let at = usize::from(pair[0]) % words.len();
                let bits = u32::from(pair[1]) << (pair[2] % 32);
                words[at] = if pair[3] % 3 == 0 { bits } else { words[at] ^ bits };
            }
            let _ = run(&words, &mut memory);
        }
    });
}

/// Elements of the operands of [`every_instruction_gives_the_same_bits_at_each_level`].
const COUNT: u32 = 83;

/// `out = step(a, b, c)` for operands at fixed places.
fn single_step(code: u32, dtype: u32, extra: u32) -> Vec<u32> {
    let step = Step::of(code).unwrap_or(Step::Add);
    let first = match step {
        Step::Uniform => Type::I32 as u32,
        Step::Select => Type::Bool as u32,
        _ => dtype,
    };
    let written = match step {
        Step::Cast => extra,
        Step::Isnan | Step::Isfinite => 0,
        Step::Equal | Step::NotEqual | Step::Less | Step::LessEqual => 0,
        _ => dtype,
    };
    let mut words = vec![0, 0, 3, 1, 1, 4];
    for (i, dtype) in [first, dtype, dtype, written].into_iter().enumerate() {
        words.extend_from_slice(&[dtype | 1 << 8, 0, i as u32 * 1024, COUNT, 1]);
    }
    words.extend_from_slice(&[code | dtype << 8 | 3 << 16, 1 << 16, 2 | extra << 16, 0, 0x3ff8_0000, 3]);
    words[1] = words.len() as u32;
    words
}

/// A reduction of 7 x 83 elements over some axes.
fn reduction(kind: u32, dtype: u32, mask: u32) -> Vec<u32> {
    let written = if kind >= Reduction::Argmax as u32 { Type::I32 as u32 } else { dtype };
    let mut words = vec![1, 0, kind, mask, dtype | 2 << 8, 0, 0, 7, 84, COUNT, 1];
    let kept: Vec<u32> =
        [7, COUNT].into_iter().enumerate().filter(|(i, _)| mask >> i & 1 == 0).map(|(_, n)| n).collect();
    words.extend_from_slice(&[written | (kept.len() as u32) << 8, 0, 6144]);
    kept.iter().for_each(|&extent| words.extend_from_slice(&[extent, 1]));
    words[1] = words.len() as u32;
    words
}

#[test]
fn every_instruction_gives_the_same_bits_at_each_level() {
    let mut programs = Vec::new();
    for (code, types) in STEP_TYPES.into_iter().enumerate() {
        for dtype in (0..5).filter(|dtype| types >> dtype & 1 == 1) {
            let extras = if code == Step::Cast as usize { 0..5 } else { 0..1 };
            programs.extend(extras.map(|extra| single_step(code as u32, dtype, extra)));
        }
    }
    for (kind, types) in REDUCTION_TYPES.into_iter().enumerate() {
        for dtype in (0..5).filter(|dtype| types >> dtype & 1 == 1) {
            programs.extend((1..4).map(|mask| reduction(kind as u32, dtype, mask)));
        }
    }
    let mut expected: Vec<Vec<u64>> = Vec::new();
    at_each_level(|level| {
        let found: Vec<Vec<u64>> = programs
            .iter()
            .map(|body| {
                let noise = noise(8192);
                let mut memory: Vec<u64> =
                    noise.as_chunks::<8>().0.iter().map(|bytes| u64::from_le_bytes(*bytes)).collect();
                assert_eq!(run(&program(body), &mut memory), Ok(()), "{body:?}");
                memory
            })
            .collect();
        if expected.is_empty() {
            expected.clone_from(&found);
        }
        for ((body, found), expected) in programs.iter().zip(&found).zip(&expected) {
            assert_eq!(found, expected, "{level:?} {body:?}");
        }
    });
}

#[test]
fn a_plan_runs_for_any_leading_number_up_to_its_maximum() {
    let mut memory = vec![0u64; 64];
    let mut words = addition(row(64, 2, 1), row(64, 2, 1), row(256, 2, 1));
    for operand in [6, 11, 16] {
        words[operand + 1] = 1;
    }
    let mut plan = Plan::default();
    assert_eq!(plan.set(&program(&words)), Ok(()));
    // SAFETY: the memory is this slice, which nobody else has.
    let space = unsafe { Space::new(memory.as_mut_ptr().cast(), 512) };
    for leading in [4, 0, 1, 4] {
        assert_eq!(plan.run(space, leading, space, &Serial), Ok(()));
    }
}
