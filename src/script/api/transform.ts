import type { ApiNamespace } from "../api.ts";
import { type Entity, ScriptError } from "../host.ts";
import type { Fields, HostScope, Vec3 } from "../scope.ts";
import type { ScriptValue } from "../value.ts";
import { ANGLE_MAX } from "./angle.ts";
import { whose } from "./parameter.ts";
import { facing, IDENTITY, normalized, product, type Quat, rotated, turn, unit } from "./quaternion.ts";

/** Positions and directions, right-handed: x to the right, y up, forward is -z. */
export const transformApi: ApiNamespace = {
  name: "Transform",
  doc: "Where entities are, how they are turned, and how large: relative to their parent if they have one. x is right, y is up, forward is -z.",
  functions: [
    {
      name: "position",
      doc: "Where an entity is.",
      parameters: [whose],
      returns: "vec3",
      run: (scope, entity) => positionOf(scope, entityOf(scope, entity)),
    },
    {
      name: "setPosition",
      doc: "Puts an entity somewhere.",
      parameters: [{ name: "position", type: "vec3", doc: "Where." }, whose],
      returns: "nothing",
      run: (scope, position, entity) => setPosition(scope, entityOf(scope, entity), vectorOf(position)),
    },
    {
      name: "move",
      doc: "Moves an entity along the axes of its parent.",
      parameters: [{ name: "by", type: "vec3", doc: "How far." }, whose],
      returns: "nothing",
      run: (scope, by, entity) => {
        const moved = entityOf(scope, entity);
        const { x, y, z } = positionOf(scope, moved);
        const step = vectorOf(by);
        setPosition(scope, moved, { x: x + step.x, y: y + step.y, z: z + step.z });
      },
    },
    {
      name: "rotation",
      doc: "How an entity is turned.",
      parameters: [whose],
      returns: "quat",
      run: (scope, entity) => ({ ...rotationOf(scope, entityOf(scope, entity)) }),
    },
    {
      name: "setRotation",
      doc: "Turns an entity; the rotation is brought to length 1.",
      parameters: [{ name: "rotation", type: "quat", doc: "Not of length 0." }, whose],
      returns: "nothing",
      run: (scope, rotation, entity) => {
        const q = normalized(quatOf(rotation));
        if (q === undefined) throw new ScriptError("Transform.setRotation: rotation: its length must not be 0");
        setRotation(scope, entityOf(scope, entity), q);
      },
    },
    {
      name: "rotate",
      doc: "Turns an entity about an axis of its parent, by the right hand, after its rotation so far.",
      parameters: [
        { name: "axis", type: "vec3", doc: "Of any length but 0." },
        { name: "angle", type: "number", doc: "In radians.", least: -ANGLE_MAX, most: ANGLE_MAX },
        whose,
      ],
      returns: "nothing",
      run: (scope, axis, angle, entity) => {
        const turned = entityOf(scope, entity);
        const q = product(turn(direction("Transform.rotate: axis", axis), angle as number), rotationOf(scope, turned));
        setRotation(scope, turned, normalized(q)!);
      },
    },
    {
      name: "scale",
      doc: "How large an entity is along its axes.",
      parameters: [whose],
      returns: "vec3",
      run: (scope, entity) => {
        const { scale } = scope.place;
        if (scale === undefined) return { x: 1, y: 1, z: 1 };
        return vectorOf(placed(scope, entityOf(scope, entity), scale)[scale]);
      },
    },
    {
      name: "setScale",
      doc: "Makes an entity larger or smaller.",
      parameters: [{ name: "scale", type: "vec3", doc: "For each axis." }, whose],
      returns: "nothing",
      run: (scope, scale, entity) => {
        const field = scope.place.scale;
        if (field === undefined) throw new ScriptError("Transform.setScale: entities of this world have no scale");
        scope.set(entityOf(scope, entity), scope.place.component, { [field]: vectorOf(scale) });
      },
    },
    axisFunction("forward", "The direction in which an entity looks, of length 1.", { x: 0, y: 0, z: -1 }),
    axisFunction("right", "The direction to the right of an entity, of length 1.", { x: 1, y: 0, z: 0 }),
    axisFunction("up", "The direction above an entity, of length 1.", { x: 0, y: 1, z: 0 }),
    {
      name: "lookAt",
      doc: "Turns an entity so that it looks at a point. Does nothing at the point itself.",
      parameters: [
        { name: "target", type: "vec3", doc: "The point." },
        { name: "up", type: "vec3", doc: "What is above; left out, y.", optional: true },
        whose,
      ],
      returns: "nothing",
      run: (scope, target, up, entity) => {
        const turned = entityOf(scope, entity);
        const from = positionOf(scope, turned);
        const to = vectorOf(target);
        const forward = unit({ x: to.x - from.x, y: to.y - from.y, z: to.z - from.z });
        const above = up === undefined ? { x: 0, y: 1, z: 0 } : direction("Transform.lookAt: up", up);
        if (forward !== undefined) setRotation(scope, turned, facing(forward, above));
      },
    },
    {
      name: "distance",
      doc: "How far another entity is away.",
      parameters: [{ name: "other", type: "entity", doc: "The other one." }, whose],
      returns: "number",
      capability: "world",
      run: (scope, other, entity) => {
        const a = positionOf(scope, other as Entity);
        const b = positionOf(scope, entityOf(scope, entity));
        const [x, y, z] = [a.x - b.x, a.y - b.y, a.z - b.z];
        return Math.sqrt(x * x + y * y + z * z);
      },
    },
  ],
};

