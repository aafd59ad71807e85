/** Reads and poses glTF files in the most obvious way, in f64, to compare with: files without sparse or normalised accessors. */

type Numbers = readonly number[];
interface Node {
  children?: number[];
  mesh?: number;
  skin?: number;
  matrix?: number[];
  translation?: number[];
  rotation?: number[];
  scale?: number[];
}
interface Gltf {
  nodes: Node[];
  meshes: { primitives: { attributes: Record<string, number> }[] }[];
  skins: { joints: number[]; inverseBindMatrices?: number }[];
  animations: {
    channels: { sampler: number; target: { node: number; path: "translation" | "rotation" | "scale" } }[];
    samplers: { input: number; output: number; interpolation?: string }[];
  }[];
  accessors: { bufferView: number; byteOffset?: number; componentType: number; type: string; count: number }[];
  bufferViews: { buffer: number; byteOffset?: number; byteStride?: number }[];
  buffers: { uri?: string }[];
}

/** Positions of the skinned vertices of node `node` at `time` of animation `animation`. */
export function skinnedPositions(file: Uint8Array, node: number, animation: number, time: number): number[][] {
  const { gltf, buffers } = parse(file);
  const read = (number: number) => elements(gltf, buffers, number);
  const nodes = gltf.nodes.map((one) => ({ ...one }));
  const { channels, samplers } = gltf.animations[animation]!;
  for (const { sampler, target } of channels) {
    const { input, output, interpolation = "LINEAR" } = samplers[sampler]!;
    nodes[target.node]![target.path] = curve(read(input).flat(), read(output), interpolation, target.path, time);
  }
  const parents = new Map(nodes.flatMap(({ children = [] }, i) => children.map((child) => [child, i] as const)));
  const world = (i: number): Numbers => {
    const parent = parents.get(i);
    return parent === undefined ? local(nodes[i]!) : multiply(world(parent), local(nodes[i]!));
  };
  const { mesh, skin } = nodes[node]!;
  const { joints, inverseBindMatrices } = gltf.skins[skin!]!;
  const inverse = inverseBindMatrices === undefined ? undefined : read(inverseBindMatrices);
  const palette = joints.map((joint, i) => (inverse ? multiply(world(joint), inverse[i]!) : world(joint)));
  return gltf.meshes[mesh!]!.primitives.slice(0, 1).flatMap(({ attributes }) => {
    const vertexJoints = read(attributes.JOINTS_0!);
    const vertexWeights = read(attributes.WEIGHTS_0!);
    return read(attributes.POSITION!).map((position, vertex) => {
      const sum = vertexWeights[vertex]!.reduce((a, b) => a + b);
      const out = [0, 0, 0];
      vertexWeights[vertex]!.forEach((weight, i) => {
        const m = palette[vertexJoints[vertex]![i]!]!;
        for (let row = 0; row < 3; row++) {
          const [x, y, z] = position as [number, number, number];
          out[row]! += (weight / sum) * (m[row]! * x + m[4 + row]! * y + m[8 + row]! * z + m[12 + row]!);
        }
      });
      return out;
    });
  });
}

function parse(file: Uint8Array): { gltf: Gltf; buffers: Uint8Array[] } {
  const view = new DataView(file.buffer, file.byteOffset);
  const glb = view.getUint32(0, true) === 0x46546c67;
  const length = glb ? view.getUint32(12, true) : file.length;
  const start = glb ? 20 : 0;
  const gltf: Gltf = JSON.parse(new TextDecoder().decode(file.subarray(start, start + length)));
  const buffers = gltf.buffers.map(({ uri }) =>
    uri === undefined ? file.subarray(28 + length) : Uint8Array.from(Buffer.from(uri.split(",")[1]!, "base64")),
  );
  return { gltf, buffers };
}

