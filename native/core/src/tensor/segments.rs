//! Rows that lie in segments of columns, to a matrix and back.

use super::copy::{Layout, copy};
use super::fold::Value;
use super::format::Type;
use super::lane::Lane;
use super::operand::{View, refuse};
use super::plan::Space;
use super::program::Node;
use super::refusal::Refusal;
use crate::layout::{Reason, element};

/// # Safety
/// As for all instructions: the operand was checked to lie inside memory that the lane's bases lead to.
pub unsafe fn load(
    node: &Node,
    views: &[View],
    lane: &mut Lane,
    record: u32,
    space: Space,
    columns: Space,
) -> Result<(), Refusal> {
    let [result] = views else { return Ok(()) };
    let to = lane.at(result);
    // SAFETY: what the caller promises; elements of columns were checked by the table.
    unsafe {
        each_stretch(node, result, lane, record, space, columns, |piece, at| {
            let to = to.wrapping_offset(at as isize);
            let layout = Layout { row: 0, column: result.strides[0] };
            if same_type(result.dtype) == Some(piece.code) {
                copy(piece.start, piece.layout(), to, layout, (1, piece.count), result.size());
                return;
            }
            for i in 0..piece.count {
                let value = read(piece.at(i), piece.code);
                let is_float = piece.code == element::F32 || piece.code == element::F64;
                cast(value, is_float, result.dtype, to.wrapping_offset((layout.column * i as i64) as isize));
            }
        })
    }
}

/// # Safety
/// As for [`load`], and nothing else writes the rows.
pub unsafe fn store(
    node: &Node,
    views: &[View],
    lane: &mut Lane,
    record: u32,
    space: Space,
    columns: Space,
) -> Result<(), Refusal> {
    let [source] = views else { return Ok(()) };
    let from = lane.at(source).cast_const();
    // SAFETY: what the caller promises; elements of columns were checked by the table.
    unsafe {
        each_stretch(node, source, lane, record, space, columns, |piece, at| {
            let from = from.wrapping_offset(at as isize);
            let layout = Layout { row: 0, column: source.strides[0] };
            if same_type(source.dtype) == Some(piece.code) {
                copy(from, layout, piece.start, piece.layout(), (1, piece.count), source.size());
                return;
            }
            for i in 0..piece.count {
                let from = from.wrapping_offset((layout.column * i as i64) as isize);
                let (value, is_float) = match source.dtype {
                    Type::Bool | Type::U8 => (f64::from(from.read()), false),
                    Type::I32 => (f64::from(from.cast::<i32>().read()), false),
                    Type::F32 => (f64::from(from.cast::<f32>().read()), true),
                    Type::F64 => (from.cast::<f64>().read(), true),
                };
                write(piece.at(i), piece.code, value, is_float);
            }
        })
    }
}

/// Rows of one column that follow each other in one segment.
struct Piece {
    start: *mut u8,
    stride: u32,
    count: usize,
    code: u32,
}

impl Piece {
    fn layout(&self) -> Layout {
        Layout { row: 0, column: i64::from(self.stride) }
    }

    fn at(&self, row: usize) -> *mut u8 {
        self.start.wrapping_add(self.stride as usize * row)
    }
}

/// Rows that are copied at a time, so that the lines of the matrix stay in the nearest cache from column to column.
const ROWS: usize = 64;

