//! Jobs of animation: poses, skinning.

pub mod ik;
pub mod ik_format;
mod vector;
