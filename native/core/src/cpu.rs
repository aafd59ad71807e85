//! Which vector instructions this machine has, found once at run time.

use std::sync::atomic::{AtomicU8, Ordering};

/// Instruction sets that jobs are compiled for, weakest first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[repr(u8)]
pub enum Level {
    Portable = 1,
    /// AVX2 without FMA: products and sums are rounded one by one.
    Avx2 = 2,
    /// AVX-512 F, VL, BW, DQ.
    Avx512 = 3,
}

static LEVEL: AtomicU8 = AtomicU8::new(0);

/// The best level of this machine, or the lower one that [`limit`] set.
#[inline]
pub fn level() -> Level {
    match LEVEL.load(Ordering::Relaxed) {
        0 => limit(Level::Avx512),
        1 => Level::Portable,
        2 => Level::Avx2,
        _ => Level::Avx512,
    }
}

/// Uses at most `level` from now on, in the whole process, and returns what is in use:
/// never more than the machine has. Results do not depend on it.
pub fn limit(level: Level) -> Level {
    let chosen = level.min(detect());
    LEVEL.store(chosen as u8, Ordering::Relaxed);
    chosen
}

#[cfg(target_arch = "x86_64")]
fn detect() -> Level {
    if is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512vl")
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512dq")
    {
        Level::Avx512
    } else if is_x86_feature_detected!("avx2") {
        Level::Avx2
    } else {
        Level::Portable
    }
}

#[cfg(not(target_arch = "x86_64"))]
fn detect() -> Level {
    Level::Portable
}

/// Runs `test` at every level that the machine has. Such tests take turns: the level belongs to the process.
#[cfg(test)]
pub fn at_each_level(mut test: impl FnMut(Level)) {
    use std::sync::{Mutex, PoisonError};

    static TURN: Mutex<()> = Mutex::new(());
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    for level in [Level::Portable, Level::Avx2, Level::Avx512] {
        if limit(level) == level {
            test(level);
        }
    }
}

/// Bytes for tests: a linear congruential sequence.
#[cfg(test)]
pub fn noise(count: usize) -> Vec<u8> {
    let mut state = 1u32;
    let next = |_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    (0..count).map(next).collect()
}

/// Compiles one function body for every [`Level`] and picks by [`level`] on each call (about a nanosecond).
///
/// ```ignore
/// multiversion! {
///     /// Doc comment.
///     pub fn double(values: &mut [f32]) {
///         for value in values { *value *= 2.0; }
///     }
/// }
/// ```
macro_rules! multiversion {
    ($(#[$meta:meta])* pub fn $name:ident($($argument:ident: $type:ty),* $(,)?) $(-> $result:ty)? $body:block) => {
        $(#[$meta])*
        pub fn $name($($argument: $type),*) $(-> $result)? {
            #[inline(always)]
            fn body($($argument: $type),*) $(-> $result)? $body

            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq")]
                fn avx512($($argument: $type),*) $(-> $result)? { body($($argument),*) }
                #[target_feature(enable = "avx2")]
                fn avx2($($argument: $type),*) $(-> $result)? { body($($argument),*) }

                match $crate::cpu::level() {
                    // SAFETY: the level is never above what the machine was found to have.
                    $crate::cpu::Level::Avx512 => return unsafe { avx512($($argument),*) },
                    // SAFETY: as above.
                    $crate::cpu::Level::Avx2 => return unsafe { avx2($($argument),*) },
                    $crate::cpu::Level::Portable => {}
                }
            }
            #[allow(unreachable_code)]
            body($($argument),*)
        }
    };
}
pub(crate) use multiversion;
