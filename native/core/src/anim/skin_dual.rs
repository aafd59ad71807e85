//! Dual quaternion skinning. `src/native/reference/anim/skin-dual.ts` has the formulas and the order of operations.

use super::format::LENGTH2_MIN;
use super::skin::{Out, Span};
use super::skin_format::RIGID_ERROR;
use crate::cpu::multiversion;
use crate::layout::CANONICAL_NAN_F32;

/// A dual quaternion: the real part x y z w, then the dual part.
#[derive(Clone, Copy, Debug)]
#[repr(C, align(32))]
pub struct Motion(pub [f32; 8]);

impl Motion {
    pub const ZERO: Self = Self([0.0; 8]);
}

/// Whether a matrix (3 rows of 4) turns and moves but does nothing else.
pub fn is_rigid(m: &[f32; 12]) -> bool {
    let m: [f64; 12] = std::array::from_fn(|i| f64::from(m[i]));
    for a in 0..3 {
        for b in a..3 {
            let product = m[a] * m[b] + m[4 + a] * m[4 + b] + m[8 + a] * m[8 + b];
            let wanted = if a == b { 1.0 } else { 0.0 };
            if (product - wanted).abs() > RIGID_ERROR {
                return false;
            }
        }
    }
    let x = m[4] * m[9] - m[8] * m[5];
    let y = m[8] * m[1] - m[0] * m[9];
    let z = m[0] * m[5] - m[4] * m[1];
    let determinant = x * m[2] + y * m[6] + z * m[10];
    // A NaN counts as rigid.
    !matches!(determinant.partial_cmp(&0.0), Some(std::cmp::Ordering::Less))
}

/// The motion that a rigid matrix is.
pub fn motion(m: &[f32; 12]) -> Motion {
    let &[m00, m01, m02, tx, m10, m11, m12, ty, m20, m21, m22, tz] = m;
    let sum = |a: f32, b: f32, c: f32| 1.0 + a + b + c;
    let t;
    let q = if m22 < 0.0 {
        if m00 > m11 {
            t = sum(m00, -m11, -m22);
            [t, m10 + m01, m02 + m20, m21 - m12]
        } else {
            t = sum(-m00, m11, -m22);
            [m10 + m01, t, m21 + m12, m02 - m20]
        }
    } else if m00 < -m11 {
        t = sum(-m00, -m11, m22);
        [m02 + m20, m21 + m12, t, m10 - m01]
    } else {
        t = sum(m00, m11, m22);
        [m21 - m12, m02 - m20, m10 - m01, t]
    };
    let scale = 0.5 / t.sqrt();
    let [x, y, z, w] = q.map(|value| value * scale);
    Motion([
        x,
        y,
        z,
        w,
        0.5 * (tx * w + ty * z - tz * y),
        0.5 * (ty * w + tz * x - tx * z),
        0.5 * (tz * w + tx * y - ty * x),
        -0.5 * (tx * x + ty * y + tz * z),
    ])
}

/// Vertices at a time.
const TILE: usize = 16;
/// Some values of each vertex of a tile.
type Tile<const N: usize> = [[f32; TILE]; N];

multiversion! {
    /// Skins the vertices of `span`, each with so many `influences`. The length of `palette` is a power of two.
    pub fn run(palette: &[Motion], influences: usize, normalise: bool, span: &Span, out: &mut Out) {
        for first in (0..span.count).step_by(TILE) {
            let count = TILE.min(span.count - first);
            let motions = blend(palette, influences, span, first, count);
            let mut points = load::<3>(span.positions, first, count);
            turn(&motions, &mut points);
            displace(&motions, &mut points);
            store::<3>(&points, None, out.positions, first, count);
            if !out.normals.is_empty() {
                let mut normals = load::<3>(span.normals, first, count);
                turn(&motions, &mut normals);
                lengthen(&mut normals, normalise);
                store::<3>(&normals, None, out.normals, first, count);
            }
            if !out.tangents.is_empty() {
                let mut tangents = load::<4>(span.tangents, first, count);
                turn(&motions, &mut tangents);
                lengthen(&mut tangents, normalise);
                store::<4>(&tangents, Some(span.tangents), out.tangents, first, count);
            }
        }
    }
}

