//! Which offsets of assets a call has met.

/// Numbers by offset: a hash table with open addressing that is at most half full.
#[derive(Default)]
pub struct Known {
    /// Offset plus 1 (0: free), number. A power of two of them.
    slots: Vec<(u64, u32)>,
    count: usize,
    last: (u64, u32),
}

const SLOTS_MIN: usize = 64;

impl Known {
    pub fn clear(&mut self) {
        if self.count > 0 {
            self.slots.fill((0, 0));
        }
        self.count = 0;
        self.last = (0, 0);
    }

    #[inline]
    pub fn get(&mut self, offset: u32) -> Option<u32> {
        let key = u64::from(offset) + 1;
        if self.last.0 == key {
            return Some(self.last.1);
        }
        if self.count == 0 {
            return None;
        }
        let slot = self.slots[self.find(key)];
        if slot.0 == 0 {
            return None;
        }
        self.last = slot;
        Some(slot.1)
    }

    /// Adds an offset that is not known.
    pub fn set(&mut self, offset: u32, number: u32) {
        if self.slots.len() < SLOTS_MIN.max(self.count * 2 + 2) {
            let slots = (self.slots.len() * 2).max(SLOTS_MIN);
            let before = std::mem::replace(&mut self.slots, vec![(0, 0); slots]);
            for slot in before.into_iter().filter(|slot| slot.0 != 0) {
                let at = self.find(slot.0);
                self.slots[at] = slot;
            }
        }
        let key = u64::from(offset) + 1;
        let at = self.find(key);
        self.slots[at] = (key, number);
        self.count += 1;
    }

    /// The slot that has the key, or a free one that it may have.
    #[inline]
    fn find(&self, key: u64) -> usize {
        let mask = self.slots.len() - 1;
        let mut at = (key.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40) as usize & mask;
        while self.slots[at].0 != 0 && self.slots[at].0 != key {
            at = (at + 1) & mask;
        }
        at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_was_set_since_it_was_cleared() {
        let mut known = Known::default();
        for round in 0..3 {
            known.clear();
            for i in 0..1000u32 {
                assert_eq!(known.get(i * 64), None);
                known.set(i * 64, i + round);
            }
            for i in 0..1000u32 {
                assert_eq!(known.get(i * 64), Some(i + round));
                assert_eq!(known.get(i * 64 + 1), None);
            }
        }
    }
}
