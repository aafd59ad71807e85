//! The ranges of a job that has many: `src/native/reference/anim/operands.ts` is the twin.

use crate::layout::Reason;
use crate::tensor::refusal::Refusal;

/// Bytes of memory that a call reads, and that it writes.
#[derive(Default)]
pub struct Ranges {
    bytes: u64,
    reads: Vec<(u64, u64)>,
    writes: Vec<Written>,
    /// For each [`Stream`] the range in `reads` that came last.
    last: [usize; 8],
}

/// Ranges that often follow one another in memory.
#[derive(Clone, Copy)]
pub enum Stream {
    Asset,
    Layers,
    Entries,
    Palettes,
    Ik,
    Pose,
    Mask,
}

struct Written {
    first: u64,
    end: u64,
    operand: &'static str,
    record: u32,
}

impl Ranges {
    /// Starts a call over a memory of `bytes` bytes.
    pub fn begin(&mut self, bytes: u64) {
        self.bytes = bytes;
        self.reads.clear();
        self.writes.clear();
        self.last = [usize::MAX; 8];
    }

    /// `bytes` bytes at `offset`, to read; `bytes` is below 2^63.
    #[inline]
    pub fn read(
        &mut self,
        stream: Stream,
        operand: &'static str,
        record: u32,
        offset: u32,
        bytes: u64,
        alignment: u32,
    ) -> Result<(), Refusal> {
        let (first, end) = self.inside(operand, record, offset, bytes, alignment)?;
        if bytes == 0 {
            return Ok(());
        }
        let last = &mut self.last[stream as usize];
        if let Some(range) = self.reads.get_mut(*last) {
            if range.0 <= first && end <= range.1 {
                return Ok(());
            }
            if range.1 == first {
                range.1 = end;
                return Ok(());
            }
        }
        *last = self.reads.len();
        self.reads.push((first, end));
        Ok(())
    }

    /// The same, to write.
    #[inline]
    pub fn write(
        &mut self,
        operand: &'static str,
        record: u32,
        offset: u32,
        bytes: u64,
        alignment: u32,
    ) -> Result<(), Refusal> {
        let (first, end) = self.inside(operand, record, offset, bytes, alignment)?;
        if bytes > 0 {
            self.writes.push(Written { first, end, operand, record });
        }
        Ok(())
    }

    /// Refuses the first written range, by its start and then in the order in which they were named, that overlaps one
    /// before it or any that is read.
    pub fn apart(&mut self) -> Result<(), Refusal> {
        if !self.reads.is_sorted_by_key(|range| range.0) {
            self.reads.sort_unstable_by_key(|range| range.0);
        }
        if !self.writes.is_sorted_by_key(|range| range.first) {
            self.writes.sort_by_key(|range| range.first);
        }
        let mut reads = self.reads.iter().peekable();
        let (mut written, mut read) = (0, 0);
        for range in &self.writes {
            while let Some(next) = reads.next_if(|next| next.0 < range.end) {
                read = read.max(next.1);
            }
            if range.first < written || range.first < read {
                return Err(Refusal { reason: Reason::Overlap, operand: range.operand, record: Some(range.record) });
            }
            written = written.max(range.end);
        }
        Ok(())
    }

    #[inline]
    fn inside(
        &self,
        operand: &'static str,
        record: u32,
        offset: u32,
        bytes: u64,
        alignment: u32,
    ) -> Result<(u64, u64), Refusal> {
        let first = u64::from(offset);
        let end = first.saturating_add(bytes);
        let reason = if end > self.bytes {
            Reason::Range
        } else if !offset.is_multiple_of(alignment) {
            Reason::Alignment
        } else {
            return Ok((first, end));
        };
        Err(Refusal { reason, operand, record: Some(record) })
    }
}
