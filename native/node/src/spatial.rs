//! The jobs over points in the plane.

use std::ops::Range;

use worldloom_core::lanes::Split;
use worldloom_core::layout::{Reason, element};
use worldloom_core::spatial::{Grid, Index, LENGTH_MAX, LENGTH_MIN, NEAREST_MAX, ROWS_MAX, SCRATCH_WORDS};
use worldloom_core::spatial_build::{self, Columns, Source};
use worldloom_core::spatial_order;
use worldloom_core::spatial_query::{self, Points};
use worldloom_core::spatial_separate::{self, Pushes};
use worldloom_core::steer::{Agents, Course, SIDE_MAX, steer as steer_slices};

use crate::call::Call;
use crate::fault::{Answer, Fault};
use crate::memory::{List, Memory};
use crate::parts::{Stretch, each_stretch, run_parts};

/// The header of an index, checked; arrays by byte offset.
struct Header {
    grid: Grid,
    capacity: u32,
    cell_start: u32,
    x: u32,
    y: u32,
    entity: u32,
    slot: u32,
    scratch: u32,
    count: u32,
}

/// Where the header has the count.
const COUNT: usize = 12;

impl Header {
    fn new(words: &[u32], count: u32) -> Result<Self, Fault> {
        let &[min_x, min_y, cell, width, height, capacity, cell_start, x, y, entity, slot, scratch, ..] = words else {
            return Err(Fault::new(Reason::Range, "index"));
        };
        let [min_x, min_y, cell] = [min_x, min_y, cell].map(f32::from_bits);
        let Some(grid) = Grid::new(min_x, min_y, cell, width, height) else {
            return Err(Fault::new(Reason::Value, "grid"));
        };
        if capacity > ROWS_MAX {
            return Err(Fault::new(Reason::Value, "capacity"));
        }
        if count > capacity {
            return Err(Fault::new(Reason::Value, "count"));
        }
        Ok(Self { grid, capacity, cell_start, x, y, entity, slot, scratch, count })
    }

    /// To query a built index.
    fn open<'a>(memory: &mut Memory<'a>, index: u32) -> Result<(Self, Index<'a>), Fault> {
        let words = memory.read_kept::<u32>("index", index, HEADER_WORDS)?;
        let header = Self::new(words, words[COUNT])?;
        let rows = header.count;
        let index = Index {
            grid: header.grid,
            cell_start: memory.read_kept("cellStart", header.cell_start, header.grid.cells() + 2)?,
            x: memory.read_kept("x", header.x, rows)?,
            y: memory.read_kept("y", header.y, rows)?,
            entity: memory.read_kept("entity", header.entity, rows)?,
            slot: memory.read_kept("slot", header.slot, rows)?,
        };
        Ok((header, index))
    }
}

const HEADER_WORDS: u32 = 16;

/// memory, spans, spanCount, index
pub fn build(call: &mut Call) -> Answer {
    let mut memory = call.memory()?;
    let spans = call.list::<4>(&memory, "spans")?;
    let index = call.u32("index")?;
    let words = memory.write_kept::<u32>("index", index, HEADER_WORDS)?;
    let header = Header::new(words, 0)?;
    let rows = header.capacity;
    let cell_start = memory.write_kept("cellStart", header.cell_start, header.grid.cells() + 2)?;
    let x = memory.write_kept("x", header.x, rows)?;
    let y = memory.write_kept("y", header.y, rows)?;
    let entity = memory.write_kept("entity", header.entity, rows)?;
    let slot = memory.write_kept("slot", header.slot, rows)?;
    let scratch = memory.write_kept("scratch", header.scratch, rows * SCRATCH_WORDS as u32)?;

    let mut count = 0u64;
    for i in 0..spans.count() {
        count += build_span(&mut memory, &spans, i)?.0.len() as u64;
        if count > u64::from(rows) {
            return Err(Fault::new(Reason::Capacity, ("rows", i)));
        }
    }
    let shared = memory.shared();
    let rows = |rows: Range<usize>, each: &mut dyn FnMut(Source)| {
        // What was checked before does not fail; if it did, rows would be missing, which the job notices.
        let _ = each_stretch::<4, 3>(&spans, rows, |stretch| {
            let ([x, y, entity, _], record, count) = (stretch.record, stretch.index, stretch.count);
            // SAFETY: only reads; what the job writes overlaps no span.
            let memory = unsafe { shared.part() };
            each(Source {
                x: memory.read(("x", record), stretch.at(x, 4), count)?,
                y: memory.read(("y", record), stretch.at(y, 4), count)?,
                entity: memory.read(("entity", record), stretch.at(entity, 4), count)?,
            });
            Ok(())
        });
    };
    let count = count as usize;
    let columns =
        Columns { x: &mut x[..count], y: &mut y[..count], entity: &mut entity[..count], slot: &mut slot[..count] };
    spatial_build::build(header.grid, &rows, cell_start, columns, scratch, call.lanes());
    words[COUNT] = count as u32;
    Ok(0.0)
}

