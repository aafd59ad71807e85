//! Skinning. `src/native/reference/anim/skin-check.ts` has the order of the checks.

use std::cell::RefMut;
use std::ops::Range;

use worldloom_core::anim::format::{MATRIX_FLOATS, NONE};
use worldloom_core::anim::skin::{Mesh, Method, Out, skin as skin_vertices};
use worldloom_core::anim::skin_dual::is_rigid;
use worldloom_core::anim::skin_format::*;
use worldloom_core::anim::skin_morph::Target;
use worldloom_core::lanes::Parts;
use worldloom_core::layout::Reason;

use crate::call::Call;
use crate::fault::{Answer, Fault};
use crate::memory::{List, Memory, Shared};
use crate::operands::Operands;
use crate::parts::run_parts;

/// Vertices that take about 30 microseconds.
const VERTICES_MIN: usize = 16_384;

type Header = [u32; SKINNED_MESH_WORDS];

/// memory, records, recordCount
pub fn skin(call: &mut Call) -> Answer {
    let memory = call.memory()?;
    let (offset, count) = (call.u32("records")?, call.u32("records")?);
    let records = List::new(&memory, "records", offset, count)?;
    let shared = memory.shared();
    let vertices = {
        // SAFETY: only to look at operands, before anything runs.
        let memory = unsafe { shared.part() };
        let operands = call.operands();
        let mut check = Check { memory, operands, last: None };
        check.records(&records, offset)?
    };
    let parts = Parts::new(call.lanes(), vertices, VERTICES_MIN);
    run_parts(&parts, call.lanes(), |_, rows| {
        let mut before = 0;
        for index in 0..records.count() {
            if before >= rows.end {
                break;
            }
            let record = records.get(index);
            // SAFETY: what a record writes overlaps nothing else of the call, and parts have vertices of their own.
            let mut memory = unsafe { shared.part() };
            let header = header(&mut memory, index, record[0])?;
            let end = before + header[MESH_VERTICES] as usize;
            let (first, last) = (rows.start.max(before), rows.end.min(end));
            if first < last {
                run(&shared, index, &record, &header, first - before..last - before)?;
            }
            before = end;
        }
        Ok(())
    })?;
    Ok(0.0)
}

fn header(memory: &mut Memory, index: u32, mesh: u32) -> Result<Header, Fault> {
    memory.rewind();
    let words = memory.read::<u32>(("mesh", index), mesh, SKINNED_MESH_WORDS as u32)?;
    words.try_into().map_err(|_| Fault::new(Reason::Range, ("mesh", index)))
}

/// The influences of all vertices.
fn influences(header: &Header) -> u64 {
    groups(header).zip(1..).map(|(vertices, influences)| u64::from(vertices) * influences).sum()
}

fn groups(header: &Header) -> impl Iterator<Item = u32> {
    header[MESH_GROUPS..].iter().copied().take(INFLUENCES_MAX)
}

/// Runs the vertices `rows` of a record that was checked.
fn run(shared: &Shared, index: u32, record: &[u32], header: &Header, rows: Range<usize>) -> Result<(), Fault> {
    let &[_, palette, joints, positions, normals, tangents, flags, morphs] = record else { return Ok(()) };
    // SAFETY: what the record writes overlaps nothing else of the call, and the caller has these vertices to itself.
    let memory = unsafe { shared.part() };
    let vertices = header[MESH_VERTICES];
    let influences = influences(header) as u32;
    let values = |word: usize, size: u32, out: u32| match out {
        NONE => Ok(&[][..]),
        _ => memory.read::<f32>(("mesh", index), header[word], vertices * size),
    };
    let mesh = Mesh {
        positions: values(MESH_POSITIONS, 3, positions)?,
        normals: values(MESH_NORMALS, 3, normals)?,
        tangents: values(MESH_TANGENTS, 4, tangents)?,
        joints: memory.read(("meshJoints", index), header[MESH_JOINT_NUMBERS], influences)?,
        weights: memory.read(("meshWeights", index), header[MESH_WEIGHTS], influences)?,
        groups: std::array::from_fn(|k| header[MESH_GROUPS + k]),
    };
    let method = Method { dual_quaternion: flags & SKIN_DUAL_QUATERNION != 0, normalise: flags & SKIN_NORMALISE != 0 };
    let palette = memory.read::<f32>(("palette", index), palette, joints * MATRIX_FLOATS as u32)?;
    let count = rows.len() as u32;
    let to = |at: &'static str, offset: u32, size: u32| match offset {
        NONE => Ok(&mut [][..]),
        _ => memory.write::<f32>((at, index), offset + rows.start as u32 * size * 4, count * size),
    };
    let out = Out {
        positions: to("positions", positions, 3)?,
        normals: to("normals", normals, 3)?,
        tangents: to("tangents", tangents, 4)?,
    };
    if morphs == NONE {
        skin_vertices(&mesh, palette, method, None, rows, out);
        return Ok(());
    }
    let targets = |each: &mut dyn FnMut(&Target)| {
        // What was checked before does not fail.
        let _ = each_target(shared, index, header, morphs, each);
    };
    skin_vertices(&mesh, palette, method, Some(&targets), rows, out);
    Ok(())
}

