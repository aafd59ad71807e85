//! The Node addon: converts, checks and forwards. Every job is a function `fn(&mut Call) -> Answer`
//! in the module of its group, and one line in [`JOBS`].

mod anim;
mod anim_skin;
mod apart;
mod arrays;
mod binding;
mod call;
mod environment;
mod fault;
mod field;
mod memory;
mod operands;
mod parts;
mod pool;
mod slice;
mod spans;
mod spatial;
mod tensor;
mod transform;

use std::rc::Rc;

use napi::bindgen_prelude::{Function, FunctionCallContext, JsObjectValue, Object, ToNapiValue};
use napi::{Env, Result};
use napi_derive::napi;
use worldloom_core::layout::{LAYOUT_VERSION, Reason};

use binding::{Job, job_function};
use call::Call;
use environment::{Environment, Registered};
use fault::{Answer, Fault};
use pool::POOL;

/// Every job by the name that TypeScript calls it. One line a job.
const JOBS: &[(&str, Job)] = &[
    ("animPoses", anim::poses),
    ("animSkin", anim_skin::skin),
    ("compact", arrays::compact),
    ("contentHash", spans::content_hash),
    ("copy", spans::copy),
    ("diff", spans::diff),
    ("distanceField", field::distance),
    ("flowField", field::flow),
    ("hash", spans::hash),
    ("integrate", spans::integrate),
    ("prefixSum", arrays::prefix_sum),
    ("propagate", transform::propagate),
    ("random", arrays::random),
    ("rest", rest),
    ("sample", arrays::sample),
    ("separate", spatial::separate),
    ("sortByKey", arrays::sort_by_key),
    ("spatialBuild", spatial::build),
    ("spatialNearest", spatial::nearest),
    ("spatialOrder", spatial::order),
    ("spatialPairs", spatial::pairs),
    ("spatialRadius", spatial::radius),
    ("steer", spatial::steer),
    ("tensorDrop", tensor::forget),
    ("tensorOnce", tensor::once),
    ("tensorPlan", tensor::plan),
    ("tensorRun", tensor::run),
    ("threads", threads),
    ("timeSlice", time_slice),
    ("wake", wake),
];

/// Node calls this once in each environment that loads the addon.
#[napi(module_exports)]
pub fn exports(mut exports: Object, env: Env) -> Result<()> {
    let environment = Rc::new(Environment::default());
    for &(name, job) in JOBS {
        exports.set_named_property(name, job_function(&env, name, Rc::clone(&environment), job)?)?;
    }
    add(&mut exports, &env, &environment, "register", register)?;
    add(&mut exports, &env, &environment, "release", release)?;
    add(&mut exports, &env, &environment, "fault", last_fault)?;
    POOL.enter();
    env.add_env_cleanup_hook((), |()| POOL.leave())?;
    exports.set_named_property("layout", LAYOUT_VERSION)
}

/// A function that is not a job.
fn add<T: ToNapiValue + 'static>(
    exports: &mut Object,
    env: &Env,
    environment: &Rc<Environment>,
    name: &str,
    body: fn(&Environment, &FunctionCallContext) -> Result<T>,
) -> Result<()> {
    let environment = Rc::clone(environment);
    let function: Function<(), T> = env.create_function_from_closure(name, move |call| body(&environment, &call))?;
    exports.set_named_property(name, function)
}

/// `register(bytes: Uint8Array): number`: the id of the memory, -1 if it is not usable.
fn register(environment: &Environment, call: &FunctionCallContext) -> Result<f64> {
    let memory = call.get(0).ok().and_then(Registered::new);
    Ok(memory.map_or(-1.0, |memory| f64::from(environment.register(memory))))
}

/// `release(id: number)`: lets go of a registered memory.
fn release(environment: &Environment, call: &FunctionCallContext) -> Result<()> {
    environment.release(call.get(0)?);
    Ok(())
}

/// `fault(): string`: why the last job answered -1, as `reason operand record`.
fn last_fault(environment: &Environment, _: &FunctionCallContext) -> Result<String> {
    let fault = environment.fault.take();
    Ok(fault.unwrap_or_else(|| Fault::new(Reason::Panic, "call")).text())
}

/// count: how many threads jobs run on from now on; all environments share them. Answers how many there are.
fn threads(call: &mut Call) -> Answer {
    Ok(POOL.threads(call.u32("count")? as usize) as f64)
}

/// count: the same, and threads without work spin for a while.
fn wake(call: &mut Call) -> Answer {
    let count = POOL.threads(call.u32("count")? as usize);
    POOL.wake();
    Ok(count as f64)
}

/// Threads without work park.
fn rest(_: &mut Call) -> Answer {
    POOL.rest();
    Ok(0.0)
}

/// microseconds: the time slice of the calling thread from now on. Answers what it has, 0 if the system has no such thing.
fn time_slice(call: &mut Call) -> Answer {
    Ok((slice::set(u64::from(call.u32("microseconds")?) * 1000) / 1000) as f64)
}
