//! Picks some of many entities, each by a random number of its own; the twin of `reference/sample.ts`.

use crate::cpu::multiversion;
use crate::prng::threefry;

/// Which random numbers are drawn.
#[derive(Clone, Copy)]
pub struct Draw {
    pub seed: u32,
    pub stream: u32,
    pub tick: u32,
}

/// Entities that are drawn for at a time.
const BATCH: usize = 256;
/// Entities of which none is picked, often.
const FEW: usize = 16;

/// Writes to the front of `out`, which is as long as `ids`, those whose first random word is below
/// `probability * 2^32`; returns how many. `probability` is between 0 and 1.
pub fn sample(ids: &[u32], draw: Draw, probability: f64, out: &mut [u32]) -> usize {
    const WORDS: f64 = (1u64 << 32) as f64;
    let picked_words = (probability * WORDS).ceil() as u64;
    let Some(last) = picked_words.checked_sub(1) else { return 0 };
    sample_up_to(ids, draw, last.min(u64::from(u32::MAX)) as u32, out)
}

multiversion! {
    /// The same for first random words up to `last`.
    pub fn sample_up_to(ids: &[u32], draw: Draw, last: u32, out: &mut [u32]) -> usize {
        let mut count = 0;
        let mut words = [0; BATCH];
        let mut picked = [0; BATCH];
        for ids in ids.chunks(BATCH) {
            for (word, &id) in words.iter_mut().zip(ids) {
                *word = threefry([draw.seed, draw.stream], [draw.tick, id])[0];
            }
            let mut some = 0;
            for (words, ids) in words[..ids.len()].chunks(FEW).zip(ids.chunks(FEW)) {
                if !words.iter().fold(false, |any, &word| any | (word <= last)) {
                    continue;
                }
                // Writing first and stepping after needs no branch.
                for (&word, &id) in words.iter().zip(ids) {
                    picked[some % BATCH] = id;
                    some += usize::from(word <= last);
                }
            }
            out[count..count + some].copy_from_slice(&picked[..some]);
            count += some;
        }
        count
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn picks_by_the_first_word_at_each_level() {
        let ids: Vec<u32> = (0..1_001).map(|i| i * 77).collect();
        let draw = Draw { seed: 1, stream: 2, tick: 3 };
        crate::cpu::at_each_level(|level| {
            for probability in [0.0, 1e-12, 0.01, 0.5, 1.0] {
                let is_picked = |&&id: &&u32| f64::from(threefry([1, 2], [3, id])[0]) < probability * 4_294_967_296.0;
                let expected: Vec<u32> = ids.iter().filter(is_picked).copied().collect();
                let mut out = vec![9; ids.len()];
                let count = sample(&ids, draw, probability, &mut out);
                assert_eq!(out[..count], expected, "{level:?}");
                assert!(out[count..].iter().all(|&word| word == 9));
            }
        });
    }
}