/// The motions of `count` vertices. Those of the others of the tile are none.
#[inline(always)]
fn blend(palette: &[Motion], influences: usize, span: &Span, first: usize, count: usize) -> Tile<8> {
    let mask = palette.len() - 1;
    let range = first * influences..(first + count) * influences;
    let (joints, weights) = (&span.joints[range.clone()], &span.weights[range]);
    let mut origin: Tile<4> = [[0.0; TILE]; 4];
    let mut sum: Tile<8> = [[0.0; TILE]; 8];
    for k in 0..influences {
        let mut next: Tile<8> = [[0.0; TILE]; 8];
        let mut weight = [0.0; TILE];
        for i in 0..count {
            let joint = usize::from(joints[i * influences + k]) & mask;
            for c in 0..8 {
                next[c][i] = palette[joint].0[c];
            }
            weight[i] = weights[i * influences + k];
        }
        if k == 0 {
            origin.copy_from_slice(&next[..4]);
            for c in 0..8 {
                for i in 0..TILE {
                    sum[c][i] = weight[i] * next[c][i];
                }
            }
            continue;
        }
        for i in 0..TILE {
            let [x, y, z, w] = std::array::from_fn(|c| origin[c][i] * next[c][i]);
            weight[i] = if x + y + z + w < 0.0 { -weight[i] } else { weight[i] };
        }
        for c in 0..8 {
            for i in 0..TILE {
                sum[c][i] += weight[i] * next[c][i];
            }
        }
    }
    for i in 0..TILE {
        let length2 = sum[0][i] * sum[0][i] + sum[1][i] * sum[1][i] + sum[2][i] * sum[2][i] + sum[3][i] * sum[3][i];
        let short = length2 < LENGTH2_MIN;
        let scale = 1.0 / length2.sqrt();
        for c in 0..8 {
            let none = if c == 3 { 1.0 } else { 0.0 };
            sum[c][i] = if short { none } else { sum[c][i] * scale };
        }
    }
    sum
}

#[inline(always)]
fn turn(motions: &Tile<8>, vectors: &mut Tile<3>) {
    let [rx, ry, rz, a, ..] = motions;
    for i in 0..TILE {
        let r = [rx[i], ry[i], rz[i]];
        let v = [vectors[0][i], vectors[1][i], vectors[2][i]];
        let mut u = cross(r, v);
        for c in 0..3 {
            u[c] += a[i] * v[c];
        }
        let u = cross(r, u);
        for c in 0..3 {
            vectors[c][i] = v[c] + (u[c] + u[c]);
        }
    }
}

#[inline(always)]
fn displace(motions: &Tile<8>, points: &mut Tile<3>) {
    let [rx, ry, rz, a, ex, ey, ez, b] = motions;
    for i in 0..TILE {
        let (r, e) = ([rx[i], ry[i], rz[i]], [ex[i], ey[i], ez[i]]);
        let crossed = cross(r, e);
        for c in 0..3 {
            let half = (a[i] * e[c] - b[i] * r[c]) + crossed[c];
            points[c][i] += half + half;
        }
    }
}

#[inline(always)]
fn cross(a: [f32; 3], b: [f32; 3]) -> [f32; 3] {
    [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}

#[inline(always)]
fn lengthen(vectors: &mut Tile<3>, normalise: bool) {
    if !normalise {
        return;
    }
    let [x, y, z] = vectors;
    for i in 0..TILE {
        let length2 = x[i] * x[i] + y[i] * y[i] + z[i] * z[i];
        let scale = if length2 < LENGTH2_MIN { 1.0 } else { 1.0 / length2.sqrt() };
        (x[i], y[i], z[i]) = (x[i] * scale, y[i] * scale, z[i] * scale);
    }
}

/// The first three of `N` values of each vertex.
#[inline(always)]
fn load<const N: usize>(values: &[f32], first: usize, count: usize) -> Tile<3> {
    let mut tile = [[0.0; TILE]; 3];
    for (i, values) in values[first * N..(first + count) * N].as_chunks::<N>().0.iter().enumerate() {
        for c in 0..3 {
            tile[c][i] = values[c];
        }
    }
    tile
}

/// `N` values of each vertex, a fourth as it was.
#[inline(always)]
fn store<const N: usize>(tile: &Tile<3>, last: Option<&[f32]>, out: &mut [f32], first: usize, count: usize) {
    let canonical = |value: f32| if value.is_nan() { f32::from_bits(CANONICAL_NAN_F32) } else { value };
    for (i, out) in out[first * N..(first + count) * N].as_chunks_mut::<N>().0.iter_mut().enumerate() {
        for c in 0..3 {
            out[c] = canonical(tile[c][i]);
        }
        if let Some(values) = last {
            out[3] = canonical(values[(first + i) * 4 + 3]);
        }
    }
}
