//! The time slice of the calling thread: whoever wakes on its processor with a shorter one goes first. Linux has that from
//! 6.12 on, for all users.

#[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
mod system {
    use std::ffi::{c_long, c_uint};
    use std::ptr;

    const SET: c_long = if cfg!(target_arch = "x86_64") { 314 } else { 274 };
    const GET: c_long = SET + 1;
    const CALLER: c_long = 0;
    const SCHED_OTHER: u32 = 0;
    const BYTES: c_uint = size_of::<Attributes>() as c_uint;

    unsafe extern "C" {
        fn syscall(number: c_long, ...) -> c_long;
    }

    /// `struct sched_attr`, as the first version of it was. For ordinary threads `runtime` is the slice.
    #[repr(C)]
    #[derive(Default)]
    struct Attributes {
        size: u32,
        policy: u32,
        flags: u64,
        nice: i32,
        priority: u32,
        runtime: u64,
        deadline: u64,
        period: u64,
    }

    pub fn set(nanoseconds: u64) -> u64 {
        let Some(now) = get() else { return 0 };
        if now.policy != SCHED_OTHER {
            return 0;
        }
        let wanted = Attributes { size: BYTES, runtime: nanoseconds, ..now };
        // SAFETY: the call reads `size` bytes of what it is given.
        unsafe { syscall(SET, CALLER, ptr::from_ref(&wanted), 0 as c_uint) };
        get().map_or(0, |after| if after.runtime == nanoseconds { nanoseconds } else { 0 })
    }

    fn get() -> Option<Attributes> {
        let mut now = Attributes::default();
        // SAFETY: the call writes at most as many bytes as it is told.
        let status = unsafe { syscall(GET, CALLER, ptr::from_mut(&mut now), BYTES, 0 as c_uint) };
        (status == 0).then_some(now)
    }
}

/// Gives the calling thread slices of so many nanoseconds. Answers how many it has now, 0 if the system does not say or the
/// thread has another policy than the usual one.
#[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
pub fn set(nanoseconds: u64) -> u64 {
    system::set(nanoseconds)
}

#[cfg(not(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64"))))]
pub fn set(_: u64) -> u64 {
    0
}
