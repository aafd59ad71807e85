//! Columns as the host lays them out.

use std::alloc::{Layout, alloc};

/// Where the entities and the columns of a call are.
pub struct Lists {
    table: *const u32,
    count: usize,
}

impl Lists {
    /// # Safety
    /// `table` is what the host gave to a hook, with that many rows.
    pub unsafe fn new(table: *const u32, count: i32) -> Self {
        Self { table, count: count as usize }
    }

    /// The column of that number in the manifest, whose elements are `T`.
    ///
    /// # Safety
    /// `T` is the type of its elements, and no other slice of the column is alive.
    pub unsafe fn column<'a, T>(&self, index: usize) -> &'a mut [T] {
        // SAFETY: the table has the entities first, then the columns.
        unsafe {
            let place = *self.table.add(index + 1) as usize as *mut T;
            std::slice::from_raw_parts_mut(place, self.count)
        }
    }
}

/// Memory for the host's lists, for good.
#[unsafe(no_mangle)]
pub extern "C" fn worldloom_alloc(bytes: i32) -> *mut u8 {
    match Layout::from_size_align(bytes.max(1) as usize, 16) {
        // SAFETY: the size is not 0.
        Ok(layout) => unsafe { alloc(layout) },
        Err(_) => std::ptr::null_mut(),
    }
}
