//! Goes through the instructions of a plan.

use std::ops::Range;
use std::sync::{Mutex, PoisonError, TryLockError};

use super::dot::Dot;
use super::format::Opcode;
use super::lane::Lane;
use super::plan::{Code, Space, Task};
use super::refusal::Refusal;
use super::{flat, fuse, index, linear, scan, segments, sort};
use crate::lanes::{Lanes, Parts};

/// One run of a plan whose operands were checked.
pub struct Run<'a> {
    code: &'a Code,
    space: Space,
    columns: Space,
    lanes: &'a dyn Lanes,
    scratch: &'a [Mutex<Lane>],
}

impl<'a> Run<'a> {
    pub fn new(code: &'a Code, space: Space, columns: Space, lanes: &'a dyn Lanes, scratch: &'a [Mutex<Lane>]) -> Self {
        Self { code, space, columns, lanes, scratch }
    }

    /// Runs these nodes one after the other.
    pub fn nodes(&self, nodes: Range<usize>, lane: &mut Lane) -> Result<(), Refusal> {
        let Code { actions, loops, reduces, dots, shifts, .. } = self.code;
        let mut at = nodes.start;
        while at < nodes.end {
            let action = actions[at];
            // SAFETY: the plan checked all operands for the memory that the lane's bases lead to, and whoever made the
            // space promised that nothing else writes there. Blocks of rows write to rows of their own.
            unsafe {
                match action.task {
                    Task::Tiny(tiny) => flat::run_tiny(&loops.tinies[tiny as usize], lane),
                    Task::Flat(index) => flat::run_flat(loops, index as usize, lane),
                    Task::Loop(index) => fuse::run(loops, index as usize, lane),
                    Task::Reduce(reduce) => reduces[reduce as usize].run(lane),
                    Task::Dot(dot) => self.dot(at, &dots[dot as usize], lane),
                    Task::Shift(shift) => shifts[shift as usize].run(lane),
                    Task::Rows(rows) => self.rows(at, rows as usize, lane)?,
                    Task::Other => self.other(at, lane)?,
                }
            }
            at = action.end as usize;
        }
        Ok(())
    }

    fn other(&self, at: usize, lane: &mut Lane) -> Result<(), Refusal> {
        let code = self.code;
        let node = &code.program.nodes[at];
        let views = &code.views[node.operands()];
        let record = at as u32;
        // SAFETY: as above.
        unsafe {
            match node.opcode {
                Opcode::Fuse | Opcode::Reduce | Opcode::Dot | Opcode::Rows => {}
                Opcode::Cumulate => scan::cumulate(node, views, lane),
                Opcode::Take => index::take(node, views, lane, record)?,
                Opcode::TakeAlong => index::take_along(node, views, lane, record)?,
                Opcode::Put => index::put(node, views, lane, record)?,
                Opcode::PutAlong => index::put_along(node, views, lane, record)?,
                Opcode::Sort => sort::sort(node, views, lane),
                Opcode::Slice => index::slice(node, views, lane),
                Opcode::Update => index::update(node, views, lane),
                Opcode::Cholesky => linear::cholesky(views, lane),
                Opcode::Lu => linear::lu(views, lane),
                Opcode::Triangular => linear::triangular(node, views, lane),
                Opcode::Load => segments::load(node, views, lane, record, self.space, self.columns)?,
                Opcode::Store => segments::store(node, views, lane, record, self.space, self.columns)?,
                Opcode::Loop => {
                    for count in 0..node.numbers[0] {
                        lane.at(&views[0]).cast::<u32>().write(count);
                        self.nodes(at + 1..node.end as usize, lane)?;
                    }
                }
                Opcode::While => {
                    let body = code.program.ends[node.part as usize] as usize;
                    loop {
                        self.nodes(at + 1..body, lane)?;
                        if lane.at(&views[0]).read() == 0 {
                            break;
                        }
                        self.nodes(body..node.end as usize, lane)?;
                    }
                }
                Opcode::Branch => {
                    let ends = &code.program.ends[node.part as usize..][..node.part_count as usize];
                    let selector = lane.at(&views[0]).cast::<i32>().read();
                    let chosen = (selector.max(0) as usize).min(ends.len() - 1);
                    let start = if chosen == 0 { at + 1 } else { ends[chosen - 1] as usize };
                    self.nodes(start..ends[chosen] as usize, lane)?;
                }
            }
        }
        Ok(())
    }

