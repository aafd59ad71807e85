//! Programs that are kept and run many times.

use std::sync::{Mutex, PoisonError};

use super::check::writes;
use super::decode::decode;
use super::dot::Dot;
use super::execute::Run;
use super::format::{ELEMENTS_MAX, Opcode, Reduction};
use super::fuse_plan::Loops;
use super::lane::Lane;
use super::operand::{LOCAL, View, refuse};
use super::program::{Node, Program};
use super::reduce::Reduce;
use super::refusal::Refusal;
use super::shift::Shift;
use crate::lanes::Lanes;
use crate::layout::Reason;

/// A program, ready to run, and what its lanes need.
#[derive(Default)]
pub struct Plan {
    code: Code,
    /// The leading number and the bytes of memory that it was resolved for.
    resolved: Option<(u32, u64)>,
    slot_offsets: Vec<u32>,
    /// Of the caller, and of those that take part in `rows`.
    own: Lane,
    lanes: Vec<Mutex<Lane>>,
}

/// A program, and what it comes to for one leading number.
#[derive(Default)]
pub struct Code {
    pub program: Program,
    pub views: Vec<View>,
    pub loops: Loops,
    pub reduces: Vec<Reduce>,
    pub dots: Vec<Dot>,
    pub shifts: Vec<Shift>,
    /// What each node is.
    pub actions: Vec<Action>,
    slots: Vec<Slot>,
}

/// What a node is, and which one comes after it and its body.
#[derive(Clone, Copy, Debug)]
pub struct Action {
    pub task: Task,
    pub end: u32,
}

#[derive(Clone, Copy, Debug)]
pub enum Task {
    Tiny(u32),
    Flat(u32),
    Loop(u32),
    Reduce(u32),
    Dot(u32),
    Shift(u32),
    /// So many rows.
    Rows(u32),
    Other,
}

/// What all operands in one slot reach, from its base.
#[derive(Clone, Copy, Debug)]
struct Slot {
    low: i64,
    high: i64,
    alignment: u32,
}

/// Memory that a program runs in.
#[derive(Clone, Copy, Debug)]
pub struct Space {
    base: *mut u8,
    bytes: u64,
}

// SAFETY: whoever makes one answers for how it is used.
unsafe impl Sync for Space {}

impl Space {
    /// # Safety
    /// While it is used, `base..base + bytes` is readable and writable, 8-byte aligned, and nothing but the run of a
    /// program writes there.
    pub unsafe fn new(base: *mut u8, bytes: u64) -> Self {
        Self { base, bytes }
    }

    pub fn base(&self) -> *mut u8 {
        self.base
    }

    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The words at byte `offset`; `None` if they are not inside.
    pub fn words(&self, offset: u32, count: usize) -> Option<&[u32]> {
        let is_inside = u64::from(offset) + 4 * count as u64 <= self.bytes && offset.is_multiple_of(4);
        // SAFETY: the words are inside the memory; the maker promised that it is readable.
        is_inside.then(|| unsafe { std::slice::from_raw_parts(self.base.add(offset as usize).cast(), count) })
    }

    /// The same for f32.
    pub fn floats(&self, offset: u32, count: usize) -> Option<&[f32]> {
        let words = self.words(offset, count)?;
        // SAFETY: any word is an f32.
        Some(unsafe { std::slice::from_raw_parts(words.as_ptr().cast(), count) })
    }

    /// The bytes at `offset`; `None` if they are not inside.
    pub fn bytes_at(&self, offset: u32, count: usize) -> Option<&[u8]> {
        let is_inside = u64::from(offset) + count as u64 <= self.bytes;
        // SAFETY: as in `words`.
        is_inside.then(|| unsafe { std::slice::from_raw_parts(self.base.add(offset as usize), count) })
    }
}

impl Plan {
    /// Keeps the program in `words`, whatever the plan was before.
    pub fn set(&mut self, words: &[u32]) -> Result<(), Refusal> {
        self.resolved = None;
        decode(words, &mut self.code.program)
    }

