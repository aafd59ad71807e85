import { realpathSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { BODY_JOINTS, type BodyJoint, body } from "./body.ts";
import { type Flesh, flesh } from "./flesh.ts";
import { GlbWriter } from "./glb.ts";
import { type Move, moves } from "./moves.ts";

export interface FigureOptions {
  /** 20 to 1,024; 67 unless given. Below that fingers are missing, beyond it hair is added. */
  readonly joints?: number;
  /** Exactly so many; 5,000 unless given. */
  readonly vertices?: number;
  /** For hair; 1 unless given. */
  readonly seed?: number;
  /** Whether vertices have tangents. */
  readonly tangents?: boolean;
  /** Whether there are two morph targets, breathe and smile; the idle clip breathes. */
  readonly morphs?: boolean;
  /** Whether the root joint moves ahead in `walk` and `run`. */
  readonly rootMotion?: boolean;
}

/** Keys per second. */
const RATE = 30;
const colours = {
  skin: [0.78, 0.52, 0.37, 1],
  shirt: [0.13, 0.3, 0.55, 1],
  trousers: [0.18, 0.17, 0.2, 1],
  hair: [0.12, 0.07, 0.04, 1],
} as const;

/** A `.glb` file of a person of 1.8 m made of capsules, bound to joints, with the clips idle, walk, run, wave and jump. */
export function figure(options: FigureOptions = {}): Uint8Array {
  const { joints: jointCount = BODY_JOINTS, vertices = 5000, seed = 1 } = options;
  const joints = body(jointCount);
  const glb = new GlbWriter();
  const shape = flesh(joints, vertices);
  const inverseBind = new Float32Array(16 * joints.length);
  joints.forEach(({ at }, joint) => {
    inverseBind.set([1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, -at[0], -at[1], -at[2], 1], 16 * joint);
  });
  const materials = Object.keys(colours) as BodyJoint["material"][];
  return glb.finish({
    scene: 0,
    scenes: [{ nodes: [0, joints.length] }],
    nodes: [...joints.map((_, joint) => jointNode(joints, joint)), { name: "Figure", mesh: 0, skin: 0 }],
    meshes: [mesh(glb, shape, materials, options)],
    skins: [
      {
        name: "Figure",
        joints: joints.map((_, joint) => joint),
        inverseBindMatrices: glb.add(inverseBind, 16),
        skeleton: 0,
      },
    ],
    materials: materials.map((name) => ({ name, pbrMetallicRoughness: { baseColorFactor: colours[name] } })),
    animations: moves.map((move) => animation(glb, joints, move, seed, options)),
  });
}

function jointNode(joints: readonly BodyJoint[], joint: number): object {
  const { name, parent, at } = joints[joint]!;
  const from = joints[parent]?.at ?? [0, 0, 0];
  const children = joints.flatMap((other, i) => (other.parent === joint ? [i] : []));
  return { name, translation: at.map((value, i) => value - from[i]!), ...(children.length > 0 && { children }) };
}

function mesh(
  glb: GlbWriter,
  shape: Flesh,
  materials: readonly BodyJoint["material"][],
  options: FigureOptions,
): object {
  const { positions, normals, tangents, joints, weights, triangles } = shape;
  const attributes = {
    POSITION: glb.add(positions, 3, true),
    NORMAL: glb.add(normals, 3),
    ...(options.tangents === true && { TANGENT: glb.add(tangents, 4) }),
    JOINTS_0: glb.add(joints, 4),
    WEIGHTS_0: glb.add(weights, 4),
  };
  const targets = options.morphs === true ? morphTargets(glb, shape) : undefined;
  return {
    name: "Figure",
    primitives: [...triangles].map(([material, indices]) => ({
      attributes,
      indices: glb.add(indices, 1),
      material: materials.indexOf(material),
      ...(targets && { targets }),
    })),
    ...(targets && { weights: [0, 0], extras: { targetNames: ["breathe", "smile"] } }),
  };
}

/** The chest 2 cm wider, the mouth 1 cm. */
function morphTargets(glb: GlbWriter, { positions, normals }: Flesh): object[] {
  const target = (centre: readonly number[], radius: number, size: number) => {
    const moved = new Float32Array(positions.length);
    for (let i = 0; i < positions.length; i += 3) {
      let distance2 = 0;
      for (let c = 0; c < 3; c++) distance2 += (positions[i + c]! - centre[c]!) * (positions[i + c]! - centre[c]!);
      const near = Math.max(0, 1 - distance2 / (radius * radius));
      for (let c = 0; c < 3; c++) moved[i + c] = normals[i + c]! * size * near * near;
    }
    return { POSITION: glb.add(moved, 3, true) };
  };
  return [target([0, 1.38, 0.1], 0.25, 0.02), target([0, 1.62, 0.1], 0.07, 0.01)];
}

function animation(
  glb: GlbWriter,
  joints: readonly BodyJoint[],
  move: Move,
  seed: number,
  options: FigureOptions,
): object {
  const { name, duration, speed, steps } = move;
  const names = joints.map((joint) => joint.name);
  const keys = Math.round(duration * RATE) + 1;
  const times = Float32Array.from({ length: keys }, (_, key) => key / RATE);
  const stances = Array.from(times, (time) => move.stance(time, names, seed));
  const input = glb.add(times, 1, true);
  const ends = glb.add(Float32Array.of(0, duration), 1, true);
  const samplers: object[] = [];
  const channels: object[] = [];
  const add = (node: number, path: string, sampler: object) => {
    channels.push({ sampler: samplers.push(sampler) - 1, target: { node, path } });
  };
  names.forEach((joint, node) => {
    if (!stances[0]!.turns.has(joint)) return;
    const rotations = Float32Array.from(stances.flatMap(({ turns }) => turns.get(joint)!));
    add(node, "rotation", { input, output: glb.add(rotations, 4), interpolation: "LINEAR" });
  });
  const rest = joints[1]!.at;
  const hips = Float32Array.from(stances.flatMap(({ hips: [x, y, z] }) => [rest[0] + x, rest[1] + y, rest[2] + z]));
  add(1, "translation", { input, output: glb.add(hips, 3), interpolation: "LINEAR" });
  if (options.rootMotion === true && speed > 0) {
    const way = glb.add(Float32Array.of(0, 0, 0, 0, 0, speed * duration), 3);
    add(0, "translation", { input: ends, output: way, interpolation: "LINEAR" });
  }
  if (options.morphs === true && name === "idle") {
    const breaths = Float32Array.of(0, 0, 1, 0, 0, 0, 1, 0, 0, 0);
    const at = glb.add(Float32Array.of(0, 1.5, 3, 4.5, 6), 1, true);
    add(joints.length, "weights", { input: at, output: glb.add(breaths, 1), interpolation: "LINEAR" });
  }
  return { name, samplers, channels, ...(steps.length > 0 && { extras: { events: steps } }) };
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const [path] = process.argv.slice(2);
  if (path === undefined || path.startsWith("-")) {
    const asked = path === "--help" || path === "-h";
    console[asked ? "log" : "error"](
      "usage: node examples/anim/figure.ts OUT.glb\n\nWrites a figure of 67 joints and 5,000 vertices.",
    );
    process.exitCode = asked ? 0 : 2;
  } else {
    writeFileSync(path, figure());
  }
}