/// Calls `each` with the morph targets whose weights are not 0.
fn each_target(
    shared: &Shared,
    index: u32,
    header: &Header,
    morphs: u32,
    each: &mut dyn FnMut(&Target),
) -> Result<(), Fault> {
    for t in 0..header[MESH_TARGET_COUNT] {
        // SAFETY: only reads of what the call does not write.
        let memory = unsafe { shared.part() };
        let weight = memory.read::<f32>(("morphs", index), morphs + t * 4, 1)?[0];
        if weight == 0.0 {
            continue;
        }
        let words = memory.read::<u32>(("targets", index), target_at(header, t), TARGET_WORDS as u32)?;
        let &[count, vertices, positions, normals, tangents, ..] = words else { continue };
        let deltas = |offset: u32| match offset {
            NONE => Ok(&[][..]),
            _ => memory.read::<f32>(("targetDeltas", index), offset, count * 3),
        };
        each(&Target {
            weight,
            vertices: memory.read(("targetVertices", index), vertices, count)?,
            deltas: [deltas(positions)?, deltas(normals)?, deltas(tangents)?],
        });
    }
    Ok(())
}

fn target_at(header: &Header, target: u32) -> u32 {
    header[MESH_TARGETS] + target * TARGET_WORDS as u32 * 4
}

/// Looks at all operands before anything is written.
struct Check<'a> {
    memory: Memory<'a>,
    operands: RefMut<'a, Operands>,
    /// The mesh that was looked at last: many records have one mesh.
    last: Option<(u32, Header)>,
}

