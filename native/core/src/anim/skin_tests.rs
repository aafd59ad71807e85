use super::skin::{Mesh, Method, Out, skin};
use super::skin_dual::is_rigid;
use super::skin_morph::Target;
use crate::cpu::{at_each_level, noise};

const GROUPS: [u32; 8] = [37, 21, 18, 5, 3, 2, 7, 9];
const JOINTS: usize = 21;

struct Input {
    positions: Vec<f32>,
    tangents: Vec<f32>,
    joints: Vec<u16>,
    weights: Vec<f32>,
    palette: Vec<f32>,
}

impl Input {
    fn new() -> Self {
        let vertices: u32 = GROUPS.iter().sum();
        let influences: u32 = GROUPS.iter().zip(1..).map(|(count, k)| count * k).sum();
        let mut bytes = noise(65_536).into_iter();
        let mut floats = |count: u32| -> Vec<f32> {
            bytes.by_ref().take(count as usize).map(|byte| (f32::from(byte) - 128.0) / 37.0).collect()
        };
        let palette = (0..JOINTS).flat_map(|joint| turned(joint as f32)).collect();
        let (mut positions, tangents, mut weights) = (floats(vertices * 3), floats(vertices * 4), floats(influences));
        positions[7] = f32::NAN;
        weights[30] = f32::INFINITY;
        let joints = (0..influences).map(|i| (i * 7 % JOINTS as u32) as u16).collect();
        Self { positions, tangents, joints, weights, palette }
    }

    fn mesh(&self) -> Mesh<'_> {
        Mesh {
            positions: &self.positions,
            normals: &self.positions,
            tangents: &self.tangents,
            joints: &self.joints,
            weights: &self.weights,
            groups: GROUPS,
        }
    }

    /// Bits of all that comes out when the vertices are skinned in ranges that end at `ends`.
    fn skin(&self, method: Method, morphs: bool, ends: &[usize]) -> Vec<u32> {
        let count = self.positions.len() / 3;
        let vertices: Vec<u32> = (0..count as u32).step_by(3).collect();
        let deltas = &self.positions[..vertices.len() * 3];
        let targets = |each: &mut dyn FnMut(&Target)| {
            each(&Target { weight: 0.3, vertices: &vertices, deltas: [deltas, &[], deltas] });
            each(&Target { weight: -1.7, vertices: &vertices, deltas: [&[], deltas, deltas] });
        };
        let mut out = [vec![0.0; count * 3], vec![0.0; count * 3], vec![0.0; count * 4]];
        let mut first = 0;
        for &end in ends.iter().chain([&count]) {
            let [positions, normals, tangents] = &mut out;
            let out = Out {
                positions: &mut positions[first * 3..end * 3],
                normals: &mut normals[first * 3..end * 3],
                tangents: &mut tangents[first * 4..end * 4],
            };
            let targets = if morphs { Some(&targets as _) } else { None };
            skin(&self.mesh(), &self.palette, method, targets, first..end, out);
            first = end;
        }
        out.iter().flatten().map(|value| value.to_bits()).collect()
    }
}

/// A turn about an axis that depends on `seed`, and a translation.
fn turned(seed: f32) -> [f32; 12] {
    let (x, y, z, w) = (seed - 7.0, 3.0 - seed, seed * 0.5 - 4.0, seed * 0.25 - 2.0);
    let scale = 1.0 / (x * x + y * y + z * z + w * w).sqrt();
    let [x, y, z, w] = [x, y, z, w].map(|value| value * scale);
    [
        1.0 - 2.0 * (y * y + z * z),
        2.0 * (x * y - w * z),
        2.0 * (x * z + w * y),
        seed,
        2.0 * (x * y + w * z),
        1.0 - 2.0 * (x * x + z * z),
        2.0 * (y * z - w * x),
        -seed,
        2.0 * (x * z - w * y),
        2.0 * (y * z + w * x),
        1.0 - 2.0 * (x * x + y * y),
        0.25,
    ]
}

#[test]
fn levels_and_ranges_agree() {
    let input = Input::new();
    for (dual_quaternion, normalise, morphs) in
        [(false, false, false), (false, true, true), (true, false, true), (true, true, false)]
    {
        let method = Method { dual_quaternion, normalise };
        let mut portable = None;
        at_each_level(|level| {
            for ends in [&[][..], &[1], &[3, 36, 37, 40, 75], &[50, 51, 52, 100]] {
                let bits = input.skin(method, morphs, ends);
                assert_eq!(*portable.get_or_insert_with(|| bits.clone()), bits, "{level:?} {ends:?} {method:?}");
            }
        });
    }
}

#[test]
fn rigid_is_what_turns_and_moves() {
    let mut turn = turned(3.0);
    assert!(is_rigid(&turn));
    turn[3] = 1e30;
    assert!(is_rigid(&turn));
    turn[0] = f32::NAN;
    assert!(is_rigid(&turn));
    assert!(!is_rigid(&[1.1, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0]));
    assert!(!is_rigid(&[1.0, 0.1, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0]));
    assert!(!is_rigid(&[-1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0]));
    assert!(!is_rigid(&[0.0; 12]));
}
