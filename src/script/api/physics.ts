import type { ApiNamespace, ApiParameter } from "../api.ts";
import { type Entity, ScriptError } from "../host.ts";
import type { Fields, Filter, Hit, HostScope, Vec3 } from "../scope.ts";
import type { ScriptValue } from "../value.ts";
import { count, countOf, whose } from "./parameter.ts";
import { direction, entityOf, vectorOf } from "./transform.ts";

/** The component of what moves by physics. */
const BODY = "KinematicBody";
export const LAYERS_ALL = 0xffff_ffff;

const mask: ApiParameter = {
  name: "mask",
  type: "integer",
  doc: "Bits of the layers that count; left out, all.",
  optional: true,
  least: 0,
  most: LAYERS_ALL,
};

export const physicsApi: ApiNamespace = {
  name: "Physics",
  doc: "The built-in kinematic world: entities with KinematicBody move, entities with Collider touch. Who hears Collision gets what touched anew.",
  functions: [
    {
      name: "applyForce",
      doc: "Pushes a body during the next step of the physics.",
      parameters: [{ name: "force", type: "vec3", doc: "In newtons." }, whose],
      returns: "nothing",
      capability: "physics",
      run: (scope, force, entity) => {
        const pushed = entityOf(scope, entity);
        const before = vectorOf(bodyOf(scope, pushed, "force")["force"]);
        scope.set(pushed, BODY, { force: sum(before, vectorOf(force), 1) });
      },
    },
    {
      name: "applyImpulse",
      doc: "Changes the velocity of a body at once, by the impulse over its mass. A body of mass 0 stays as it is.",
      parameters: [{ name: "impulse", type: "vec3", doc: "In newton seconds." }, whose],
      returns: "nothing",
      capability: "physics",
      run: (scope, impulse, entity) => {
        const pushed = entityOf(scope, entity);
        const body = bodyOf(scope, pushed);
        const mass = Number(body["mass"]);
        if (!(mass > 0)) return;
        scope.set(pushed, BODY, { velocity: sum(vectorOf(body["velocity"]), vectorOf(impulse), 1 / mass) });
      },
    },
    {
      name: "velocity",
      doc: "The velocity of a body.",
      parameters: [whose],
      returns: "vec3",
      capability: "physics",
      run: (scope, entity) => bodyOf(scope, entityOf(scope, entity), "velocity")["velocity"],
    },
    {
      name: "setVelocity",
      doc: "Sets the velocity of a body.",
      parameters: [{ name: "velocity", type: "vec3", doc: "In metres a second." }, whose],
      returns: "nothing",
      capability: "physics",
      run: (scope, velocity, entity) => {
        const moved = entityOf(scope, entity);
        bodyOf(scope, moved, "mass");
        scope.set(moved, BODY, { velocity: vectorOf(velocity) });
      },
    },
    {
      name: "ray",
      doc: "The first collider on the way, triggers and the script's own included where they are on a layer of the mask; as of the first such question in the run of a script in a tick, before the call that asks.",
      parameters: [
        { name: "origin", type: "vec3", doc: "Where it starts." },
        { name: "direction", type: "vec3", doc: "Of any length but 0." },
        { name: "length", type: "number", doc: "How far it goes.", least: 0 },
        mask,
      ],
      returns: "hit",
      nullable: true,
      capability: "physics",
      run: (scope, origin, along, length, layers) => {
        const way = direction("Physics.ray: direction", along);
        return hitValue(scope.ray(vectorOf(origin), way, length as number, all(layers)));
      },
    },
    {
      name: "overlapSphere",
      doc: "Entities whose colliders touch a sphere, ascending.",
      parameters: [
        { name: "center", type: "vec3", doc: "Its centre." },
        { name: "radius", type: "number", doc: "Its radius.", least: 0 },
        mask,
        count,
      ],
      returns: "entities",
      capability: "physics",
      run: (scope, center, radius, layers, most) =>
        scope.overlap(vectorOf(center), radius as number, all(layers), countOf(most)),
    },
    {
      name: "overlapBox",
      doc: "Entities whose colliders touch a box along the axes, ascending.",
      parameters: [
        { name: "center", type: "vec3", doc: "Its centre." },
        { name: "half", type: "vec3", doc: "Half of its sides, each at least 0." },
        mask,
        count,
      ],
      returns: "entities",
      capability: "physics",
      run: (scope, center, half, layers, most) => {
        const size = vectorOf(half);
        if (Math.min(size.x, size.y, size.z) < 0)
          throw new ScriptError("Physics.overlapBox: half: expected sides of at least 0");
        return scope.overlap(vectorOf(center), size, all(layers), countOf(most));
      },
    },
    {
      name: "touching",
      doc: "Entities that were in touch in the last step of the physics, ascending.",
      parameters: [whose],
      returns: "entities",
      capability: "physics",
      run: (scope, entity) => scope.touching(entityOf(scope, entity)),
    },
  ],
};

/** A hit as scripts see it. */
export function hitValue(hit: Hit | undefined): ScriptValue {
  if (hit === undefined) return undefined;
  const { entity, distance, point, normal } = hit;
  return { entity, distance, point: { ...point }, normal: { ...normal } };
}

function all(layers: ScriptValue): Filter {
  return { mask: (layers as number | undefined) ?? LAYERS_ALL, triggers: true, except: 0 };
}

function sum(a: Vec3, b: Vec3, factor: number): { x: number; y: number; z: number } {
  return { x: a.x + b.x * factor, y: a.y + b.y * factor, z: a.z + b.z * factor };
}

function bodyOf(scope: HostScope, entity: Entity, only?: string): Fields {
  const body = scope.get(entity, BODY, only);
  if (body !== undefined) return body;
  throw new ScriptError(`Entity ${entity} does not move by physics: it has no ${BODY}`);
}
