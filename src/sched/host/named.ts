import { badArgument } from "../../core/argument.ts";
import { WorldloomError } from "../../core/errors.ts";
import type { Component } from "../../ecs/component.ts";
import type { EventType, InputType } from "../../ecs/event.ts";
import type { Resource } from "../../ecs/resource.ts";
import { loadWorld } from "../../ecs/save-load.ts";
import { type Declared, nounOf, type Role } from "../../ecs/schema.ts";
import type { World } from "../../ecs/world.ts";
import type { Simulation } from "../simulation.ts";

/** What a world declared under a name; relations count as components. Throws `bad-argument`, `component-unknown`. */
export function typeNamed({ core }: World, name: string, role: Exclude<Role, "relation">): Declared {
  if (typeof name !== "string") throw badArgument(`the ${role}`, name, "a name");
  const id = core.schema.named(name);
  const declared = core.schema.declared[id];
  if (declared === undefined || declared.component.name !== name) {
    const names = core.schema.declared.filter((one) => isOf(one, role)).map(({ component }) => component.name);
    throw new WorldloomError(
      "component-unknown",
      `The hosted world has no ${role} ${name}; it has ${names.join(", ") || "none"}.`,
      { [role]: name },
    );
  }
  if (isOf(declared, role)) return declared;
  throw new WorldloomError(
    "bad-argument",
    `${name} is ${nounOf(declared.role)} of the hosted world, not ${nounOf(role)}.`,
    {
      [role]: name,
    },
  );
}

export function inputNamed(world: World, name: string): InputType {
  return inputOf(typeNamed(world, name, "input"));
}
export function eventNamed(world: World, name: string): EventType {
  return eventOf(typeNamed(world, name, "event"));
}
export function resourceNamed(world: World, name: string): Resource {
  return resourceOf(typeNamed(world, name, "resource"));
}

/**
 * The world of a simulation continues from a save file, in place. Throws `bad-file`, `file-version`, `schema-mismatch`,
 * `arena-full`, and then is as before.
 */
export function continueFrom(simulation: Simulation, bytes: Uint8Array): void {
  const { world } = simulation;
  const { arena, schema, checked } = world.core;
  const of = (role: Role): Declared[] => schema.declared.filter((declared) => declared.role === role);
  const components: Component[] = schema.declared
    .filter((declared) => isOf(declared, "component"))
    .map(({ component }) => component);
  const [resources, events, inputs] = [
    of("resource").map(resourceOf),
    of("event").map(eventOf),
    of("input").map(inputOf),
  ];
  using loaded = loadWorld(bytes, { components, resources, events, inputs, arena, checked });
  using snapshot = loaded.snapshot();
  world.restore(snapshot);
  simulation.jumped();
}

function isOf({ role }: Declared, wanted: Role): boolean {
  return role === wanted || (role === "relation" && wanted === "component");
}

function inputOf({ component }: Declared): InputType {
  return { is: "input", name: component.name, component };
}
function eventOf({ component, lifetime }: Declared): EventType {
  return { is: "event", name: component.name, component, lifetime };
}
function resourceOf({ component }: Declared): Resource {
  return { is: "resource", name: component.name, component };
}
