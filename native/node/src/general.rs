//! The jobs over spans of memory.

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
    memory.bytes(("values", index), offset, count, bytes, bytes.max(4))
}

#[inline]
fn element_bytes(at: (&'static str, u32), code: u32) -> Result<u32, Fault> {
    element::BYTES.get(code as usize).copied().ok_or(Fault::new(Reason::Value, at))
}
