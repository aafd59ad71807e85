//! Fused loops: one step after the other over tiles that stay in the nearest cache.

use std::mem::MaybeUninit;
use std::ptr;

use super::copy::{Layout, copy};
use super::format::{RANK_MAX, REGISTERS_MAX, Type};
use super::fuse_plan::{Kind, Loop, Loops, Mode, Pin};
use super::kernel::{Micro, OUTPUT, Pointers, canonical_f32, canonical_f64, iota};
use super::lane::Lane;

/// Runs loop `index`.
///
/// # Safety
/// Its operands were checked to lie inside memory that the lane's bases lead to, and nothing else writes there.
pub unsafe fn run(loops: &Loops, index: usize, lane: &mut Lane) {
    let fused = &loops.loops[index];
    let mut dims = fused.dims;
    if fused.rows_axis < RANK_MAX {
        dims[fused.rows_axis] *= lane.rows;
    }
    // SAFETY: what the caller promises.
    unsafe { run_over(loops, fused, dims, lane, |lane, _, pin| start_of(lane, pin)) }
}

/// Where a pin begins; of indices the first one.
fn start_of(lane: &Lane, pin: &Pin) -> *mut u8 {
    let offset = pin.offset.wrapping_add(pin.row_step.wrapping_mul(lane.first as i64));
    if pin.kind == Kind::Index { ptr::without_provenance_mut(offset as usize) } else { lane.from(pin.base, offset) }
}

/// Runs a loop over these extents, with operands that begin where `start` says.
///
/// # Safety
/// As for [`run`].
pub unsafe fn run_over(
    loops: &Loops,
    fused: &Loop,
    dims: [usize; RANK_MAX],
    lane: &mut Lane,
    start: impl Fn(&Lane, usize, &Pin) -> *mut u8,
) {
    let dims = &dims[..fused.rank];
    if dims.contains(&0) {
        return;
    }
    let pins = &loops.pins[fused.pin..][..fused.pin_count];
    let tiles = lane.tiles.room(loops.tile_bytes);
    let mut starts = [const { MaybeUninit::uninit() }; PINS_MAX];
    for (i, (at, pin)) in starts.iter_mut().zip(pins).enumerate() {
        at.write(start(lane, i, pin));
    }
    let mut pass = Pass { loops, fused, pins, starts, pointers: MaybeUninit::uninit(), tiles };
    let (rows, columns) = (if fused.rank > 1 { dims[fused.rank - 2] } else { 1 }, dims[fused.rank - 1]);
    // SAFETY: what the caller promises.
    unsafe {
        if fused.is_copy {
            return each_plane(dims, |outer| pass.copy_plane(outer, rows, columns));
        }
        pass.prepare(rows, columns);
        let (tile_rows, tile_columns) = fused.tile;
        each_plane(dims, |outer| {
            let mut row = 0;
            while row < rows {
                let height = tile_rows.min(rows - row);
                let mut column = 0;
                while column < columns {
                    let width = tile_columns.min(columns - column);
                    pass.tile(outer, (row, height), (column, width));
                    column += width;
                }
                row += height;
            }
        });
    }
}

/// Calls `each` with every position along all axes but the last two.
fn each_plane(dims: &[usize], mut each: impl FnMut(&[usize])) {
    let outer = dims.len().saturating_sub(2);
    let mut position = [0; RANK_MAX];
    loop {
        each(&position[..outer]);
        let mut axis = outer;
        loop {
            if axis == 0 {
                return;
            }
            axis -= 1;
            position[axis] += 1;
            if position[axis] < dims[axis] {
                break;
            }
            position[axis] = 0;
        }
    }
}

/// Registers, and outputs.
const PINS_MAX: usize = 2 * REGISTERS_MAX;

