//! OpenBLAS, from a shared library if the machine has one.

use std::ffi::{CStr, c_char, c_int};

use libloading::Library;

use crate::cases::Layout;
use crate::peers::Peer;
use crate::work::Call;

const NAMES: [&str; 3] = ["libopenblas.so.0", "libopenblas.so", "libopenblas.dylib"];
const ROWS: c_int = 101;
const PLAIN: c_int = 111;
const TRANSPOSED: c_int = 112;

type Gemm<T> = unsafe extern "C" fn(
    c_int,
    c_int,
    c_int,
    c_int,
    c_int,
    c_int,
    T,
    *const T,
    c_int,
    *const T,
    c_int,
    T,
    *mut T,
    c_int,
);
type Gemv<T> = unsafe extern "C" fn(c_int, c_int, c_int, c_int, T, *const T, c_int, *const T, c_int, T, *mut T, c_int);

pub struct OpenBlas {
    sgemm: Gemm<f32>,
    dgemm: Gemm<f64>,
    sgemv: Gemv<f32>,
    dgemv: Gemv<f64>,
    core: String,
    _library: Library,
}

impl OpenBlas {
    /// With one thread and the kernels that it chooses for this processor: what the environment says about them, as on
    /// machines that want equal results on every processor, is taken out.
    pub fn load() -> Option<Self> {
        for name in ["OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"] {
            // SAFETY: no other thread runs yet.
            unsafe { std::env::remove_var(name) }
        }
        // SAFETY: functions of these names and types are the library's public interface.
        unsafe {
            let library = NAMES.iter().find_map(|name| Library::new(name).ok())?;
            let threads = library.get::<unsafe extern "C" fn(c_int)>(b"openblas_set_num_threads").ok()?;
            threads(1);
            let core = library.get::<unsafe extern "C" fn() -> *const c_char>(b"openblas_get_corename").ok()?;
            let core = CStr::from_ptr(core()).to_string_lossy().into_owned();
            Some(Self {
                sgemm: *library.get(b"cblas_sgemm").ok()?,
                dgemm: *library.get(b"cblas_dgemm").ok()?,
                sgemv: *library.get(b"cblas_sgemv").ok()?,
                dgemv: *library.get(b"cblas_dgemv").ok()?,
                core,
                _library: library,
            })
        }
    }
}

macro_rules! call {
    ($self:ident, $call:ident, $gemm:ident, $gemv:ident) => {{
        let Call { product, a, b, c } = $call;
        let (m, n, k) = (product.m as c_int, product.n as c_int, product.k as c_int);
        let of = |transposed| if transposed { TRANSPOSED } else { PLAIN };
        let (a_turned, b_turned) = (product.layout == Layout::TN, product.layout == Layout::NT);
        // SAFETY: operands of this shape.
        unsafe {
            if m == 1 && b_turned {
                ($self.$gemv)(ROWS, PLAIN, n, k, 1.0, b, k, a, 1, 0.0, c, 1);
            } else if m == 1 {
                ($self.$gemv)(ROWS, TRANSPOSED, k, n, 1.0, b, n, a, 1, 0.0, c, 1);
            } else {
                let (a_line, b_line) = (if a_turned { m } else { k }, if b_turned { k } else { n });
                let (a_of, b_of) = (of(a_turned), of(b_turned));
                ($self.$gemm)(ROWS, a_of, b_of, m, n, k, 1.0, a, a_line, b, b_line, 0.0, c, n);
            }
        }
    }};
}

impl Peer for OpenBlas {
    fn name(&self) -> &'static str {
        "openblas"
    }
    fn label(&self) -> String {
        format!("openblas {}", self.core)
    }
    fn multiply32(&self, call: Call<f32>) {
        call!(self, call, sgemm, sgemv);
    }
    fn multiply64(&self, call: Call<f64>) {
        call!(self, call, dgemm, dgemv);
    }
}
