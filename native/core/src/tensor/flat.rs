//! Loops along one axis whose operands all lie in place, or are one value: the usual ones, with little around them.

use std::mem::MaybeUninit;
use std::ptr;

use super::copy::fill;
use super::format::{REGISTERS_MAX, TILE, Type};
use super::fuse::{canonical, run_step};
use super::fuse_plan::{Kind, Loops, Mode, Pin};
use super::kernel::{Micro, OUTPUT, Pointers};
use super::lane::Lane;
use super::plan::Task;

/// One step over at most a tile, of operands that lie in place.
#[derive(Clone, Copy, Debug)]
pub struct Tiny {
    pub micro: Micro,
    /// Of the operands of the step and of what it writes.
    pub bases: [u16; 4],
    pub offsets: [i64; 4],
    pub count: u32,
    /// Its NaNs are still to be made canonical.
    pub is_computed: bool,
}

/// A loop along one axis whose operands all lie in place, or are one value: what it needs is close together.
#[derive(Clone, Copy, Debug)]
pub struct Flat {
    /// Elements, of a row if it has rows.
    pub count: usize,
    pub has_rows: bool,
    pub place_count: u8,
    pub micro_count: u8,
    pub place: u32,
    pub micro: u32,
    pub spare: u32,
}

/// An operand of such a loop.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    pub offset: i64,
    pub row_step: i64,
    pub base: u16,
    pub register: u8,
    pub dtype: Type,
    /// Where the tile is that its one value fills; `u32::MAX` if it lies in place.
    pub tile: u32,
    /// Its NaNs are still to be made canonical.
    pub is_computed: bool,
    /// Of a constant: its pin.
    pub constant: u32,
}

impl Loops {
    /// How the last loop is run: in the quickest way that is possible.
    pub fn task(&mut self) -> Task {
        let number = self.loops.len().wrapping_sub(1) as u32;
        if !self.flatten() {
            return Task::Loop(number);
        }
        if self.shrink() { Task::Tiny(self.tinies.len() as u32 - 1) } else { Task::Flat(self.flats.len() as u32 - 1) }
    }

    /// Makes a [`Tiny`] of the last flat loop if it is one.
    fn shrink(&mut self) -> bool {
        let Some(flat) = self.flats.last() else { return false };
        let places = &self.places[flat.place as usize..];
        let micro = self.micros[flat.micro as usize];
        let Some((output, inputs)) = places.split_last() else { return false };
        let is_tiny = flat.micro_count == 1
            && !flat.has_rows
            && flat.count <= TILE
            && places.iter().all(|place| place.tile == u32::MAX && place.row_step == 0)
            && usize::from(output.register) == REGISTERS_MAX;
        if !is_tiny {
            return false;
        }
        let [a, b, c] = micro.operands;
        let place = |register: u8| inputs.iter().find(|place| place.register == register).unwrap_or(output);
        let used = [place(a), place(b), place(c), output];
        self.tinies.push(Tiny {
            micro,
            bases: used.map(|place| place.base),
            offsets: used.map(|place| place.offset),
            count: flat.count as u32,
            is_computed: output.is_computed,
        });
        true
    }

    /// Makes a [`Flat`] of the last loop if it is one.
    fn flatten(&mut self) -> bool {
        let Some(fused) = self.loops.last() else { return false };
        let pins = &self.pins[fused.pin..][..fused.pin_count];
        let is_in_place = |pin: &Pin| match pin.kind {
            Kind::Input => matches!(pin.mode, Mode::Direct | Mode::Once),
            Kind::Constant => true,
            Kind::Index => false,
            Kind::Output => pin.mode == Mode::Direct,
        };
        let is_flat = fused.rank == 1 && !fused.is_copy && pins.iter().all(is_in_place);
        if !is_flat {
            return false;
        }
        let place = self.places.len() as u32;
        for (i, pin) in pins.iter().enumerate() {
            self.places.push(Place {
                offset: pin.offset,
                row_step: pin.row_step,
                base: pin.base,
                register: pin.register,
                dtype: pin.dtype,
                tile: if pin.mode == Mode::Once { pin.tile as u32 } else { u32::MAX },
                is_computed: pin.is_computed,
                constant: if pin.kind == Kind::Constant { (fused.pin + i) as u32 } else { u32::MAX },
            });
        }
        self.flats.push(Flat {
            count: fused.dims[0],
            has_rows: fused.rows_axis == 0,
            place_count: fused.pin_count as u8,
            micro_count: fused.micro_count as u8,
            place,
            micro: fused.micro as u32,
            spare: fused.spare as u32,
        });
        true
    }
}

