//! Poses of characters.

use crate::call::Call;
use crate::fault::Answer;
use crate::tensor::fault_of;

/// memory, characters, count
pub fn poses(call: &mut Call) -> Answer {
    let space = call.space("memory")?;
    let characters = call.u32("characters")?;
    let count = call.u32("characters")?;
    call.poses().run(space, characters, count, call.lanes()).map_err(fault_of)?;
    Ok(0.0)
}
