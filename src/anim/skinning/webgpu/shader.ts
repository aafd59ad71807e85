import { LENGTH2_MIN } from "../../../native/anim/format.ts";

/** Threads of a workgroup, and so vertices. */
export const GROUP_THREADS = 64;
/** Where there is nothing. */
export const NONE = 0xffff_ffff;

/**
 * Words of the record of one request; 4 words a vector in the shader. Offsets are words: of the page of meshes, but
 * the palette and the morph list count vectors of the frame, and the outputs words of the output buffer.
 */
export const instanceWords = {
  positions: 0,
  normals: 1,
  tangents: 2,
  joints: 3,
  weights: 4,
  vertices: 5,
  palette: 6,
  normalise: 7,
  outPositions: 8,
  outNormals: 9,
  outTangents: 10,
  targets: 11,
  targetCount: 12,
  /** 8 words: where the vertices with 1, 2, ... influences end. */
  ends: 16,
} as const;

export const INSTANCE_WORDS = 24;
/** Of one entry in the list of morph targets: positions, normals and tangents in the page, and the weight. */
export const TARGET_ENTRY_WORDS = 4;

/**
 * One thread for each vertex of a request: x counts vertices, y requests. What is computed is what the reference
 * computes, in the same order, but a graphics card may fuse operations and knows no NaN for certain.
 */
