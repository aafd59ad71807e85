//! The jobs of a crowd: an index of neighbours, queries, separation, flow fields, steering.

use std::ops::Range;

use worldloom_core::distance::{distance_field, queue_words, state_words};
use worldloom_core::flow::flow_field;
use worldloom_core::lanes::Serial;
use worldloom_core::spatial::{Grid, Index, SCRATCH_WORDS};
use worldloom_core::spatial_build::{Columns, Source, build};
use worldloom_core::spatial_order::order;
use worldloom_core::spatial_query::{Points, nearest, pairs, radius};
use worldloom_core::spatial_separate::{Pushes, separate};
use worldloom_core::steer::{Agents, Course, steer};

use crate::{Job, sum, sum_f32, unit, word};

const AGENTS: usize = 4096;
/// Cells a side, each of length 1.
const SIDE: usize = 40;
/// Neighbours that nearest queries ask for.
const NEAREST: usize = 8;

pub fn jobs() -> Vec<Job> {
    vec![
        build_job(),
        order_job(),
        radius_job(),
        nearest_job(),
        pairs_job(),
        separate_job(),
        distance_job(),
        flow_job(),
        steer_job(),
    ]
}

/// A built index, its memory and the points that it was built from.
struct Crowd {
    grid: Grid,
    cell_start: Vec<u32>,
    x: Vec<f32>,
    y: Vec<f32>,
    entity: Vec<i32>,
    slot: Vec<u32>,
    scratch: Vec<u32>,
    from_x: Vec<f32>,
    from_y: Vec<f32>,
    from_entity: Vec<i32>,
}

impl Crowd {
    fn new() -> Self {
        let side = SIDE as u32;
        Self {
            grid: Grid { min_x: 0.0, min_y: 0.0, cell: 1.0, scale: 1.0, width: side, height: side },
            cell_start: vec![0; SIDE * SIDE + 2],
            x: vec![0.0; AGENTS],
            y: vec![0.0; AGENTS],
            entity: vec![0; AGENTS],
            slot: vec![0; AGENTS],
            scratch: vec![0; AGENTS * SCRATCH_WORDS],
            from_x: (0..AGENTS).map(|i| unit(11, i) * SIDE as f32).collect(),
            from_y: (0..AGENTS).map(|i| unit(12, i) * SIDE as f32).collect(),
            from_entity: (0..AGENTS).map(|i| (i as u32).wrapping_mul(0x9e37_79b1) as i32 >> 1).collect(),
        }
    }

    fn built() -> Self {
        let mut crowd = Self::new();
        crowd.build();
        crowd
    }

    fn build(&mut self) {
        let (from_x, from_y, from_entity) = (&self.from_x, &self.from_y, &self.from_entity);
        let rows = |rows: Range<usize>, each: &mut dyn FnMut(Source)| {
            each(Source { x: &from_x[rows.clone()], y: &from_y[rows.clone()], entity: &from_entity[rows] });
        };
        let (x, y, entity, slot) = (&mut self.x, &mut self.y, &mut self.entity, &mut self.slot);
        let columns = Columns { x, y, entity, slot };
        build(self.grid, &rows, &mut self.cell_start, columns, &mut self.scratch, &Serial);
    }

    fn index(&self) -> Index<'_> {
        let Self { grid, cell_start, x, y, entity, slot, .. } = self;
        Index { grid: *grid, cell_start, x, y, entity, slot }
    }

    fn points(&self) -> Points<'_> {
        Points { x: &self.from_x, y: &self.from_y }
    }
}

fn build_job() -> Job {
    let mut crowd = Crowd::new();
    let run = move || {
        crowd.build();
        sum(crowd.slot[..64].iter().copied())
    };
    ("spatialBuild", Box::new(run))
}

fn order_job() -> Job {
    let mut crowd = Crowd::built();
    let run = move || {
        let Crowd { cell_start, x, y, entity, slot, scratch, .. } = &mut crowd;
        order(cell_start, Columns { x, y, entity, slot }, scratch, &Serial);
        sum(crowd.slot[..64].iter().copied())
    };
    ("spatialOrder", Box::new(run))
}

