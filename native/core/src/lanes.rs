//! Work in parts that may run side by side. Whoever calls a job brings the threads; results never depend on how many.

use std::marker::PhantomData;
use std::ops::Range;
use std::slice;

use crate::fetch::fetch_to_write_at;

/// Runs parts of a job, some of them at the same time.
pub trait Lanes: Sync {
    /// How many parts can run at the same time, at least 1.
    fn count(&self) -> usize;

    /// Calls `task` once with each number below `parts`, in any order and from any thread, and returns when all calls
    /// have ended. If some of them panic it does so, too, after that. `work` is how many parts would be the smallest that
    /// pay, which may be more.
    fn run(&self, parts: usize, work: usize, task: &(dyn Fn(usize) + Sync));
}

/// The thread that calls.
#[derive(Clone, Copy, Debug)]
pub struct Serial;

impl Lanes for Serial {
    fn count(&self) -> usize {
        1
    }

    fn run(&self, parts: usize, _: usize, task: &(dyn Fn(usize) + Sync)) {
        (0..parts).for_each(task);
    }
}

/// Most parts that a job is cut into.
pub const PARTS_MAX: usize = 256;
/// Parts for each lane: late lanes take fewer.
const PARTS_A_LANE: usize = 4;

/// Equal parts of `rows` rows, none below `rows_min` rows but where there is only one: what takes long enough for the
/// rows of two parts pays for the threads that it needs.
#[derive(Clone, Copy, Debug)]
pub struct Parts {
    pub rows: usize,
    pub count: usize,
    /// The smallest parts that pay in all these rows.
    work: usize,
}

impl Parts {
    pub fn new(lanes: &dyn Lanes, rows: usize, rows_min: usize) -> Self {
        let most = match lanes.count() {
            1 => 1,
            count => (count * PARTS_A_LANE).min(PARTS_MAX),
        };
        let work = rows / rows_min.max(1);
        Self { rows, count: work.clamp(1, most), work }
    }

    /// The same rows in at most `count` parts.
    pub fn at_most(self, count: usize) -> Self {
        Self { count: self.count.min(count).max(1), ..self }
    }

    /// The first row of part `part`; that of the part after the last is the number of rows. Long parts start at multiples
    /// of 64 rows, so that no two of them write to one cache line of a column.
    pub fn first(&self, part: usize) -> usize {
        if part >= self.count {
            return self.rows;
        }
        let first = (self.rows as u64 * part as u64 / self.count as u64) as usize;
        if self.rows >= 256 * self.count { first & !63 } else { first }
    }

    pub fn range(&self, part: usize) -> Range<usize> {
        self.first(part)..self.first(part + 1)
    }

    /// Calls `task` with the number and the rows of each part.
    pub fn run(&self, lanes: &dyn Lanes, task: impl Fn(usize, Range<usize>) + Sync) {
        if self.count == 1 {
            return task(0, 0..self.rows);
        }
        lanes.run(self.count, self.work, &|part| task(part, self.range(part)));
    }
}

/// A slice that parts write to side by side.
#[derive(Debug)]
pub struct Split<'a, T> {
    start: *mut T,
    len: usize,
    owner: PhantomData<&'a mut [T]>,
}

// SAFETY: what is handed out of it is apart, which the callers of its functions answer for.
unsafe impl<T: Send> Sync for Split<'_, T> {}
// SAFETY: as above.
unsafe impl<T: Send> Send for Split<'_, T> {}

impl<T> Clone for Split<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Split<'_, T> {}

impl<'a, T> Split<'a, T> {
    pub fn new(slice: &'a mut [T]) -> Self {
        Self { start: slice.as_mut_ptr(), len: slice.len(), owner: PhantomData }
    }

    pub fn len(&self) -> usize {
        self.len
    }

    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The elements in `range`, or as many of them as there are.
    ///
    /// # Safety
    /// While it is used nothing else reads or writes them.
    #[inline(always)]
    pub unsafe fn part(&self, range: Range<usize>) -> &'a mut [T] {
        let end = range.end.min(self.len);
        let start = range.start.min(end);
        // SAFETY: the range is inside the slice, and the caller has it to itself.
        unsafe { slice::from_raw_parts_mut(self.start.add(start), end - start) }
    }

    /// Starts to bring element `index` into the cache of this processor, and out of others, if there is one.
    #[inline(always)]
    pub fn fetch_to_write(&self, index: usize) {
        fetch_to_write_at(self.start.wrapping_add(index));
    }

    /// Writes element `index`, if there is one.
    ///
    /// # Safety
    /// Nothing else reads or writes it at this time.
    #[inline(always)]
    pub unsafe fn set(&self, index: usize, value: T)
    where
        T: Copy,
    {
        if index < self.len {
            // SAFETY: the index is inside the slice, and the caller has the element to itself.
            unsafe { self.start.add(index).write(value) };
        }
    }
}

impl<'a> Split<'a, f32> {
    /// The bits of the same elements.
    pub fn words(&self) -> Split<'a, u32> {
        Split { start: self.start.cast(), len: self.len, owner: PhantomData }
    }
}

impl<'a> Split<'a, i32> {
    /// The bits of the same elements.
    pub fn words(&self) -> Split<'a, u32> {
        Split { start: self.start.cast(), len: self.len, owner: PhantomData }
    }
}

/// As many lanes as one likes, all on one thread; parts run backwards, so that their order must not matter.
#[cfg(test)]
pub struct Backwards(pub usize);

#[cfg(test)]
impl Lanes for Backwards {
    fn count(&self) -> usize {
        self.0
    }

    fn run(&self, parts: usize, _: usize, task: &(dyn Fn(usize) + Sync)) {
        (0..parts).rev().for_each(task);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_cover_all_rows_once() {
        for lanes in [1, 2, 3, 64, 1000] {
            for rows in [0, 1, 63, 64, 1_000, 65_537] {
                for rows_min in [1, 100, 70_000] {
                    let parts = Parts::new(&Backwards(lanes), rows, rows_min);
                    assert!((1..=PARTS_MAX).contains(&parts.count));
                    assert!(lanes > 1 || parts.count == 1);
                    let mut next = 0;
                    for part in 0..parts.count {
                        let range = parts.range(part);
                        assert_eq!(range.start, next);
                        assert!(range.end >= range.start);
                        next = range.end;
                    }
                    assert_eq!(next, rows);
                }
            }
        }
    }

    #[test]
    fn a_split_slice_gives_what_it_has() {
        let mut values = [1, 2, 3];
        let split = Split::new(&mut values);
        // SAFETY: one thread, one slice at a time.
        unsafe {
            assert_eq!(split.part(1..2), [2]);
            assert_eq!(split.part(2..9), [3]);
            assert_eq!(split.part(7..9), []);
            split.set(0, 5);
            split.set(3, 9);
        }
        assert_eq!(values, [5, 2, 3]);
    }
}
