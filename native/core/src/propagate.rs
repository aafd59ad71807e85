//! One step of transform propagation. `src/native/reference/propagate.ts` gives the order of operations.

use crate::cpu::multiversion;

/// Affine matrix, 3 rows of 4.
pub type World = [f32; 12];

/// Nodes whose local matrices are made at once.
pub const TILE: usize = 32;
/// Translation x y z, rotation x y z w, scale x y z of the nodes of a tile.
pub type LocalTile = [[f32; TILE]; 10];
/// Affine matrices of the nodes of a tile.
pub type MatrixTile = [[f32; TILE]; 12];

multiversion! {
    /// The matrices of nodes without a parent.
    pub fn local_matrices(local: &LocalTile, out: &mut MatrixTile) {
        let [tx, ty, tz, qx, qy, qz, qw, sx, sy, sz] = local;
        for i in 0..TILE {
            let (x, y, z, w) = (qx[i], qy[i], qz[i], qw[i]);
            let (x2, y2, z2) = (x + x, y + y, z + z);
            let (xx, yy, zz) = (x * x2, y * y2, z * z2);
            let (xy, xz, yz) = (x * y2, x * z2, y * z2);
            let (wx, wy, wz) = (w * x2, w * y2, w * z2);
            out[0][i] = (1.0 - (yy + zz)) * sx[i];
            out[1][i] = (xy - wz) * sy[i];
            out[2][i] = (xz + wy) * sz[i];
            out[3][i] = tx[i];
            out[4][i] = (xy + wz) * sx[i];
            out[5][i] = (1.0 - (xx + zz)) * sy[i];
            out[6][i] = (yz - wx) * sz[i];
            out[7][i] = ty[i];
            out[8][i] = (xz - wy) * sx[i];
            out[9][i] = (yz + wx) * sy[i];
            out[10][i] = (1.0 - (xx + yy)) * sz[i];
            out[11][i] = tz[i];
        }
    }
}

/// `parent * local`.
#[inline]
pub fn multiply(parent: &World, local: &World) -> World {
    let mut world = [0.0; 12];
    for row in 0..3 {
        let p = &parent[row * 4..row * 4 + 4];
        // Adding -0 changes no value, not even 0 or -0.
        let offset = [-0.0, -0.0, -0.0, p[3]];
        for column in 0..4 {
            let sum = p[0] * local[column] + p[1] * local[4 + column] + p[2] * local[8 + column];
            world[row * 4 + column] = sum + offset[column];
        }
    }
    world
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quarter_turn_about_z_moves_a_child_to_the_side() {
        let half = 0.5f32.sqrt();
        let mut local = [[0.0; TILE]; 10];
        let nodes =
            [[1.0, 0.0, 0.0, 0.0, 0.0, half, half, 1.0, 1.0, 1.0], [2.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 3.0, 3.0, 3.0]];
        for field in 0..10 {
            (local[field][0], local[field][1]) = (nodes[0][field], nodes[1][field]);
        }
        let mut matrices = [[0.0; TILE]; 12];
        local_matrices(&local, &mut matrices);
        let [turned, child] = [0, 1].map(|i| matrices.map(|field| field[i]));
        let world = multiply(&turned, &child);
        let expected = [0.0, -3.0, 0.0, 1.0, 3.0, 0.0, 0.0, 2.0, 0.0, 0.0, 3.0, 0.0];
        assert!(world.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-6), "{world:?}");
    }

    #[test]
    fn levels_agree() {
        let bytes = crate::cpu::noise(TILE * 10);
        let local: LocalTile = std::array::from_fn(|f| std::array::from_fn(|i| f32::from(bytes[f * TILE + i]) / 37.0));
        let mut portable = None;
        crate::cpu::at_each_level(|level| {
            let mut matrices = [[0.0; TILE]; 12];
            local_matrices(&local, &mut matrices);
            assert_eq!(*portable.get_or_insert(matrices), matrices, "{level:?}");
        });
    }
}