impl Check<'_> {
    /// Gives the vertices of all records.
    fn records(&mut self, records: &List<SKINNING_WORDS>, offset: u32) -> Result<usize, Fault> {
        self.operands.begin(&self.memory);
        let words = u64::from(records.count()) * SKINNING_WORDS as u64;
        self.operands.read::<u32>(&mut self.memory, ("records", u32::MAX), offset, words)?;
        let mut vertices = 0;
        for index in 0..records.count() {
            vertices += self.record(index, &records.get(index))?;
        }
        self.operands.apart()?;
        Ok(vertices)
    }

    fn record(&mut self, i: u32, record: &[u32; SKINNING_WORDS]) -> Result<usize, Fault> {
        let &[mesh, palette, joints, positions, normals, tangents, flags, morphs] = record;
        expect(flags <= (SKIN_DUAL_QUATERNION | SKIN_NORMALISE), "flags", i)?;
        let header = match self.last {
            Some((offset, header)) if offset == mesh => header,
            _ => self.mesh(i, mesh)?,
        };
        self.last = Some((mesh, header));
        let vertices = u64::from(header[MESH_VERTICES]);
        expect(joints as usize >= header[MESH_JOINTS] as usize && joints as usize <= PALETTE_MAX, "joints", i)?;
        let Self { memory, operands, .. } = self;
        let floats = u64::from(joints) * MATRIX_FLOATS as u64;
        let matrices = operands.read::<f32>(memory, ("palette", i), palette, floats)?;
        if flags & SKIN_DUAL_QUATERNION != 0 {
            expect(matrices.as_chunks().0.iter().all(is_rigid), "palette", i)?;
        }
        operands.write::<f32>(memory, ("positions", i), positions, vertices * 3)?;
        if normals != NONE {
            expect(header[MESH_NORMALS] != NONE, "normals", i)?;
            operands.write::<f32>(memory, ("normals", i), normals, vertices * 3)?;
        }
        if tangents != NONE {
            expect(header[MESH_TANGENTS] != NONE, "tangents", i)?;
            operands.write::<f32>(memory, ("tangents", i), tangents, vertices * 4)?;
        }
        if morphs != NONE {
            self.targets(i, &header, morphs)?;
        }
        Ok(vertices as usize)
    }

    fn mesh(&mut self, i: u32, offset: u32) -> Result<Header, Fault> {
        let Self { memory, operands, .. } = self;
        operands.read::<u32>(memory, ("mesh", i), offset, SKINNED_MESH_WORDS as u64)?;
        let header = header(memory, i, offset)?;
        let vertices = u64::from(header[MESH_VERTICES]);
        let grouped: u64 = groups(&header).map(u64::from).sum();
        expect(header[0] == SKINNED_MESH_MAGIC && grouped == vertices, "mesh", i)?;
        expect((1..=PALETTE_MAX).contains(&(header[MESH_JOINTS] as usize)), "mesh", i)?;
        expect(header[MESH_TARGET_COUNT] as usize <= TARGETS_MAX, "mesh", i)?;
        operands.read::<f32>(memory, ("meshPositions", i), header[MESH_POSITIONS], vertices * 3)?;
        if header[MESH_NORMALS] != NONE {
            operands.read::<f32>(memory, ("meshNormals", i), header[MESH_NORMALS], vertices * 3)?;
        }
        if header[MESH_TANGENTS] != NONE {
            operands.read::<f32>(memory, ("meshTangents", i), header[MESH_TANGENTS], vertices * 4)?;
        }
        let influences = influences(&header);
        operands.read::<u16>(memory, ("meshJoints", i), header[MESH_JOINT_NUMBERS], influences)?;
        operands.read::<f32>(memory, ("meshWeights", i), header[MESH_WEIGHTS], influences)?;
        Ok(header)
    }

    fn targets(&mut self, i: u32, header: &Header, morphs: u32) -> Result<(), Fault> {
        let Self { memory, operands, .. } = self;
        let count = header[MESH_TARGET_COUNT];
        operands.read::<f32>(memory, ("morphs", i), morphs, u64::from(count))?;
        let words = u64::from(count) * TARGET_WORDS as u64;
        operands.read::<u32>(memory, ("targets", i), header[MESH_TARGETS], words)?;
        for t in 0..count {
            memory.rewind();
            let weight = memory.read::<f32>(("morphs", i), morphs + t * 4, 1)?[0];
            if weight == 0.0 {
                continue;
            }
            let words = memory.read::<u32>(("targets", i), target_at(header, t), TARGET_WORDS as u32)?;
            let &[moved, vertices, positions, normals, tangents, ..] = words else { continue };
            operands.read::<u32>(memory, ("targetVertices", i), vertices, u64::from(moved))?;
            let deltas = [(positions, MESH_POSITIONS), (normals, MESH_NORMALS), (tangents, MESH_TANGENTS)];
            for (offset, word) in deltas {
                if offset != NONE {
                    expect(header[word] != NONE, "targets", i)?;
                    operands.read::<f32>(memory, ("targetDeltas", i), offset, u64::from(moved) * 3)?;
                }
            }
            memory.rewind();
            let numbers = memory.read::<u32>(("targetVertices", i), vertices, moved)?;
            let ascends = numbers.is_sorted_by(|a, b| a < b);
            if !ascends || numbers.last().is_some_and(|&last| last >= header[MESH_VERTICES]) {
                return Err(Fault::new(Reason::Order, ("targetVertices", i)));
            }
        }
        Ok(())
    }
}

/// Refuses operand `operand` of record `i` unless its value is one that the job takes.
#[inline]
fn expect(holds: bool, operand: &'static str, i: u32) -> Result<(), Fault> {
    if holds { Ok(()) } else { Err(Fault::new(Reason::Value, (operand, i))) }
}
