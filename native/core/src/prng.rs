//! Threefry-2x32 with 20 rounds; the twin of `src/core/prng.ts`.

use crate::cpu::multiversion;

/// Skein's key schedule parity for 32-bit words.
const PARITY: u32 = 0x1bd1_1bda;
const ROTATIONS: [[u32; 4]; 2] = [[13, 15, 26, 6], [17, 29, 16, 24]];

/// The two words of `counter` under `key`.
#[inline(always)]
pub fn threefry(key: [u32; 2], counter: [u32; 2]) -> [u32; 2] {
    let keys = [key[0], key[1], PARITY ^ key[0] ^ key[1]];
    let mut x = counter[0].wrapping_add(keys[0]);
    let mut y = counter[1].wrapping_add(keys[1]);
    for group in 0..5 {
        for rotation in ROTATIONS[group % 2] {
            x = x.wrapping_add(y);
            y = y.rotate_left(rotation) ^ x;
        }
        x = x.wrapping_add(keys[(group + 1) % 3]);
        y = y.wrapping_add(keys[(group + 2) % 3]).wrapping_add(group as u32 + 1);
    }
    [x, y]
}

multiversion! {
    /// The words of the counters (tick, id) under the key (seed, stream), for each id.
    pub fn random(out: &mut [[u32; 2]], ids: &[u32], seed: u32, stream: u32, tick: u32) {
        for (words, &id) in out.iter_mut().zip(ids) {
            *words = threefry([seed, stream], [tick, id]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From `kat_vectors` of Random123, the rows `threefry2x32 20`.
    #[test]
    fn published_vectors() {
        assert_eq!(threefry([0, 0], [0, 0]), [0x6b20_0159, 0x99ba_4efe]);
        assert_eq!(threefry([u32::MAX; 2], [u32::MAX; 2]), [0x1cb9_96fc, 0xbb00_2be7]);
        assert_eq!(threefry([0x1319_8a2e, 0x0370_7344], [0x243f_6a88, 0x85a3_08d3]), [0xc492_3a9c, 0x483d_f7a0]);
    }

    #[test]
    fn batches_equal_single_draws_at_each_level() {
        let ids: Vec<u32> = (0..131).map(|i| i * 77).collect();
        crate::cpu::at_each_level(|level| {
            let mut out = vec![[0; 2]; ids.len()];
            random(&mut out, &ids, 1, 2, 3);
            for (words, &id) in out.iter().zip(&ids) {
                assert_eq!(*words, threefry([1, 2], [3, id]), "{level:?}");
            }
        });
    }
}
