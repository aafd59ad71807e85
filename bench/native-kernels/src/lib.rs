//! The rules of `bench/kernels` as one would write them in Rust for the fastest machine at hand: straight loops that the
//! compiler makes vector code of, for AVX-512 or AVX2 where the processor has it, without fused multiply-add.

mod columns;
mod gather;
mod neighbours;
mod rules;
mod version;
mod waves;

use napi::bindgen_prelude::Uint8Array;
use napi::{Error, Result};
use napi_derive::napi;

/// Remembers columns and returns their number for [`use_columns`]. They must not overlap, and live on.
#[napi]
pub fn bind(bytes: Vec<Uint8Array>) -> u32 {
    columns::bind(bytes)
}

/// The columns that the rules work on from now on.
#[napi(js_name = "use")]
pub fn use_columns(number: u32) {
    columns::choose(number as usize);
}

fn too_short() -> Error {
    Error::from_reason("a column is missing, too short or not aligned")
}

/// Columns: position x, y, z; velocity x, y, z.
#[napi]
pub fn integrate(count: u32, dt: f64) -> Result<()> {
    let [px, py, pz, vx, vy, vz] = columns::floats(count as usize).ok_or_else(too_short)?;
    let dt = dt as f32;
    rules::advance(px, vx, dt);
    rules::advance(py, vy, dt);
    rules::advance(pz, vz, dt);
    Ok(())
}

/// Columns: velocity x, y; position x, y; goal x, y.
#[napi]
pub fn steer(count: u32, speed: f64, slow: f64, force: f64, near: f64) -> Result<()> {
    let [vx, vy, px, py, gx, gy] = columns::floats(count as usize).ok_or_else(too_short)?;
    rules::steer(vx, vy, px, py, gx, gy, [speed as f32, slow as f32, force as f32, near as f32]);
    Ok(())
}

/// Columns: health, armour, luck.
#[napi]
pub fn damage(count: u32, chance: f64, strength: f64, least: f64) -> Result<()> {
    let [health, armour, luck] = columns::floats(count as usize).ok_or_else(too_short)?;
    rules::damage(health, armour, luck, [chance as f32, strength as f32, least as f32]);
    Ok(())
}

/// Columns: health, armour, luck; then entities, and a list with room for 16 more. Returns the length of the list.
#[napi]
pub fn damage_list(count: u32, chance: f64, strength: f64, least: f64) -> Result<u32> {
    let rows = count as usize;
    let [health, armour, luck] = columns::floats(rows).ok_or_else(too_short)?;
    let (entities, list) = (columns::words(3, rows), columns::words(4, rows + 16));
    let (Some(entities), Some(list)) = (entities, list) else { return Err(too_short()) };
    let uniforms = [chance as f32, strength as f32, least as f32];
    Ok(rules::damage_list(health, armour, luck, entities, list, uniforms) as u32)
}

/// Columns: swing x, y; phase, rate, decay.
#[napi]
pub fn waves(count: u32, time: f64) -> Result<()> {
    let [x, y, phase, rate, decay] = columns::floats(count as usize).ok_or_else(too_short)?;
    waves::swing(x, y, phase, rate, decay, time as f32);
    Ok(())
}

/// Behind four columns of floats: target (entities); row and generation by index.
fn targets(rows: usize) -> Option<(&'static [i32], &'static [i32], &'static [u16])> {
    Some((columns::words(4, rows)?, columns::words(5, rows)?, columns::halves(6, rows)?))
}

/// Columns: heading x, y; position x, y; target (entities); row and generation by index.
#[napi]
pub fn gather(count: u32) -> Result<()> {
    let rows = count as usize;
    let [x, y, px, py] = columns::floats(rows).ok_or_else(too_short)?;
    let (of, row, generation) = targets(rows).ok_or_else(too_short)?;
    gather::head(x, y, px, py, of, row, generation);
    Ok(())
}

/// Columns: velocity x, y; position x, y; target (entities); row and generation by index.
#[napi]
pub fn pursue(count: u32, speed: f64, slow: f64, force: f64, near: f64) -> Result<()> {
    let rows = count as usize;
    let [vx, vy, px, py] = columns::floats(rows).ok_or_else(too_short)?;
    let (of, row, generation) = targets(rows).ok_or_else(too_short)?;
    let uniforms = [speed as f32, slow as f32, force as f32, near as f32];
    gather::pursue([vx, vy], [px, py], of, row, generation, uniforms);
    Ok(())
}

/// Columns: push x, y, by row; place x, y by (cell, entity); rows; first of each cell.
#[napi]
pub fn neighbours(side: u32, radius: f64, inverse: f64) -> Result<()> {
    let side = side as usize;
    let Some(start) = columns::words(5, side * side + 1) else { return Err(too_short()) };
    let count = start[side * side] as usize;
    let [push_x, push_y, x, y] = columns::floats(count).ok_or_else(too_short)?;
    let Some(row) = columns::words(4, count) else { return Err(too_short()) };
    let grid = neighbours::Grid { x, y, row, start, side };
    neighbours::spread(push_x, push_y, &grid, [radius as f32, inverse as f32]);
    Ok(())
}
