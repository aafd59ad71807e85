//! One body, compiled for what processors have.

/// Makes a function `$name` of the inlined body `$body`, for AVX-512, for AVX2 and for any processor; the best one that
/// the processor has is run.
macro_rules! versions {
    ($(#[$comment:meta])* $name:ident = $body:ident($($argument:ident: $type:ty),* $(,)?) $(-> $result:ty)?) => {
        $(#[$comment])*
        #[allow(clippy::too_many_arguments)]
        pub fn $name($($argument: $type),*) $(-> $result)? {
            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq,avx2,bmi2")]
                #[allow(clippy::too_many_arguments)]
                fn widest($($argument: $type),*) $(-> $result)? {
                    $body($($argument),*)
                }
                #[target_feature(enable = "avx2")]
                #[allow(clippy::too_many_arguments)]
                fn wide($($argument: $type),*) $(-> $result)? {
                    $body($($argument),*)
                }
                if $crate::version::avx512() {
                    // SAFETY: the processor has it.
                    return unsafe { widest($($argument),*) };
                }
                if is_x86_feature_detected!("avx2") {
                    // SAFETY: the processor has it.
                    return unsafe { wide($($argument),*) };
                }
            }
            $body($($argument),*)
        }
    };
}
pub(crate) use versions;

#[cfg(target_arch = "x86_64")]
pub fn avx512() -> bool {
    is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512vl")
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512dq")
        && is_x86_feature_detected!("bmi2")
}
