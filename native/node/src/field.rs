//! The jobs over octile grids.

use worldloom_core::distance::{CELLS_MAX, blocked_goal, distance_field, queue_words, state_words};
use worldloom_core::flow::flow_field;
use worldloom_core::layout::Reason;

use crate::call::Call;
use crate::fault::{Answer, Fault};

/// memory, grid, width, height, goals, goalCount, out, scratch
pub fn distance(call: &mut Call) -> Answer {
    let memory = call.memory()?;
    let grid = call.u32("grid")?;
    let (width, height) = size(call)?;
    let cells = width * height;
    let goals = call.u32("goals")?;
    let goal_count = call.u32("goalCount")?;
    let out = call.u32("out")?;
    let scratch = call.u32("scratch")?;

    let grid = memory.read::<u8>("grid", grid, cells)?;
    let goals = memory.read::<u32>("goals", goals, goal_count)?;
    let out = memory.write::<u32>("out", out, cells)?;
    let states = state_words(width as usize, height as usize) as u32;
    let words = queue_words(width as usize, height as usize) as u32;
    let state = memory.write::<u64>("scratch", scratch, states)?;
    // Does not wrap: the words before it lie within the memory, or the line above had failed.
    let queue = memory.write::<u32>("scratch", scratch.wrapping_add(states.wrapping_mul(8)), words)?;
    if let Some(index) = blocked_goal(grid, goals) {
        return Err(Fault::new(Reason::Value, ("goals", index as u32)));
    }
    let far = distance_field(grid, width as usize, goals, out, state, queue);
    far.map(f64::from).ok_or_else(|| Fault::new(Reason::Panic, "distanceField"))
}

/// memory, grid, width, height, distances, out
pub fn flow(call: &mut Call) -> Answer {
    let memory = call.memory()?;
    let grid = call.u32("grid")?;
    let (width, height) = size(call)?;
    let cells = width * height;
    let distances = call.u32("distances")?;
    let out = call.u32("out")?;

    let grid = memory.read::<u8>("grid", grid, cells)?;
    let distances = memory.read::<u32>("distances", distances, cells)?;
    let out = memory.write::<u8>("out", out, cells)?;
    flow_field(grid, width as usize, distances, out, call.lanes());
    Ok(0.0)
}

fn size(call: &mut Call) -> Result<(u32, u32), Fault> {
    let width = call.u32("width")?;
    let height = call.u32("height")?;
    if width == 0 {
        return Err(Fault::new(Reason::Value, "width"));
    }
    if height == 0 {
        return Err(Fault::new(Reason::Value, "height"));
    }
    if u64::from(width) * u64::from(height) > CELLS_MAX as u64 {
        return Err(Fault::new(Reason::Capacity, "height"));
    }
    Ok((width, height))
}
