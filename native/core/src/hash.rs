//! The digest of a span of memory. `src/native/reference/hash.ts` describes it.

#[cfg(target_arch = "x86_64")]
use crate::cpu::{Level, level};
use crate::layout::{CANONICAL_NAN_F32, CANONICAL_NAN_F64_HIGH, element};
use crate::mix::{GOLDEN as A, ROOT_2, ROOT_3 as B, ROOT_5 as SPREAD, ROOT_7, mix};

const LANES: usize = 16;
type Words = [u32; LANES];

/// Digest of `count` elements of type `code`, whose bytes are `bytes`. NaNs count as the canonical one.
pub fn hash(bytes: &[u8], count: u32, code: u32) -> [u32; 2] {
    let (blocks, rest) = bytes.as_chunks::<{ LANES * 4 }>();
    let (mut a, mut b) = match code {
        element::F32 => take_blocks::<{ element::F32 }>(blocks),
        element::F64 => take_blocks::<{ element::F64 }>(blocks),
        _ => take_blocks::<{ element::U32 }>(blocks),
    };
    if !rest.is_empty() {
        let mut block = [0; LANES * 4];
        block[..rest.len()].copy_from_slice(rest);
        let words = canonical(words_of(&block), code);
        for lane in 0..rest.len().div_ceil(4) {
            let word = (words[lane] ^ words[lane] >> 16).wrapping_mul(SPREAD);
            a[lane] = (a[lane] ^ word).wrapping_mul(A).rotate_left(13);
            b[lane] = b[lane].wrapping_add(word).rotate_left(17).wrapping_mul(B);
        }
    }
    finish(a, b, count, code)
}

/// The accumulators after whole blocks of values of type `CODE`.
#[inline]
fn take_blocks<const CODE: u32>(blocks: &[[u8; LANES * 4]]) -> (Words, Words) {
    #[cfg(target_arch = "x86_64")]
    match level() {
        // SAFETY: the level is never above what the machine was found to have.
        Level::Avx512 => return unsafe { wide::take_avx512::<CODE>(blocks) },
        // SAFETY: as above.
        Level::Avx2 => return unsafe { wide::take_avx2::<CODE>(blocks) },
        Level::Portable => {}
    }
    let (mut a, mut b) = start();
    for block in blocks {
        let words = canonical(words_of(block), CODE);
        for lane in 0..LANES {
            let word = (words[lane] ^ words[lane] >> 16).wrapping_mul(SPREAD);
            a[lane] = (a[lane] ^ word).wrapping_mul(A).rotate_left(13);
            b[lane] = b[lane].wrapping_add(word).rotate_left(17).wrapping_mul(B);
        }
    }
    (a, b)
}

fn start() -> (Words, Words) {
    let step = |lane| lane as u32 + 1;
    (std::array::from_fn(|lane| A.wrapping_mul(step(lane))), std::array::from_fn(|lane| B.wrapping_mul(step(lane))))
}

#[inline(always)]
fn words_of(block: &[u8; LANES * 4]) -> Words {
    let (words, _) = block.as_chunks::<4>();
    std::array::from_fn(|lane| u32::from_le_bytes(words[lane]))
}

#[inline(always)]
fn canonical(mut words: Words, code: u32) -> Words {
    if code == element::F32 {
        for word in &mut words {
            *word = if *word & 0x7fff_ffff > 0x7f80_0000 { CANONICAL_NAN_F32 } else { *word };
        }
    } else if code == element::F64 {
        for pair in 0..LANES / 2 {
            let bits = u64::from(words[pair * 2]) | u64::from(words[pair * 2 + 1]) << 32;
            let nan = bits & 0x7fff_ffff_ffff_ffff > 0x7ff0_0000_0000_0000;
            let bits = if nan { u64::from(CANONICAL_NAN_F64_HIGH) << 32 } else { bits };
            words[pair * 2] = bits as u32;
            words[pair * 2 + 1] = (bits >> 32) as u32;
        }
    }
    words
}

fn finish(mut a: Words, mut b: Words, count: u32, code: u32) -> [u32; 2] {
    let mut half = LANES / 2;
    while half >= 1 {
        for i in 0..half {
            a[i] = (a[i].rotate_left(9) ^ a[i + half]).wrapping_mul(ROOT_7);
            b[i] = b[i].wrapping_add(b[i + half].rotate_left(11)).wrapping_mul(ROOT_2);
        }
        half /= 2;
    }
    let first = mix(a[0] ^ count.wrapping_mul(A));
    [first, mix(b[0].wrapping_add(first).wrapping_add(code))]
}

/// The loop over blocks with the accumulators in vector registers. Written out, because compilers unroll the lanes
/// and then do not find the vectors again.
#[cfg(target_arch = "x86_64")]
mod wide {
    use std::arch::x86_64::*;

    use super::*;

    const NAN_F32: i32 = CANONICAL_NAN_F32 as i32;
    const NAN_F64: i64 = (CANONICAL_NAN_F64_HIGH as i64) << 32;

