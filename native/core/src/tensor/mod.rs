//! Tensors: programs over strided arrays, decoded, checked and executed. `src/native/tensor/format.ts` describes programs,
//! `src/native/reference/tensor` executes them with the same bits.

mod axes;
mod check;
mod copy;
mod cost;
mod decode;
mod dot;
mod execute;
mod flat;
mod fold;
pub mod format;
mod fuse;
mod fuse_plan;
pub mod gemm;
mod index;
mod kernel;
mod lane;
mod linear;
pub mod math;
mod nest;
mod operand;
pub mod plan;
mod program;
mod reduce;
pub mod refusal;
mod scan;
mod segments;
mod shift;
mod short;
mod sort;
#[cfg(test)]
mod tests;
