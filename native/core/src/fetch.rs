//! Asking for memory before it is needed.

/// Starts to bring element `index` into the first cache. An index outside the slice does no harm. Does nothing on
/// machines other than x86-64.
#[inline(always)]
pub fn fetch<T>(slice: &[T], index: usize) {
    fetch_at(slice.as_ptr().wrapping_add(index));
}

/// The same for what `place` points to, wherever that is.
#[inline(always)]
pub fn fetch_at<T>(place: *const T) {
    prefetch::<3, T>(place);
}

/// The same for what is about to be written: no other processor keeps a copy. Machines that have no such instruction
/// do nothing.
#[inline(always)]
pub fn fetch_to_write_at<T>(place: *const T) {
    prefetch::<7, T>(place);
}

/// `HINT` is `_MM_HINT_T0` or `_MM_HINT_ET0`, which other machines do not have.
#[inline(always)]
fn prefetch<const HINT: i32, T>(place: *const T) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: a prefetch does not read, whatever the address.
    unsafe {
        std::arch::x86_64::_mm_prefetch::<HINT>(place.cast())
    };
    #[cfg(not(target_arch = "x86_64"))]
    let _ = place;
}
