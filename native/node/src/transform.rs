//! Transform propagation.

use worldloom_core::layout::{NO_PARENT, Reason};
use worldloom_core::propagate::{local_matrix, multiply};

use crate::call::Call;
use crate::fault::{Answer, Fault};
use crate::memory::{List, Memory, Strided};

/// memory, nodes, nodeCount
pub fn propagate(call: &mut Call) -> Answer {
    let mut memory = call.memory()?;
    let nodes = call.list::<5>(&memory, "nodes")?;
    memory.keep();
    for index in 0..nodes.count() {
        let parent = nodes.get(index)[4];
        if parent != NO_PARENT && parent >= index {
            return Err(Fault::new(Reason::Order, ("parent", index)));
        }
        node(&mut memory, &nodes, index)?;
    }
    for index in 0..nodes.count() {
        let parent = nodes.get(index)[4];
        // Taken out before the node is written: rows of one chunk lie between each other.
        let parent = if parent == NO_PARENT { None } else { Some(node(&mut memory, &nodes, parent)?.0.get()) };
        let (world, local) = node(&mut memory, &nodes, index)?;
        let matrix = local_matrix(&local.get());
        world.set(&parent.map_or(matrix, |parent| multiply(&parent, &matrix)));
    }
    Ok(0.0)
}

#[inline]
fn node<'a>(memory: &mut Memory<'a>, nodes: &List<5>, index: u32) -> Result<(Strided<'a, 12>, Strided<'a, 10>), Fault> {
    let [local, local_stride, world, world_stride, _] = nodes.get(index);
    memory.rewind();
    let world = Strided::new(memory, ("world", index).into(), world, world_stride, true)?;
    Ok((world, Strided::new(memory, ("local", index).into(), local, local_stride, false)?))
}
