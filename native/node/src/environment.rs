use crate::fault::Fault;
use crate::node_api::{Env, Reference, napi_delete_reference};

/// State of the addon in one Node environment (the main thread or a worker).
#[derive(Default)]
pub struct Environment {
    memories: Vec<Option<Registered>>,
    /// Why the last job failed.
    pub fault: Option<Fault>,
}

/// A memory that JavaScript registered. The reference keeps its buffer alive.
pub struct Registered {
    pub base: *mut u8,
    pub bytes: u64,
    pub reference: Reference,
}

impl Environment {
    /// Keeps `memory` and returns its id, the lowest free one.
    pub fn register(&mut self, memory: Registered) -> usize {
        let free = self.memories.iter().position(Option::is_none);
        let id = free.unwrap_or(self.memories.len());
        if id == self.memories.len() {
            self.memories.push(None);
        }
        self.memories[id] = Some(memory);
        id
    }

    /// Lets go of the memory with this id; an unknown id does nothing.
    pub fn release(&mut self, env: Env, id: u32) {
        let Some(memory) = self.memories.get_mut(id as usize).and_then(Option::take) else { return };
        // SAFETY: the reference was made in this environment and is deleted once.
        unsafe { napi_delete_reference(env, memory.reference) };
    }

    #[inline]
    pub fn memory(&self, id: u32) -> Option<&Registered> {
        self.memories.get(id as usize)?.as_ref()
    }
}
