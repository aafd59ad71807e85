//! Jobs of animation: poses, skinning.

mod assets;
mod blend;
mod cast;
mod character;
mod check;
pub mod compressed;
pub mod compressed_format;
mod compressed_lanes;
#[cfg(test)]
mod compressed_tests;
#[cfg(target_arch = "x86_64")]
mod compressed_x86;
pub mod format;
pub mod ik;
pub mod ik_format;
mod known;
pub mod poses;
pub mod ranges;
pub mod skin;
pub mod skin_dual;
pub mod skin_format;
mod skin_linear;
#[cfg(target_arch = "x86_64")]
mod skin_linear_x86;
pub mod skin_morph;
mod skin_step;
#[cfg(test)]
mod skin_tests;
mod skin_turn;
#[cfg(target_arch = "x86_64")]
mod skin_turn_x86;
mod vector;
mod wide;
#[cfg(target_arch = "x86_64")]
mod wide_x86;
