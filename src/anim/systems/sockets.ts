import { expectInstance } from "../../core/argument.ts";
import { component } from "../../ecs/component.ts";
import { u16 } from "../../ecs/field.ts";
import { ChildOf } from "../../ecs/relation.ts";
import { type System, system } from "../../ecs/system.ts";
import { write } from "../../ecs/term.ts";
import { Transform } from "../../ecs/transform.ts";
import { decompose, decomposed } from "../decompose.ts";
import { Animation } from "./animation.ts";

/** Holds an entity to a joint of its parent by `ChildOf`: its `Transform` follows the joint. What sits beside the joint is a child of it. */
export const Socket = component(
  "Socket",
  { joint: u16({ doc: "Of the parent's skeleton." }) },
  { doc: "Holds an entity to a joint of its parent.", category: "animation" },
);

/**
 * A system that sets the `Transform` of entities with {@link Socket} to where the joint is in the model. Run it behind the systems of the animation and
 * before `propagate`, which then takes them, and all below them, along. Entities whose parent has no pose, or not that joint, stay.
 */
export function socketSystem(animation: Animation): System {
  expectInstance(animation, Animation, "animation", "an Animation");
  const { graph } = animation.animator;
  const parts = decomposed();
  return system(`${graph.name}Sockets`, {
    query: [Socket, ChildOf, write(Transform)],
    after: [`${graph.name}Poses`],
    doc: `What the joints of graph ${graph.name} hold goes along.`,
    run: ({ world, query }) => {
      const poses = animation.poses(world);
      for (const { count, socket, childOf, transform } of query.chunks()) {
        const { translation, rotation, scale } = transform;
        for (let i = 0; i < count; i++) {
          const parent = childOf.target[i]!;
          const joint = socket.joint[i]!;
          if (!poses.has(parent) || joint >= poses.skeleton(parent).count) continue;
          const { f32 } = poses.memory;
          decompose(f32, (poses.offset(parent) >>> 2) + joint * 12, parts);
          translation.x[i] = parts.translation[0]!;
          translation.y[i] = parts.translation[1]!;
          translation.z[i] = parts.translation[2]!;
          rotation.x[i] = parts.rotation[0]!;
          rotation.y[i] = parts.rotation[1]!;
          rotation.z[i] = parts.rotation[2]!;
          rotation.w[i] = parts.rotation[3]!;
          scale.x[i] = parts.scale[0]!;
          scale.y[i] = parts.scale[1]!;
          scale.z[i] = parts.scale[2]!;
        }
      }
    },
  }) as unknown as System;
}
