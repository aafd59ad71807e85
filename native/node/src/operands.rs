//! Operands of a job that has many, as slices: each is checked when it is named, and that what is written overlaps nothing
//! else once all of them are known.

use worldloom_core::anim::ranges::{Ranges, Stream};

use crate::fault::Fault;
use crate::memory::{Element, Memory};
use crate::tensor::fault_of;

#[derive(Default)]
pub struct Operands(Ranges);

impl Operands {
    pub fn begin(&mut self, memory: &Memory) {
        self.0.begin(memory.byte_length());
    }

    /// `count` elements at `offset`, to read. `memory` is one that nothing is claimed of.
    #[inline]
    pub fn read<'m, T: Element>(
        &mut self,
        memory: &'m mut Memory,
        (operand, record): (&'static str, u32),
        offset: u32,
        count: u64,
    ) -> Result<&'m [T], Fault> {
        memory.rewind();
        let values = memory.read_many::<T>((operand, record), offset, count)?;
        let bytes = size_of_val(values) as u64;
        self.0.read(Stream::Asset, operand, record, offset, bytes, 1).map_err(fault_of)?;
        Ok(values)
    }

    /// `count` elements at `offset`, to write.
    #[inline]
    pub fn write<T: Element>(
        &mut self,
        memory: &mut Memory,
        (operand, record): (&'static str, u32),
        offset: u32,
        count: u64,
    ) -> Result<(), Fault> {
        memory.rewind();
        let bytes = size_of_val(memory.read_many::<T>((operand, record), offset, count)?) as u64;
        self.0.write(operand, record, offset, bytes, 1).map_err(fault_of)
    }

    pub fn apart(&mut self) -> Result<(), Fault> {
        self.0.apart().map_err(fault_of)
    }
}
