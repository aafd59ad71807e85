//! The jobs over spans of memory.

use std::slice;

use worldloom_core::content::{RowKeys, STRIP, content_hash as sum_rows, set_rows};
use worldloom_core::diff::diff as diff_rows;
use worldloom_core::hash::hash as hash_bytes;
use worldloom_core::integrate::integrate as integrate_slice;
use worldloom_core::lanes::{PARTS_MAX, Parts, Split};
use worldloom_core::layout::{Reason, element};

use crate::call::Call;
use crate::fault::{Answer, Fault};
use crate::memory::{List, Memory, Target};
use crate::parts::{each_record, each_stretch, run_parts};

/// What is worth a part of its own: f32, or bytes.
const INTEGRATE_MIN: usize = 100_000;
const COPY_MIN: usize = 256 << 10;
const HASH_MIN: usize = 384 << 10;
const CONTENT_MIN: usize = 512 << 10;
const DIFF_MIN: usize = 192 << 10;
/// Bytes in the time of which a record is begun.
const CALL_BYTES: usize = 256;

/// memory, spans, spanCount, dt
pub fn integrate(call: &mut Call) -> Answer {
    let mut memory = call.memory()?;
    let spans = call.list::<3>(&memory, "spans")?;
    let dt = call.f32("dt")?;
    memory.keep();
    let mut rows = 0;
    for index in 0..spans.count() {
        rows += integrate_span(&mut memory, spans.get(index), index)?.0.len();
    }
    let parts = call.parts_if_apart(rows, INTEGRATE_MIN, |ranges| {
        for index in 0..spans.count() {
            let [destination, source, count] = spans.get(index);
            ranges.write(destination, count, 4);
            ranges.read(source, count, 4);
        }
    });
    let shared = memory.shared();
    run_parts(&parts, call.lanes(), |_, rows| {
        // SAFETY: what a part writes is apart from what others read and write.
        let mut memory = unsafe { shared.part() };
        each_stretch::<3, 2>(&spans, rows, |stretch| {
            let [destination, source, _] = stretch.record;
            let record = [stretch.at(destination, 4), stretch.at(source, 4), stretch.count];
            let (destination, source) = integrate_span(&mut memory, record, stretch.index)?;
            integrate_slice(destination, source, dt);
            Ok(())
        })
    })?;
    Ok(0.0)
}

#[inline]
fn integrate_span<'m>(
    memory: &'m mut Memory,
    [destination, source, count]: [u32; 3],
    index: u32,
) -> Result<(&'m mut [f32], &'m [f32]), Fault> {
    memory.rewind();
    Ok((memory.write(("destination", index), destination, count)?, memory.read(("source", index), source, count)?))
}

/// memory, spans, spanCount
pub fn copy(call: &mut Call) -> Answer {
    let mut memory = call.memory()?;
    let spans = call.list::<3>(&memory, "spans")?;
    memory.keep();
    let mut all = 0;
    for index in 0..spans.count() {
        let [destination, source, bytes] = spans.get(index);
        memory.copy(index, destination, source, bytes)?;
        all += bytes as usize;
    }
    let parts = call.parts_if_apart(all, COPY_MIN, |ranges| {
        for index in 0..spans.count() {
            let [destination, source, bytes] = spans.get(index);
            ranges.write(destination, bytes, 1);
            ranges.read(source, bytes, 1);
        }
    });
    let shared = memory.shared();
    run_parts(&parts, call.lanes(), |_, bytes| {
        // SAFETY: what a part writes is apart from what others read and write.
        let mut memory = unsafe { shared.part() };
        each_stretch::<3, 2>(&spans, bytes, |stretch| {
            let [destination, source, _] = stretch.record;
            let (to, from) = (stretch.at(destination, 1), stretch.at(source, 1));
            memory.copy(stretch.index, to, from, stretch.count)?.run();
            Ok(())
        })
    })?;
    Ok(0.0)
}

