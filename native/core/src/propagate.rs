//! One step of transform propagation. `src/native/reference/propagate.ts` gives the order of operations.

/// Translation x y z, rotation x y z w, scale x y z.
pub type Local = [f32; 10];
/// Affine matrix, 3 rows of 4.
pub type World = [f32; 12];

/// The matrix of a node without a parent.
#[inline]
pub fn local_matrix(local: &Local) -> World {
    let [tx, ty, tz, x, y, z, w, sx, sy, sz] = *local;
    let (x2, y2, z2) = (x + x, y + y, z + z);
    let (xx, yy, zz) = (x * x2, y * y2, z * z2);
    let (xy, xz, yz) = (x * y2, x * z2, y * z2);
    let (wx, wy, wz) = (w * x2, w * y2, w * z2);
    [
        (1.0 - (yy + zz)) * sx,
        (xy - wz) * sy,
        (xz + wy) * sz,
        tx,
        (xy + wz) * sx,
        (1.0 - (xx + zz)) * sy,
        (yz - wx) * sz,
        ty,
        (xz - wy) * sx,
        (yz + wx) * sy,
        (1.0 - (xx + yy)) * sz,
        tz,
    ]
}

/// `parent * local`.
#[inline]
pub fn multiply(parent: &World, local: &World) -> World {
    let mut world = [0.0; 12];
    for row in 0..3 {
        let p = &parent[row * 4..row * 4 + 4];
        for column in 0..4 {
            world[row * 4 + column] = p[0] * local[column] + p[1] * local[4 + column] + p[2] * local[8 + column];
        }
        world[row * 4 + 3] += p[3];
    }
    world
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quarter_turn_about_z_moves_a_child_to_the_side() {
        let half = 0.5f32.sqrt();
        let turned = local_matrix(&[1.0, 0.0, 0.0, 0.0, 0.0, half, half, 1.0, 1.0, 1.0]);
        let child = local_matrix(&[2.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 3.0, 3.0, 3.0]);
        let world = multiply(&turned, &child);
        let expected = [0.0, -3.0, 0.0, 1.0, 3.0, 0.0, 0.0, 2.0, 0.0, 0.0, 3.0, 0.0];
        assert!(world.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-6), "{world:?}");
    }
}