type BuildSpan<'m> = (&'m [f32], &'m [f32], &'m [i32]);

fn build_span<'m>(memory: &'m mut Memory, spans: &List<4>, i: u32) -> Result<BuildSpan<'m>, Fault> {
    let [x, y, entity, rows] = spans.get(i);
    memory.rewind();
    Ok((memory.read(("x", i), x, rows)?, memory.read(("y", i), y, rows)?, memory.read(("entity", i), entity, rows)?))
}

/// memory, index
pub fn order(call: &mut Call) -> Answer {
    let memory = call.memory()?;
    let index = call.u32("index")?;
    let words = memory.read::<u32>("index", index, HEADER_WORDS)?;
    let header = Header::new(words, words[COUNT])?;
    let rows = header.count;
    let cell_start = memory.read("cellStart", header.cell_start, header.grid.cells() + 2)?;
    let columns = Columns {
        x: memory.write("x", header.x, rows)?,
        y: memory.write("y", header.y, rows)?,
        entity: memory.write("entity", header.entity, rows)?,
        slot: memory.write("slot", header.slot, rows)?,
    };
    let scratch = memory.write("scratch", header.scratch, header.capacity * SCRATCH_WORDS as u32)?;
    spatial_order::order(cell_start, columns, scratch, call.lanes());
    Ok(0.0)
}

/// memory, index, queryX, queryY, queryCount, radius, offsets, out, capacity
pub fn radius(call: &mut Call) -> Answer {
    let mut memory = call.memory()?;
    let index = call.u32("index")?;
    let query_x = call.u32("queryX")?;
    let query_y = call.u32("queryY")?;
    let query_count = call.u32("queryCount")?;
    let radius = length(call, "radius")?;
    let offsets = call.u32("offsets")?;
    let out = call.u32("out")?;
    let capacity = call.u32("capacity")?;
    let (_, index) = Header::open(&mut memory, index)?;
    let points =
        Points { x: memory.read("queryX", query_x, query_count)?, y: memory.read("queryY", query_y, query_count)? };
    let offsets = memory.write("offsets", offsets, query_count.saturating_add(1))?;
    let out = memory.write("out", out, capacity)?;
    Ok(spatial_query::radius(&index, points, radius, offsets, out, call.lanes()) as f64)
}

/// memory, index, queryX, queryY, queryCount, k, radius, outEntity, outDistance2, outCount
pub fn nearest(call: &mut Call) -> Answer {
    let mut memory = call.memory()?;
    let index = call.u32("index")?;
    let query_x = call.u32("queryX")?;
    let query_y = call.u32("queryY")?;
    let query_count = call.u32("queryCount")?;
    let k = call.u32("k")?;
    if !(1..=NEAREST_MAX).contains(&k) {
        return Err(Fault::new(Reason::Value, "k"));
    }
    let radius = length(call, "radius")?;
    let out_entity = call.u32("outEntity")?;
    let out_distance2 = call.u32("outDistance2")?;
    let out_count = call.u32("outCount")?;
    let (_, index) = Header::open(&mut memory, index)?;
    let points =
        Points { x: memory.read("queryX", query_x, query_count)?, y: memory.read("queryY", query_y, query_count)? };
    // More than a memory can hold stays more than that.
    let total = query_count.saturating_mul(k);
    let entities = memory.write("outEntity", out_entity, total)?;
    let distances2 = memory.write("outDistance2", out_distance2, total)?;
    let counts = memory.write("outCount", out_count, query_count)?;
    spatial_query::nearest(&index, points, k as usize, radius, entities, distances2, counts, call.lanes());
    Ok(0.0)
}

