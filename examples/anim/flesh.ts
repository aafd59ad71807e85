import { cos64, sin64 } from "../../src/core/math/sine64.ts";
import type { BodyJoint, Vector } from "./body.ts";

/** Vertices of all bones, and what binds them to joints. */
export interface Flesh {
  readonly positions: Float32Array;
  readonly normals: Float32Array;
  /** 4 for each vertex. */
  readonly tangents: Float32Array;
  readonly joints: Uint16Array;
  readonly weights: Float32Array;
  /** Three for each triangle, material after material. */
  readonly triangles: ReadonlyMap<BodyJoint["material"], Uint32Array>;
}

/** Shares of vertices on 1, 2, 3 and 4 joints, as in models made by hand. */
export const INFLUENCE_SHARES = [0.45, 0.3, 0.15, 0.1] as const;

interface Vertex {
  readonly at: Vector;
  readonly normal: Vector;
  readonly tangent: Vector;
  readonly bone: number;
  /** 0 where the bone begins, 1 where it ends. */
  readonly along: number;
}

/** A capsule around each bone, `count` vertices in all. */
export function flesh(joints: readonly BodyJoint[], count: number): Flesh {
  const bones = joints.flatMap(({ tail }, joint) => (tail === undefined ? [] : [joint]));
  const areas = bones.map((joint) => areaOf(joints[joint]!));
  const whole = areas.reduce((sum, area) => sum + area, 0);
  const gridOf = (i: number, share: number) => gridFor(joints[bones[i]!]!, (share * areas[i]!) / whole);
  const total = (share: number) => bones.reduce((sum, _, i) => sum + verticesOf(gridOf(i, share)), 0);
  let share = count;
  while (total(share) > count) {
    share *= 0.98;
    if (share < 1) throw new RangeError(`${joints.length} joints take at least ${total(share)} vertices.`);
  }
  const vertices: Vertex[] = [];
  const triangles: { corners: [number, number, number]; bone: number }[] = [];
  bones.forEach((bone, i) => {
    capsule(joints[bone]!, bone, gridOf(i, share), vertices, triangles);
  });
  // What is missing is put into the middle of triangles, evenly.
  const missing = count - vertices.length;
  const before = triangles.length;
  for (let i = 0; i < missing; i++) split(triangles, Math.floor((i * before) / missing), vertices);
  const { joints: bound, weights } = bind(joints, vertices);
  const lists = new Map<BodyJoint["material"], number[]>();
  for (const { corners, bone } of triangles) {
    const { material } = joints[bone]!;
    if (!lists.has(material)) lists.set(material, []);
    lists.get(material)!.push(...corners);
  }
  return {
    positions: Float32Array.from(vertices.flatMap(({ at }) => at)),
    normals: Float32Array.from(vertices.flatMap(({ normal }) => normal)),
    tangents: Float32Array.from(vertices.flatMap(({ tangent }) => [...tangent, 1])),
    joints: bound,
    weights,
    triangles: new Map([...lists].map(([material, list]) => [material, Uint32Array.from(list)])),
  };
}

function areaOf({ at, tail, radius }: BodyJoint): number {
  return radius * (size(minus(tail!, at)) + 2 * radius);
}

interface Grid {
  readonly rings: number;
  /** Vertices of a ring. */
  readonly around: number;
}

/** With about `count` vertices. */
function gridFor({ at, tail, radius }: BodyJoint, count: number): Grid {
  const profile = size(minus(tail!, at)) + Math.PI * radius;
  const around = Math.max(4, Math.floor(Math.sqrt((count * 2 * Math.PI * radius) / profile)));
  return { around, rings: Math.max(2, Math.floor((count - 2) / around)) };
}

/** All rings and two poles. */
function verticesOf({ rings, around }: Grid): number {
  return rings * around + 2;
}

/** Rings from pole to pole. */
function capsule(
  { at, tail, radius }: BodyJoint,
  bone: number,
  { rings, around }: Grid,
  vertices: Vertex[],
  triangles: { corners: [number, number, number]; bone: number }[],
): void {
  const length = size(minus(tail!, at));
  const axis = scaled(minus(tail!, at), 1 / length);
  const side = unit(cross(axis, Math.abs(axis[1]) < 0.9 ? [0, 1, 0] : [0, 0, 1]));
  const other = cross(axis, side);
  const profile = length + Math.PI * radius;
  const first = vertices.length;
  const vertex = (place: number, angle: number) => {
    const bottom = (Math.PI / 2) * radius;
    const turn = place < bottom ? place / radius - Math.PI / 2 : Math.max(0, (place - bottom - length) / radius);
    const along = Math.min(Math.max(place - bottom, 0), length);
    const [c, s] = [cos64(angle), sin64(angle)];
    const out = plus(scaled(side, c), scaled(other, s));
    const normal = plus(scaled(out, cos64(turn)), scaled(axis, sin64(turn)));
    const tangent = plus(scaled(side, -s), scaled(other, c));
    const position = plus(plus(at, scaled(axis, along)), scaled(normal, radius));
    vertices.push({ at: position, normal, tangent, bone, along: along / length });
  };
  vertex(0, 0);
  for (let ring = 0; ring < rings; ring++)
    for (let step = 0; step < around; step++)
      vertex((profile * (ring + 1)) / (rings + 1), (2 * Math.PI * step) / around);
  vertex(profile, 0);
  const last = vertices.length - 1;
  const of = (ring: number, step: number) =>
    ring < 0 ? first : ring >= rings ? last : first + 1 + ring * around + (step % around);
  for (let ring = -1; ring < rings; ring++) {
    for (let step = 0; step < around; step++) {
      const [a, b, c, d] = [of(ring, step), of(ring, step + 1), of(ring + 1, step + 1), of(ring + 1, step)];
      if (ring >= 0) triangles.push({ corners: [a, b, c], bone });
      if (ring < rings - 1) triangles.push({ corners: [a, c, d], bone });
    }
  }
}

