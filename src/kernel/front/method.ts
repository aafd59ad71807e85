import type { Expression } from "acorn";
import { SEED_UNIFORM, TICK_UNIFORM } from "../lowered.ts";
import { randomFloatNode } from "../math/index.ts";
import { componentArgument, countArguments, entityArgument } from "./argument.ts";
import { converted } from "./arithmetic.ts";
import { despawn, emit, reduce, tag } from "./effect.ts";
import { Refusal } from "./error.ts";
import { scalar } from "./expression.ts";
import type { Lowering } from "./lowering.ts";
import { neighbours } from "./neighbours.ts";
import { lookupMask } from "./reference.ts";
import { type NumberType, typed, type Value } from "./value.ts";

/** What `k` can call. Arguments are evaluated by the call itself. */
export type Method = (l: Lowering, args: readonly Expression[]) => Value;

export const METHODS: Readonly<Record<string, Method>> = {
  random(l, args) {
    countArguments("k.random", args, [0], "write k.random()");
    if (l.loop !== undefined) {
      throw new Refusal(
        "k.random() in a neighbour loop is not supported",
        "draw before the loop; a draw is one for the row",
      );
    }
    const stream = (l.stream + Math.imul(l.draws++, DRAW_STRIDE)) | 0;
    const { graph, tables } = l;
    const seed = tables.uniform(SEED_UNIFORM, "i32");
    return typed(randomFloatNode(graph, seed, stream, tables.uniform(TICK_UNIFORM, "i32"), graph.entity()));
  },
  f32: conversion("f32"),
  f64: conversion("f64"),
  i32: conversion("i32"),
  u32: conversion("u32"),
  at(l, args) {
    countArguments("k.at", args, [2], "write k.at(entity, k.Component).x");
    const entity = entityArgument(l, "k.at", args[0]!);
    const component = componentArgument(l, "k.at", args[1]!);
    const parameter = l.declaration.parameters.find((known) => known.component.name === component.name);
    if (parameter?.write) {
      throw new Refusal(
        `${component.name} is written, so what other entities have of it depends on the order of rows`,
        "read it here and write it in a second kernel, or write to another component",
      );
    }
    return { is: "row", component, parameter: -1, entity };
  },
  has(l, args) {
    countArguments("k.has", args, [2], "write k.has(entity, k.Component)");
    const entity = entityArgument(l, "k.has", args[0]!);
    const component = componentArgument(l, "k.has", args[1]!);
    return typed(l.graph.alive(l.tables.presence(component), entity, lookupMask(l, entity)));
  },
  neighbours,
  despawn,
  addTag: tag("addTag"),
  removeTag: tag("removeTag"),
  emit,
  sum: reduce("sum"),
  min: reduce("min"),
  max: reduce("max"),
  count: reduce("count"),
};

/** Spacing of the streams of further draws, as in the context of a system. */
const DRAW_STRIDE = 0x9e3779b1;

function conversion(type: NumberType): Method {
  return (l, args) => {
    countArguments(`k.${type}`, args, [1], `write k.${type}(x)`);
    return converted(l.graph, type, scalar(l, args[0]!));
  };
}
