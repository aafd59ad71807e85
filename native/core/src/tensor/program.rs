//! A decoded program: lists of instructions, operands and steps, kept from program to program so that decoding one takes
//! no memory in the long run.

use std::ops::Range;

use super::format::{Opcode, Step, Type};
use super::operand::Operand;

/// No index.
pub const NONE: u32 = u32::MAX;

#[derive(Clone, Debug, Default)]
pub struct Program {
    pub leading_max: u32,
    pub slots: u32,
    pub slot_table: u32,
    pub local_bytes: u32,
    /// Instructions in the order of appearance: bodies follow what they belong to.
    pub nodes: Vec<Node>,
    pub operands: Vec<Operand>,
    pub fuses: Vec<Fuse>,
    pub steps: Vec<StepCode>,
    /// The register of each output.
    pub results: Vec<u8>,
    /// Where the parts of `while` and `branch` end, in nodes.
    pub ends: Vec<u32>,
}

#[derive(Clone, Copy, Debug)]
pub struct Node {
    pub opcode: Opcode,
    /// The node after it and its body.
    pub end: u32,
    /// The `rows` that it is in, or [`NONE`].
    pub rows: u32,
    /// Its operands, but for those of a fused loop.
    pub operand: u32,
    pub operand_count: u32,
    /// The fused loop that it is or ends with, or [`NONE`].
    pub fuse: u32,
    /// What else its words say, in their order.
    pub numbers: [u32; 3],
    /// The ends of its parts.
    pub part: u32,
    pub part_count: u32,
}

/// A fused loop: `inputs` operands from `operand` on, then `outputs`.
#[derive(Clone, Copy, Debug)]
pub struct Fuse {
    pub operand: u32,
    pub inputs: u32,
    pub outputs: u32,
    pub registers: u32,
    pub step: u32,
    pub step_count: u32,
    pub result: u32,
}

#[derive(Clone, Copy, Debug)]
pub struct StepCode {
    pub step: Step,
    /// Of the operands; of `uniform`, `iota` and `constant` of what is written.
    pub dtype: Type,
    /// Of what is written.
    pub written: Type,
    pub target: u8,
    pub operands: [u8; 3],
    pub operand_count: u8,
    pub extra: u8,
    pub constant: f64,
}

impl Program {
    pub fn clear(&mut self) {
        self.nodes.clear();
        self.operands.clear();
        self.fuses.clear();
        self.steps.clear();
        self.results.clear();
        self.ends.clear();
    }

    pub fn operands_of(&self, node: &Node) -> &[Operand] {
        &self.operands[node.operands()]
    }

    pub fn steps_of(&self, fuse: &Fuse) -> &[StepCode] {
        &self.steps[fuse.step as usize..][..fuse.step_count as usize]
    }

    pub fn results_of(&self, fuse: &Fuse) -> &[u8] {
        &self.results[fuse.result as usize..][..fuse.outputs as usize]
    }
}

impl Node {
    pub fn operands(&self) -> Range<usize> {
        self.operand as usize..(self.operand + self.operand_count) as usize
    }
}

impl Fuse {
    pub fn input_operands(&self) -> Range<usize> {
        self.operand as usize..(self.operand + self.inputs) as usize
    }

    pub fn output_operands(&self) -> Range<usize> {
        (self.operand + self.inputs) as usize..(self.operand + self.inputs + self.outputs) as usize
    }
}