/// Checks the segment table, then calls `each` with every piece and the bytes from the start of the matrix to where it goes.
unsafe fn each_stretch(
    node: &Node,
    matrix: &View,
    lane: &mut Lane,
    record: u32,
    space: Space,
    columns: Space,
    mut each: impl FnMut(&Piece, i64),
) -> Result<(), Refusal> {
    let [column_count, offset, _] = node.numbers;
    let column_count = column_count as usize;
    let refused = |reason| Refusal { operand: "segments", ..refuse(reason, record) };
    let first = space.words(offset, 1).ok_or_else(|| refused(Reason::Range))?;
    let segments = first[0] as usize;
    let count = 1 + segments + column_count * (2 + segments);
    let table = space.words(offset, count).ok_or_else(|| refused(Reason::Range))?;
    // What is stored may lie over the table.
    let own = lane.spare.room(count * 4).cast::<u32>();
    // SAFETY: the room is for as many words.
    let table = unsafe {
        own.copy_from_nonoverlapping(table.as_ptr(), count);
        std::slice::from_raw_parts(own.cast_const(), count)
    };
    let (rows, rest) = table[1..].split_at(segments);
    if rows.iter().map(|&rows| u64::from(rows)).sum::<u64>() != matrix.extents[0] as u64 {
        return Err(refused(Reason::Value));
    }
    for column in rest.chunks_exact(2 + segments) {
        let &bytes = element::BYTES.get(column[0] as usize).ok_or_else(|| refused(Reason::Value))?;
        for (&rows, &start) in rows.iter().zip(&column[2..]) {
            if rows == 0 {
                continue;
            }
            let end = u64::from(start) + (u64::from(rows) - 1) * u64::from(column[1]) + u64::from(bytes);
            if end > columns.bytes() {
                return Err(refused(Reason::Range));
            }
            if !start.is_multiple_of(bytes) || !column[1].is_multiple_of(bytes) {
                return Err(refused(Reason::Alignment));
            }
        }
    }
    let mut before = 0;
    for (segment, &rows) in rows.iter().enumerate() {
        let rows = rows as usize;
        for row in (0..rows).step_by(ROWS) {
            for (column, words) in rest.chunks_exact(2 + segments).enumerate() {
                let (code, stride) = (words[0], words[1]);
                let at = words[2 + segment] as usize + row * stride as usize;
                let piece = Piece { start: columns.base().wrapping_add(at), stride, count: ROWS.min(rows - row), code };
                each(&piece, matrix.strides[0] * (before + row) as i64 + matrix.strides[1] * column as i64);
            }
        }
        before += rows;
    }
    Ok(())
}

/// The element code that holds a type as it is.
fn same_type(dtype: Type) -> Option<u32> {
    match dtype {
        Type::Bool => None,
        Type::U8 => Some(element::U8),
        Type::I32 => Some(element::I32),
        Type::F32 => Some(element::F32),
        Type::F64 => Some(element::F64),
    }
}

/// # Safety
/// An element of this code is there, aligned.
unsafe fn read(at: *const u8, code: u32) -> f64 {
    // SAFETY: what the caller promises.
    unsafe {
        match code {
            element::F32 => f64::from(at.cast::<f32>().read()),
            element::F64 => at.cast::<f64>().read(),
            element::I8 => f64::from(at.cast::<i8>().read()),
            element::U8 => f64::from(at.read()),
            element::I16 => f64::from(at.cast::<i16>().read()),
            element::U16 => f64::from(at.cast::<u16>().read()),
            element::I32 => f64::from(at.cast::<i32>().read()),
            _ => f64::from(at.cast::<u32>().read()),
        }
    }
}

/// Writes a value as an element: floats stay within its limits, integers wrap.
///
/// # Safety
/// There is room for an element of this code, aligned.
unsafe fn write(at: *mut u8, code: u32, value: f64, is_float: bool) {
    let wrapped = value as i64;
    // SAFETY: what the caller promises.
    unsafe {
        match code {
            element::F32 => at.cast::<f32>().write((value as f32).canonical()),
            element::F64 => at.cast::<f64>().write(value.canonical()),
            element::I8 => at.cast::<i8>().write(if is_float { value as i8 } else { wrapped as i8 }),
            element::U8 => at.write(if is_float { value as u8 } else { wrapped as u8 }),
            element::I16 => at.cast::<i16>().write(if is_float { value as i16 } else { wrapped as i16 }),
            element::U16 => at.cast::<u16>().write(if is_float { value as u16 } else { wrapped as u16 }),
            element::I32 => at.cast::<i32>().write(if is_float { value as i32 } else { wrapped as i32 }),
            _ => at.cast::<u32>().write(if is_float { value as u32 } else { wrapped as u32 }),
        }
    }
}

/// Writes a value as an element of a tensor.
///
/// # Safety
/// There is room for an element of this type, aligned.
unsafe fn cast(value: f64, is_float: bool, dtype: Type, to: *mut u8) {
    // SAFETY: what the caller promises.
    unsafe {
        match dtype {
            Type::Bool => to.write(u8::from(value != 0.0)),
            Type::U8 => write(to, element::U8, value, is_float),
            Type::I32 => write(to, element::I32, value, is_float),
            Type::F32 => write(to, element::F32, value, is_float),
            Type::F64 => write(to, element::F64, value, is_float),
        }
    }
}
