//! The jobs over whole arrays.

use worldloom_core::arrays::{compact as compact_slice, prefix_sum as prefix_sum_slice};
use worldloom_core::prng::random as random_slice;
use worldloom_core::sort::sort_by_key as sort_slice;

use crate::call::Call;
use crate::fault::Answer;

/// memory, source, destination, count
pub fn prefix_sum(call: &mut Call) -> Answer {
    let memory = call.memory()?;
    let (source, destination, count) = (call.u32("source")?, call.u32("destination")?, call.u32("count")?);
    let source = memory.read("source", source, count)?;
    let destination = memory.write("destination", destination, count)?;
    Ok(f64::from(prefix_sum_slice(source, destination)))
}

/// memory, mask, count, out
pub fn compact(call: &mut Call) -> Answer {
    let memory = call.memory()?;
    let (mask, count, out) = (call.u32("mask")?, call.u32("count")?, call.u32("out")?);
    let mask = memory.read("mask", mask, count)?;
    let out = memory.write("out", out, count)?;
    Ok(f64::from(compact_slice(mask, out)))
}

/// memory, keys, count, order, scratch
pub fn sort_by_key(call: &mut Call) -> Answer {
    let memory = call.memory()?;
    let (keys, count) = (call.u32("keys")?, call.u32("count")?);
    let (order, scratch) = (call.u32("order")?, call.u32("scratch")?);
    let keys = memory.read("keys", keys, count)?;
    let order = memory.write("order", order, count)?;
    let scratch = memory.write_many("scratch", scratch, u64::from(count) * 3)?;
    sort_slice(keys, order, scratch);
    Ok(0.0)
}

/// memory, out, ids, count, seed, stream, tick
pub fn random(call: &mut Call) -> Answer {
    let memory = call.memory()?;
    let (out, ids, count) = (call.u32("out")?, call.u32("ids")?, call.u32("count")?);
    let (seed, stream, tick) = (call.u32("seed")?, call.u32("stream")?, call.u32("tick")?);
    let out = memory.write_many("out", out, u64::from(count) * 2)?;
    let ids = memory.read("ids", ids, count)?;
    random_slice(out.as_chunks_mut().0, ids, seed, stream, tick);
    Ok(0.0)
}
