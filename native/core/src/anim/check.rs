//! How what a call refers to is read and refused.

use crate::layout::Reason;
use crate::tensor::plan::Space;
use crate::tensor::refusal::Refusal;

/// Words that were checked to be inside.
#[inline]
pub fn words<const N: usize>(space: Space, offset: u32) -> [u32; N] {
    space.words(offset, N).and_then(|words| words.first_chunk()).copied().unwrap_or([0; N])
}

#[inline]
pub fn expect(holds: bool, operand: &'static str, i: u32) -> Result<(), Refusal> {
    if holds { Ok(()) } else { Err(refuse(Reason::Value, operand, i)) }
}

#[cold]
pub fn refuse(reason: Reason, operand: &'static str, i: u32) -> Refusal {
    Refusal { reason, operand, record: Some(i) }
}