/// Elements that are computed where they are asked for: a function for the instructions of this machine is a call more.
const FEW: usize = 32;

/// Runs a single step.
///
/// # Safety
/// Its operands were checked to lie inside memory that the lane's bases lead to, and nothing else writes there.
#[inline]
pub unsafe fn run_tiny(tiny: &Tiny, lane: &mut Lane) {
    let [a, b, c, out] = std::array::from_fn(|i| lane.from(tiny.bases[i], tiny.offsets[i]));
    let (micro, count) = (&tiny.micro, tiny.count as usize);
    if count == 0 {
        return;
    }
    let is_apart = !micro.may_overlap || !micro.overlaps_at(count, [a, b, c], out);
    // SAFETY: what the caller promises; the step writes to nothing that it reads.
    unsafe {
        if is_apart && count <= FEW && micro.run_few(count, [a, b], out) {
            return;
        }
        let bytes = count * micro.written.bytes();
        let to = if is_apart { out } else { lane.spare.room(bytes) };
        micro.run_at(count, [a, b, c].map(<*mut u8>::cast_const), to);
        if tiny.is_computed {
            canonical(to, count, micro.written);
        }
        if !is_apart {
            ptr::copy_nonoverlapping(to, out, bytes);
        }
    }
}

/// Runs flat loop `index`.
///
/// # Safety
/// Its operands were checked to lie inside memory that the lane's bases lead to, and nothing else writes there.
#[inline]
pub unsafe fn run_flat(loops: &Loops, index: usize, lane: &mut Lane) {
    let flat = &loops.flats[index];
    let count = if flat.has_rows { flat.count * lane.rows } else { flat.count };
    if count == 0 {
        return;
    }
    let mut pointers = MaybeUninit::<Pointers>::uninit();
    let table = pointers.as_mut_ptr().cast::<*mut u8>();
    let tiles = lane.tiles.room(loops.tile_bytes);
    let places = &loops.places[flat.place as usize..][..usize::from(flat.place_count)];
    let micros = &loops.micros[flat.micro as usize..][..usize::from(flat.micro_count)];
    // SAFETY: what the caller promises; registers and outputs are fewer than there are places in the table.
    unsafe {
        for place in places {
            let mut at = lane.from(place.base, place.offset + place.row_step * lane.first as i64);
            if place.tile != u32::MAX {
                let tile = tiles.wrapping_add(place.tile as usize);
                let constant = loops.pins.get(place.constant as usize);
                let value = constant.map_or(at.cast_const(), |pin| pin.bits.as_ptr());
                fill(value, tile, count.min(TILE), place.dtype.bytes());
                at = tile;
            }
            table.add(usize::from(place.register)).write(at);
        }
        for micro in micros {
            if micro.tile != OUTPUT {
                table.add(usize::from(micro.target)).write(tiles.wrapping_add(micro.tile as usize));
            }
        }
        let mut left = count;
        loop {
            let some = left.min(TILE);
            for micro in micros {
                run_step(micro, some, table, tiles.wrapping_add(flat.spare as usize));
            }
            for place in places {
                if place.is_computed {
                    canonical(table.add(usize::from(place.register)).read(), some, place.dtype);
                }
            }
            left -= some;
            if left == 0 {
                return;
            }
            for place in places {
                if place.tile == u32::MAX {
                    let at = table.add(usize::from(place.register));
                    at.write(at.read().wrapping_add(TILE * place.dtype.bytes()));
                }
            }
        }
    }
}