/** Cuts a triangle into three. */
function split(
  triangles: { corners: [number, number, number]; bone: number }[],
  number: number,
  vertices: Vertex[],
): void {
  const { corners, bone } = triangles[number]!;
  const [a, b, c] = corners;
  const [va, vb, vc] = [vertices[a]!, vertices[b]!, vertices[c]!];
  const middle = (pick: (vertex: Vertex) => Vector) => scaled(plus(plus(pick(va), pick(vb)), pick(vc)), 1 / 3);
  const normal = unit(middle((vertex) => vertex.normal));
  const tangent = unit(cross(cross(normal, va.tangent), normal));
  const along = (va.along + vb.along + vc.along) / 3;
  vertices.push({ at: middle((vertex) => vertex.at), normal, tangent, bone, along });
  const centre = vertices.length - 1;
  triangles[number] = { corners: [a, b, centre], bone };
  triangles.push({ corners: [b, c, centre], bone }, { corners: [c, a, centre], bone });
}

/** The nearer a vertex is to an end of its bone, the more joints it hangs on, in the shares of {@link INFLUENCE_SHARES}. */
function bind(joints: readonly BodyJoint[], vertices: readonly Vertex[]): Pick<Flesh, "joints" | "weights"> {
  const bound = new Uint16Array(vertices.length * 4);
  const weights = new Float32Array(vertices.length * 4);
  const nearness = (i: number) => Math.min(vertices[i]!.along, 1 - vertices[i]!.along);
  const order = vertices.map((_, i) => i).sort((a, b) => nearness(a) - nearness(b) || a - b);
  const [, two, three, four] = INFLUENCE_SHARES;
  const borders = [four, four + three, four + three + two];
  order.forEach((number, rank) => {
    const { bone, along } = vertices[number]!;
    const place = (rank + 0.5) / vertices.length;
    const parts = borders.map((border) => Math.max(0, 1 - place / border)).reverse();
    const others = neighbours(joints, bone, along > 0.5);
    // Up to half of the weight goes to the others, the most to the next.
    const given = [0.5 * parts[0]! * (1 - 0.3 * parts[1]!), 0.15 * parts[1]! * (1 - 0.3 * parts[2]!), 0.05 * parts[2]!];
    bound[number * 4] = bone;
    weights[number * 4] = 1 - given[0]! - given[1]! - given[2]!;
    given.forEach((weight, i) => {
      if (weight === 0) return;
      bound[number * 4 + i + 1] = others[i]!;
      weights[number * 4 + i + 1] = weight;
    });
  });
  return { joints: bound, weights };
}

/** Three other joints near one end of a bone. */
function neighbours(joints: readonly BodyJoint[], bone: number, end: boolean): number[] {
  const parents = [];
  for (let at = joints[bone]!.parent; at > 0; at = joints[at]!.parent) parents.push(at);
  const children = joints.flatMap(({ parent }, joint) => (parent === bone ? [joint] : []));
  const near = end ? [...children, ...parents] : [...parents, ...children];
  for (let joint = 1; near.length < 3; joint++) if (joint !== bone && !near.includes(joint)) near.push(joint);
  return near.slice(0, 3);
}

const plus = (a: Vector, b: Vector): Vector => [a[0] + b[0], a[1] + b[1], a[2] + b[2]];
const minus = (a: Vector, b: Vector): Vector => [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
const scaled = (a: Vector, by: number): Vector => [a[0] * by, a[1] * by, a[2] * by];
const size = (a: Vector) => Math.sqrt(a[0] * a[0] + a[1] * a[1] + a[2] * a[2]);
const unit = (a: Vector) => scaled(a, 1 / (size(a) || 1));
const cross = (a: Vector, b: Vector): Vector => [
  a[1] * b[2] - a[2] * b[1],
  a[2] * b[0] - a[0] * b[2],
  a[0] * b[1] - a[1] * b[0],
];
