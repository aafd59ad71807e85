/// Byte ranges that a job reads and writes.
#[derive(Default)]
pub struct Ranges(Vec<Range>);

struct Range {
    first: u64,
    end: u64,
    writes: bool,
}

impl Ranges {
    pub fn clear(&mut self) {
        self.0.clear();
    }

    pub fn read(&mut self, offset: u32, count: u32, element_bytes: u32) {
        self.add(offset, count, element_bytes, false);
    }

    pub fn write(&mut self, offset: u32, count: u32, element_bytes: u32) {
        self.add(offset, count, element_bytes, true);
    }

    fn add(&mut self, offset: u32, count: u32, element_bytes: u32, writes: bool) {
        let first = u64::from(offset);
        let end = first + u64::from(count) * u64::from(element_bytes);
        if first < end {
            self.0.push(Range { first, end, writes });
        }
    }

    /// Whether no written range overlaps another one: then what is done with the ranges can be done in any order.
    pub fn are_apart(&mut self) -> bool {
        if !self.0.is_sorted_by_key(|range| range.first) {
            self.0.sort_unstable_by_key(|range| range.first);
        }
        let (mut all_end, mut written_end) = (0, 0);
        self.0.iter().all(|range| {
            let is_apart = range.first >= if range.writes { all_end } else { written_end };
            all_end = all_end.max(range.end);
            if range.writes {
                written_end = written_end.max(range.end);
            }
            is_apart
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn are_apart(list: &[(u32, u32, bool)]) -> bool {
        let mut ranges = Ranges::default();
        list.iter().for_each(|&(offset, count, writes)| ranges.add(offset, count, 4, writes));
        ranges.are_apart()
    }

    #[test]
    fn only_reads_may_overlap() {
        assert!(are_apart(&[]));
        assert!(are_apart(&[(0, 4, true), (16, 4, false), (16, 8, false), (48, 1, true)]));
        assert!(are_apart(&[(48, 1, true), (16, 8, false), (0, 4, true), (20, 0, true)]));
        assert!(!are_apart(&[(0, 4, true), (12, 4, false)]));
        assert!(!are_apart(&[(0, 40, false), (60, 4, false), (156, 4, true)]));
        assert!(!are_apart(&[(0, 4, true), (0, 4, true)]));
        assert!(!are_apart(&[(0, 100, true), (4, 1, false), (200, 1, false)]));
    }
}
