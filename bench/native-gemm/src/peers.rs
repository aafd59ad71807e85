//! Who is measured beside.

use crate::openblas::OpenBlas;
use crate::work::Call;

pub trait Peer {
    fn name(&self) -> &'static str;

    /// The name with what it chose for this machine.
    fn label(&self) -> String {
        self.name().into()
    }

    fn multiply32(&self, call: Call<f32>);
    fn multiply64(&self, call: Call<f64>);
}

pub fn peers() -> Vec<Box<dyn Peer>> {
    let mut peers: Vec<Box<dyn Peer>> = Vec::new();
    if let Some(library) = OpenBlas::load() {
        peers.push(Box::new(library));
    }
    peers.push(Box::new(Gemm));
    peers.push(Box::new(MatrixMultiply));
    peers
}

struct Gemm;

macro_rules! gemm_call {
    ($call:ident, $type:ty) => {{
        let (a, b, p) = ($call.a_strides(), $call.b_strides(), $call.product);
        let one = gemm::Parallelism::None;
        // SAFETY: operands of this shape.
        unsafe {
            gemm::gemm(
                p.m,
                p.n,
                p.k,
                $call.c,
                1,
                p.n as isize,
                false,
                $call.a,
                a.1 as isize,
                a.0 as isize,
                $call.b,
                b.1 as isize,
                b.0 as isize,
                0.0 as $type,
                1.0 as $type,
                false,
                false,
                false,
                one,
            );
        }
    }};
}

impl Peer for Gemm {
    fn name(&self) -> &'static str {
        "gemm"
    }
    fn multiply32(&self, call: Call<f32>) {
        gemm_call!(call, f32);
    }
    fn multiply64(&self, call: Call<f64>) {
        gemm_call!(call, f64);
    }
}

struct MatrixMultiply;

macro_rules! matrixmultiply_call {
    ($call:ident, $function:ident) => {{
        let (a, b, p) = ($call.a_strides(), $call.b_strides(), $call.product);
        // SAFETY: operands of this shape.
        unsafe {
            matrixmultiply::$function(
                p.m,
                p.k,
                p.n,
                1.0,
                $call.a,
                a.0 as isize,
                a.1 as isize,
                $call.b,
                b.0 as isize,
                b.1 as isize,
                0.0,
                $call.c,
                p.n as isize,
                1,
            );
        }
    }};
}

impl Peer for MatrixMultiply {
    fn name(&self) -> &'static str {
        "matrixmultiply"
    }
    fn multiply32(&self, call: Call<f32>) {
        matrixmultiply_call!(call, sgemm);
    }
    fn multiply64(&self, call: Call<f64>) {
        matrixmultiply_call!(call, dgemm);
    }
}
