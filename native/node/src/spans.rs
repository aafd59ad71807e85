//! The jobs over spans of memory.

use worldloom_core::content::{RowKeys, STRIP, content_hash as sum_rows, set_rows};
use worldloom_core::diff::diff as diff_rows;
use worldloom_core::hash::hash as hash_bytes;
use worldloom_core::integrate::integrate as integrate_slice;
use worldloom_core::layout::{Reason, element};

use crate::call::Call;
use crate::fault::{Answer, Fault};
use crate::memory::{List, Memory, Target};

/// memory, spans, spanCount, dt
pub fn integrate(call: &mut Call) -> Answer {
    let mut memory = call.memory()?;
    let spans = call.list::<3>(&memory, "spans")?;
    let dt = call.f32("dt")?;
    memory.keep();
    for index in 0..spans.count() {
        integrate_span(&mut memory, &spans, index)?;
    }
    for index in 0..spans.count() {
        let (destination, source) = integrate_span(&mut memory, &spans, index)?;
        integrate_slice(destination, source, dt);
    }
    Ok(0.0)
}

#[inline]
fn integrate_span<'m>(
    memory: &'m mut Memory,
    spans: &List<3>,
    index: u32,
) -> Result<(&'m mut [f32], &'m [f32]), Fault> {
    let [destination, source, count] = spans.get(index);
    memory.rewind();
    Ok((memory.write(("destination", index), destination, count)?, memory.read(("source", index), source, count)?))
}

/// memory, spans, spanCount
pub fn copy(call: &mut Call) -> Answer {
    let mut memory = call.memory()?;
    let spans = call.list::<3>(&memory, "spans")?;
    memory.keep();
    for index in 0..spans.count() {
        let [destination, source, bytes] = spans.get(index);
        memory.copy(index, destination, source, bytes)?;
    }
    for index in 0..spans.count() {
        let [destination, source, bytes] = spans.get(index);
        memory.copy(index, destination, source, bytes)?.run();
    }
    Ok(0.0)
}

/// memory, spans, spanCount, out
pub fn hash(call: &mut Call) -> Answer {
    let mut memory = call.memory()?;
    let spans = call.list::<3>(&memory, "spans")?;
    let out = Target::<u32>::new(&memory, "out", call.u32("out")?, u64::from(spans.count()) * 2)?;
    memory.keep();
    for index in 0..spans.count() {
        hash_span(&mut memory, &spans, index)?;
    }
    for index in 0..spans.count() {
        let [_, count, code] = spans.get(index);
        let digest = hash_bytes(hash_span(&mut memory, &spans, index)?, count, code);
        out.set(index * 2, digest[0]);
        out.set(index * 2 + 1, digest[1]);
    }
    Ok(0.0)
}

#[inline]
fn hash_span<'m>(memory: &'m mut Memory, spans: &List<3>, index: u32) -> Result<&'m [u8], Fault> {
    let [offset, count, code] = spans.get(index);
    let bytes = element_bytes(("element", index), code)?;
    memory.rewind();
    memory.bytes(("values", index), offset, u64::from(count), bytes, bytes.max(4))
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
    for index in 0..spans.count() {
        content_span(&mut memory, &spans, index)?;
    }
    let mut keys = RowKeys::default();
    let mut kept = None;
    for index in 0..spans.count() {
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
    }
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
    for index in 0..spans.count() {
        diff_span(&mut memory, &spans, index)?;
    }
    let mut found = 0u64;
    for index in 0..spans.count() {
        let (a, b, row_bytes) = diff_span(&mut memory, &spans, index)?;
        diff_rows(a, b, row_bytes, |row| {
            if found < u64::from(capacity) {
                out.set(found as u32 * 2, index);
                out.set(found as u32 * 2 + 1, row);
            }
            found += 1;
        });
    }
    Ok(found as f64)
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
