//! Vectors of AVX-512F, and of AVX2 with FMA.

use std::arch::x86_64::*;

use super::lanes::Lanes;

#[derive(Clone, Copy)]
pub struct Wide32(__m512);
#[derive(Clone, Copy)]
pub struct Wide64(__m512d);
#[derive(Clone, Copy)]
pub struct Half32(__m256);
#[derive(Clone, Copy)]
pub struct Half64(__m256d);

/// A window over this starting at `8 - count` is a mask of the first `count` of 8 lanes.
static FIRST: [i32; 16] = [-1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0];

macro_rules! wide {
    ($name:ident, $item:ty, $count:literal, $mask:ty, $low:expr, $high:expr, $index:ident,
     $zero:ident $splat:ident $load:ident $load_first:ident $store:ident $store_first:ident $fused:ident $zip:ident) => {
        // SAFETY: every method is one instruction of AVX-512F (zip is two) that touches the elements asked for alone.
        unsafe impl Lanes for $name {
            type Item = $item;
            const COUNT: usize = $count;

            #[inline(always)]
            unsafe fn zero() -> Self {
                // SAFETY: as the trait says.
                Self(unsafe { $zero() })
            }
            #[inline(always)]
            unsafe fn splat(value: $item) -> Self {
                // SAFETY: as the trait says.
                Self(unsafe { $splat(value) })
            }
            #[inline(always)]
            unsafe fn load(from: *const $item) -> Self {
                // SAFETY: as the trait says.
                Self(unsafe { $load(from) })
            }
            #[inline(always)]
            unsafe fn load_first(from: *const $item, count: usize) -> Self {
                // SAFETY: as the trait says.
                Self(unsafe { $load_first(((1u32 << count) - 1) as $mask, from) })
            }
            #[inline(always)]
            unsafe fn store(self, to: *mut $item) {
                // SAFETY: as the trait says.
                unsafe { $store(to, self.0) }
            }
            #[inline(always)]
            unsafe fn store_first(self, to: *mut $item, count: usize) {
                // SAFETY: as the trait says.
                unsafe {
                    if count == $count {
                        return self.store(to);
                    }
                    $store_first(to, ((1u32 << count) - 1) as $mask, self.0)
                }
            }
            #[inline(always)]
            unsafe fn fetch(from: *const $item) {
                // SAFETY: a hint that faults nowhere.
                unsafe { _mm_prefetch::<_MM_HINT_T0>(from.cast()) }
            }
            #[inline(always)]
            unsafe fn fused(self, by: Self, to: Self) -> Self {
                // SAFETY: as the trait says.
                Self(unsafe { $fused(self.0, by.0, to.0) })
            }
            #[inline(always)]
            unsafe fn zip(self, other: Self) -> (Self, Self) {
                // SAFETY: as the trait says; the tables are whole vectors.
                unsafe {
                    let low = $index($low.as_ptr().cast());
                    let high = $index($high.as_ptr().cast());
                    (Self($zip(self.0, low, other.0)), Self($zip(self.0, high, other.0)))
                }
            }
        }
    };
}

static LOW32: [i32; 16] = [0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23];
static HIGH32: [i32; 16] = [8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31];
static LOW64: [i64; 8] = [0, 8, 1, 9, 2, 10, 3, 11];
static HIGH64: [i64; 8] = [4, 12, 5, 13, 6, 14, 7, 15];

wide!(Wide32, f32, 16, __mmask16, LOW32, HIGH32, _mm512_loadu_si512,
    _mm512_setzero_ps _mm512_set1_ps _mm512_loadu_ps _mm512_maskz_loadu_ps _mm512_storeu_ps _mm512_mask_storeu_ps
    _mm512_fmadd_ps _mm512_permutex2var_ps);
wide!(Wide64, f64, 8, __mmask8, LOW64, HIGH64, _mm512_loadu_si512,
    _mm512_setzero_pd _mm512_set1_pd _mm512_loadu_pd _mm512_maskz_loadu_pd _mm512_storeu_pd _mm512_mask_storeu_pd
    _mm512_fmadd_pd _mm512_permutex2var_pd);

macro_rules! half {
    ($name:ident, $item:ty, $count:literal, $words:literal,
     $zero:ident $splat:ident $load:ident $load_first:ident $store:ident $store_first:ident $fused:ident
     $low:ident $high:ident $halves:ident) => {
        // SAFETY: every method is a few instructions of AVX2 and FMA that touch the elements asked for alone.
        unsafe impl Lanes for $name {
            type Item = $item;
            const COUNT: usize = $count;

            #[inline(always)]
            unsafe fn zero() -> Self {
                // SAFETY: as the trait says.
                Self(unsafe { $zero() })
            }
            #[inline(always)]
            unsafe fn splat(value: $item) -> Self {
                // SAFETY: as the trait says.
                Self(unsafe { $splat(value) })
            }
            #[inline(always)]
            unsafe fn load(from: *const $item) -> Self {
                // SAFETY: as the trait says.
                Self(unsafe { $load(from) })
            }
            #[inline(always)]
            unsafe fn load_first(from: *const $item, count: usize) -> Self {
                // SAFETY: as the trait says; a count of at most 8 words keeps the window inside the table.
                unsafe {
                    let mask = _mm256_loadu_si256(FIRST.as_ptr().add(8 - count * $words).cast());
                    Self($load_first(from, mask))
                }
            }
            #[inline(always)]
            unsafe fn store(self, to: *mut $item) {
                // SAFETY: as the trait says.
                unsafe { $store(to, self.0) }
            }
            #[inline(always)]
            unsafe fn store_first(self, to: *mut $item, count: usize) {
                // SAFETY: as the trait says; a count of at most 8 words keeps the window inside the table.
                unsafe {
                    if count == $count {
                        return self.store(to);
                    }
                    let mask = _mm256_loadu_si256(FIRST.as_ptr().add(8 - count * $words).cast());
                    $store_first(to, mask, self.0)
                }
            }
            #[inline(always)]
            unsafe fn fetch(from: *const $item) {
                // SAFETY: a hint that faults nowhere.
                unsafe { _mm_prefetch::<_MM_HINT_T0>(from.cast()) }
            }
            #[inline(always)]
            unsafe fn fused(self, by: Self, to: Self) -> Self {
                // SAFETY: as the trait says.
                Self(unsafe { $fused(self.0, by.0, to.0) })
            }
            #[inline(always)]
            unsafe fn zip(self, other: Self) -> (Self, Self) {
                // SAFETY: as the trait says.
                unsafe {
                    let (low, high) = ($low(self.0, other.0), $high(self.0, other.0));
                    (Self($halves::<0x20>(low, high)), Self($halves::<0x31>(low, high)))
                }
            }
        }
    };
}

half!(Half32, f32, 8, 1,
    _mm256_setzero_ps _mm256_set1_ps _mm256_loadu_ps _mm256_maskload_ps _mm256_storeu_ps _mm256_maskstore_ps
    _mm256_fmadd_ps _mm256_unpacklo_ps _mm256_unpackhi_ps _mm256_permute2f128_ps);
half!(Half64, f64, 4, 2,
    _mm256_setzero_pd _mm256_set1_pd _mm256_loadu_pd _mm256_maskload_pd _mm256_storeu_pd _mm256_maskstore_pd
    _mm256_fmadd_pd _mm256_unpacklo_pd _mm256_unpackhi_pd _mm256_permute2f128_pd);