    /// The largest leading number that it can be run for.
    pub fn leading_max(&self) -> u32 {
        self.code.program.leading_max
    }

    /// Runs the program for a leading number of at most [`Plan::leading_max`]. What is wrong with an operand is found
    /// before anything is written, but for indices and tables that are found to be wrong only where the program gets to
    /// them.
    pub fn run(&mut self, space: Space, leading: u32, columns: Space, lanes: &dyn Lanes) -> Result<(), Refusal> {
        let Self { code, resolved, slot_offsets, own, lanes: others } = self;
        if *resolved != Some((leading, space.bytes)) {
            *resolved = None;
            code.resolve(space, leading)?;
            own.reserve(code.loops.tile_bytes, code.program.local_bytes as usize);
            *resolved = Some((leading, space.bytes));
        }
        code.place_slots(space, slot_offsets)?;
        own.place(space.base, slot_offsets);
        if lanes.count() > 1 && code.has_parts() {
            while others.len() < lanes.count() {
                others.push(Mutex::default());
            }
            for lane in others.iter_mut() {
                let lane = lane.get_mut().unwrap_or_else(PoisonError::into_inner);
                lane.reserve(code.loops.tile_bytes, code.program.local_bytes as usize);
                lane.place(space.base, slot_offsets);
            }
        }
        for dot in &mut code.dots {
            // SAFETY: its operand was checked.
            unsafe { dot.prepare(own) };
        }
        Run::new(code, space, columns, lanes, others).nodes(0..code.actions.len(), own)
    }
}

impl Code {
    /// Whether some of it may run on several lanes.
    fn has_parts(&self) -> bool {
        self.actions.iter().any(|action| matches!(action.task, Task::Rows(_) | Task::Dot(_)))
    }

    /// Works out all numbers for a leading number, and checks that all operands lie where they may.
    fn resolve(&mut self, space: Space, leading: u32) -> Result<(), Refusal> {
        self.views.clear();
        self.loops.clear();
        self.reduces.clear();
        self.dots.clear();
        self.shifts.clear();
        self.actions.clear();
        self.slots.clear();
        let nothing = Slot { low: i64::MAX, high: i64::MIN, alignment: 1 };
        self.slots.resize(self.program.slots as usize, nothing);
        if space.words(self.program.slot_table, self.slots.len()).is_none() && !self.slots.is_empty() {
            return Err(Refusal::new(Reason::Range, "program"));
        }
        let mut block = (0, 0);
        for index in 0..self.program.nodes.len() {
            let node = self.program.nodes[index];
            let record = index as u32;
            let task = match node.opcode {
                Opcode::Rows => {
                    let [extent, flag, size] = node.numbers;
                    let rows = u64::from(extent) * if flag == 1 { u64::from(leading) } else { 1 };
                    if rows > u64::from(ELEMENTS_MAX) {
                        return Err(refuse(Reason::Value, record));
                    }
                    block = (rows as usize, size as usize);
                    Task::Rows(rows as u32)
                }
                _ => self.resolve_node(&node, record, space, leading, block)?,
            };
            self.actions.push(Action { task, end: node.end });
        }
        Ok(())
    }

