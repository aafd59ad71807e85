//! Queries of a spatial index. Distances compare squared, each operation rounded to f32, the boundary included.
//! What is found depends on entities and positions alone, not on row order.

use std::cmp::Ordering;
use std::ops::Range;

use crate::cpu::multiversion;
use crate::lanes::{Lanes, PARTS_MAX, Parts, Split};
use crate::spatial::{Index, Window, distance2, reach_of};

/// Query points, one per element of both slices.
#[derive(Clone, Copy)]
pub struct Points<'a> {
    pub x: &'a [f32],
    pub y: &'a [f32],
}

impl Points<'_> {
    fn part(&self, range: Range<usize>) -> Self {
        Self { x: &self.x[range.clone()], y: &self.y[range] }
    }
}

/// Points that are worth a part of their own.
const POINTS_MIN: usize = 128;
/// Rows whose hits are collected at once.
const STRETCH: usize = 32;

/// For each point the entities within `radius`, ascending, one list after the other in `out`; `offsets` (one
/// word more than points) gets where each starts as if `out` had no limit, saturated. From the first list that
/// does not fit on, `out` is filled with zeros. Returns the true total.
pub fn radius(
    index: &Index,
    points: Points,
    radius: f32,
    offsets: &mut [u32],
    out: &mut [i32],
    lanes: &dyn Lanes,
) -> u64 {
    let Some((last, starts)) = offsets.split_last_mut() else { return 0 };
    let search = Search { index, radius2: radius * radius, reach: reach_of(radius) };
    let parts = Parts::new(lanes, points.x.len(), POINTS_MIN);
    let lists = if parts.count == 1 {
        search.lists(points, 0, starts, out)
    } else {
        // Where lists start is known when all have been counted.
        let (starts, room) = (Split::new(starts), Split::new(out));
        let mut totals = [0u64; PARTS_MAX];
        let to = Split::new(&mut totals);
        parts.run(lanes, |part, rows| {
            // SAFETY: each part has its own total.
            unsafe { to.set(part, search.count(points.part(rows))) };
        });
        let mut ends = [Lists::default(); PARTS_MAX];
        let to = Split::new(&mut ends);
        let total_before = |part: usize| totals[..part].iter().sum::<u64>();
        parts.run(lanes, |part, rows| {
            let (first, end) = (total_before(part), total_before(part + 1));
            // SAFETY: as above, and its own points and lists.
            unsafe {
                let starts = starts.part(rows.clone());
                let out = room.part(first as usize..end as usize);
                to.set(part, search.lists(points.part(rows), first, starts, out));
            }
        });
        ends[..parts.count].iter().fold(Lists::default(), |all, part| Lists {
            total: part.total,
            // Behind a list that did not fit nothing does.
            whole: if all.whole == all.total { part.whole } else { all.whole },
        })
    };
    *last = saturated(lists.total);
    if lists.total > out.len() as u64 {
        out[lists.whole as usize..].fill(0);
    }
    lists.total
}

/// What is known after some lists: how long all lists are together, and those that fitted.
#[derive(Clone, Copy, Default)]
struct Lists {
    total: u64,
    whole: u64,
}

/// A search within a radius.
#[derive(Clone, Copy)]
struct Search<'a> {
    index: &'a Index<'a>,
    radius2: f32,
    reach: f32,
}

