//! Loops over groups of vectors of 16 f32, as [`super::group`] has them: each step is taken for all vectors of a group before the
//! next, for operations next to each other do not wait for one another. Closures are none of it: they would not be compiled for
//! AVX-512.

/// Of 1 to 16 the fastest for long formulas.
pub const VECTORS: usize = 8;

/// Values of a formula for `$x`, an array of [`VECTORS`] vectors or of one, for what is left. Both slices are of one length.
macro_rules! vector_loop {
    ($input:expr, $out:expr, |$x:ident| $value:expr) => {
        let (groups, rest) = $input.as_chunks::<{ 16 * VECTORS }>();
        let (out_groups, out_rest) = $out.as_chunks_mut::<{ 16 * VECTORS }>();
        for (out, group) in out_groups.iter_mut().zip(groups) {
            let mut $x = [_mm512_setzero_ps(); VECTORS];
            for (i, x) in $x.iter_mut().enumerate() {
                // SAFETY: a group has as many vectors.
                *x = unsafe { _mm512_loadu_ps(group.as_ptr().add(16 * i)) };
            }
            for (i, value) in $value.into_iter().enumerate() {
                // SAFETY: likewise.
                unsafe { _mm512_storeu_ps(out.as_mut_ptr().add(16 * i), value) };
            }
        }
        for (out, values) in out_rest.chunks_mut(16).zip(rest.chunks(16)) {
            let mask = u16::MAX >> (16 - values.len().min(out.len()));
            // SAFETY: as many elements are there as the mask has bits.
            let $x = [unsafe { _mm512_maskz_loadu_ps(mask, values.as_ptr()) }];
            let [value] = $value;
            // SAFETY: likewise.
            unsafe { _mm512_mask_storeu_ps(out.as_mut_ptr(), mask, value) };
        }
    };
}
pub(super) use vector_loop;

/// A step of `$count` vectors: the value for each of them.
macro_rules! each {
    ($count:ident, $i:ident $value:expr) => {{
        let mut values = [_mm512_setzero_ps(); $count];
        for $i in 0..$count {
            values[$i] = $value;
        }
        values
    }};
}
pub(super) use each;
