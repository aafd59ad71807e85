//! The jobs over spans of memory.

use worldloom_core::integrate::integrate as integrate_slice;

use crate::call::Call;
use crate::fault::{Answer, Fault};
use crate::memory::{List, Memory};

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
