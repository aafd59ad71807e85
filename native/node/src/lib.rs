//! The Node addon: converts, checks and forwards. Every job is a function `fn(&mut Call) -> Answer`
//! in the module of its group, and one line in [`JOBS`].

mod arrays;
mod call;
mod environment;
mod fault;
mod field;
mod memory;
mod node_api;
mod spans;
mod spatial;
mod transform;

use std::ffi::{CStr, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;

use call::{ARGUMENTS_MAX, Call};
use environment::{Environment, Registered};
use fault::{Answer, Fault};
use node_api::*;
use worldloom_core::layout::{LAYOUT_VERSION, Reason};

type Job = fn(&mut Call) -> Answer;

/// Every job by the name that TypeScript calls it. One line a job.
const JOBS: &[(&CStr, Job)] = &[
    (c"compact", arrays::compact),
    (c"contentHash", spans::content_hash),
    (c"copy", spans::copy),
    (c"diff", spans::diff),
    (c"distanceField", field::distance),
    (c"flowField", field::flow),
    (c"hash", spans::hash),
    (c"integrate", spans::integrate),
    (c"prefixSum", arrays::prefix_sum),
    (c"propagate", transform::propagate),
    (c"random", arrays::random),
    (c"separate", spatial::separate),
    (c"sortByKey", arrays::sort_by_key),
    (c"spatialBuild", spatial::build),
    (c"spatialNearest", spatial::nearest),
    (c"spatialPairs", spatial::pairs),
    (c"spatialRadius", spatial::radius),
    (c"steer", spatial::steer),
];

/// What each JavaScript function of the addon points to.
struct Binding {
    environment: *mut Environment,
    job: Job,
}

/// Runs a job: its answer, or -1 after keeping the fault. Never throws.
unsafe extern "C" fn run(env: Env, info: CallbackInfo) -> Value {
    let mut arguments: [Value; ARGUMENTS_MAX] = [ptr::null_mut(); ARGUMENTS_MAX];
    let mut count = ARGUMENTS_MAX;
    let mut context = ptr::null_mut();
    // SAFETY: all pointers are to locals; Node calls this with the environment that it runs in.
    let status =
        unsafe { napi_get_cb_info(env, info, &mut count, arguments.as_mut_ptr(), ptr::null_mut(), &mut context) };
    if status != OK {
        return number(env, -1.0);
    }
    // SAFETY: the context is the binding that `add_job` leaked with the environment.
    let binding = unsafe { &*context.cast::<Binding>() };
    // SAFETY: the environment lives as long as Node's; only this thread uses it, and jobs do not re-enter.
    let environment = unsafe { &mut *binding.environment };
    let mut call = Call::new(env, environment, &arguments[..count.min(ARGUMENTS_MAX)]);
    let answer = catch_unwind(AssertUnwindSafe(|| (binding.job)(&mut call)))
        .unwrap_or_else(|_| Err(Fault::new(Reason::Panic, "job")));
    match answer {
        Ok(value) => number(env, value),
        Err(fault) => {
            environment.fault = Some(fault);
            number(env, -1.0)
        }
    }
}

/// `register(bytes: Uint8Array): number`: the id of the memory, -1 if it is not usable.
unsafe extern "C" fn register(env: Env, info: CallbackInfo) -> Value {
    let mut argument: Value = ptr::null_mut();
    let mut count = 1;
    let mut context = ptr::null_mut();
    // SAFETY: all pointers are to locals.
    unsafe { napi_get_cb_info(env, info, &mut count, &mut argument, ptr::null_mut(), &mut context) };
    // SAFETY: the context is the environment, see `exports`.
    let environment = unsafe { &mut *context.cast::<Environment>() };
    let id = typed_bytes(env, argument).map(|memory| environment.register(memory));
    number(env, id.map_or(-1.0, |id| id as f64))
}

fn typed_bytes(env: Env, array: Value) -> Option<Registered> {
    let (mut is_array, mut kind, mut length) = (false, -1, 0);
    let (mut base, mut reference) = (ptr::null_mut(), ptr::null_mut());
    // SAFETY: all pointers are to locals, and later calls are made only after the kind is known.
    unsafe {
        if napi_is_typedarray(env, array, &mut is_array) != OK || !is_array {
            return None;
        }
        let (no_buffer, no_offset) = (ptr::null_mut(), ptr::null_mut());
        if napi_get_typedarray_info(env, array, &mut kind, &mut length, &mut base, no_buffer, no_offset) != OK {
            return None;
        }
        let usable = kind == UINT8_ARRAY && length > 0 && !base.is_null() && (base as usize).is_multiple_of(8);
        if !usable || napi_create_reference(env, array, 1, &mut reference) != OK {
            return None;
        }
    }
    Some(Registered { base: base.cast(), bytes: length as u64, reference })
}

/// `release(id: number)`: lets go of a registered memory.
unsafe extern "C" fn release(env: Env, info: CallbackInfo) -> Value {
    let mut argument: Value = ptr::null_mut();
    let mut count = 1;
    let mut context = ptr::null_mut();
    let mut id = -1.0;
    // SAFETY: all pointers are to locals; the context is the environment, see `exports`.
    unsafe {
        napi_get_cb_info(env, info, &mut count, &mut argument, ptr::null_mut(), &mut context);
        if napi_get_value_double(env, argument, &mut id) == OK && id >= 0.0 {
            (*context.cast::<Environment>()).release(env, id as u32);
        }
    }
    ptr::null_mut()
}

/// `fault(): string`: why the last job answered -1, as `reason operand record`.
unsafe extern "C" fn last_fault(env: Env, info: CallbackInfo) -> Value {
    let mut count = 0;
    let mut context = ptr::null_mut();
    // SAFETY: all pointers are to locals; the context is the environment, see `exports`.
    let environment = unsafe {
        napi_get_cb_info(env, info, &mut count, ptr::null_mut(), ptr::null_mut(), &mut context);
        &mut *context.cast::<Environment>()
    };
    let fault = environment.fault.take().unwrap_or_else(|| Fault::new(Reason::Panic, "call"));
    string(env, &fault.text())
}

unsafe extern "C" fn finalize(_: Env, environment: *mut c_void, _: *mut c_void) {
    // SAFETY: made by `Box::into_raw` in `exports`; Node calls this once, after the last callback.
    drop(unsafe { Box::from_raw(environment.cast::<Environment>()) });
}

/// Node calls this once in each environment that loads the addon.
///
/// # Safety
/// Called by Node only.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn napi_register_module_v1(env: Env, exports: Value) -> Value {
    let environment = Box::into_raw(Box::<Environment>::default());
    // SAFETY: the environment is freed by `finalize` only; functions are called on this thread only.
    unsafe {
        napi_set_instance_data(env, environment.cast(), finalize, ptr::null_mut());
        add_function(env, exports, c"register", register, environment.cast());
        add_function(env, exports, c"release", release, environment.cast());
        add_function(env, exports, c"fault", last_fault, environment.cast());
        for &(name, job) in JOBS {
            // Bindings are a few words each and live as long as the process.
            let binding = Box::leak(Box::new(Binding { environment, job }));
            add_function(env, exports, name, run, ptr::from_mut(binding).cast());
        }
        napi_set_named_property(env, exports, c"layout".as_ptr(), number(env, f64::from(LAYOUT_VERSION)));
    }
    exports
}

unsafe fn add_function(env: Env, exports: Value, name: &CStr, callback: Callback, context: *mut c_void) {
    let mut function = ptr::null_mut();
    // SAFETY: the names end in zero; a failure leaves the property out, which the loader notices.
    unsafe {
        if napi_create_function(env, name.as_ptr(), name.count_bytes(), callback, context, &mut function) == OK {
            napi_set_named_property(env, exports, name.as_ptr(), function);
        }
    }
}

/// The version of Node-API that the addon is written for: 8, in every Node from 16 on.
#[unsafe(no_mangle)]
pub extern "C" fn node_api_module_get_api_version_v1() -> i32 {
    8
}
