//! How a fused loop is run: axes in the order of the first output, neighbours taken as one where all operands allow it,
//! registers in as few tiles as possible.

use super::axes::{Axes, tile_of};
use super::flat::{Flat, Place, Tiny};
use super::format::{RANK_MAX, REGISTERS_MAX, Step, TILE, Type};
use super::kernel::{Micro, OUTPUT, cast_bits};
use super::operand::{LOCAL, View};
use super::program::{Fuse, Program};

/// Fused loops that are ready to run.
#[derive(Debug, Default)]
pub struct Loops {
    pub loops: Vec<Loop>,
    pub pins: Vec<Pin>,
    pub micros: Vec<Micro>,
    pub tinies: Vec<Tiny>,
    pub flats: Vec<Flat>,
    pub places: Vec<Place>,
    /// The strides of each pin of an epilogue along all axes of its operand.
    pub strides: Vec<[i64; RANK_MAX]>,
    /// Bytes of tiles that the largest one needs.
    pub tile_bytes: usize,
}

#[derive(Clone, Copy, Debug)]
pub struct Loop {
    /// Extents, outermost first; of `rows_axis` what to multiply with the rows of the block.
    pub dims: [usize; RANK_MAX],
    pub rank: usize,
    /// [`RANK_MAX`] if there is none.
    pub rows_axis: usize,
    /// Of the last two axes, what a tile has of each.
    pub tile: (usize, usize),
    /// Inputs, indices and constants first, then outputs.
    pub pin: usize,
    pub pin_count: usize,
    pub output: usize,
    pub micro: usize,
    pub micro_count: usize,
    pub tile_bytes: usize,
    /// Of an epilogue: where the strides of its pins are.
    pub stride: usize,
    /// One output, of a register that is an input.
    pub is_copy: bool,
    /// A tile for a step that would write over what it reads.
    pub spare: usize,
}

/// An operand of a fused loop, or what takes the place of one.
#[derive(Clone, Copy, Debug)]
pub struct Pin {
    pub kind: Kind,
    pub mode: Mode,
    pub dtype: Type,
    /// Its place in the table of pointers.
    pub register: u8,
    /// Of an output: where its values are.
    pub source: u8,
    /// Of an output: whether steps computed it, so that it may hold any NaN.
    pub is_computed: bool,
    pub base: u16,
    pub offset: i64,
    pub row_step: i64,
    /// In bytes; of indices in indices.
    pub strides: [i64; RANK_MAX],
    /// The bytes from the base that it reaches.
    pub low: i64,
    pub high: i64,
    /// Of constants: the value.
    pub bits: [u8; 8],
    /// Where its tile begins.
    pub tile: usize,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    Input,
    Index,
    Constant,
    Output,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mode {
    /// Tiles, or the one value of each, lie in the operand itself.
    Direct,
    /// Tiles lie in the operand, but are written when all else has been read.
    Late,
    /// Loaded once for all tiles.
    Once,
    /// Loaded, or stored, for each tile.
    Tile,
}

impl Loops {
    pub fn clear(&mut self) {
        self.loops.clear();
        self.pins.clear();
        self.micros.clear();
        self.tinies.clear();
        self.flats.clear();
        self.places.clear();
        self.strides.clear();
        self.tile_bytes = 0;
    }

