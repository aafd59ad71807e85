//! Which instructions a multiplication uses, and the tiles compiled for them.

use super::lanes::Plain;
#[cfg(target_arch = "x86_64")]
use super::lanes_x86::{Half32, Half64, Wide32, Wide64};
use super::panel::{Move, copy, transpose};
use super::tile::{Run, VECTORS_MAX, tile};
#[cfg(target_arch = "x86_64")]
use crate::cpu::{Level, level};

/// Code for one element type and instruction set.
pub struct Path<T: 'static> {
    /// Elements in a vector.
    pub lanes: usize,
    /// `tiles[v - 1][m - 1]` is for m rows and v vectors; a row of the table holds as many as fit the registers.
    pub tiles: [&'static [Run<T>]; VECTORS_MAX],
    pub copy: Move<T>,
    pub transpose: Move<T>,
}

impl<T> Path<T> {
    /// Rows of the tile that large blocks are made of, which is two vectors wide.
    pub fn rows(&self) -> usize {
        self.tiles[1].len()
    }
}

macro_rules! path {
    ($static:ident, $item:ty, $lanes:ty, $count:literal, [$($features:literal)?], $(($v:literal; $($m:literal)*))*) => {
        static $static: Path<$item> = {
            $(#[target_feature(enable = $features)])?
            unsafe fn one<const M: usize, const V: usize>(operands: &super::tile::Tile<$item>) {
                // SAFETY: the caller vouches for operands and instructions.
                unsafe { tile::<$lanes, M, V>(operands) }
            }
            $(#[target_feature(enable = $features)])?
            unsafe fn copied(from: *const $item, stride: isize, lines: usize, length: usize, to: *mut $item, row: usize) {
                // SAFETY: as above.
                unsafe { copy::<$lanes>(from, stride, lines, length, to, row) }
            }
            $(#[target_feature(enable = $features)])?
            unsafe fn turned(from: *const $item, stride: isize, lines: usize, length: usize, to: *mut $item, row: usize) {
                // SAFETY: as above.
                unsafe { transpose::<$lanes, $count>(from, stride, lines, length, to, row) }
            }
            Path { lanes: $count, tiles: [$(&[$(one::<$m, $v>),*]),*], copy: copied, transpose: turned }
        };
    };
}

// 32 registers: at most 24 sums, which leaves room for a row of B and enough chains to hide the latency.
macro_rules! path_of_32 {
    ($static:ident, $item:ty, $lanes:ty, $count:literal, [$($features:literal)?]) => {
        path!($static, $item, $lanes, $count, [$($features)?],
            (1; 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16) (2; 1 2 3 4 5 6 7 8 9 10 11 12) (3; 1 2 3 4 5 6 7 8)
            (4; 1 2 3 4 5 6) (5; 1 2 3 4) (6; 1 2 3 4) (7; 1 2 3) (8; 1 2 3));
    };
}

// 16 registers: at most 12 sums.
#[cfg(not(target_arch = "aarch64"))]
macro_rules! path_of_16 {
    ($static:ident, $item:ty, $lanes:ty, $count:literal, [$($features:literal)?]) => {
        path!($static, $item, $lanes, $count, [$($features)?],
            (1; 1 2 3 4 5 6 7 8 9 10 11 12) (2; 1 2 3 4 5 6) (3; 1 2 3 4) (4; 1 2 3) (5; 1 2) (6; 1 2) (7; 1) (8; 1));
    };
}

#[cfg(target_arch = "x86_64")]
path_of_32!(WIDE32, f32, Wide32, 16, ["avx512f"]);
#[cfg(target_arch = "x86_64")]
path_of_32!(WIDE64, f64, Wide64, 8, ["avx512f"]);
#[cfg(target_arch = "x86_64")]
path_of_16!(HALF32, f32, Half32, 8, ["avx2,fma"]);
#[cfg(target_arch = "x86_64")]
path_of_16!(HALF64, f64, Half64, 4, ["avx2,fma"]);
#[cfg(not(target_arch = "aarch64"))]
path_of_16!(PLAIN32, f32, Plain<f32, 4>, 4, []);
#[cfg(not(target_arch = "aarch64"))]
path_of_16!(PLAIN64, f64, Plain<f64, 2>, 2, []);
#[cfg(target_arch = "aarch64")]
path_of_32!(PLAIN32, f32, Plain<f32, 4>, 4, []);
#[cfg(target_arch = "aarch64")]
path_of_32!(PLAIN64, f64, Plain<f64, 2>, 2, []);

macro_rules! chosen {
    ($name:ident, $item:ty, $wide:ident, $half:ident, $plain:ident) => {
        /// The best code for this machine, or for the lower level that `cpu::limit` set. All give the same bits.
        pub fn $name() -> &'static Path<$item> {
            #[cfg(target_arch = "x86_64")]
            match level() {
                Level::Avx512 => return &$wide,
                Level::Avx2 if is_x86_feature_detected!("fma") => return &$half,
                _ => {}
            }
            &$plain
        }
    };
}

chosen!(path32, f32, WIDE32, HALF32, PLAIN32);
chosen!(path64, f64, WIDE64, HALF64, PLAIN64);
