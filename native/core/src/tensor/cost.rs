//! About how long instructions take, to tell which are worth several threads.

use super::format::Opcode;
use super::plan::Code;

impl Code {
    /// Picoseconds that node `at` takes on one lane, of a full block if it is in `rows`.
    pub fn cost(&self, at: usize) -> u64 {
        let node = &self.program.nodes[at];
        let elements = |view: usize| self.views[view].extents().iter().product::<usize>() as u64;
        let touched: u64 = node.operands().map(elements).sum();
        match node.opcode {
            Opcode::Fuse => {
                let fuse = self.program.fuses[node.fuse as usize];
                elements(fuse.output_operands().start) * (u64::from(fuse.step_count) + 1) * STEP
            }
            Opcode::Dot => {
                let [a, result] = [node.operand as usize, node.operand as usize + 2];
                let k = self.views[a].extents[self.views[a].rank() - 1] as u64;
                elements(result) * k * MULTIPLY_ADD + elements(result) * STEP
            }
            Opcode::Sort => touched * SORTED,
            _ => touched * STEP,
        }
    }
}

/// For one element.
const STEP: u64 = 100;
const MULTIPLY_ADD: u64 = 20;
const SORTED: u64 = 10_000;