/// memory, spans, spanCount, out
pub fn hash(call: &mut Call) -> Answer {
    let mut memory = call.memory()?;
    let spans = call.list::<3>(&memory, "spans")?;
    let out = Target::<u32>::new(&memory, "out", call.u32("out")?, u64::from(spans.count()) * 2)?;
    memory.keep();
    let mut all = 0;
    for index in 0..spans.count() {
        all += hash_span(&mut memory, &spans, index)?.len() + CALL_BYTES;
    }
    let size = |&[_, count, code]: &[u32; 3]| bytes_of(count, code) + CALL_BYTES;
    let shared = memory.shared();
    let parts = Parts::new(call.lanes(), all, HASH_MIN);
    run_parts(&parts, call.lanes(), |_, range| {
        // SAFETY: only reads, but for the digests, which each record has its own of.
        let mut memory = unsafe { shared.part() };
        each_record(&spans, range, size, |index| {
            let [_, count, code] = spans.get(index);
            let digest = hash_bytes(hash_span(&mut memory, &spans, index)?, count, code);
            out.set(index * 2, digest[0]);
            out.set(index * 2 + 1, digest[1]);
            Ok(())
        })
    })?;
    Ok(0.0)
}

#[inline]
fn hash_span<'m>(memory: &'m mut Memory, spans: &List<3>, index: u32) -> Result<&'m [u8], Fault> {
    let [offset, count, code] = spans.get(index);
    let bytes = element_bytes(("element", index), code)?;
    memory.rewind();
    memory.bytes(("values", index), offset, u64::from(count), bytes, bytes.max(4))
}

/// Bytes of elements whose type is known to be one.
#[inline]
fn bytes_of(count: u32, code: u32) -> usize {
    count as usize * element::BYTES[code as usize % element::BYTES.len()] as usize
}

#[inline]
fn element_bytes(at: (&'static str, u32), code: u32) -> Result<u32, Fault> {
    element::BYTES.get(code as usize).copied().ok_or(Fault::new(Reason::Value, at))
}

/// memory, spans, spanCount, out
pub fn content_hash(call: &mut Call) -> Answer {
    let mut memory = call.memory()?;
    let spans = call.list::<6>(&memory, "spans")?;
    let out = Target::<u32>::new(&memory, "out", call.u32("out")?, u64::from(spans.count()) * 2)?;
    memory.keep();
    let mut all = 0;
    for index in 0..spans.count() {
        all += content_span(&mut memory, &spans, index)?.1.len() + CALL_BYTES;
    }
    let size = |&[_, _, rows, code, per_row, _]: &[u32; 6]| bytes_of(rows, code) * per_row as usize + CALL_BYTES;
    let shared = memory.shared();
    let parts = Parts::new(call.lanes(), all, CONTENT_MIN);
    run_parts(&parts, call.lanes(), |_, range| {
        // SAFETY: only reads, but for the sums, which each record has its own of.
        let mut memory = unsafe { shared.part() };
        let mut keys = RowKeys::default();
        let mut kept = None;
        each_record(&spans, range, size, |index| {
            let [entity_offset, _, rows, code, per_row, key] = spans.get(index);
            let (entities, values) = content_span(&mut memory, &spans, index)?;
            let row_bytes = per_row as usize * element_bytes(("element", index), code)? as usize;
            let mut sums = [0u32; 2];
            for (strip, entities) in entities.chunks(STRIP).enumerate() {
                // The columns of a chunk follow each other and share their entities.
                let these = Some((entity_offset, rows, strip));
                if kept != these {
                    set_rows(&mut keys, entities);
                    kept = these;
                }
                let start = strip * STRIP * row_bytes;
                let values = &values[start..start + entities.len() * row_bytes];
                let part = sum_rows(&keys, entities.len(), values, code, per_row as usize, key);
                sums = [sums[0].wrapping_add(part[0]), sums[1].wrapping_add(part[1])];
            }
            out.set(index * 2, sums[0]);
            out.set(index * 2 + 1, sums[1]);
            Ok(())
        })
    })?;
    Ok(0.0)
}

#[inline]
fn content_span<'m>(memory: &'m mut Memory, spans: &List<6>, index: u32) -> Result<(&'m [i32], &'m [u8]), Fault> {
    let [entities, values, rows, code, per_row, _] = spans.get(index);
    let bytes = element_bytes(("element", index), code)?;
    memory.rewind();
    let memory = &*memory;
    let entities = memory.read(("entities", index), entities, rows)?;
    let count = u64::from(rows) * u64::from(per_row);
    Ok((entities, memory.bytes(("values", index), values, count, bytes, bytes)?))
}