    /// The views of a node's operands; returns what it is.
    fn resolve_node(
        &mut self,
        node: &Node,
        record: u32,
        space: Space,
        leading: u32,
        block: (usize, usize),
    ) -> Result<Task, Refusal> {
        let first = self.views.len();
        for at in node.operands() {
            self.resolve_operand(at, writes(node.opcode, at - first), record, space, leading, block)?;
        }
        let fuse = self.program.fuses.get(node.fuse as usize).copied();
        if let Some(fuse) = fuse {
            let outputs = fuse.output_operands();
            for at in self.views.len()..outputs.end {
                self.resolve_operand(at, at >= outputs.start, record, space, leading, block)?;
            }
        }
        let views = &self.views[node.operands()];
        let is_sound = match (node.opcode, views) {
            (Opcode::Reduce, [input, _]) => {
                let reduced = (0..input.rank()).filter(|axis| node.numbers[1] >> axis & 1 == 1);
                let is_place = node.numbers[0] >= Reduction::Argmax as u32;
                !is_place || reduced.map(|axis| input.extents[axis]).product::<usize>() > 0
            }
            (Opcode::Slice | Opcode::Update, &[source, _, result]) => {
                let axis = node.numbers[0] as usize;
                result.extents[axis] <= source.extents[axis]
            }
            _ => true,
        };
        if !is_sound {
            return Err(refuse(Reason::Value, record));
        }
        let mut epilogue = None;
        if let Some(fuse) = fuse {
            let is_epilogue = node.opcode == Opcode::Dot;
            epilogue = Some(self.loops.loops.len());
            self.loops.add(&self.program, &fuse, &self.views, is_epilogue);
        }
        Ok(match (node.opcode, &self.views[node.operands()]) {
            (Opcode::Fuse, _) => match Shift::copy(&self.loops) {
                Some(shift) => self.shift(shift),
                None => self.loops.task(),
            },
            (Opcode::Slice | Opcode::Update, &[whole, start, part]) => {
                let axis = node.numbers[0] as usize;
                let shift = Shift::part(axis, node.opcode == Opcode::Update, &[whole, start, part]);
                shift.map_or(Task::Other, |shift| self.shift(shift))
            }
            (Opcode::Reduce, [input, output]) => {
                let Some(kind) = Reduction::of(node.numbers[0]) else { return Err(refuse(Reason::Value, record)) };
                self.reduces.push(Reduce::of(kind, node.numbers[1], input, output));
                Task::Reduce(self.reduces.len() as u32 - 1)
            }
            (Opcode::Dot, &[a, b, result]) => {
                self.dots.push(Dot::of([a, b, result], node.numbers[0], epilogue));
                Task::Dot(self.dots.len() as u32 - 1)
            }
            _ => Task::Other,
        })
    }

    fn shift(&mut self, shift: Shift) -> Task {
        self.shifts.push(shift);
        Task::Shift(self.shifts.len() as u32 - 1)
    }

    fn resolve_operand(
        &mut self,
        at: usize,
        is_written: bool,
        record: u32,
        space: Space,
        leading: u32,
        block: (usize, usize),
    ) -> Result<(), Refusal> {
        let operand = self.program.operands[at];
        let bytes = match (operand.is_local, operand.slot) {
            (true, _) => Some(u64::from(self.program.local_bytes)),
            (false, 0) => Some(space.bytes),
            _ => None,
        };
        let view = operand.resolve(leading, block, bytes, is_written).map_err(|reason| refuse(reason, record))?;
        if view.base > 0 && view.base < LOCAL {
            let slot = &mut self.slots[usize::from(view.base) - 1];
            if view.low != view.high {
                slot.low = slot.low.min(view.low);
                slot.high = slot.high.max(view.high);
            }
            slot.alignment = slot.alignment.max(view.size() as u32);
        }
        self.views.push(view);
        Ok(())
    }

    /// Reads the slot table, and checks that what operands reach from there is inside.
    fn place_slots(&self, space: Space, offsets: &mut Vec<u32>) -> Result<(), Refusal> {
        offsets.clear();
        if self.slots.is_empty() {
            return Ok(());
        }
        let Some(table) = space.words(self.program.slot_table, self.slots.len()) else {
            return Err(Refusal::new(Reason::Range, "program"));
        };
        for (i, (slot, &offset)) in self.slots.iter().zip(table).enumerate() {
            let is_inside = slot.low > slot.high
                || (i64::from(offset) + slot.low >= 0 && i64::from(offset) + slot.high <= space.bytes as i64);
            let reason = match () {
                () if !is_inside => Some(Reason::Range),
                () if !offset.is_multiple_of(slot.alignment) => Some(Reason::Alignment),
                () => None,
            };
            if let Some(reason) = reason {
                return Err(Refusal { reason, operand: "slots", record: Some(i as u32) });
            }
            offsets.push(offset);
        }
        Ok(())
    }
}