fn radius_job() -> Job {
    let crowd = Crowd::built();
    let (mut offsets, mut out) = (vec![0; AGENTS + 1], vec![0; AGENTS * 32]);
    ("spatialRadius", Box::new(move || radius(&crowd.index(), crowd.points(), 1.0, &mut offsets, &mut out, &Serial)))
}

fn nearest_job() -> Job {
    let crowd = Crowd::built();
    let (mut entities, mut distances) = (vec![0; AGENTS * NEAREST], vec![0.0; AGENTS * NEAREST]);
    let mut counts = vec![0; AGENTS];
    let run = move || {
        nearest(&crowd.index(), crowd.points(), NEAREST, 2.0, &mut entities, &mut distances, &mut counts, &Serial);
        sum_f32(&distances[..64])
    };
    ("spatialNearest", Box::new(run))
}

fn pairs_job() -> Job {
    let crowd = Crowd::built();
    let mut scratch = vec![0; AGENTS * SCRATCH_WORDS];
    let mut out = vec![[0; 2]; AGENTS * 16];
    ("spatialPairs", Box::new(move || pairs(&crowd.index(), 1.0, &mut out, &mut scratch)))
}

fn separate_job() -> Job {
    let crowd = Crowd::built();
    let mut scratch = vec![0; AGENTS * SCRATCH_WORDS];
    let (mut x, mut y, mut count) = (vec![0.0; AGENTS], vec![0.0; AGENTS], vec![0; AGENTS]);
    let run = move || {
        let mut pushes = Pushes { x: &mut x, y: &mut y, count: &mut count };
        separate(&crowd.index(), 1.0, &mut pushes, &mut scratch, &Serial);
        sum_f32(&x[..64])
    };
    ("separate", Box::new(run))
}

/// One cell in six is blocked, the goal is not.
fn walls() -> Vec<u8> {
    (0..SIDE * SIDE).map(|cell| u8::from(cell == 0 || !word(13, cell).is_multiple_of(6))).collect()
}

fn distances(grid: &[u8]) -> Vec<u32> {
    let mut out = vec![0; SIDE * SIDE];
    let (mut state, mut queue) = (vec![0; state_words(SIDE, SIDE)], vec![0; queue_words(SIDE, SIDE)]);
    distance_field(grid, SIDE, &[0], &mut out, &mut state, &mut queue);
    out
}

fn distance_job() -> Job {
    let grid = walls();
    let mut out = vec![0; SIDE * SIDE];
    let (mut state, mut queue) = (vec![0; state_words(SIDE, SIDE)], vec![0; queue_words(SIDE, SIDE)]);
    let run = move || {
        distance_field(&grid, SIDE, &[0], &mut out, &mut state, &mut queue);
        sum(out.iter().copied())
    };
    ("distanceField", Box::new(run))
}

fn flow_job() -> Job {
    let grid = walls();
    let distances = distances(&grid);
    let mut out = vec![0; SIDE * SIDE];
    let run = move || {
        flow_field(&grid, SIDE, &distances, &mut out, &Serial);
        sum(out.iter().map(|&code| u32::from(code)))
    };
    ("flowField", Box::new(run))
}

fn steer_job() -> Job {
    let grid = walls();
    let mut fields = vec![0; SIDE * SIDE];
    flow_field(&grid, SIDE, &distances(&grid), &mut fields, &Serial);
    let Crowd { from_x, from_y, .. } = Crowd::new();
    let push: Vec<f32> = (0..AGENTS).map(|i| unit(14, i) - 0.5).collect();
    let (mut vx, mut vy, mut arrived) = (vec![0.0; AGENTS], vec![0.0; AGENTS], vec![0; AGENTS]);
    let run = move || {
        let side = SIDE as u32;
        let course = Course {
            width: side,
            height: side,
            grid: &grid,
            fields: &fields,
            table: &[0],
            base: 0,
            speed: 4.0,
            strength: 2.5,
            push_max: 4.0,
            dt: 0.03125,
        };
        let agents = Agents {
            x: &from_x,
            y: &from_y,
            vx: &mut vx,
            vy: &mut vy,
            push_x: &push,
            push_y: &push,
            arrived: &mut arrived,
        };
        steer(&course, agents, |_| 0);
        sum_f32(&vx[..64])
    };
    ("steer", Box::new(run))
}