impl Search<'_> {
    /// The lists of some points, to `out`, which begins where `before` entities come before: what does not fit is left
    /// out, or in part there.
    fn lists(&self, points: Points, before: u64, starts: &mut [u32], out: &mut [i32]) -> Lists {
        let index = self.index;
        let (mut total, mut whole) = (0u64, 0);
        for ((&x, &y), start) in points.x.iter().zip(points.y).zip(starts) {
            *start = saturated(before + total);
            if x.is_nan() || y.is_nan() {
                continue;
            }
            let window = index.grid.window(x, y, self.reach);
            for row in window.top..=window.bottom {
                let (start, end) = index.run(row, window.left, window.right);
                // Hits of a stretch are collected without a branch: a miss is overwritten by the next hit.
                for stretch in (start..end).step_by(STRETCH) {
                    let stretch = stretch..end.min(stretch + STRETCH);
                    let mut hits = [0; STRETCH];
                    let mut found = 0;
                    let columns = index.x[stretch.clone()].iter().zip(&index.y[stretch.clone()]);
                    for ((&to_x, &to_y), &entity) in columns.zip(&index.entity[stretch]) {
                        hits[found] = entity;
                        found += usize::from(distance2(x, y, to_x, to_y) <= self.radius2);
                    }
                    if let Some(room) = out.get_mut(total as usize..) {
                        room.iter_mut().zip(&hits[..found]).for_each(|(place, &hit)| *place = hit);
                    }
                    total += found as u64;
                }
            }
            if let Some(list) = out.get_mut(whole..total as usize) {
                sort_entities(list);
                whole = total as usize;
            }
        }
        Lists { total: before + total, whole: before + whole as u64 }
    }

    /// How long the lists of some points are, all together.
    fn count(&self, points: Points) -> u64 {
        let mut total = 0u64;
        for (&x, &y) in points.x.iter().zip(points.y) {
            if x.is_nan() || y.is_nan() {
                continue;
            }
            let window = self.index.grid.window(x, y, self.reach);
            for row in window.top..=window.bottom {
                let (start, end) = self.index.run(row, window.left, window.right);
                total +=
                    u64::from(count_near(x, y, self.radius2, &self.index.x[start..end], &self.index.y[start..end]));
            }
        }
        total
    }
}

multiversion! {
    /// How many points are near.
    pub fn count_near(x: f32, y: f32, radius2: f32, xs: &[f32], ys: &[f32]) -> u32 {
        xs.iter().zip(ys).map(|(&to_x, &to_y)| u32::from(distance2(x, y, to_x, to_y) <= radius2)).sum()
    }
}

/// For each point the `k` nearest entities within `radius` by (squared distance, entity). `entities` and
/// `distances2` have `k` elements per point, filled up with -1 and infinity; `counts` one.
#[allow(clippy::too_many_arguments)]
pub fn nearest(
    index: &Index,
    points: Points,
    k: usize,
    radius: f32,
    entities: &mut [i32],
    distances2: &mut [f32],
    counts: &mut [u32],
    lanes: &dyn Lanes,
) {
    let (entities, distances2, counts) = (Split::new(entities), Split::new(distances2), Split::new(counts));
    Parts::new(lanes, points.x.len(), POINTS_MIN / 2).run(lanes, |_, rows| {
        // SAFETY: parts have no point in common.
        let (entities, distances2, counts) = unsafe {
            let lists = rows.start * k..rows.end * k;
            (entities.part(lists.clone()), distances2.part(lists), counts.part(rows.clone()))
        };
        let points = points.part(rows);
        let lists = entities.chunks_exact_mut(k).zip(distances2.chunks_exact_mut(k)).zip(counts);
        for ((&x, &y), ((entities, distances2), count)) in points.x.iter().zip(points.y).zip(lists) {
            let found =
                if x.is_nan() || y.is_nan() { 0 } else { nearest_one(index, x, y, radius, entities, distances2) };
            entities[found..].fill(-1);
            distances2[found..].fill(f32::INFINITY);
            *count = found as u32;
        }
    });
}

fn nearest_one(index: &Index, x: f32, y: f32, radius: f32, entities: &mut [i32], distances2: &mut [f32]) -> usize {
    let radius2 = radius * radius;
    let mut best = Best { index, x, y, entities, distances2, found: 0, limit2: radius2 };
    // Look into a square of cells around the point, and widen it until nothing outside can be nearer.
    let mut reach = index.grid.cell;
    let mut seen: Option<Window> = None;
    loop {
        let window = index.grid.window(x, y, reach);
        for row in window.top..=window.bottom {
            match seen.filter(|seen| (seen.top..=seen.bottom).contains(&row)) {
                None => best.take(row, window.left, window.right),
                Some(seen) => {
                    if window.left < seen.left {
                        best.take(row, window.left, seen.left - 1);
                    }
                    if window.right > seen.right {
                        best.take(row, seen.right + 1, window.right);
                    }
                }
            }
        }
        seen = Some(window);
        // Whatever is outside the square is at least `reach` away.
        let outside2 = reach * reach;
        let is_full = best.found == best.entities.len();
        if is_full && best.limit2 < outside2 || outside2 > radius2 || index.grid.is_whole(window) {
            return best.found;
        }
        // A full list needs no more than the square around its last.
        let wider = if is_full { best.limit2.sqrt() * 1.000_1 } else { 0.0 };
        reach = if wider > reach { wider } else { reach + reach };
    }
}

