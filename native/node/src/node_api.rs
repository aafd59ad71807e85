//! The few functions of Node-API that the addon needs, declared by hand: they are a stable C interface,
//! and a build without downloads is worth more than bindings to the rest.

use std::ffi::{c_char, c_void};
use std::ptr;

#[repr(C)]
pub struct Opaque([u8; 0]);

pub type Env = *mut Opaque;
pub type Value = *mut Opaque;
pub type CallbackInfo = *mut Opaque;
pub type Reference = *mut Opaque;
pub type Callback = unsafe extern "C" fn(Env, CallbackInfo) -> Value;
pub type Finalize = unsafe extern "C" fn(Env, *mut c_void, *mut c_void);

/// `napi_ok`
pub const OK: i32 = 0;
/// `napi_uint8_array`
pub const UINT8_ARRAY: i32 = 1;

unsafe extern "C" {
    pub fn napi_get_cb_info(
        env: Env,
        info: CallbackInfo,
        count: *mut usize,
        arguments: *mut Value,
        this: *mut Value,
        context: *mut *mut c_void,
    ) -> i32;
    pub fn napi_get_value_double(env: Env, value: Value, result: *mut f64) -> i32;
    pub fn napi_create_double(env: Env, value: f64, result: *mut Value) -> i32;
    pub fn napi_create_string_utf8(env: Env, text: *const c_char, bytes: usize, result: *mut Value) -> i32;
    pub fn napi_create_function(
        env: Env,
        name: *const c_char,
        bytes: usize,
        callback: Callback,
        context: *mut c_void,
        result: *mut Value,
    ) -> i32;
    pub fn napi_set_named_property(env: Env, object: Value, name: *const c_char, value: Value) -> i32;
    pub fn napi_is_typedarray(env: Env, value: Value, result: *mut bool) -> i32;
    pub fn napi_get_typedarray_info(
        env: Env,
        array: Value,
        kind: *mut i32,
        length: *mut usize,
        bytes: *mut *mut c_void,
        buffer: *mut Value,
        offset: *mut usize,
    ) -> i32;
    pub fn napi_create_reference(env: Env, value: Value, count: u32, result: *mut Reference) -> i32;
    pub fn napi_delete_reference(env: Env, reference: Reference) -> i32;
    pub fn napi_set_instance_data(env: Env, data: *mut c_void, finalize: Finalize, hint: *mut c_void) -> i32;
}

/// A JavaScript number, or null (`undefined` to the caller) if Node refuses.
pub fn number(env: Env, value: f64) -> Value {
    let mut result = ptr::null_mut();
    // SAFETY: `env` is the environment of the running callback; `result` is a local.
    unsafe { napi_create_double(env, value, &mut result) };
    result
}

/// A JavaScript string, or null (`undefined` to the caller) if Node refuses.
pub fn string(env: Env, text: &str) -> Value {
    let mut result = ptr::null_mut();
    // SAFETY: as in `number`; the text is copied.
    unsafe { napi_create_string_utf8(env, text.as_ptr().cast(), text.len(), &mut result) };
    result
}
