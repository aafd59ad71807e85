//! The ranges of a job that has many: `src/native/reference/anim/operands.ts` is the same in TypeScript.

use worldloom_core::layout::Reason;

use crate::fault::{At, Fault};
use crate::memory::{Element, Memory};

/// Each range is checked when it is named, that what is written overlaps nothing else once all of them are known.
#[derive(Default)]
pub struct Operands {
    /// First byte, end.
    reads: Vec<(u64, u64)>,
    writes: Vec<Written>,
}

struct Written {
    at: At,
    first: u64,
    end: u64,
}

impl Operands {
    pub fn clear(&mut self) {
        self.reads.clear();
        self.writes.clear();
    }

    /// `count` elements at `offset`, to read. `memory` is one that nothing is claimed of.
    #[inline]
    pub fn read<'m, T: Element>(
        &mut self,
        memory: &'m mut Memory,
        at: (&'static str, u32),
        offset: u32,
        count: u64,
    ) -> Result<&'m [T], Fault> {
        memory.rewind();
        let values = memory.read_many(at, offset, count)?;
        let bytes = size_of_val(values) as u64;
        if bytes > 0 {
            self.reads.push((u64::from(offset), u64::from(offset) + bytes));
        }
        Ok(values)
    }

    /// `count` elements at `offset`, to write.
    #[inline]
    pub fn write<T: Element>(
        &mut self,
        memory: &mut Memory,
        at: (&'static str, u32),
        offset: u32,
        count: u64,
    ) -> Result<(), Fault> {
        memory.rewind();
        let bytes = size_of_val(memory.read_many::<T>(at, offset, count)?) as u64;
        let first = u64::from(offset);
        self.writes.push(Written { at: at.into(), first, end: first + bytes });
        Ok(())
    }

    /// Refuses the first written range, by its start and then in the order in which they were named, that overlaps one
    /// before it or any that is read.
    pub fn apart(&mut self) -> Result<(), Fault> {
        // Records mostly have their operands one behind the other, which a stable sort makes use of.
        self.reads.sort_by_key(|&(first, _)| first);
        self.writes.sort_by_key(|range| range.first);
        let mut reads = self.reads.iter().peekable();
        let (mut written, mut read) = (0, 0);
        for range in &self.writes {
            while let Some(&(_, end)) = reads.next_if(|&&(first, _)| first < range.end) {
                read = read.max(end);
            }
            if range.first < written.max(read) {
                return Err(Fault::new(Reason::Overlap, range.at));
            }
            written = written.max(range.end);
        }
        Ok(())
    }
}
