//! Jobs over whole arrays: prefix sums and compaction.

#[cfg(target_arch = "x86_64")]
use crate::cpu::{Level, level};

/// Writes to each element of `destination` the sum of the elements of `source` before it, modulo 2^32; returns the
/// sum of all. The slices are equally long.
pub fn prefix_sum(source: &[u32], destination: &mut [u32]) -> u32 {
    let mut sum = 0u32;
    for (to, &from) in destination.iter_mut().zip(source) {
        *to = sum;
        sum = sum.wrapping_add(from);
    }
    sum
}

/// Writes the indices of the bytes that are not 0 to the front of `out`, which is as long as `mask`; returns how many.
pub fn compact(mask: &[u8], out: &mut [u32]) -> u32 {
    let (done, mut found) = compact_wide(mask, out);
    let total = found + mask[done..].iter().filter(|&&byte| byte != 0).count();
    // Writing first and stepping after needs no branch; it stops before it would write past the last index.
    for (i, &byte) in mask.iter().enumerate().skip(done) {
        if found == total {
            break;
        }
        out[found] = i as u32;
        found += usize::from(byte != 0);
    }
    total as u32
}

/// What vectors can do of the front; returns how many bytes were looked at and how many indices written.
fn compact_wide(mask: &[u8], out: &mut [u32]) -> (usize, usize) {
    #[cfg(target_arch = "x86_64")]
    if level() == Level::Avx512 && out.len() >= mask.len() {
        // SAFETY: the level is never above what the machine was found to have.
        return unsafe { compact_avx512(mask, out) };
    }
    let _ = (mask, out);
    (0, 0)
}

/// Whole groups of 16 bytes, for an `out` as long as `mask`.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq")]
fn compact_avx512(mask: &[u8], out: &mut [u32]) -> (usize, usize) {
    use std::arch::x86_64::*;

    let (groups, _) = mask.as_chunks::<16>();
    let mut found = 0;
    let step = _mm512_set1_epi32(16);
    let mut indices = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    for group in groups {
        // SAFETY: a group is 16 bytes; at most as many indices are written as bytes were read so far.
        unsafe {
            let bytes = _mm_loadu_si128(group.as_ptr().cast());
            let set = _mm_test_epi8_mask(bytes, bytes);
            let count = set.count_ones();
            let packed = _mm512_maskz_compress_epi32(set, indices);
            _mm512_mask_storeu_epi32(out.as_mut_ptr().add(found).cast(), ((1u32 << count) - 1) as u16, packed);
            found += count as usize;
        }
        indices = _mm512_add_epi32(indices, step);
    }
    (groups.len() * 16, found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cpu::{at_each_level, noise};

    #[test]
    fn compacts_at_each_level() {
        let mask: Vec<u8> = noise(1000).into_iter().map(|byte| byte & 0x81).collect();
        at_each_level(|level| {
            for length in [0, 1, 15, 16, 17, 64, 999] {
                let expected: Vec<u32> = (0..length as u32).filter(|&i| mask[i as usize] != 0).collect();
                let mut out = vec![7; length];
                let count = compact(&mask[..length], &mut out) as usize;
                assert_eq!(out[..count], expected, "{level:?} {length}");
                assert!(out[count..].iter().all(|&word| word == 7), "{level:?} {length}");
            }
        });
    }
}
