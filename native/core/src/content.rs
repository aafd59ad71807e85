//! Order-independent sums over rows. `src/native/reference/content-hash.ts` describes them.

use crate::cpu::multiversion;
use crate::layout::{CANONICAL_NAN_F32, CANONICAL_NAN_F64_HIGH, element};
use crate::mix::{GOLDEN, ROOT_2, ROOT_3, ROOT_7, mix};

/// Rows whose keys are kept.
pub const STRIP: usize = 1024;

/// What entity ids contribute, kept because the columns of a chunk share them.
pub struct RowKeys {
    mask: [u32; STRIP],
    factor: [u32; STRIP],
}

impl Default for RowKeys {
    fn default() -> Self {
        Self { mask: [0; STRIP], factor: [0; STRIP] }
    }
}

multiversion! {
    /// Takes the ids of at most [`STRIP`] rows.
    pub fn set_rows(keys: &mut RowKeys, entities: &[i32]) {
        for ((mask, factor), &entity) in keys.mask.iter_mut().zip(&mut keys.factor).zip(entities) {
            *mask = mix(entity as u32);
            *factor = mask.wrapping_mul(GOLDEN);
        }
    }
}

multiversion! {
    /// Sums of `rows` rows with `per_row` elements of type `code`, whose bytes are `values`, for the keys of the rows.
    pub fn content_hash(keys: &RowKeys, rows: usize, values: &[u8], code: u32, per_row: usize, key: u32) -> [u32; 2] {
        let rows = rows.min(STRIP);
        let (mask, factor) = (&keys.mask[..rows], &keys.factor[..rows]);
        match code {
            element::F32 if per_row == 1 => column(mask, factor, values.as_chunks().0, |bytes| {
                let bits = u32::from_le_bytes(bytes);
                if bits & 0x7fff_ffff > 0x7f80_0000 { CANONICAL_NAN_F32 } else { bits }
            }, key),
            element::I32 | element::U32 if per_row == 1 => {
                column(mask, factor, values.as_chunks().0, u32::from_le_bytes, key)
            }
            element::I8 | element::U8 if per_row == 1 => {
                column(mask, factor, values.as_chunks().0, |[byte]| u32::from(byte), key)
            }
            element::F32 => table(mask, factor, values.as_chunks().0, |bytes| {
                let bits = u32::from_le_bytes(bytes);
                [if bits & 0x7fff_ffff > 0x7f80_0000 { CANONICAL_NAN_F32 } else { bits }]
            }, per_row, key),
            element::F64 => table(mask, factor, values.as_chunks().0, |bytes| {
                let bits = u64::from_le_bytes(bytes);
                let nan = bits & 0x7fff_ffff_ffff_ffff > 0x7ff0_0000_0000_0000;
                let bits = if nan { u64::from(CANONICAL_NAN_F64_HIGH) << 32 } else { bits };
                [bits as u32, (bits >> 32) as u32]
            }, per_row, key),
            element::I8 | element::U8 => {
                table(mask, factor, values.as_chunks().0, |[byte]| [u32::from(byte)], per_row, key)
            }
            element::I16 | element::U16 => table(mask, factor, values.as_chunks().0, |bytes| {
                [u32::from(u16::from_le_bytes(bytes))]
            }, per_row, key),
            _ => table(mask, factor, values.as_chunks().0, |bytes| [u32::from_le_bytes(bytes)], per_row, key),
        }
    }
}

/// One word a row: a loop that compilers turn into vectors.
#[inline(always)]
fn column<const BYTES: usize>(
    mask: &[u32],
    factor: &[u32],
    values: &[[u8; BYTES]],
    word: impl Fn([u8; BYTES]) -> u32,
    key: u32,
) -> [u32; 2] {
    let place = place(key, 0);
    let (mut first, mut second) = (0u32, 0u32);
    for ((&mask, &factor), &bytes) in mask.iter().zip(factor).zip(values) {
        let (one, two) = cell(word(bytes), mask, factor, place);
        first = first.wrapping_add(one);
        second = second.wrapping_add(two);
    }
    [first, second]
}

/// Rows of `per_row` elements, each of `WORDS` words.
#[inline(always)]
fn table<const BYTES: usize, const WORDS: usize>(
    mask: &[u32],
    factor: &[u32],
    values: &[[u8; BYTES]],
    words: impl Fn([u8; BYTES]) -> [u32; WORDS],
    per_row: usize,
    key: u32,
) -> [u32; 2] {
    let (mut first, mut second) = (0u32, 0u32);
    for j in 0..per_row {
        let places: [_; WORDS] = std::array::from_fn(|half| place(key, (j * WORDS + half) as u32));
        let elements = values.iter().skip(j).step_by(per_row);
        for ((&mask, &factor), &bytes) in mask.iter().zip(factor).zip(elements) {
            let words = words(bytes);
            for half in 0..WORDS {
                let (one, two) = cell(words[half], mask, factor, places[half]);
                first = first.wrapping_add(one);
                second = second.wrapping_add(two);
            }
        }
    }
    [first, second]
}

/// Mask and factor of place `j` in the rows of a column with this key.
#[inline(always)]
fn place(key: u32, j: u32) -> [u32; 2] {
    let mask = mix(key.wrapping_mul(ROOT_3).wrapping_add(j.wrapping_add(1).wrapping_mul(GOLDEN)));
    [mask, mix(mask.wrapping_add(ROOT_2))]
}

/// What one cell adds to both sums.
#[inline(always)]
fn cell(word: u32, mask: u32, factor: u32, place: [u32; 2]) -> (u32, u32) {
    let mask = mask ^ place[0];
    let factor = factor ^ place[1];
    let mut v = word ^ mask;
    v = (v ^ v >> 16).wrapping_mul(ROOT_7);
    v ^= v >> 15;
    (v.wrapping_mul(mask | 1), v.wrapping_mul(factor | 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cpu::{Level, at_each_level, noise};

    #[test]
    fn levels_agree() {
        let entities: Vec<i32> = (0..777).map(|i| i * 5 - 9).collect();
        let bytes = noise(777 * 8 * 3);
        let mut portable = Vec::new();
        at_each_level(|level| {
            let mut keys = RowKeys::default();
            set_rows(&mut keys, &entities);
            let cases = (0..8).flat_map(|code| [1, 2, 3].map(|per_row| (code, per_row)));
            let sums: Vec<_> = cases
                .map(|(code, per_row)| {
                    let used = 777 * per_row * element::BYTES[code as usize] as usize;
                    content_hash(&keys, 777, &bytes[..used], code, per_row, 3)
                })
                .collect();
            if level == Level::Portable {
                portable = sums;
            } else {
                assert_eq!(portable, sums, "{level:?}");
            }
        });
    }
}
