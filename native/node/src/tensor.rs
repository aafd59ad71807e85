//! Programs of tensors: kept by id, or run once.

use worldloom_core::layout::Reason;
use worldloom_core::tensor::plan::{Plan, Space};
use worldloom_core::tensor::refusal::Refusal;

use crate::call::Call;
use crate::fault::{Answer, At, Fault};

/// The plans of one environment by id, and room for a program that is run once.
#[derive(Default)]
pub struct Plans {
    kept: Vec<Option<Box<Plan>>>,
    once: Plan,
    words: Vec<u32>,
}

impl Plans {
    fn get(&mut self, id: u32) -> Result<&mut Plan, Fault> {
        let plan = self.kept.get_mut(id as usize).and_then(Option::as_deref_mut);
        plan.ok_or_else(|| Fault::new(Reason::Value, "plan"))
    }
}

/// memory, program, words
pub fn plan(call: &mut Call) -> Answer {
    let plans = &mut *call.plans();
    read_words(call, &mut plans.words)?;
    let mut plan = Box::<Plan>::default();
    plan.set(&plans.words).map_err(fault_of)?;
    let free = plans.kept.iter().position(Option::is_none);
    let id = free.unwrap_or(plans.kept.len());
    if id == plans.kept.len() {
        plans.kept.push(None);
    }
    plans.kept[id] = Some(plan);
    Ok(id as f64)
}

/// memory, plan, leading, columns
pub fn run(call: &mut Call) -> Answer {
    let space = call.space("memory")?;
    let plans = &mut *call.plans();
    let plan = plans.get(call.u32("plan")?)?;
    let leading = call.u32("leading")?;
    if leading > plan.leading_max() {
        return Err(Fault::new(Reason::Value, "leading"));
    }
    let columns = call.space("columns")?;
    plan.run(space, leading, columns, call.lanes()).map_err(fault_of)?;
    Ok(0.0)
}

/// memory, plan
pub fn forget(call: &mut Call) -> Answer {
    call.space("memory")?;
    let id = call.u32("plan")?;
    let plans = &mut *call.plans();
    plans.get(id)?;
    plans.kept[id as usize] = None;
    Ok(0.0)
}

/// memory, program, words
pub fn once(call: &mut Call) -> Answer {
    let plans = &mut *call.plans();
    let space = read_words(call, &mut plans.words)?;
    plans.once.set(&plans.words).map_err(fault_of)?;
    let leading = plans.once.leading_max();
    plans.once.run(space, leading, space, call.lanes()).map_err(fault_of)?;
    Ok(0.0)
}

/// Copies the words of a program out of the memory, so that it cannot change while it is read.
fn read_words(call: &mut Call, words: &mut Vec<u32>) -> Result<Space, Fault> {
    let space = call.space("memory")?;
    let (program, count) = (call.u32("program")?, call.u32("words")?);
    let is_aligned = program.is_multiple_of(4);
    let Some(source) = space.words(program & !3, count as usize).filter(|_| is_aligned) else {
        let is_inside = u64::from(program) + 4 * u64::from(count) <= space.bytes();
        return Err(Fault::new(if is_inside { Reason::Alignment } else { Reason::Range }, "program"));
    };
    words.clear();
    words.extend_from_slice(source);
    Ok(space)
}

pub fn fault_of(refusal: Refusal) -> Fault {
    let record = refusal.record.unwrap_or(At::ARGUMENT);
    Fault::new(refusal.reason, (refusal.operand, record))
}
