//! How JavaScript calls a job. This is on the raw functions of `napi`: a crossing takes two thirds of the time of a
//! closure of `napi`, and a quarter of that of a `#[napi]` function.

use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::rc::Rc;

use napi::bindgen_prelude::Unknown;
use napi::{Env, Result, check_status, sys};
use worldloom_core::layout::Reason;

use crate::call::{ARGUMENTS_MAX, Call};
use crate::environment::Environment;
use crate::fault::{Answer, Fault};

pub type Job = fn(&mut Call) -> Answer;

/// What the JavaScript function of a job points to, and owns.
struct Binding {
    environment: Rc<Environment>,
    job: Job,
}

/// The function `name` of JavaScript that runs `job`: it answers what the job does, or -1 after keeping the fault.
pub fn job_function<'env>(env: &'env Env, name: &str, environment: Rc<Environment>, job: Job) -> Result<Unknown<'env>> {
    let binding = Box::into_raw(Box::new(Binding { environment, job })).cast();
    let (text, length) = (name.as_ptr().cast(), name.len() as isize);
    let mut function = ptr::null_mut();
    let mut status;
    // SAFETY: `text` has this length, and `run` and `finalize` know the binding as what it is. It leaks where Node
    // refuses, so that nothing points to what is gone.
    unsafe {
        status = sys::napi_create_function(env.raw(), text, length, Some(run), binding, &mut function);
        if status == sys::Status::napi_ok {
            let (hint, reference) = (ptr::null_mut(), ptr::null_mut());
            status = sys::napi_add_finalizer(env.raw(), function, binding, Some(finalize), hint, reference);
        }
    }
    check_status!(status, "cannot make the function {name}")?;
    // SAFETY: Node made the value in this environment just now.
    Ok(unsafe { Unknown::from_raw_unchecked(env.raw(), function) })
}

/// Never throws.
unsafe extern "C" fn run(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value {
    let mut arguments: [sys::napi_value; ARGUMENTS_MAX] = [ptr::null_mut(); ARGUMENTS_MAX];
    let mut count = ARGUMENTS_MAX;
    let mut context = ptr::null_mut();
    // SAFETY: all pointers are to locals; Node calls this with the environment that it runs in.
    let status =
        unsafe { sys::napi_get_cb_info(env, info, &mut count, arguments.as_mut_ptr(), ptr::null_mut(), &mut context) };
    if status != sys::Status::napi_ok {
        return number(env, -1.0);
    }
    // SAFETY: the context is the binding of the function that is called, which lives as long as the function.
    let Binding { environment, job } = unsafe { &*context.cast::<Binding>() };
    let memories = environment.memories();
    let mut call = Call::new(env, environment, &memories, &arguments[..count.min(ARGUMENTS_MAX)]);
    let answer = catch_unwind(AssertUnwindSafe(|| job(&mut call)));
    match answer.unwrap_or_else(|_| Err(Fault::new(Reason::Panic, "job"))) {
        Ok(value) => number(env, value),
        Err(fault) => {
            environment.fault.set(Some(fault));
            number(env, -1.0)
        }
    }
}

unsafe extern "C" fn finalize(_: sys::napi_env, binding: *mut c_void, _: *mut c_void) {
    // SAFETY: made by `Box::into_raw` in `job_function`; Node calls this once, when the function is gone.
    drop(unsafe { Box::from_raw(binding.cast::<Binding>()) });
}

/// A JavaScript number, or null (`undefined` to the caller) if Node refuses.
fn number(env: sys::napi_env, value: f64) -> sys::napi_value {
    let mut result = ptr::null_mut();
    // SAFETY: `env` is the environment of the running callback; `result` is a local.
    unsafe { sys::napi_create_double(env, value, &mut result) };
    result
}
