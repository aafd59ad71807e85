//! The micro-kernel: a small block of C in registers, one chain of fused multiply-adds for each element.

use super::lanes::Lanes;

/// Columns in a panel of packed B; the same for every instruction set, so that packed weights are too.
pub const PANEL_BYTES: usize = 128;

/// The most vectors of columns in a tile.
pub const VECTORS_MAX: usize = 8;

/// Operands of a tile of M rows and V vectors of columns, strides in elements.
#[derive(Clone, Copy)]
pub struct Tile<T> {
    pub k: usize,
    pub a: *const T,
    pub a_row: isize,
    pub a_k: isize,
    pub b: *const T,
    pub b_k: isize,
    /// From a panel of `PANEL_BYTES` to the next one. A tile of several panels starts at the start of one.
    pub b_panel: isize,
    pub c: *mut T,
    pub c_row: usize,
    /// C of the tile that follows, to be fetched ahead.
    pub next: *const T,
    /// Columns in the last vector, from 1 up to a full one.
    pub last: usize,
    /// Chains go on from the values in C; otherwise they start at +0 and C is not read.
    pub load: bool,
}

pub type Run<T> = unsafe fn(&Tile<T>);

/// Adds the products of a tile, k ascending.
///
/// # Safety
/// M and V rows and columns (of which the last vector has `last`) and k steps of the operands must be readable, and
/// those of C writable, with the instructions of `L`.
#[inline(always)]
pub unsafe fn tile<L: Lanes, const M: usize, const V: usize>(tile: &Tile<L::Item>) {
    let per_panel = PANEL_BYTES / size_of::<L::Item>() / L::COUNT;
    let last = tile.last;
    // SAFETY: the caller vouches for every element inside the tile.
    unsafe {
        let mut sums = [[L::zero(); V]; M];
        if tile.load {
            for i in 0..M {
                for v in 0..V {
                    let from = tile.c.add(i * tile.c_row + v * L::COUNT);
                    sums[i][v] = if v + 1 == V { L::load_first(from, last) } else { L::load(from) };
                }
            }
        }
        for i in 0..M {
            for v in 0..V {
                L::fetch(tile.next.wrapping_add(i * tile.c_row + v * L::COUNT));
            }
        }
        // Four rows share a pointer: their distances fit the machine's addresses, and registers are left for sums.
        let mut a = [tile.a; 4];
        for group in 0..M.div_ceil(4) {
            a[group] = tile.a.offset(4 * group as isize * tile.a_row);
        }
        let mut b = tile.b;
        for _ in 0..tile.k {
            let column = |v: usize| {
                let from = b.offset((v / per_panel) as isize * tile.b_panel).add(v % per_panel * L::COUNT);
                if v + 1 == V { L::load_first(from, last) } else { L::load(from) }
            };
            let row = |i: usize| L::splat(*a[i / 4].offset((i % 4) as isize * tile.a_row));
            if V <= M {
                let mut columns = [L::zero(); V];
                for v in 0..V {
                    columns[v] = column(v);
                }
                for i in 0..M {
                    let value = row(i);
                    for v in 0..V {
                        sums[i][v] = value.fused(columns[v], sums[i][v]);
                    }
                }
            } else {
                let mut rows = [L::zero(); M];
                for i in 0..M {
                    rows[i] = row(i);
                }
                for v in 0..V {
                    let values = column(v);
                    for i in 0..M {
                        sums[i][v] = rows[i].fused(values, sums[i][v]);
                    }
                }
            }
            for pointer in a.iter_mut().take(M.div_ceil(4)) {
                *pointer = pointer.offset(tile.a_k);
            }
            b = b.offset(tile.b_k);
        }
        for i in 0..M {
            for v in 0..V {
                let to = tile.c.add(i * tile.c_row + v * L::COUNT);
                if v + 1 == V { sums[i][v].store_first(to, last) } else { sums[i][v].store(to) }
            }
        }
    }
}