/// memory, index, distance, out, capacity
pub fn pairs(call: &mut Call) -> Answer {
    let mut memory = call.memory()?;
    let index = call.u32("index")?;
    let distance = length(call, "distance")?;
    let out = call.u32("out")?;
    let capacity = call.u32("capacity")?;
    let (header, index) = Header::open(&mut memory, index)?;
    let scratch = memory.write("scratch", header.scratch, header.capacity * SCRATCH_WORDS as u32)?;
    let out = memory.write::<i32>("out", out, capacity.saturating_mul(2))?;
    Ok(spatial_query::pairs(&index, distance, out.as_chunks_mut().0, scratch) as f64)
}

/// memory, index, radius, outX, outY, outCount
pub fn separate(call: &mut Call) -> Answer {
    let mut memory = call.memory()?;
    let index = call.u32("index")?;
    let radius = call.f32("radius")?;
    if !(LENGTH_MIN..=LENGTH_MAX).contains(&radius) {
        return Err(Fault::new(Reason::Value, "radius"));
    }
    let out_x = call.u32("outX")?;
    let out_y = call.u32("outY")?;
    let out_count = call.u32("outCount")?;
    let (header, index) = Header::open(&mut memory, index)?;
    let scratch = memory.write("scratch", header.scratch, header.capacity * SCRATCH_WORDS as u32)?;
    let mut pushes = Pushes {
        x: memory.write("outX", out_x, header.count)?,
        y: memory.write("outY", out_y, header.count)?,
        count: memory.write("outCount", out_count, header.count)?,
    };
    spatial_separate::separate(&index, radius, &mut pushes, scratch, call.lanes());
    Ok(0.0)
}

/// A radius of a query: at least 0, may be infinite.
fn length(call: &mut Call, at: &'static str) -> Result<f32, Fault> {
    let length = call.f32(at)?;
    if length >= 0.0 { Ok(length) } else { Err(Fault::new(Reason::Value, at)) }
}

