use napi::sys;
use worldloom_core::layout::Reason;

use crate::environment::Memories;
use crate::fault::Fault;
use crate::memory::{List, Memory};

/// Arguments that a job may have.
pub const ARGUMENTS_MAX: usize = 16;

/// The arguments of one call, taken from left to right. All of them are numbers.
pub struct Call<'a> {
    env: sys::napi_env,
    memories: &'a Memories,
    arguments: &'a [sys::napi_value],
    next: usize,
}

impl<'a> Call<'a> {
    pub fn new(env: sys::napi_env, memories: &'a Memories, arguments: &'a [sys::napi_value]) -> Self {
        Self { env, memories, arguments, next: 0 }
    }

    /// The registered memory: always the first argument.
    #[inline]
    pub fn memory(&mut self) -> Result<Memory<'a>, Fault> {
        let id = self.u32("memory")?;
        let Some(memory) = self.memories.get(id) else { return Err(Fault::new(Reason::Memory, "memory")) };
        // SAFETY: the registry holds a reference to the buffer, and cannot change during the call.
        Ok(unsafe { Memory::new(memory.base, memory.bytes) })
    }

    /// An integer in 0..=2^32-1; any other number is refused.
    #[inline]
    pub fn u32(&mut self, at: &'static str) -> Result<u32, Fault> {
        let value = self.f64(at)?;
        let integer = value as u32;
        if f64::from(integer) == value { Ok(integer) } else { Err(Fault::new(Reason::Value, at)) }
    }

    /// A number, rounded to f32.
    #[inline]
    pub fn f32(&mut self, at: &'static str) -> Result<f32, Fault> {
        Ok(self.f64(at)? as f32)
    }

    #[inline]
    pub fn f64(&mut self, at: &'static str) -> Result<f64, Fault> {
        let Some(&argument) = self.arguments.get(self.next) else { return Err(Fault::new(Reason::Value, at)) };
        self.next += 1;
        let mut value = 0.0;
        // SAFETY: the value belongs to the running callback; `value` is a local.
        if unsafe { sys::napi_get_value_double(self.env, argument, &mut value) } != sys::Status::napi_ok {
            return Err(Fault::new(Reason::Value, at));
        }
        Ok(value)
    }

    /// A descriptor list: two arguments, its byte offset and its number of records.
    #[inline]
    pub fn list<const N: usize>(&mut self, memory: &Memory<'a>, at: &'static str) -> Result<List<'a, N>, Fault> {
        let offset = self.u32(at)?;
        let count = self.u32(at)?;
        List::new(memory, at, offset, count)
    }
}
