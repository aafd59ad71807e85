use crate::layout::Reason;

/// Why a program was not run, or not to its end. Names what the boundary's faults name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Refusal {
    pub reason: Reason,
    pub operand: &'static str,
    /// The instruction, counted from 0 in the order of appearance, or the slot; `None` if it is the call as a whole.
    pub record: Option<u32>,
}

impl Refusal {
    pub fn new(reason: Reason, operand: &'static str) -> Self {
        Self { reason, operand, record: None }
    }
}
