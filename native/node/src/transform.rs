//! Transform propagation.

use worldloom_core::layout::{NO_PARENT, Reason};
use worldloom_core::propagate::{TILE, local_matrices, multiply};

use crate::call::Call;
use crate::fault::{Answer, Fault};
use crate::memory::{List, Strided};

/// memory, nodes, nodeCount
pub fn propagate(call: &mut Call) -> Answer {
    let mut memory = call.memory()?;
    let nodes = call.list::<5>(&memory, "nodes")?;
    memory.keep();
    for index in 0..nodes.count() {
        let [local, local_stride, world, world_stride, parent] = nodes.get(index);
        if parent != NO_PARENT && parent >= index {
            return Err(Fault::new(Reason::Order, ("parent", index)));
        }
        memory.rewind();
        Strided::<12>::claim(&memory, ("world", index), world, world_stride, true)?;
        Strided::<10>::claim(&memory, ("local", index), local, local_stride, false)?;
    }
    let mut local = [[0.0; TILE]; 10];
    let mut matrices = [[0.0; TILE]; 12];
    let mut first = 0;
    while first < nodes.count() {
        let count = tile(&nodes, first);
        let [offset, stride, ..] = nodes.get(first);
        let last = first + count - 1;
        Strided::<10>::new(&memory, ("local", last), offset + (count - 1) * 4, stride)?;
        Strided::<10>::new(&memory, ("local", first), offset, stride)?.get_rows(count as usize, &mut local);
        local_matrices(&local, &mut matrices);
        for row in 0..count {
            let index = first + row;
            let [_, _, world, stride, parent] = nodes.get(index);
            let mut matrix = std::array::from_fn(|field| matrices[field][row as usize]);
            if parent != NO_PARENT {
                let [_, _, world, stride, _] = nodes.get(parent);
                let parent = Strided::new(&memory, ("world", parent), world, stride)?.get();
                matrix = multiply(&parent, &matrix);
            }
            Strided::new(&memory, ("world", index), world, stride)?.set(&matrix);
        }
        first += count;
    }
    Ok(0.0)
}

/// How many nodes from `first` on lie in rows that follow each other, with all that is read of their local columns
/// apart from all that is written to their world columns. At least 1.
fn tile(nodes: &List<5>, first: u32) -> u32 {
    let [local, local_stride, world, world_stride, _] = nodes.get(first);
    let follows = |row: u32| {
        let next = nodes.get(first + row);
        next[..4] == [local.wrapping_add(row * 4), local_stride, world.wrapping_add(row * 4), world_stride]
    };
    let most = (nodes.count() - first).min(TILE as u32);
    let count = (1..most).find(|&row| !follows(row)).unwrap_or(most);
    let bytes = |stride: u32, fields: u64| u64::from(stride) * (fields - 1) + u64::from(count) * 4;
    let (world, local) = (u64::from(world), u64::from(local));
    let apart = world + bytes(world_stride, 12) <= local || local + bytes(local_stride, 10) <= world;
    if apart { count } else { 1 }
}
