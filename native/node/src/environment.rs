use std::cell::{Cell, Ref, RefCell};

use napi::bindgen_prelude::Uint8Array;
use worldloom_core::anim::poses::Poses;

use crate::apart::Ranges;
use crate::fault::Fault;
use crate::operands::Operands;
use crate::tensor::Plans;

/// State of the addon in one Node environment (the main thread or a worker). The functions that it exports there
/// share it.
#[derive(Default)]
pub struct Environment {
    memories: RefCell<Memories>,
    /// Kept from call to call, so that jobs do not allocate.
    pub ranges: RefCell<Ranges>,
    pub operands: RefCell<Operands>,
    pub words: RefCell<Vec<u32>>,
    pub plans: RefCell<Plans>,
    pub poses: RefCell<Poses>,
    /// Why the last job failed.
    pub fault: Cell<Option<Fault>>,
}

impl Environment {
    /// Keeps `memory` and returns its id, the lowest free one.
    pub fn register(&self, memory: Registered) -> u32 {
        let memories = &mut self.memories.borrow_mut().0;
        let free = memories.iter().position(Option::is_none);
        let id = free.unwrap_or(memories.len());
        if id == memories.len() {
            memories.push(None);
        }
        memories[id] = Some(memory);
        id as u32
    }

    /// Lets go of the memory with this id; an unknown id does nothing.
    pub fn release(&self, id: u32) {
        if let Some(memory) = self.memories.borrow_mut().0.get_mut(id as usize) {
            *memory = None;
        }
    }

    /// What is registered. It cannot change while this is held.
    #[inline]
    pub fn memories(&self) -> Ref<'_, Memories> {
        self.memories.borrow()
    }
}

/// The registered memories by id.
#[derive(Default)]
pub struct Memories(Vec<Option<Registered>>);

impl Memories {
    #[inline]
    pub fn get(&self, id: u32) -> Option<&Registered> {
        self.0.get(id as usize)?.as_ref()
    }
}

/// A memory that JavaScript registered.
pub struct Registered {
    pub base: *mut u8,
    pub bytes: u64,
    /// Keeps the buffer alive.
    _array: Uint8Array,
}

impl Registered {
    /// `None` if the memory is empty or begins where a WebAssembly memory cannot.
    pub fn new(mut array: Uint8Array) -> Option<Self> {
        // SAFETY: only the address and the length are taken.
        let view = unsafe { array.as_mut() };
        let (base, bytes) = (view.as_mut_ptr(), view.len() as u64);
        let usable = bytes > 0 && base.addr().is_multiple_of(8);
        usable.then_some(Self { base, bytes, _array: array })
    }
}
