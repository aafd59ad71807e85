// Land from nothing but the place of a tile and a seed: heights are noise of several sizes, and what grows depends on them.
import { batch_row, column, random_chance } from "./worldloom";

export { worldloom_alloc } from "./worldloom";

// Columns, in the order of the manifest.
const TILE_X = 0;
const TILE_Z = 1;
const HEIGHT = 2;
const KIND = 3;
const SEED = 4;

const WATER: u8 = 0;
const SAND: u8 = 1;
const GRASS: u8 = 2;
const FOREST: u8 = 3;
const ROCK: u8 = 4;

export function on_start(count: i32, lists: usize): void {
  generate(count, lists);
}

/** Of the event `Reseed`: all is made again, with the next seed. */
export function on_event(
  count: i32,
  lists: usize,
  _name: usize,
  _nameBytes: i32,
  _event: usize,
  _eventBytes: i32,
): void {
  const seeds = column(lists, SEED);
  for (let i = 0; i < count; i++) {
    const at = seeds + ((<usize>i) << 2);
    store<u32>(at, load<u32>(at) + 1);
  }
  generate(count, lists);
}

function generate(count: i32, lists: usize): void {
  for (let i = 0; i < count; i++) {
    const at = (<usize>i) << 2;
    const x = load<i32>(column(lists, TILE_X) + at);
    const z = load<i32>(column(lists, TILE_Z) + at);
    const height = heightOf(<f32>x, <f32>z, load<u32>(column(lists, SEED) + at));
    store<f32>(column(lists, HEIGHT) + at, height);
    batch_row(i);
    store<u8>(column(lists, KIND) + i, kindOf(height));
  }
}

function kindOf(height: f32): u8 {
  if (height < -4) return WATER;
  if (height < -2) return SAND;
  if (height > 10) return ROCK;
  return random_chance(0.3) !== 0 ? FOREST : GRASS;
}

/** From -24 to 24, most of it near 0. */
function heightOf(x: f32, z: f32, seed: u32): f32 {
  let height: f32 = 0;
  let size: f32 = 64;
  let weight: f32 = 12;
  for (let octave: u32 = 0; octave < 5; octave++) {
    height += weight * noise(x / size, z / size, seed + octave);
    size *= 0.5;
    weight *= 0.5;
  }
  return height;
}

/** Smooth between random values at whole places, from -1 to 1. */
function noise(x: f32, z: f32, seed: u32): f32 {
  const left = floor<f32>(x);
  const back = floor<f32>(z);
  const fx = smooth(x - left);
  const fz = smooth(z - back);
  const ix = <i32>left;
  const iz = <i32>back;
  const a = mix(value(ix, iz, seed), value(ix + 1, iz, seed), fx);
  const b = mix(value(ix, iz + 1, seed), value(ix + 1, iz + 1, seed), fx);
  return mix(a, b, fz);
}

function smooth(t: f32): f32 {
  return t * t * (<f32>3 - <f32>2 * t);
}

function mix(a: f32, b: f32, t: f32): f32 {
  return a + (b - a) * t;
}

/** A random number from -1 to 1 for a whole place: its bits are mixed by multiplications. */
function value(x: i32, z: i32, seed: u32): f32 {
  let h: u32 = (<u32>x * 0x9e3779b1) ^ (<u32>z * 0x85ebca77) ^ (seed * 0xc2b2ae3d);
  h = (h ^ (h >> 15)) * 0x2c1b3c6d;
  h = (h ^ (h >> 12)) * 0x297a2d39;
  h = h ^ (h >> 15);
  return <f32>(h >> 8) * <f32>(1.0 / 8388608.0) - 1;
}
