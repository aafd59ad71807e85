import { JOINTS_MAX } from "../../native/anim/format.ts";
import type { ClipEvent } from "../clip.ts";
import { type Accessors, USES, type Use } from "./accessor.ts";
import type { Json } from "./json.ts";
import { type GltfNode, readNodes } from "./nodes.ts";

const TARGETS_MAX = 1024;

/** Numbers of accessors, -1 where there is none. */
export interface GltfPrimitive {
  readonly path: string;
  /** 4 triangles, 5 strip, 6 fan; below that points and lines. */
  readonly mode: number;
  readonly positions: number;
  readonly normals: number;
  readonly tangents: number;
  readonly indices: number;
  /** Sets of four. */
  readonly joints: readonly number[];
  readonly weights: readonly number[];
  readonly colour: readonly [number, number, number, number];
  readonly targets: readonly { readonly positions: number; readonly normals: number; readonly tangents: number }[];
}

export interface GltfMesh {
  readonly path: string;
  readonly name: string;
  readonly primitives: readonly GltfPrimitive[];
  readonly weights: readonly number[] | undefined;
  readonly targetNames: readonly string[];
}

export interface GltfSkin {
  readonly path: string;
  readonly name: string;
  readonly joints: readonly number[];
  readonly inverseBind: number;
}

export type Path = "translation" | "rotation" | "scale" | "weights";

export interface GltfChannel {
  readonly path: string;
  readonly node: number;
  readonly target: Path;
  readonly input: number;
  readonly output: number;
  readonly interpolation: "LINEAR" | "STEP" | "CUBICSPLINE";
}

export interface GltfAnimation {
  readonly path: string;
  readonly name: string;
  readonly channels: readonly GltfChannel[];
  /** From `extras.events`. */
  readonly events: readonly ClipEvent[];
}

/** A file whose references all lead somewhere. */
export interface GltfStructure {
  readonly nodes: readonly GltfNode[];
  readonly meshes: readonly GltfMesh[];
  readonly skins: readonly GltfSkin[];
  readonly animations: readonly GltfAnimation[];
  readonly warnings: string[];
}

/** Reads and checks all that models are made of; textures, cameras and lights are left out. */
export function readStructure(json: Json, accessors: Accessors): GltfStructure {
  const warnings: string[] = [];
  const lists = { meshes: json.list("meshes"), skins: json.list("skins"), nodes: json.list("nodes") };
  const colours = json.list("materials").map(baseColour);
  return {
    nodes: readNodes(lists.nodes, lists.meshes.length, lists.skins.length, warnings),
    meshes: lists.meshes.map((mesh) => readMesh(mesh, accessors, colours, warnings)),
    skins: lists.skins.map((skin) => readSkin(skin, accessors, lists.nodes.length)),
    animations: json
      .list("animations")
      .map((animation) => readAnimation(animation, accessors, lists.nodes.length, warnings)),
    warnings,
  };
}

function baseColour(material: Json): [number, number, number, number] {
  if (!material.has("pbrMetallicRoughness")) return [1, 1, 1, 1];
  const [r = 1, g = 1, b = 1, a = 1] = material.get("pbrMetallicRoughness").numbers("baseColorFactor", 4) ?? [];
  return [r, g, b, a];
}

function readMesh(
  mesh: Json,
  accessors: Accessors,
  colours: readonly [number, number, number, number][],
  warnings: string[],
): GltfMesh {
  const primitives: GltfPrimitive[] = [];
  for (const json of mesh.list("primitives")) {
    const mode = json.integer("mode", { min: 0, max: 6 }, 4);
    if (mode < 4) warnings.push(`${json.path} is points or lines, which are left out.`);
    else if (!json.get("attributes").has("POSITION")) warnings.push(`${json.path} has no positions and is left out.`);
    else primitives.push(readPrimitive(json, mode, accessors, colours));
  }
  const targets = primitives[0]?.targets.length ?? 0;
  for (const { path, targets: own } of primitives) {
    if (own.length !== targets) throw mesh.refuse(`has ${targets} morph targets, but ${path} ${own.length}`);
  }
  const weights = mesh.numbers("weights");
  if (weights !== undefined && primitives.length > 0 && weights.length !== targets)
    throw mesh.get("weights").refuse(`has ${weights.length} weights for ${targets} morph targets`);
  const extras = mesh.has("extras") ? mesh.get("extras").value : undefined;
  const names: unknown = (extras as { targetNames?: unknown } | null | undefined)?.targetNames;
  const targetNames = Array.isArray(names) ? names.map(String) : [];
  return { path: mesh.path, name: mesh.text("name"), primitives, weights, targetNames };
}