    /// Adds the loop of `fuse`, whose operands have these views. Of an epilogue the axes before the last two are left out,
    /// and it runs over some rows at a time.
    pub fn add(&mut self, program: &Program, fuse: &Fuse, views: &[View], is_epilogue: bool) {
        let pin = self.pins.len();
        let shape = &views[fuse.output_operands().start];
        let skip = if is_epilogue { shape.rank() - 2 } else { 0 };
        let extents = &shape.extents()[skip..];
        for (register, view) in views[fuse.input_operands()].iter().enumerate() {
            self.pins.push(pin_of(view, Kind::Input, register as u8));
        }
        for code in program.steps_of(fuse) {
            match code.step {
                Step::Constant => self.pins.push(Pin {
                    kind: Kind::Constant,
                    bits: cast_bits(code.constant, code.dtype),
                    ..empty_pin(code.dtype, code.target)
                }),
                Step::Iota => self.pins.push(index_pin(code.dtype, code.target, code.extra, shape)),
                _ => {}
            }
        }
        let output = self.pins.len();
        let results = program.results_of(fuse);
        for (i, view) in views[fuse.output_operands()].iter().enumerate() {
            let source = results[i];
            let is_computed = program.steps_of(fuse).iter().any(|code| code.target == source && !is_pin(code.step));
            let pin = pin_of(view, Kind::Output, (REGISTERS_MAX + i) as u8);
            self.pins.push(Pin { source, is_computed, ..pin });
        }
        let micro = self.micros.len();
        let codes = program.steps_of(fuse).iter().filter(|code| !is_pin(code.step));
        self.micros.extend(codes.map(Micro::of));
        let stride = self.strides.len();
        if is_epilogue {
            for pin in &mut self.pins[pin..] {
                self.strides.push(pin.strides);
                pin.strides.rotate_left(skip);
                pin.strides[RANK_MAX - skip..].fill(0);
            }
        }
        let has_rows = shape.has_rows || is_epilogue;
        let axes = Axes::of(extents, has_rows, &self.pins[pin..], output - pin);
        let mut fused = Loop {
            dims: axes.dims,
            rank: axes.rank,
            rows_axis: axes.rows_axis,
            tile: (1, TILE),
            pin,
            pin_count: self.pins.len() - pin,
            output,
            micro,
            micro_count: self.micros.len() - micro,
            tile_bytes: TILE * 4,
            stride,
            is_copy: false,
            spare: 0,
        };
        for pin in &mut self.pins[pin..] {
            pin.strides = axes.strides(pin);
        }
        fused.is_copy = fused.micro_count == 0 && fuse.outputs == 1 && u32::from(results[0]) < fuse.inputs;
        fused.tile = tile_of(&axes, &self.pins[pin..]);
        let is_wide = |dtype: Type| dtype == Type::F64;
        let pins_wide = self.pins[pin..].iter().any(|pin| is_wide(pin.dtype));
        let micros_wide = self.micros[micro..].iter().any(|micro| is_wide(micro.written));
        if pins_wide || micros_wide {
            fused.tile_bytes *= 2;
        }
        self.place(&mut fused, &axes);
        self.loops.push(fused);
    }

