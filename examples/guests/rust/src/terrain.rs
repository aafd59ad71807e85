//! Land from nothing but the place of a tile and a seed: heights are noise of several sizes, and what grows depends on
//! them.

pub struct Tiles<'a> {
    pub x: &'a [i32],
    pub z: &'a [i32],
    pub height: &'a mut [f32],
    pub kind: &'a mut [u8],
    pub seed: &'a [u32],
}

const WATER: u8 = 0;
const SAND: u8 = 1;
const GRASS: u8 = 2;
const FOREST: u8 = 3;
const ROCK: u8 = 4;

/// `chance` says for a row whether something of that probability happens.
pub fn generate(tiles: Tiles, mut chance: impl FnMut(usize, f64) -> bool) {
    for row in 0..tiles.x.len() {
        let height = height_of(tiles.x[row] as f32, tiles.z[row] as f32, tiles.seed[row]);
        tiles.height[row] = height;
        tiles.kind[row] = kind_of(height, || chance(row, 0.3));
    }
}

fn kind_of(height: f32, forest: impl FnOnce() -> bool) -> u8 {
    if height < -4.0 {
        WATER
    } else if height < -2.0 {
        SAND
    } else if height > 10.0 {
        ROCK
    } else if forest() {
        FOREST
    } else {
        GRASS
    }
}

/// From -24 to 24, most of it near 0.
fn height_of(x: f32, z: f32, seed: u32) -> f32 {
    let (mut height, mut size, mut weight) = (0.0, 64.0, 12.0);
    for octave in 0..5 {
        height += weight * noise(x / size, z / size, seed.wrapping_add(octave));
        size *= 0.5;
        weight *= 0.5;
    }
    height
}

/// Smooth between random values at whole places, from -1 to 1.
fn noise(x: f32, z: f32, seed: u32) -> f32 {
    let (left, back) = (x.floor(), z.floor());
    let (fx, fz) = (smooth(x - left), smooth(z - back));
    let (ix, iz) = (left as i32, back as i32);
    let a = mix(value(ix, iz, seed), value(ix.wrapping_add(1), iz, seed), fx);
    let iz = iz.wrapping_add(1);
    let b = mix(value(ix, iz, seed), value(ix.wrapping_add(1), iz, seed), fx);
    mix(a, b, fz)
}

fn smooth(t: f32) -> f32 {
    t * t * (3.0 - 2.0 * t)
}

fn mix(a: f32, b: f32, t: f32) -> f32 {
    a + (b - a) * t
}

/// A random number from -1 to 1 for a whole place: its bits are mixed by multiplications.
fn value(x: i32, z: i32, seed: u32) -> f32 {
    let mut h =
        (x as u32).wrapping_mul(0x9e37_79b1) ^ (z as u32).wrapping_mul(0x85eb_ca77) ^ seed.wrapping_mul(0xc2b2_ae3d);
    h = (h ^ (h >> 15)).wrapping_mul(0x2c1b_3c6d);
    h = (h ^ (h >> 12)).wrapping_mul(0x297a_2d39);
    h ^= h >> 15;
    (h >> 8) as f32 * (1.0 / 8_388_608.0) - 1.0
}