/// One run of a loop.
struct Pass<'a> {
    loops: &'a Loops,
    fused: &'a Loop,
    pins: &'a [Pin],
    /// One for each pin.
    starts: [MaybeUninit<*mut u8>; PINS_MAX],
    pointers: MaybeUninit<Pointers>,
    tiles: *mut u8,
}

impl Pass<'_> {
    #[inline(always)]
    fn start(&self, i: usize) -> *mut u8 {
        // SAFETY: each pin has one.
        unsafe { self.starts[i].assume_init() }
    }

    #[inline(always)]
    fn point(&mut self, register: u8, to: *mut u8) {
        // SAFETY: registers and outputs are fewer than there are places.
        unsafe { self.pointers.as_mut_ptr().cast::<*mut u8>().add(usize::from(register)).write(to) }
    }

    /// # Safety
    /// It was pointed somewhere.
    #[inline(always)]
    unsafe fn pointer(&self, register: u8) -> *mut u8 {
        // SAFETY: what the caller promises.
        unsafe { self.pointers.as_ptr().cast::<*mut u8>().add(usize::from(register)).read() }
    }

    /// Bytes (indices) from the start of a pin to an element.
    #[inline(always)]
    fn distance(&self, pin: &Pin, outer: &[usize], row: usize, column: usize) -> i64 {
        let rank = self.fused.rank;
        let mut distance = pin.strides[rank - 1] * column as i64;
        if rank > 1 {
            distance += pin.strides[rank - 2] * row as i64;
            for (&stride, &at) in pin.strides.iter().zip(outer) {
                distance += stride * at as i64;
            }
        }
        distance
    }

    /// Strides of the last two axes.
    #[inline(always)]
    fn layout(&self, pin: &Pin) -> Layout {
        let rank = self.fused.rank;
        Layout { row: if rank > 1 { pin.strides[rank - 2] } else { 0 }, column: pin.strides[rank - 1] }
    }

    /// Points registers to their tiles, and loads what all tiles share.
    unsafe fn prepare(&mut self, rows: usize, columns: usize) {
        let fused = self.fused;
        for micro in &self.loops.micros[fused.micro..][..fused.micro_count] {
            if micro.tile != OUTPUT {
                self.point(micro.target, self.tiles.wrapping_add(micro.tile as usize));
            }
        }
        let (height, width) = (fused.tile.0.min(rows), fused.tile.1.min(columns));
        for (i, pin) in self.pins.iter().enumerate() {
            if matches!(pin.mode, Mode::Once | Mode::Tile) && pin.kind != Kind::Output {
                self.point(pin.register, self.tiles.wrapping_add(pin.tile));
            }
            if pin.mode == Mode::Once {
                // SAFETY: what the caller of the loop promises; a tile has room for a whole one.
                unsafe { self.load(i, pin, &[], (0, height), (0, width)) };
            }
        }
    }

    /// Loads part of an operand into its tile.
    #[inline(always)]
    unsafe fn load(
        &self,
        i: usize,
        pin: &Pin,
        outer: &[usize],
        (row, height): (usize, usize),
        (column, width): (usize, usize),
    ) {
        let to = self.tiles.wrapping_add(pin.tile);
        let size = pin.dtype.bytes();
        let tile = Layout { row: (size * width) as i64, column: size as i64 };
        let (from, source) = match pin.kind {
            Kind::Constant => (pin.bits.as_ptr(), Layout { row: 0, column: 0 }),
            Kind::Index => {
                let first = self.start(i).addr() as i64;
                let start = first.wrapping_add(self.distance(pin, outer, row, column));
                let Layout { row, column } = self.layout(pin);
                // SAFETY: a tile has room for a whole one.
                return unsafe { iota(to, pin.dtype, start, (height, row), (width, column)) };
            }
            _ => {
                let distance = self.distance(pin, outer, row, column);
                (self.start(i).wrapping_offset(distance as isize).cast_const(), self.layout(pin))
            }
        };
        // SAFETY: elements of a checked operand, and of a tile that has room for a whole one.
        unsafe { copy(from, source, to, tile, (height, width), size) }
    }

    /// All steps over one tile.
    #[inline(always)]
    unsafe fn tile(&mut self, outer: &[usize], rows: (usize, usize), columns: (usize, usize)) {
        let fused = self.fused;
        let count = rows.1 * columns.1;
        let (inputs, outputs) = self.pins.split_at(fused.output - fused.pin);
        // SAFETY: operands were checked, registers have tiles with room for a whole one.
        unsafe {
            for (i, pin) in self.pins.iter().enumerate() {
                match pin.mode {
                    Mode::Direct | Mode::Late => {
                        let distance = self.distance(pin, outer, rows.0, columns.0);
                        self.point(pin.register, self.start(i).wrapping_offset(distance as isize));
                    }
                    Mode::Tile if pin.kind != Kind::Output => self.load(i, pin, outer, rows, columns),
                    Mode::Tile | Mode::Once => {}
                }
            }
            for micro in &self.loops.micros[fused.micro..][..fused.micro_count] {
                run_step(micro, count, self.pointers.as_mut_ptr().cast(), self.tiles.wrapping_add(fused.spare));
            }
            for (i, pin) in outputs.iter().enumerate() {
                let values = self.pointer(pin.source);
                if pin.is_computed {
                    canonical(values, count, pin.dtype);
                }
                let size = pin.dtype.bytes();
                match pin.mode {
                    Mode::Late => ptr::copy(values, self.pointer(pin.register), count * size),
                    Mode::Tile => {
                        let distance = self.distance(pin, outer, rows.0, columns.0);
                        let to = self.start(inputs.len() + i).wrapping_offset(distance as isize);
                        let tile = Layout { row: (size * columns.1) as i64, column: size as i64 };
                        copy(values, tile, to, self.layout(pin), (rows.1, columns.1), size);
                    }
                    Mode::Direct | Mode::Once => {}
                }
            }
        }
    }

    /// A copy of the last two axes, without tiles.
    unsafe fn copy_plane(&self, outer: &[usize], rows: usize, columns: usize) {
        let output = self.fused.output - self.fused.pin;
        let target = &self.pins[output];
        let source = usize::from(target.source);
        let (from, to) = (&self.pins[source], target);
        let source_start = self.start(source).wrapping_offset(self.distance(from, outer, 0, 0) as isize);
        let target_start = self.start(output).wrapping_offset(self.distance(to, outer, 0, 0) as isize);
        let size = to.dtype.bytes();
        // SAFETY: elements of checked operands.
        unsafe { copy(source_start, self.layout(from), target_start, self.layout(to), (rows, columns), size) }
    }
}

/// One step over one tile, through `spare` where it would write over what it reads.
///
/// # Safety
/// As for [`Micro::run`], but that they may overlap; `pointers` can be written.
#[inline(always)]
pub unsafe fn run_step(micro: &Micro, count: usize, pointers: *mut *mut u8, spare: *mut u8) {
    // SAFETY: what the caller promises.
    unsafe {
        if micro.may_overlap && micro.overlaps(count, pointers) {
            let target = pointers.add(usize::from(micro.target));
            let to = target.replace(spare);
            micro.run(count, pointers);
            ptr::copy(spare, to, count * micro.written.bytes());
            target.write(to);
        } else {
            micro.run(count, pointers);
        }
    }
}

/// Makes the NaNs of a tile the canonical one.
///
/// # Safety
/// `count` elements of the type are there.
#[inline(always)]
pub unsafe fn canonical(values: *mut u8, count: usize, dtype: Type) {
    // SAFETY: what the caller promises.
    unsafe {
        match dtype {
            Type::F32 => canonical_f32(std::slice::from_raw_parts_mut(values.cast(), count)),
            Type::F64 => canonical_f64(std::slice::from_raw_parts_mut(values.cast(), count)),
            _ => {}
        }
    }
}
