//! The jobs over whole arrays, and over lists of ids.

use std::ops::Range;

use worldloom_core::arrays::{compact as compact_slice, prefix_sum as prefix_sum_slice};
use worldloom_core::lanes::{PARTS_MAX, Parts, Split};
use worldloom_core::layout::Reason;
use worldloom_core::prng::random as random_slice;
use worldloom_core::sample::{Draw, sample as sample_slice};
use worldloom_core::sort::sort_by_key as sort_slice;

use crate::call::Call;
use crate::fault::{Answer, Fault};
use crate::memory::{List, Shared};
use crate::parts::{each_stretch, run_parts};

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
    let out = Split::<[u32; 2]>::new(out.as_chunks_mut().0);
    Parts::new(call.lanes(), ids.len(), RANDOM_IDS_MIN).run(call.lanes(), |_, rows| {
        // SAFETY: parts have no id in common.
        random_slice(unsafe { out.part(rows.clone()) }, &ids[rows], seed, stream, tick);
    });
    Ok(0.0)
}

/// memory, spans, spanCount, seed, stream, tick, probability, out, capacity
pub fn sample(call: &mut Call) -> Answer {
    let mut memory = call.memory()?;
    let spans = call.list::<2>(&memory, "spans")?;
    let draw = Draw { seed: call.u32("seed")?, stream: call.u32("stream")?, tick: call.u32("tick")? };
    let probability = call.f64("probability")?;
    if !(0.0..=1.0).contains(&probability) {
        return Err(Fault::new(Reason::Value, "probability"));
    }
    let (out, capacity) = (call.u32("out")?, call.u32("capacity")?);
    let out = memory.write_kept::<u32>("out", out, capacity)?;

    let mut rows = 0u64;
    for i in 0..spans.count() {
        let [ids, count] = spans.get(i);
        memory.rewind();
        memory.read::<u32>(("ids", i), ids, count)?;
        rows += u64::from(count);
        if rows > u64::from(capacity) {
            return Err(Fault::new(Reason::Capacity, ("rows", i)));
        }
    }
    let rows = rows as usize;
    let parts = Parts::new(call.lanes(), rows, SAMPLE_IDS_MIN);
    if parts.count == 1 || rows > SAMPLE_IDS_MAX {
        let found = sample_rows(&memory.shared(), &spans, 0..rows, draw, probability, out)?;
        return Ok(found as f64);
    }
    // Each part picks to where its ids would be if all were picked; then the picks close up.
    let mut words = call.words(rows);
    let mut counts = [0usize; PARTS_MAX];
    let (picked, count) = (Split::new(&mut words), Split::new(&mut counts));
    let shared = memory.shared();
    run_parts(&parts, call.lanes(), |part, rows| {
        // SAFETY: parts have no id in common, and each has a count.
        unsafe {
            let picked = picked.part(rows.clone());
            count.set(part, sample_rows(&shared, &spans, rows, draw, probability, picked)?);
        }
        Ok(())
    })?;
    let mut found = 0;
    for (part, &count) in counts[..parts.count].iter().enumerate() {
        out[found..found + count].copy_from_slice(&words[parts.first(part)..][..count]);
        found += count;
    }
    Ok(found as f64)
}

/// Ids that are worth a part of their own.
const RANDOM_IDS_MIN: usize = 12_000;
const SAMPLE_IDS_MIN: usize = 20_000;
/// Ids that there is room for, apart from where the result goes.
const SAMPLE_IDS_MAX: usize = 1 << 24;

/// Picks some of the ids in `rows`, counted over all records, to the front of `out`; returns how many.
fn sample_rows(
    shared: &Shared,
    spans: &List<2>,
    rows: Range<usize>,
    draw: Draw,
    probability: f64,
    out: &mut [u32],
) -> Result<usize, Fault> {
    // SAFETY: it is only read; what is written overlaps no span.
    let mut memory = unsafe { shared.part() };
    let mut found = 0;
    each_stretch::<2, 1>(spans, rows, |stretch| {
        memory.rewind();
        let ids = memory.read(("ids", stretch.index), stretch.at(stretch.record[0], 4), stretch.count)?;
        found += sample_slice(ids, draw, probability, &mut out[found..]);
        Ok(())
    })?;
    Ok(found)
}