function elements({ accessors, bufferViews }: Gltf, buffers: Uint8Array[], number: number): number[][] {
  const { bufferView, byteOffset = 0, componentType, type, count } = accessors[number]!;
  const { buffer, byteOffset: start = 0, byteStride } = bufferViews[bufferView]!;
  const size = { SCALAR: 1, VEC3: 3, VEC4: 4, MAT4: 16 }[type]!;
  const bytes = { 5121: 1, 5123: 2, 5125: 4, 5126: 4 }[componentType]!;
  const { buffer: raw, byteOffset: at, length } = buffers[buffer]!;
  const view = new DataView(raw, at, length);
  return Array.from({ length: count }, (_, i) =>
    Array.from({ length: size }, (__, c) => {
      const place = start + byteOffset + i * (byteStride ?? size * bytes) + c * bytes;
      if (componentType === 5126) return view.getFloat32(place, true);
      return bytes === 1
        ? view.getUint8(place)
        : bytes === 2
          ? view.getUint16(place, true)
          : view.getUint32(place, true);
    }),
  );
}

function curve(times: Numbers, values: number[][], interpolation: string, path: string, time: number): number[] {
  const cubic = interpolation === "CUBICSPLINE";
  const value = (key: number) => values[cubic ? 3 * key + 1 : key]!;
  if (time <= times[0]!) return value(0);
  if (time >= times.at(-1)!) return value(times.length - 1);
  const key = times.findLastIndex((t) => t <= time);
  const span = times[key + 1]! - times[key]!;
  const s = (time - times[key]!) / span;
  const [a, b] = [value(key), value(key + 1)];
  if (interpolation === "STEP") return a;
  if (cubic) {
    const out = values[3 * key + 2]!.map((tangent) => tangent * span);
    const into = values[3 * (key + 1)]!.map((tangent) => tangent * span);
    const [s2, s3] = [s * s, s * s * s];
    const result = a.map(
      (_, i) =>
        (2 * s3 - 3 * s2 + 1) * a[i]! + (s3 - 2 * s2 + s) * out[i]! + (3 * s2 - 2 * s3) * b[i]! + (s3 - s2) * into[i]!,
    );
    return path === "rotation" ? result.map((q) => q / Math.hypot(...result)) : result;
  }
  if (path !== "rotation") return a.map((_, i) => a[i]! * (1 - s) + b[i]! * s);
  const dot = a.reduce((sum, q, i) => sum + q * b[i]!, 0);
  const angle = Math.acos(Math.min(1, Math.abs(dot)));
  if (angle < 1e-6) return a;
  const [wa, wb] = [
    Math.sin((1 - s) * angle) / Math.sin(angle),
    (Math.sin(s * angle) / Math.sin(angle)) * Math.sign(dot),
  ];
  return a.map((q, i) => q * wa + b[i]! * wb);
}

/** Column after column. */
function local({ matrix, translation = [0, 0, 0], rotation = [0, 0, 0, 1], scale = [1, 1, 1] }: Node): Numbers {
  if (matrix !== undefined) return matrix;
  const size = Math.hypot(...rotation);
  const [x, y, z, w] = rotation.map((q) => q / size) as [number, number, number, number];
  const columns = [
    [1 - 2 * (y * y + z * z), 2 * (x * y + w * z), 2 * (x * z - w * y)],
    [2 * (x * y - w * z), 1 - 2 * (x * x + z * z), 2 * (y * z + w * x)],
    [2 * (x * z + w * y), 2 * (y * z - w * x), 1 - 2 * (x * x + y * y)],
  ];
  return [...columns.flatMap((column, i) => [...column.map((value) => value * scale[i]!), 0]), ...translation, 1];
}

function multiply(a: Numbers, b: Numbers): Numbers {
  return Array.from({ length: 16 }, (_, i) => {
    const [column, row] = [i >> 2, i & 3];
    return [0, 1, 2, 3].reduce((sum, k) => sum + a[k * 4 + row]! * b[column * 4 + k]!, 0);
  });
}