/** The entity that an optional argument means. */
export function entityOf(scope: HostScope, entity: ScriptValue): Entity {
  return (entity as Entity | undefined) ?? scope.entity;
}

/** Where an entity is. Throws {@link ScriptError} where it has no place. */
export function positionOf(scope: HostScope, entity: Entity): { x: number; y: number; z: number } {
  const { position } = scope.place;
  const fields = placed(scope, entity, position === "" ? undefined : position);
  return vectorOf(position === "" ? fields : fields[position]);
}

/** A direction of length 1. Throws {@link ScriptError} for length 0. */
export function direction(what: string, value: ScriptValue): Vec3 {
  const found = unit(vectorOf(value));
  if (found === undefined) throw new ScriptError(`${what}: its length must not be 0`);
  return found;
}

/** A value that was checked to be a vector, whose z may have been left out. */
export function vectorOf(value: ScriptValue): { x: number; y: number; z: number } {
  const { x, y, z = 0 } = value as { readonly x: number; readonly y: number; readonly z?: number };
  return { x, y, z };
}

/** A value that was checked to be a rotation. */
function quatOf(value: ScriptValue): Quat {
  return value as unknown as Quat;
}

function axisFunction(name: string, doc: string, axis: Vec3): ApiNamespace["functions"][number] {
  return {
    name,
    doc,
    parameters: [whose],
    returns: "vec3",
    run: (scope, entity) => ({ ...rotated(rotationOf(scope, entityOf(scope, entity)), axis) }),
  };
}

function placed(scope: HostScope, entity: Entity, only: string | undefined): Fields {
  const fields = scope.get(entity, scope.place.component, only);
  if (fields !== undefined) return fields;
  throw new ScriptError(`Entity ${entity} is nowhere: it has no ${scope.place.component}`);
}

function setPosition(scope: HostScope, entity: Entity, { x, y, z }: Vec3): undefined {
  const { component, position } = scope.place;
  const axes = scope.place.axes === 3 ? { x, y, z } : { x, y };
  scope.set(entity, component, position === "" ? axes : { [position]: axes });
}

function rotationOf(scope: HostScope, entity: Entity): Quat {
  const { rotation } = scope.place;
  const fields = placed(scope, entity, rotation);
  if (rotation === undefined) return IDENTITY;
  return normalized(quatOf(fields[rotation])) ?? IDENTITY;
}

function setRotation(scope: HostScope, entity: Entity, { x, y, z, w }: Quat): undefined {
  const { component, rotation } = scope.place;
  if (rotation === undefined) throw new ScriptError("Entities of this world cannot be turned: they have no rotation");
  scope.set(entity, component, { [rotation]: { x, y, z, w } });
}
