use std::cell::RefMut;

use napi::sys;
use worldloom_core::anim::poses::Poses;
use worldloom_core::lanes::Parts;
use worldloom_core::layout::Reason;
use worldloom_core::tensor::plan::Space;

use crate::apart::Ranges;
use crate::environment::{Environment, Memories};
use crate::fault::Fault;
use crate::memory::{List, Memory};
use crate::operands::Operands;
use crate::pool::{POOL, Pool};
use crate::tensor::Plans;

/// Arguments that a job may have.
pub const ARGUMENTS_MAX: usize = 16;

/// The arguments of one call, taken from left to right. All of them are numbers.
pub struct Call<'a> {
    env: sys::napi_env,
    environment: &'a Environment,
    memories: &'a Memories,
    arguments: &'a [sys::napi_value],
    next: usize,
}

impl<'a> Call<'a> {
    pub fn new(
        env: sys::napi_env,
        environment: &'a Environment,
        memories: &'a Memories,
        arguments: &'a [sys::napi_value],
    ) -> Self {
        Self { env, environment, memories, arguments, next: 0 }
    }

    /// The registered memory: always the first argument.
    #[inline]
    pub fn memory(&mut self) -> Result<Memory<'a>, Fault> {
        let id = self.u32("memory")?;
        let Some(memory) = self.memories.get(id) else { return Err(Fault::new(Reason::Memory, "memory")) };
        // SAFETY: the registry holds a reference to the buffer, and cannot change during the call.
        Ok(unsafe { Memory::new(memory.base, memory.bytes) })
    }

    /// A registered memory that programs of tensors run in.
    #[inline]
    pub fn space(&mut self, at: &'static str) -> Result<Space, Fault> {
        let id = self.u32(at)?;
        let Some(memory) = self.memories.get(id) else { return Err(Fault::new(Reason::Memory, at)) };
        // SAFETY: the registry holds a reference to the buffer, cannot change during the call, and takes only memory that
        // is aligned to 8 bytes. That nobody else writes there is up to the caller of the job.
        Ok(unsafe { Space::new(memory.base, memory.bytes) })
    }

    /// The programs of tensors of this environment.
    #[inline]
    pub fn plans(&self) -> RefMut<'a, Plans> {
        self.environment.plans.borrow_mut()
    }

    /// What evaluates characters in this environment.
    #[inline]
    pub fn poses(&self) -> RefMut<'a, Poses> {
        self.environment.poses.borrow_mut()
    }

    /// What runs the parts of the job.
    #[inline]
    pub fn lanes(&self) -> &'static Pool {
        &POOL
    }

    /// Parts for so many rows; only one unless the ranges that `add` gives are apart.
    pub fn parts_if_apart(&self, rows: usize, rows_min: usize, add: impl FnOnce(&mut Ranges)) -> Parts {
        let parts = Parts::new(self.lanes(), rows, rows_min);
        if parts.count == 1 {
            return parts;
        }
        let mut ranges = self.environment.ranges.borrow_mut();
        ranges.clear();
        add(&mut ranges);
        if ranges.are_apart() { parts } else { parts.at_most(1) }
    }

    /// The ranges of a job that has many.
    pub fn operands(&self) -> RefMut<'a, Operands> {
        self.environment.operands.borrow_mut()
    }

    /// Room for so many words, whatever they hold.
    pub fn words(&self, count: usize) -> RefMut<'a, [u32]> {
        RefMut::map(self.environment.words.borrow_mut(), |words| {
            if words.len() < count {
                words.resize(count, 0);
            }
            &mut words[..count]
        })
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
