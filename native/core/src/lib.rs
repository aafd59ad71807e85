//! Jobs over plain slices. No Node, no threads, no allocation of world memory.
//!
//! Every job has a twin in `src/native/reference/` that is its specification: both give the same bits.

#![allow(clippy::needless_range_loop)]

pub mod cpu;
pub mod distance;
pub mod flow;
pub mod hash;
pub mod integrate;
pub mod layout;