    /// Chooses how operands are reached and which tile each register has.
    fn place(&mut self, fused: &mut Loop, axes: &Axes) {
        let (pins, micros) = (&mut self.pins[fused.pin..], &mut self.micros[fused.micro..]);
        let (inputs, outputs) = pins.split_at_mut(fused.output - fused.pin);
        let last = last_reads(micros, outputs);
        // Outputs that are inputs as they were must not be written before all are read.
        let is_passed = outputs.len() > 1 && outputs.iter().any(|pin| !pin.is_computed);
        let mut tiles = Tiles { is_free: [true; TILES_MAX], count: 0 };
        // The tile that a register has for as long as it is needed; a number past all others if it has none.
        let mut owned = [u8::MAX; REGISTERS_MAX];
        let mut in_place = 0;
        for pin in inputs.iter_mut() {
            let read = last[usize::from(pin.register)];
            let is_direct = pin.kind == Kind::Input && axes.is_direct(pin, fused.tile) && !is_passed;
            if is_direct || read == 0 {
                pin.mode = Mode::Direct;
                in_place = in_place.max(read);
                continue;
            }
            let is_one = pin.kind == Kind::Input && axes.is_one(pin, fused.tile) && !is_passed && read != u8::MAX;
            if is_one && with_one(micros, pin.register) {
                pin.mode = Mode::Direct;
                in_place = in_place.max(read);
                continue;
            }
            let tile = tiles.take();
            pin.tile = tile * fused.tile_bytes;
            pin.mode = if axes.is_fixed(pin, fused.tile) { Mode::Once } else { Mode::Tile };
            // What is loaded once stays.
            if pin.mode == Mode::Tile {
                owned[usize::from(pin.register)] = tile as u8;
            }
        }
        for pin in outputs.iter_mut() {
            pin.mode = if axes.is_direct(pin, fused.tile) { Mode::Late } else { Mode::Tile };
            if pin.is_computed {
                let writer = micros.iter_mut().find(|micro| micro.target == pin.source);
                pin.is_computed = writer.is_some_and(Micro::finish);
            }
        }
        for i in 0..micros.len() {
            let target = micros[i].target;
            let output = outputs.iter_mut().find(|pin| pin.mode == Mode::Late && pin.source == target);
            if let (Some(pin), true) = (output, i + 1 >= usize::from(in_place)) {
                pin.mode = Mode::Direct;
                let register = pin.register;
                let operands = micros[i].operands;
                let reads = |input: &Pin| input.mode == Mode::Direct && operands.contains(&input.register);
                micros[i].may_overlap = inputs.iter().any(|input| reads(input) && may_overlap(input, pin));
                // Whoever reads the register reads the output.
                outputs.iter_mut().filter(|pin| pin.source == target).for_each(|pin| pin.source = register);
                let operands = micros[i + 1..].iter_mut().flat_map(|micro| &mut micro.operands);
                operands.filter(|operand| **operand == target).for_each(|operand| *operand = register);
                (micros[i].target, micros[i].tile) = (register, OUTPUT);
            } else {
                let tile = tiles.take();
                owned[usize::from(target)] = tile as u8;
                micros[i].tile = (tile * fused.tile_bytes) as u32;
            }
            for register in
                micros[i].operands.into_iter().chain([target]).filter(|&one| usize::from(one) < REGISTERS_MAX)
            {
                let tile = &mut owned[usize::from(register)];
                if usize::from(last[usize::from(register)]) <= i + 1 && *tile != u8::MAX {
                    tiles.is_free[usize::from(*tile)] = true;
                    *tile = u8::MAX;
                }
            }
        }
        fused.spare = tiles.count * fused.tile_bytes;
        self.tile_bytes = self.tile_bytes.max((tiles.count + 1) * fused.tile_bytes);
    }
}

/// Has all steps that read a register take it for one value; does nothing and returns false if one cannot.
fn with_one(micros: &mut [Micro], register: u8) -> bool {
    let mut readers = micros.iter().filter(|micro| micro.operands.contains(&register));
    let is_possible = readers.all(|micro| micro.with_one(register).is_some());
    if is_possible {
        for micro in micros.iter_mut().filter(|micro| micro.operands.contains(&register)) {
            *micro = micro.with_one(register).unwrap_or(*micro);
        }
    }
    is_possible
}

/// The step after the last that reads each register, the largest number where it is an output; 0 if nothing reads it.
fn last_reads(micros: &[Micro], outputs: &[Pin]) -> [u8; REGISTERS_MAX] {
    let mut last = [0; REGISTERS_MAX];
    for (i, micro) in micros.iter().enumerate() {
        for register in micro.operands {
            last[usize::from(register)] = i as u8 + 1;
        }
    }
    for pin in outputs {
        last[usize::from(pin.source)] = u8::MAX;
    }
    last
}

/// Registers never have more.
const TILES_MAX: usize = REGISTERS_MAX + 1;

struct Tiles {
    is_free: [bool; TILES_MAX],
    count: usize,
}

impl Tiles {
    fn take(&mut self) -> usize {
        let tile = self.is_free.iter().position(|&free| free).unwrap_or(TILES_MAX - 1);
        self.is_free[tile] = false;
        self.count = self.count.max(tile + 1);
        tile
    }
}

/// Whether a step does nothing but provide values that do not depend on others.
fn is_pin(step: Step) -> bool {
    matches!(step, Step::Constant | Step::Iota)
}

fn empty_pin(dtype: Type, register: u8) -> Pin {
    Pin {
        kind: Kind::Constant,
        mode: Mode::Once,
        dtype,
        register,
        source: 0,
        is_computed: false,
        base: 0,
        offset: 0,
        row_step: 0,
        strides: [0; RANK_MAX],
        low: 0,
        high: 0,
        bits: [0; 8],
        tile: 0,
    }
}

fn pin_of(view: &View, kind: Kind, register: u8) -> Pin {
    let (strides, row_step) = (view.strides, view.row_step);
    let (low, high) = (view.low, view.high);
    Pin { kind, base: view.base, offset: view.offset, row_step, strides, low, high, ..empty_pin(view.dtype, register) }
}

/// Whether two operands may have bytes in common.
fn may_overlap(one: &Pin, other: &Pin) -> bool {
    if one.base == other.base {
        return one.low < other.high && other.low < one.high;
    }
    one.base != LOCAL && other.base != LOCAL
}

/// Indices along `axis`, or in row-major order, as if they were read from memory.
fn index_pin(dtype: Type, register: u8, axis: u8, shape: &View) -> Pin {
    let mut strides = [0; RANK_MAX];
    if axis == u8::MAX {
        let mut stride = 1i64;
        for at in (0..shape.rank()).rev() {
            strides[at] = stride;
            stride = stride.wrapping_mul(shape.extents[at] as i64);
        }
    } else {
        strides[usize::from(axis)] = 1;
    }
    let row_step = if shape.has_rows { strides[0] } else { 0 };
    Pin { kind: Kind::Index, row_step, strides, ..empty_pin(dtype, register) }
}
