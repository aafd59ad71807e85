import type { Expression } from "acorn";
import type { Component } from "../../ecs/component.ts";
import type { EventType } from "../../ecs/event.ts";
import type { Resource } from "../../ecs/resource.ts";
import type { Node } from "../node.ts";
import { Refusal } from "./error.ts";
import { evaluate, scalar } from "./expression.ts";
import type { Lowering } from "./lowering.ts";
import type { Thing, Value } from "./value.ts";

/** Refuses a number of arguments other than those that `counts` has. `instead` says how a call is written. */
export function countArguments(
  title: string,
  args: readonly Expression[],
  counts: readonly number[],
  instead: string,
): void {
  if (counts.includes(args.length)) return;
  const wanted = counts.join(" or ");
  throw new Refusal(
    `${title} takes ${wanted} ${wanted === "1" ? "argument" : "arguments"}, not ${args.length}`,
    instead,
  );
}

/** An argument that must be an entity. */
export function entityArgument(l: Lowering, title: string, node: Expression): Node {
  return l.at(node, () => {
    const value = scalar(l, node);
    if (value.is === "typed" && value.kind === "entity") return value.node;
    if (value.is === "untyped" && value.constant === 0) return value.as("i32");
    throw new Refusal(`${title} takes an entity here`, "pass k.entity, other.entity or a field of the type entity");
  });
}

export function componentArgument(l: Lowering, title: string, node: Expression): Component {
  return declaredArgument(l, title, node, "component", (thing): thing is Component => {
    // Relations are components too.
    return thing.is !== "event" && thing.is !== "resource" && thing.is !== "function";
  });
}

export function eventArgument(l: Lowering, title: string, node: Expression): EventType {
  return declaredArgument(l, title, node, "event", (thing): thing is EventType => thing.is === "event");
}

export function resourceArgument(l: Lowering, title: string, node: Expression): Resource {
  return declaredArgument(l, title, node, "resource", (thing): thing is Resource => thing.is === "resource");
}

function declaredArgument<T extends Thing>(
  l: Lowering,
  title: string,
  node: Expression,
  what: string,
  fits: (thing: Thing) => thing is T,
): T {
  return l.at(node, () => {
    const value: Value = evaluate(l, node);
    if (value.is === "foreign") {
      throw new Refusal(
        `${title} takes a declared ${what}, and ${value.name} is none`,
        "declare it in uses; if a bundler or minifier renamed it, write k.Name",
      );
    }
    if (value.is === "declared" && fits(value.thing)) return value.thing;
    if (value.is === "row") {
      const { name } = value.component;
      throw new Refusal(
        `${title} takes a declared ${what}, not a row`,
        what === "component" ? `write k.${name}` : "write its name",
      );
    }
    throw new Refusal(`${title} takes a declared ${what} here`, `write k.Name with the name of a ${what}`);
  });
}
