//! Tensors: programs over strided arrays.

pub mod gemm;