/// memory, spans, spanCount, params
pub fn steer(call: &mut Call) -> Answer {
    let mut memory = call.memory()?;
    let spans = call.list::<8>(&memory, "spans")?;
    let params = call.u32("params")?;
    let words = memory.read_kept::<u32>("params", params, 16)?;
    let &[width, height, grid, fields, field_count, push_x, push_y, arrived, rows, speed, strength, push_max, dt, ..] =
        words
    else {
        return Err(Fault::new(Reason::Range, "params"));
    };
    let [speed, strength, push_max, dt] = [speed, strength, push_max, dt].map(f32::from_bits);
    let cells = width.saturating_mul(height);
    for (side, at) in [(width, "width"), (height, "height")] {
        if !(1..=SIDE_MAX).contains(&side) {
            return Err(Fault::new(Reason::Value, at));
        }
    }
    for (value, at) in [(speed, "speed"), (push_max, "pushMax"), (dt, "dt")] {
        if !(value >= 0.0 && value.is_finite()) {
            return Err(Fault::new(Reason::Value, at));
        }
    }
    if !strength.is_finite() {
        return Err(Fault::new(Reason::Value, "strength"));
    }
    if (speed + push_max) * dt > 1.0 {
        return Err(Fault::new(Reason::Value, "dt"));
    }

    let grid = memory.read_kept("grid", grid, cells)?;
    let table = memory.read_kept::<u32>("fields", fields, field_count)?;
    let (mut base, mut end) = (u32::MAX, 0u64);
    for (i, &offset) in (0..).zip(table) {
        memory.rewind();
        memory.read::<u8>(("field", i), offset, cells)?;
        base = base.min(offset);
        end = end.max(u64::from(offset) + u64::from(cells));
    }
    memory.rewind();
    let base = if field_count == 0 { 0 } else { base };
    let Ok(field_bytes) = u32::try_from(end - u64::from(base)) else {
        return Err(Fault::new(Reason::Range, "field"));
    };
    let fields = memory.read_kept("field", base, field_bytes)?;
    let push_x = memory.read_kept::<f32>("pushX", push_x, rows)?;
    let push_y = memory.read_kept::<f32>("pushY", push_y, rows)?;
    let arrived = memory.write_kept::<u8>("arrived", arrived, rows)?;

    let course = Course { width, height, grid, fields, table, base, speed, strength, push_max, dt };
    let arrived_at = words[7];
    let mut count = 0;
    for i in 0..spans.count() {
        count += steer_span(&mut memory, &spans.get(i), i, rows)?.x.len();
    }
    let parts = call.parts_if_apart(count, STEER_ROWS_MIN, |ranges| {
        for i in 0..spans.count() {
            let [x, y, vx, vy, goal, code, rows, first] = spans.get(i);
            ranges.read(x, rows, 4);
            ranges.read(y, rows, 4);
            ranges.write(vx, rows, 4);
            ranges.write(vy, rows, 4);
            ranges.read(goal, rows, element::BYTES[code as usize % element::BYTES.len()]);
            ranges.write(arrived_at.wrapping_add(first), rows, 1);
        }
    });
    let (shared, arrived) = (memory.shared(), Split::new(arrived));
    run_parts(&parts, call.lanes(), |_, range| {
        // SAFETY: what a part writes is apart from what others read and write.
        let mut memory = unsafe { shared.part() };
        each_stretch::<8, 6>(&spans, range, |stretch| {
            let Span { x, y, vx, vy, goal, first } =
                steer_span(&mut memory, &steer_stretch(&stretch), stretch.index, rows)?;
            let rows = first..first + x.len();
            let (push_x, push_y) = (&push_x[rows.clone()], &push_y[rows.clone()]);
            // SAFETY: as above.
            let arrived = unsafe { arrived.part(rows) };
            let agents = Agents { x, y, vx, vy, push_x, push_y, arrived };
            match goal {
                Goal::U8(goal) => steer_slices(&course, agents, |i| u32::from(goal[i])),
                Goal::U16(goal) => steer_slices(&course, agents, |i| u32::from(goal[i])),
                Goal::U32(goal) => steer_slices(&course, agents, |i| goal[i]),
            }
            Ok(())
        })
    })?;
    Ok(0.0)
}

/// Agents that are worth a part of their own.
const STEER_ROWS_MIN: usize = 2_048;

/// The record of some rows of a record.
fn steer_stretch(stretch: &Stretch<8>) -> [u32; 8] {
    let [x, y, vx, vy, goal, code, _, first] = stretch.record;
    let goal_bytes = element::BYTES[code as usize % element::BYTES.len()];
    let [x, y, vx, vy] = [x, y, vx, vy].map(|column| stretch.at(column, 4));
    [x, y, vx, vy, stretch.at(goal, goal_bytes), code, stretch.count, first + stretch.first]
}

struct Span<'m> {
    x: &'m [f32],
    y: &'m [f32],
    vx: &'m mut [f32],
    vy: &'m mut [f32],
    goal: Goal<'m>,
    first: usize,
}

enum Goal<'m> {
    U8(&'m [u8]),
    U16(&'m [u16]),
    U32(&'m [u32]),
}

fn steer_span<'m>(memory: &'m mut Memory, record: &[u32; 8], i: u32, rows_max: u32) -> Result<Span<'m>, Fault> {
    let &[x, y, vx, vy, goal, goal_code, rows, first] = record;
    memory.rewind();
    if u64::from(first) + u64::from(rows) > u64::from(rows_max) {
        return Err(Fault::new(Reason::Range, ("first", i)));
    }
    Ok(Span {
        x: memory.read(("x", i), x, rows)?,
        y: memory.read(("y", i), y, rows)?,
        vx: memory.write(("vx", i), vx, rows)?,
        vy: memory.write(("vy", i), vy, rows)?,
        goal: match goal_code {
            element::U8 => Goal::U8(memory.read(("goal", i), goal, rows)?),
            element::U16 => Goal::U16(memory.read(("goal", i), goal, rows)?),
            element::U32 => Goal::U32(memory.read(("goal", i), goal, rows)?),
            _ => return Err(Fault::new(Reason::Value, ("goalCode", i))),
        },
        first: first as usize,
    })
}
