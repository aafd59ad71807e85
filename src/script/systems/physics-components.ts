import { component } from "../../ecs/component.ts";
import { event } from "../../ecs/event.ts";
import { bool, entity, f32, u8, u32, vec3 } from "../../ecs/field.ts";
import { resource } from "../../ecs/resource.ts";

/** Values of `Collider.shape`. */
export const shape = { sphere: 0, box: 1 } as const;

/** What entities touch others with: a sphere, or a box along the axes of the world. */
export const Collider = component(
  "Collider",
  {
    shape: u8({ doc: "0 is a sphere, 1 a box." }),
    radius: f32({ default: 0.5, doc: "Of the sphere." }),
    half: vec3(f32({ default: 0.5, doc: "Half of the sides of the box." })),
    layer: u32({ default: 1, doc: "Bits of the layers that it is on." }),
    mask: u32({ default: 0xffff_ffff, doc: "Bits of the layers that it touches." }),
    trigger: bool({ doc: "Touches without pushing." }),
    bounce: f32({ doc: "Share of the speed that is left, 0 to 1; of two, the greater counts." }),
    friction: f32({ default: 0.5, doc: "0 is ice; of two, the product counts." }),
  },
  { doc: "A sphere or box that others touch.", category: "physics" },
);

/** What moves by the system of {@link physicsSystem}. */
export const KinematicBody = component(
  "KinematicBody",
  {
    velocity: vec3(f32({ doc: "In metres a second." })),
    force: vec3(f32({ doc: "In newtons, of the next step; the step takes it away." })),
    mass: f32({ default: 1, doc: "In kilograms; 0 is not moved by others, forces and gravity." }),
    drag: f32({ doc: "Share of the speed that is lost in a second, at low speeds." }),
    gravity: f32({ default: 1, doc: "Factor of the world's gravity." }),
  },
  { doc: "A velocity, and what changes it.", category: "physics" },
);

/** The same for all bodies of a world. */
export const PhysicsWorld = resource(
  "PhysicsWorld",
  {
    gravity: vec3(f32, { y: -9.81 }),
    step: u32({ doc: "The tick of the last step." }),
  },
  { doc: "Gravity in metres a second squared." },
);

/** Two colliders touch that did not in the step before. */
export const Collision = event(
  "Collision",
  {
    a: entity({ doc: "The lower of the two numbers." }),
    b: entity,
    point: vec3(f32),
    normal: vec3(f32({ doc: "Of length 1, from a to b." })),
    impulse: f32({ doc: "In newton seconds." }),
    trigger: bool({ doc: "One of them is a trigger: nothing was pushed." }),
  },
  { doc: "Two colliders began to touch." },
);

/** Two colliders no longer touch. */
export const Separation = event("Separation", { a: entity, b: entity }, { doc: "Two colliders ceased to touch." });

/** Two colliders touch: of every step in which they do. What {@link Collision} and {@link Separation} are told from. */
export const Contact = event("Contact", { a: entity, b: entity }, { doc: "Two colliders touch.", lifetime: 2 });