    /// A product; outside `rows` its rows, or the products of a batch, on as many lanes as pay.
    ///
    /// # Safety
    /// As for [`Dot::run`].
    unsafe fn dot(&self, at: usize, dot: &Dot, lane: &mut Lane) {
        let loops = &self.code.loops;
        let (products, rows) = dot.extent(lane);
        // SAFETY: what the caller promises; parts write rows of their own.
        unsafe {
            if self.lanes.count() == 1 || lane.rows > 0 {
                return dot.run(loops, lane, 0..products, 0..rows);
            }
            let pieces = if products > 1 { products } else { rows };
            let piece = self.code.cost(at) / pieces.max(1) as u64;
            let parts = Parts::new(self.lanes, pieces, (PART_PICOSECONDS / piece.max(1)).max(1) as usize);
            if parts.count == 1 {
                return dot.run(loops, lane, 0..products, 0..rows);
            }
            parts.run(self.lanes, |_, some| {
                self.with_lane(|lane| match products {
                    1 => dot.run(loops, lane, 0..1, some),
                    _ => dot.run(loops, lane, some, 0..rows),
                });
            });
        }
    }

    /// The body for each block of rows, on as many lanes as pay.
    fn rows(&self, at: usize, rows: usize, lane: &mut Lane) -> Result<(), Refusal> {
        let node = &self.code.program.nodes[at];
        let block = node.numbers[2] as usize;
        let body = at + 1..node.end as usize;
        let blocks = rows.div_ceil(block);
        let one = |lane: &mut Lane, number: usize| {
            lane.first = number * block;
            lane.rows = block.min(rows - lane.first);
            self.nodes(body.clone(), lane)
        };
        let tasks = self.code.actions[body.clone()].iter().map(|action| action.task);
        let dots = || {
            let dot = |task| if let Task::Dot(dot) = task { Some(&self.code.dots[dot as usize]) } else { None };
            tasks.clone().filter_map(dot)
        };
        if blocks > 1 {
            // SAFETY: one lane gets here; blocks, which run in any order, write nothing that others read.
            dots().for_each(|dot| unsafe { dot.begin_rows(lane) });
        }
        let outcome = self.blocks(&body, blocks, one, lane);
        // SAFETY: all blocks are done.
        dots().for_each(|dot| unsafe { dot.end_rows() });
        outcome
    }

    /// Runs `one` for the number of each block.
    fn blocks(
        &self,
        body: &Range<usize>,
        blocks: usize,
        one: impl Fn(&mut Lane, usize) -> Result<(), Refusal> + Sync,
        lane: &mut Lane,
    ) -> Result<(), Refusal> {
        let parts = Parts::new(self.lanes, blocks, self.blocks_min(body));
        if parts.count == 1 {
            let outcome = (0..blocks).try_for_each(|number| one(lane, number));
            (lane.first, lane.rows) = (0, 0);
            return outcome;
        }
        // The refusal of the first block that has one, whichever lane came to it first.
        let refused: Mutex<Option<(usize, Refusal)>> = Mutex::new(None);
        parts.run(self.lanes, |_, numbers| {
            self.with_lane(|lane| {
                for number in numbers {
                    if let Err(refusal) = one(lane, number) {
                        let mut refused = refused.lock().unwrap_or_else(PoisonError::into_inner);
                        if refused.is_none_or(|(first, _)| number < first) {
                            *refused = Some((number, refusal));
                        }
                    }
                }
                (lane.first, lane.rows) = (0, 0);
            });
        });
        refused.into_inner().unwrap_or_else(PoisonError::into_inner).map_or(Ok(()), |(_, refusal)| Err(refusal))
    }

    /// Calls `each` with a lane that nobody else has.
    fn with_lane(&self, each: impl FnOnce(&mut Lane)) {
        for lane in self.scratch.iter().cycle() {
            match lane.try_lock() {
                Ok(mut lane) => return each(&mut lane),
                Err(TryLockError::Poisoned(lane)) => return each(&mut lane.into_inner()),
                Err(TryLockError::WouldBlock) => {}
            }
        }
    }

    /// How many blocks are worth a lane: those that take about 30 microseconds.
    fn blocks_min(&self, body: &Range<usize>) -> usize {
        let picoseconds: u64 = body.clone().map(|at| self.code.cost(at)).sum();
        (PART_PICOSECONDS / picoseconds.max(1)).max(1) as usize
    }
}

const PART_PICOSECONDS: u64 = 30_000_000;