function readPrimitive(
  json: Json,
  mode: number,
  accessors: Accessors,
  colours: readonly [number, number, number, number][],
): GltfPrimitive {
  const attributes = json.get("attributes");
  const positions = accessors.required(attributes, "POSITION", USES.position);
  const vertices = accessors.count(positions);
  const each = (owner: Json, key: string, use: Use) => {
    const number = accessors.optional(owner, key, use);
    if (number >= 0 && accessors.count(number) !== vertices)
      throw owner.get(key).refuse(`has ${accessors.count(number)} values for ${vertices} vertices`);
    return number;
  };
  const sets = (name: string, use: Use) => {
    const list: number[] = [];
    while (attributes.has(`${name}_${list.length}`)) list.push(each(attributes, `${name}_${list.length}`, use));
    return list;
  };
  const joints = sets("JOINTS", USES.joints);
  const weights = sets("WEIGHTS", USES.weights);
  if (joints.length !== weights.length)
    throw attributes.refuse(`has ${joints.length} sets of joints but ${weights.length} of weights`);
  const targets = json.list("targets");
  if (targets.length > TARGETS_MAX) throw json.get("targets").refuse(`has more than ${TARGETS_MAX} morph targets`);
  const material = json.reference("material", "materials", colours.length);
  return {
    path: json.path,
    mode,
    positions,
    normals: each(attributes, "NORMAL", USES.position),
    tangents: each(attributes, "TANGENT", USES.tangent),
    indices: accessors.optional(json, "indices", USES.indices),
    joints,
    weights,
    colour: material < 0 ? [1, 1, 1, 1] : colours[material]!,
    targets: targets.map((target) => ({
      positions: each(target, "POSITION", USES.position),
      normals: each(target, "NORMAL", USES.position),
      tangents: each(target, "TANGENT", USES.position),
    })),
  };
}

function readSkin(skin: Json, accessors: Accessors, nodes: number): GltfSkin {
  const joints = skin.list("joints").map((joint) => joint.index("nodes", nodes));
  if (joints.length === 0 || joints.length > JOINTS_MAX)
    throw skin
      .get("joints")
      .refuse(`has ${joints.length} joints; a skin has 1 to ${JOINTS_MAX}`, { joints: joints.length });
  const inverseBind = accessors.optional(skin, "inverseBindMatrices", USES.matrix);
  if (inverseBind >= 0 && accessors.count(inverseBind) < joints.length)
    throw skin
      .get("inverseBindMatrices")
      .refuse(`has ${accessors.count(inverseBind)} matrices for ${joints.length} joints`);
  return { path: skin.path, name: skin.text("name"), joints, inverseBind };
}

const outputs: Readonly<Record<Path, Use>> = {
  translation: USES.vector,
  rotation: USES.rotation,
  scale: USES.vector,
  weights: USES.scalar,
};

function readAnimation(animation: Json, accessors: Accessors, nodes: number, warnings: string[]): GltfAnimation {
  const samplers = animation.list("samplers");
  const taken = new Set<string>();
  const channels = animation.list("channels").flatMap((channel): GltfChannel[] => {
    const sampler = samplers[channel.get("sampler").index(`${animation.path}.samplers`, samplers.length)]!;
    const target = channel.get("target");
    const path = target.text("path");
    const node = target.reference("node", "nodes", nodes);
    if (!Object.hasOwn(outputs, path)) warnings.push(`${channel.path} moves "${path}", which is left out.`);
    if (node < 0 || !Object.hasOwn(outputs, path)) return [];
    if (taken.has(`${node} ${path}`)) {
      warnings.push(`${channel.path} moves the ${path} of nodes[${node}] again and is left out.`);
      return [];
    }
    taken.add(`${node} ${path}`);
    const interpolation = sampler.text("interpolation", "LINEAR");
    if (interpolation !== "LINEAR" && interpolation !== "STEP" && interpolation !== "CUBICSPLINE")
      throw sampler.get("interpolation").refuse(`is "${interpolation}", which glTF does not have`);
    const input = accessors.required(sampler, "input", USES.time);
    const output = accessors.required(sampler, "output", outputs[path as Path]);
    return [{ path: channel.path, node, target: path as Path, input, output, interpolation }];
  });
  return { path: animation.path, name: animation.text("name"), channels, events: readEvents(animation, warnings) };
}

/** What happens at times of an animation is nothing that glTF knows; extras say it as `events: [{ time, name }]`. */
function readEvents(animation: Json, warnings: string[]): ClipEvent[] {
  const extras = animation.has("extras") ? animation.get("extras").value : undefined;
  const events = (extras as { events?: unknown } | null | undefined)?.events;
  if (events === undefined) return [];
  const isEvent = (event: Partial<ClipEvent> | null) =>
    typeof event?.name === "string" && typeof event.time === "number" && event.time >= 0;
  if (Array.isArray(events) && events.every(isEvent)) return events.map(({ time, name }) => ({ time, name }));
  warnings.push(`${animation.path}.extras.events is not a list of { time, name } and is left out.`);
  return [];
}
