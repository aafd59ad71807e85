//! The memory that JavaScript bound, as slices.

use std::cell::{Cell, RefCell};
use std::slice;

use napi::bindgen_prelude::Uint8Array;

thread_local! {
    static BOUND: RefCell<Vec<Vec<Column>>> = const { RefCell::new(Vec::new()) };
    static CHOSEN: Cell<usize> = const { Cell::new(0) };
}

#[derive(Clone, Copy)]
struct Column {
    start: *mut u8,
    bytes: usize,
}

pub fn bind(arrays: Vec<Uint8Array>) -> u32 {
    let list = arrays
        .into_iter()
        .map(|array| {
            let column = Column { start: array.as_ptr().cast_mut(), bytes: array.len() };
            // What refers to the array is never let go of, so the memory stays.
            std::mem::forget(array);
            column
        })
        .collect();
    BOUND.with_borrow_mut(|bound| {
        bound.push(list);
        bound.len() as u32 - 1
    })
}

pub fn choose(number: usize) {
    CHOSEN.set(number);
}

/// The first `N` columns, `count` elements of each.
pub fn floats<const N: usize>(count: usize) -> Option<[&'static mut [f32]; N]> {
    let mut missing = false;
    let found = std::array::from_fn(|index| {
        elements(index, count).unwrap_or_else(|| {
            missing = true;
            &mut []
        })
    });
    if missing { None } else { Some(found) }
}

pub fn words(index: usize, count: usize) -> Option<&'static mut [i32]> {
    elements(index, count)
}

pub fn halves(index: usize, count: usize) -> Option<&'static mut [u16]> {
    elements(index, count)
}

fn elements<T>(index: usize, count: usize) -> Option<&'static mut [T]> {
    let column = BOUND.with_borrow(|bound| bound.get(CHOSEN.get())?.get(index).copied())?;
    let start = column.start.cast::<T>();
    if count.checked_mul(size_of::<T>())? > column.bytes || !start.is_aligned() {
        return None;
    }
    // SAFETY: so many bytes are there, they are never freed, and columns do not overlap; each is taken once in a call.
    Some(unsafe { slice::from_raw_parts_mut(start, count) })
}