/// memory, spans, spanCount, out, outCapacity
pub fn diff(call: &mut Call) -> Answer {
    let mut memory = call.memory()?;
    let spans = call.list::<4>(&memory, "spans")?;
    let offset = call.u32("out")?;
    let capacity = call.u32("outCapacity")?;
    let out = Target::<u32>::new(&memory, "out", offset, u64::from(capacity) * 2)?;
    memory.keep();
    let mut all = 0;
    for index in 0..spans.count() {
        all += diff_span(&mut memory, &spans, index)?.0.len() + CALL_BYTES;
    }
    let size = |&[_, _, rows, row_bytes]: &[u32; 4]| rows as usize * row_bytes as usize + CALL_BYTES;
    let shared = memory.shared();
    let parts = Parts::new(call.lanes(), all, DIFF_MIN);
    let mut counts = [0u64; PARTS_MAX];
    if parts.count > 1 {
        // Where the rows of a part go is known when all have been counted.
        let count = Split::new(&mut counts);
        run_parts(&parts, call.lanes(), |part, range| {
            // SAFETY: only reads.
            let mut memory = unsafe { shared.part() };
            let mut found = 0;
            each_record(&spans, range, size, |index| {
                let (a, b, row_bytes) = diff_span(&mut memory, &spans, index)?;
                diff_rows(a, b, row_bytes, |_| found += 1);
                Ok(())
            })?;
            // SAFETY: each part has its own count.
            unsafe { count.set(part, found) };
            Ok(())
        })?;
    }
    let mut all_found = 0;
    let end = Split::new(slice::from_mut(&mut all_found));
    run_parts(&parts, call.lanes(), |part, range| {
        let mut found: u64 = counts[..part].iter().sum();
        if parts.count == 1 || counts[part] > 0 && found < u64::from(capacity) {
            // SAFETY: only reads; each part has its own places for what it finds.
            let mut memory = unsafe { shared.part() };
            each_record(&spans, range, size, |index| {
                let (a, b, row_bytes) = diff_span(&mut memory, &spans, index)?;
                diff_rows(a, b, row_bytes, |row| {
                    if found < u64::from(capacity) {
                        out.set(found as u32 * 2, index);
                        out.set(found as u32 * 2 + 1, row);
                    }
                    found += 1;
                });
                Ok(())
            })?;
        }
        if parts.count == 1 {
            // SAFETY: there is no other part.
            unsafe { end.set(0, found) };
        }
        Ok(())
    })?;
    Ok((all_found + counts.iter().sum::<u64>()) as f64)
}

#[inline]
fn diff_span<'m>(memory: &'m mut Memory, spans: &List<4>, index: u32) -> Result<(&'m [u8], &'m [u8], usize), Fault> {
    let [a, b, rows, row_bytes] = spans.get(index);
    if row_bytes == 0 {
        return Err(Fault::new(Reason::Value, ("rowBytes", index)));
    }
    memory.rewind();
    let memory = &*memory;
    let a = memory.bytes(("a", index), a, u64::from(rows), row_bytes, 1)?;
    let b = memory.bytes(("b", index), b, u64::from(rows), row_bytes, 1)?;
    Ok((a, b, row_bytes as usize))
}
