//! Jobs over plain slices. No Node, no threads, no allocation of world memory.
//!
//! Every job has a twin in `src/native/reference/` that is its specification: both give the same bits.

#![allow(clippy::needless_range_loop)]

pub mod anim;
pub mod arrays;
pub mod content;
pub mod cpu;
pub mod diff;
pub mod distance;
pub mod fetch;
pub mod flow;
pub mod hash;
pub mod integrate;
pub mod lanes;
pub mod layout;
pub mod mix;
pub mod prng;
pub mod propagate;
pub mod sample;
pub mod sort;
pub mod spatial;
pub mod spatial_build;
pub mod spatial_order;
pub mod spatial_query;
pub mod spatial_separate;
#[cfg(target_arch = "x86_64")]
mod spatial_separate_x86;
pub mod steer;
pub mod tensor;