/// The nearest entities so far, in order.
struct Best<'a> {
    index: &'a Index<'a>,
    x: f32,
    y: f32,
    entities: &'a mut [i32],
    distances2: &'a mut [f32],
    found: usize,
    /// Squared distance of the last of a full list, before that of the radius.
    limit2: f32,
}

impl Best<'_> {
    /// Takes the rows of a run of cells that are nearer than the last.
    #[inline]
    fn take(&mut self, row: u32, left: u32, right: u32) {
        let k = self.entities.len();
        let (start, end) = self.index.run(row, left, right);
        let points = self.index.x[start..end].iter().zip(&self.index.y[start..end]).zip(&self.index.entity[start..end]);
        for ((&to_x, &to_y), &entity) in points {
            let d2 = distance2(self.x, self.y, to_x, to_y);
            let is_after = |other_d2: f32, other: i32| other_d2 > d2 || (other_d2 == d2 && other > entity);
            // A NaN, which has no order, is no neighbour.
            if d2.partial_cmp(&self.limit2).is_none_or(Ordering::is_gt) {
                continue;
            }
            if self.found == k {
                if !is_after(self.distances2[k - 1], self.entities[k - 1]) {
                    continue;
                }
            } else {
                self.found += 1;
            }
            let mut place = self.found - 1;
            while place > 0 && is_after(self.distances2[place - 1], self.entities[place - 1]) {
                self.distances2[place] = self.distances2[place - 1];
                self.entities[place] = self.entities[place - 1];
                place -= 1;
            }
            self.distances2[place] = d2;
            self.entities[place] = entity;
            if self.found == k {
                self.limit2 = self.distances2[k - 1];
            }
        }
    }
}

/// All pairs of entities a < b within `distance`, ordered by (a, b). From the first `a` whose pairs do not all
/// fit on, `out` is filled with zeros. `scratch` has three words per row. Returns the true total.
pub fn pairs(index: &Index, distance: f32, out: &mut [[i32; 2]], scratch: &mut [u32]) -> u64 {
    let limit2 = distance * distance;
    let reach = reach_of(distance);
    let (order, seconds) = scratch.split_at_mut(2 * index.nan_start());
    let order: &mut [[u32; 2]] = order.as_chunks_mut().0;
    for ((row, &entity), place) in (0..).zip(index.entity).zip(order.iter_mut()) {
        *place = [entity.cast_unsigned() ^ 0x8000_0000, row];
    }
    order.sort_unstable();
    let mut total = 0u64;
    let mut whole = 0;
    for &[_, first] in order.iter() {
        let first = first as usize;
        let (x, y, a) = (index.x[first], index.y[first], index.entity[first]);
        let window = index.grid.window(x, y, reach);
        let mut found = 0;
        for row in window.top..=window.bottom {
            let (start, end) = index.run(row, window.left, window.right);
            for i in start..end {
                let is_pair = index.entity[i] > a && distance2(x, y, index.x[i], index.y[i]) <= limit2;
                if let Some(place) = seconds.get_mut(found).filter(|_| is_pair) {
                    *place = index.entity[i] as u32;
                    found += 1;
                }
            }
        }
        total += found as u64;
        if total > out.len() as u64 {
            continue;
        }
        let seconds = &mut seconds[..found];
        seconds.sort_unstable_by_key(|&b| b as i32);
        for (pair, &b) in out[whole..].iter_mut().zip(seconds.iter()) {
            *pair = [a, b as i32];
        }
        whole += found;
    }
    if total > out.len() as u64 {
        out[whole..].fill([0, 0]);
    }
    total
}

fn saturated(total: u64) -> u32 {
    u32::try_from(total).unwrap_or(u32::MAX)
}

fn sort_entities(entities: &mut [i32]) {
    if entities.len() > 1 {
        entities.sort_unstable();
    }
}