export const skinShader = /* wgsl */ `
@group(0) @binding(0) var<storage, read> page: array<u32>;
@group(0) @binding(1) var<storage, read> frame: array<vec4u>;
@group(0) @binding(2) var<uniform> batch: vec4u;
@group(0) @binding(3) var<storage, read_write> result: array<f32>;

const NONE = ${NONE}u;

struct Instance {
  positions: u32, normals: u32, tangents: u32, joints: u32,
  weights: u32, vertices: u32, palette: u32, normalise: u32,
  outPositions: u32, outNormals: u32, outTangents: u32, targets: u32,
  targetCount: u32,
  at: u32,
}

struct Influences { count: u32, first: u32 }

@compute @workgroup_size(${GROUP_THREADS})
fn linear(@builtin(global_invocation_id) id: vec3u) {
  let one = instance(id.y);
  if (id.x >= one.vertices) { return; }
  let influences = influencesOf(one, id.x);
  var rows = mat3x4f();
  for (var i = 0u; i < influences.count; i++) {
    let at = one.palette + jointOf(one, influences.first + i) * 3u;
    let weight = bitcast<f32>(page[one.weights + influences.first + i]);
    rows[0] += weight * bitcast<vec4f>(frame[at]);
    rows[1] += weight * bitcast<vec4f>(frame[at + 1u]);
    rows[2] += weight * bitcast<vec4f>(frame[at + 2u]);
  }
  let p = vec4f(morphed(one, id.x, one.positions, 3u, 0u), 1.0);
  store3(one.outPositions + id.x * 3u, vec3f(dot(rows[0], p), dot(rows[1], p), dot(rows[2], p)));
  if (one.outNormals != NONE) {
    let n = vec4f(morphed(one, id.x, one.normals, 3u, 1u), 0.0);
    store3(one.outNormals + id.x * 3u, ended(one, vec3f(dot(rows[0], n), dot(rows[1], n), dot(rows[2], n))));
  }
  if (one.outTangents != NONE) {
    let t = vec4f(morphed(one, id.x, one.tangents, 4u, 2u), 0.0);
    let at = one.outTangents + id.x * 4u;
    store3(at, ended(one, vec3f(dot(rows[0], t), dot(rows[1], t), dot(rows[2], t))));
    result[at + 3u] = bitcast<f32>(page[one.tangents + id.x * 4u + 3u]);
  }
}

@compute @workgroup_size(${GROUP_THREADS})
fn dual(@builtin(global_invocation_id) id: vec3u) {
  let one = instance(id.y);
  if (id.x >= one.vertices) { return; }
  let influences = influencesOf(one, id.x);
  let origin = bitcast<vec4f>(frame[one.palette + jointOf(one, influences.first) * 2u]);
  var real = vec4f();
  var moved = vec4f();
  for (var i = 0u; i < influences.count; i++) {
    let at = one.palette + jointOf(one, influences.first + i) * 2u;
    let turned = bitcast<vec4f>(frame[at]);
    let size = bitcast<f32>(page[one.weights + influences.first + i]);
    let weight = select(size, -size, dot(turned, origin) < 0.0);
    real += weight * turned;
    moved += weight * bitcast<vec4f>(frame[at + 1u]);
  }
  let length2 = dot(real, real);
  if (length2 < ${LENGTH2_MIN}) {
    real = vec4f(0.0, 0.0, 0.0, 1.0);
    moved = vec4f();
  } else {
    let scale = 1.0 / sqrt(length2);
    real *= scale;
    moved *= scale;
  }
  let half = (real.w * moved.xyz - moved.w * real.xyz) + cross(real.xyz, moved.xyz);
  let p = turn(real, morphed(one, id.x, one.positions, 3u, 0u));
  store3(one.outPositions + id.x * 3u, p + (half + half));
  if (one.outNormals != NONE) {
    let n = turn(real, morphed(one, id.x, one.normals, 3u, 1u));
    store3(one.outNormals + id.x * 3u, ended(one, n));
  }
  if (one.outTangents != NONE) {
    let at = one.outTangents + id.x * 4u;
    store3(at, ended(one, turn(real, morphed(one, id.x, one.tangents, 4u, 2u))));
    result[at + 3u] = bitcast<f32>(page[one.tangents + id.x * 4u + 3u]);
  }
}

fn instance(index: u32) -> Instance {
  let at = batch.x + index * ${INSTANCE_WORDS / 4}u;
  let a = frame[at];
  let b = frame[at + 1u];
  let c = frame[at + 2u];
  let d = frame[at + 3u];
  return Instance(a.x, a.y, a.z, a.w, b.x, b.y, b.z, b.w, c.x, c.y, c.z, c.w, d.x, at);
}

/** Vertices are in the order of their influences. */
fn influencesOf(one: Instance, vertex: u32) -> Influences {
  var begin = 0u;
  var skipped = 0u;
  for (var count = 1u; count < 8u; count++) {
    let place = count - 1u;
    let end = frame[one.at + ${instanceWords.ends / 4}u + place / 4u][place % 4u];
    if (vertex < end) { return Influences(count, skipped + (vertex - begin) * count); }
    skipped += (end - begin) * count;
    begin = end;
  }
  return Influences(8u, skipped + (vertex - begin) * 8u);
}

/** Two joint numbers share a word. */
fn jointOf(one: Instance, influence: u32) -> u32 {
  return (page[one.joints + influence / 2u] >> ((influence & 1u) * 16u)) & 0xffffu;
}

/** Three values at vertex with what the morph targets add to them; part says which of their lists. */
fn morphed(one: Instance, vertex: u32, values: u32, stride: u32, part: u32) -> vec3f {
  var value = load3(values + vertex * stride);
  for (var i = 0u; i < one.targetCount; i++) {
    let target_ = frame[one.targets + i];
    if (target_[part] != NONE) { value += bitcast<f32>(target_.w) * load3(target_[part] + vertex * 3u); }
  }
  return value;
}

fn turn(real: vec4f, v: vec3f) -> vec3f {
  let c = cross(real.xyz, cross(real.xyz, v) + real.w * v);
  return v + (c + c);
}

/** A direction as it is, or with length 1. */
fn ended(one: Instance, v: vec3f) -> vec3f {
  let length2 = dot(v, v);
  if (one.normalise == 0u || length2 < ${LENGTH2_MIN}) { return v; }
  return v * (1.0 / sqrt(length2));
}

fn load3(at: u32) -> vec3f {
  return bitcast<vec3f>(vec3u(page[at], page[at + 1u], page[at + 2u]));
}

fn store3(at: u32, v: vec3f) {
  result[at] = v.x;
  result[at + 1u] = v.y;
  result[at + 2u] = v.z;
}
`;
