//! Morph targets, applied to a few vertices at a time just before they are skinned.

use super::skin::Span;

/// A morph target with a weight that is not 0.
#[derive(Clone, Copy, Debug)]
pub struct Target<'a> {
    pub weight: f32,
    /// The vertices that it moves, ascending, each once.
    pub vertices: &'a [u32],
    /// 3 f32 for each of them to add to position, normal and tangent, or none.
    pub deltas: [&'a [f32]; 3],
}

/// Calls with each target, in order.
pub type Targets<'a> = dyn Fn(&mut dyn FnMut(&Target)) + 'a;

/// Vertices at a time: 10 KiB.
const TILE: usize = 256;

/// Calls `each` with stretches of a span after the targets were added to them.
pub fn each_tile(
    targets: &Targets,
    influences: usize,
    span: &Span,
    first: usize,
    each: &mut dyn FnMut(usize, &Span, usize),
) {
    let mut positions = [0.0; TILE * 3];
    let mut normals = [0.0; TILE * 3];
    let mut tangents = [0.0; TILE * 4];
    for start in (0..span.count).step_by(TILE) {
        let count = TILE.min(span.count - start);
        let vertices = start..start + count;
        let mut tile = [
            copy(&mut positions, span.positions, 3, start, count),
            copy(&mut normals, span.normals, 3, start, count),
            copy(&mut tangents, span.tangents, 4, start, count),
        ];
        targets(&mut |target| {
            for (array, deltas) in tile.iter_mut().zip(target.deltas) {
                if !deltas.is_empty() {
                    add(array, first + start, count, target, deltas);
                }
            }
        });
        let influence = vertices.start * influences..vertices.end * influences;
        let [positions, normals, tangents] = &tile;
        let tile = Span {
            count,
            joints: &span.joints[influence.clone()],
            weights: &span.weights[influence],
            positions: positions.values,
            normals: normals.values,
            tangents: tangents.values,
        };
        each(influences, &tile, first + start);
    }
}

/// Some values of each vertex of a tile.
struct Array<'a> {
    values: &'a mut [f32],
    size: usize,
}

/// `count` vertices of `size` values from `start` on; none if there are none.
fn copy<'a>(room: &'a mut [f32], values: &[f32], size: usize, start: usize, count: usize) -> Array<'a> {
    if values.is_empty() {
        return Array { values: &mut [], size };
    }
    let room = &mut room[..count * size];
    room.copy_from_slice(&values[start * size..(start + count) * size]);
    Array { values: room, size }
}

/// Adds what a target moves of the `count` vertices from `first` on.
fn add(array: &mut Array, first: usize, count: usize, target: &Target, deltas: &[f32]) {
    let start = target.vertices.partition_point(|&vertex| (vertex as usize) < first);
    let moved = target.vertices[start..].iter().zip(deltas.as_chunks::<3>().0[start..].iter());
    for (&vertex, delta) in moved {
        let place = vertex as usize - first;
        if place >= count {
            break;
        }
        // An array that the mesh does not have is empty.
        if let Some(values) = array.values.get_mut(place * array.size..place * array.size + 3) {
            for (value, delta) in values.iter_mut().zip(delta) {
                *value += target.weight * delta;
            }
        }
    }
}
