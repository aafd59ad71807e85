//! Skinning. `src/native/reference/anim/skin.ts` and its neighbours have the formulas and the order of operations.

use std::mem::MaybeUninit;
use std::ops::Range;

use super::skin_dual::{self, Motion};
use super::skin_format::INFLUENCES_MAX;
use super::skin_linear::{self, Columns};
use super::skin_morph::{self, Targets};

/// A mesh whose vertices are in the order of how many influences they have.
#[derive(Clone, Copy, Debug)]
pub struct Mesh<'a> {
    /// 3 of each vertex.
    pub positions: &'a [f32],
    /// 3 of each vertex, or none.
    pub normals: &'a [f32],
    /// 4 of each vertex, or none.
    pub tangents: &'a [f32],
    /// As many of each vertex as its group says.
    pub joints: &'a [u16],
    pub weights: &'a [f32],
    /// Vertices with 1 to 8 influences.
    pub groups: [u32; INFLUENCES_MAX],
}

/// How vertices are blended.
#[derive(Clone, Copy, Debug)]
pub struct Method {
    pub dual_quaternion: bool,
    /// Whether normals and tangents get length 1.
    pub normalise: bool,
}

/// Where the vertices of a range go; normals and tangents are empty where they are not wanted.
#[derive(Debug)]
pub struct Out<'a> {
    pub positions: &'a mut [f32],
    pub normals: &'a mut [f32],
    pub tangents: &'a mut [f32],
}

/// Vertices that follow one another and have the same number of influences.
#[derive(Clone, Copy, Debug)]
pub struct Span<'a> {
    pub count: usize,
    pub joints: &'a [u16],
    pub weights: &'a [f32],
    pub positions: &'a [f32],
    /// Of no use where the output has none.
    pub normals: &'a [f32],
    pub tangents: &'a [f32],
}

/// Skins the vertices in `rows`, with `palette` 12 f32 a joint, at most `PALETTE_MAX` of them.
pub fn skin(mesh: &Mesh, palette: &[f32], method: Method, targets: Option<&Targets>, rows: Range<usize>, mut out: Out) {
    let matrices = palette.as_chunks::<12>().0;
    let mut room = Room::new();
    // Joint numbers are masked to the palette, so that none can leave it.
    let count = matrices.len().next_power_of_two().min(PADDED_MAX);
    let Room { columns, motions } = &mut room;
    let padded = if method.dual_quaternion {
        Padded::Motions(fill_motions(matrices, &mut motions[..count]))
    } else {
        Padded::Columns(fill_columns(matrices, &mut columns[..count]))
    };
    let mut run = |influences: usize, span: &Span, first: usize| {
        let out = &mut out.part(first - rows.start, span.count);
        match padded {
            Padded::Columns(palette) => skin_linear::run(palette, influences, method.normalise, span, out),
            Padded::Motions(palette) => skin_dual::run(palette, influences, method.normalise, span, out),
        }
    };
    each_span(mesh, &rows, |influences, span, first| match targets {
        None => run(influences, span, first),
        Some(targets) => skin_morph::each_tile(targets, influences, span, first, &mut run),
    });
}

/// Joints of the largest palette, a power of two.
const PADDED_MAX: usize = super::skin_format::PALETTE_MAX;

enum Padded<'a> {
    Columns(&'a [Columns]),
    Motions(&'a [Motion]),
}

/// Room for a palette on the stack. Only what is used is written.
struct Room {
    columns: [MaybeUninit<Columns>; PADDED_MAX],
    motions: [MaybeUninit<Motion>; PADDED_MAX],
}

impl Room {
    #[inline(always)]
    fn new() -> Self {
        Self {
            columns: [const { MaybeUninit::uninit() }; PADDED_MAX],
            motions: [const { MaybeUninit::uninit() }; PADDED_MAX],
        }
    }
}

fn fill_columns<'a>(matrices: &[[f32; 12]], room: &'a mut [MaybeUninit<Columns>]) -> &'a [Columns] {
    let (places, rest) = room.split_at_mut(matrices.len().min(room.len()));
    skin_linear::convert(matrices, places);
    rest.fill(MaybeUninit::new(Columns::ZERO));
    written(room)
}

fn fill_motions<'a>(matrices: &[[f32; 12]], room: &'a mut [MaybeUninit<Motion>]) -> &'a [Motion] {
    let zeros = std::iter::repeat(Motion::ZERO);
    for (place, motion) in room.iter_mut().zip(matrices.iter().map(skin_dual::motion).chain(zeros)) {
        place.write(motion);
    }
    written(room)
}

/// What was written before, all of it.
fn written<T>(room: &[MaybeUninit<T>]) -> &[T] {
    // SAFETY: `MaybeUninit<T>` is laid out as `T`.
    unsafe { &*(std::ptr::from_ref(room) as *const [T]) }
}

/// Calls `each` with the influences, the vertices and the first vertex of what each group has in `rows`.
fn each_span(mesh: &Mesh, rows: &Range<usize>, mut each: impl FnMut(usize, &Span, usize)) {
    let (mut vertex, mut influence) = (0, 0);
    for (k, &vertices) in mesh.groups.iter().enumerate() {
        let (influences, end) = (k + 1, vertex + vertices as usize);
        let (first, last) = (vertex.max(rows.start), end.min(rows.end));
        if first < last {
            let at = influence + (first - vertex) * influences;
            let range = at..at + (last - first) * influences;
            let span = Span {
                count: last - first,
                joints: &mesh.joints[range.clone()],
                weights: &mesh.weights[range],
                positions: &mesh.positions[first * 3..last * 3],
                normals: if mesh.normals.is_empty() { &[] } else { &mesh.normals[first * 3..last * 3] },
                tangents: if mesh.tangents.is_empty() { &[] } else { &mesh.tangents[first * 4..last * 4] },
            };
            each(influences, &span, first);
        }
        influence += vertices as usize * influences;
        vertex = end;
    }
}

impl Out<'_> {
    /// Of the vertices from `first` on, `count`.
    fn part(&mut self, first: usize, count: usize) -> Out<'_> {
        let last = first + count;
        Out {
            positions: &mut self.positions[first * 3..last * 3],
            normals: if self.normals.is_empty() { &mut [] } else { &mut self.normals[first * 3..last * 3] },
            tangents: if self.tangents.is_empty() { &mut [] } else { &mut self.tangents[first * 4..last * 4] },
        }
    }
}