    #[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq")]
    pub fn take_avx512<const CODE: u32>(blocks: &[[u8; LANES * 4]]) -> (Words, Words) {
        let (mut first, mut second) = start();
        // SAFETY: the arrays are 64 bytes long, and so is a block.
        unsafe {
            let mut a = _mm512_loadu_epi32(first.as_ptr().cast());
            let mut b = _mm512_loadu_epi32(second.as_ptr().cast());
            let (by_a, by_b) = (_mm512_set1_epi32(A as i32), _mm512_set1_epi32(B as i32));
            let by_spread = _mm512_set1_epi32(SPREAD as i32);
            for block in blocks {
                let mut words = _mm512_loadu_epi32(block.as_ptr().cast());
                if CODE == element::F32 {
                    let values = _mm512_castsi512_ps(words);
                    let nan = _mm512_cmp_ps_mask::<_CMP_UNORD_Q>(values, values);
                    words = _mm512_mask_set1_epi32(words, nan, NAN_F32);
                } else if CODE == element::F64 {
                    let values = _mm512_castsi512_pd(words);
                    let nan = _mm512_cmp_pd_mask::<_CMP_UNORD_Q>(values, values);
                    words = _mm512_mask_set1_epi64(words, nan, NAN_F64);
                }
                words = _mm512_mullo_epi32(_mm512_xor_epi32(words, _mm512_srli_epi32::<16>(words)), by_spread);
                a = _mm512_rol_epi32::<13>(_mm512_mullo_epi32(_mm512_xor_epi32(a, words), by_a));
                b = _mm512_mullo_epi32(_mm512_rol_epi32::<17>(_mm512_add_epi32(b, words)), by_b);
            }
            _mm512_storeu_epi32(first.as_mut_ptr().cast(), a);
            _mm512_storeu_epi32(second.as_mut_ptr().cast(), b);
        }
        (first, second)
    }

    #[target_feature(enable = "avx2")]
    pub fn take_avx2<const CODE: u32>(blocks: &[[u8; LANES * 4]]) -> (Words, Words) {
        let (mut first, mut second) = start();
        // SAFETY: the arrays are two vectors long, and so is a block.
        unsafe {
            let load = |from: *const u8, half: usize| _mm256_loadu_si256(from.cast::<__m256i>().add(half));
            let mut a = [0, 1].map(|half| load(first.as_ptr().cast(), half));
            let mut b = [0, 1].map(|half| load(second.as_ptr().cast(), half));
            let (by_a, by_b) = (_mm256_set1_epi32(A as i32), _mm256_set1_epi32(B as i32));
            let by_spread = _mm256_set1_epi32(SPREAD as i32);
            for block in blocks {
                for half in 0..2 {
                    let mut words = _mm256_loadu_si256(block.as_ptr().cast::<__m256i>().add(half));
                    if CODE == element::F32 {
                        let values = _mm256_castsi256_ps(words);
                        let nan = _mm256_castps_si256(_mm256_cmp_ps::<_CMP_UNORD_Q>(values, values));
                        words = _mm256_blendv_epi8(words, _mm256_set1_epi32(NAN_F32), nan);
                    } else if CODE == element::F64 {
                        let values = _mm256_castsi256_pd(words);
                        let nan = _mm256_castpd_si256(_mm256_cmp_pd::<_CMP_UNORD_Q>(values, values));
                        words = _mm256_blendv_epi8(words, _mm256_set1_epi64x(NAN_F64), nan);
                    }
                    words = _mm256_mullo_epi32(_mm256_xor_si256(words, _mm256_srli_epi32::<16>(words)), by_spread);
                    let product = _mm256_mullo_epi32(_mm256_xor_si256(a[half], words), by_a);
                    a[half] = _mm256_or_si256(_mm256_slli_epi32::<13>(product), _mm256_srli_epi32::<19>(product));
                    let sum = _mm256_add_epi32(b[half], words);
                    let turned = _mm256_or_si256(_mm256_slli_epi32::<17>(sum), _mm256_srli_epi32::<15>(sum));
                    b[half] = _mm256_mullo_epi32(turned, by_b);
                }
            }
            for half in 0..2 {
                _mm256_storeu_si256(first.as_mut_ptr().cast::<__m256i>().add(half), a[half]);
                _mm256_storeu_si256(second.as_mut_ptr().cast::<__m256i>().add(half), b[half]);
            }
        }
        (first, second)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cpu::{Level, at_each_level, noise};

    #[test]
    fn levels_agree() {
        let mut bytes = noise(16 * 64);
        bytes[68..72].copy_from_slice(&f32::NAN.to_bits().to_le_bytes());
        bytes[128..136].copy_from_slice(&0xfff0_0000_0000_0001u64.to_le_bytes());
        let mut portable = Vec::new();
        at_each_level(|level| {
            let lengths = (0..bytes.len()).step_by(8).flat_map(|length| (0..8).map(move |code| (length, code)));
            let digests: Vec<_> = lengths
                .map(|(length, code)| hash(&bytes[..length], length as u32 / element::BYTES[code as usize], code))
                .collect();
            if level == Level::Portable {
                portable = digests;
            } else {
                assert!(portable == digests, "{level:?}");
            }
        });
    }

    /// Each output bit turns over for about half of all inputs whose bit `i` is turned over, for each `i`.
    #[test]
    fn every_bit_reaches_every_bit() {
        const ROUNDS: u32 = 400;
        for length in [4, 64, 68, 200] {
            let source = noise(length + ROUNDS as usize);
            for bit in 0..length * 8 {
                let mut turned = [0u32; 64];
                for round in 0..ROUNDS {
                    let mut bytes = source[round as usize..][..length].to_vec();
                    let before = join(hash(&bytes, length as u32, element::U8));
                    bytes[bit / 8] ^= 1 << (bit % 8);
                    let change = before ^ join(hash(&bytes, length as u32, element::U8));
                    (0..64).for_each(|i| turned[i] += (change >> i & 1) as u32);
                }
                // Six standard deviations of a fair coin.
                for (i, &count) in turned.iter().enumerate() {
                    assert!(count.abs_diff(ROUNDS / 2) < 60, "length {length} bit {bit} to {i}: {count}");
                }
            }
        }
    }

    fn join(digest: [u32; 2]) -> u64 {
        u64::from(digest[0]) << 32 | u64::from(digest[1])
    }
}
