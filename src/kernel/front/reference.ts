import type { Component } from "../../ecs/component.ts";
import type { EventType } from "../../ecs/event.ts";
import type { Resource } from "../../ecs/resource.ts";
import { TICK_UNIFORM } from "../lowered.ts";
import type { Loop, Node } from "../node.ts";
import { insteadOfCall } from "./advice.ts";
import { displacement, distanceSquared } from "./displacement.ts";
import { Refusal } from "./error.ts";
import type { Lowering } from "./lowering.ts";
import { METHODS } from "./method.ts";
import { NUMBERS } from "./numbers.ts";
import { indexNode, pick } from "./pick.ts";
import { choice } from "./state.ts";
import { asKind, elementOf, isArray, valueType } from "./tables.ts";
import {
  constantOf,
  type Either,
  type Element,
  literal,
  nameOf,
  type Row,
  refusalOf,
  scalarOf,
  type Typed,
  typed,
  type Value,
} from "./value.ts";

/** What a bare name stands for that no variable has. */
export function globalOf(l: Lowering, name: string): Value {
  switch (name) {
    case "Math":
      return { is: "maths" };
    case "undefined":
      return { is: "nothing" };
    case "NaN":
      return literal(l.graph, Number.NaN);
    case "Infinity":
      return literal(l.graph, Number.POSITIVE_INFINITY);
    default:
      return declaredOf(l, name) ?? { is: "foreign", name };
  }
}

/** What `object.name` stands for. Throws {@link Refusal}. */
export function memberOf(l: Lowering, object: Value, name: string): Value {
  switch (object.is) {
    case "row":
      return fieldOf(object, name);
    case "vector": {
      const column = object.row.component.columns.findIndex((c) => c.field === object.field && c.axis === name);
      if (column < 0) throw missing(nameOf(object), name, axesOf(object.row.component, object.field));
      return { is: "element", row: object.row, column, lane: 0 };
    }
    case "lanes":
      if (name === "length") return literal(l.graph, object.row.component.columns[object.column]!.lanes);
      throw new Refusal(
        `${nameOf(object)}.${name} is not supported`,
        "use elements, such as items[0], length, and for (const item of items)",
      );
    case "scope":
      return scopeMember(l, name);
    case "maths":
      return mathsMember(l, name);
    case "neighbour":
      return neighbourMember(l, object.loop, name);
    case "enumeration": {
      const value = Object.hasOwn(object.values, name) ? object.values[name] : undefined;
      if (typeof value === "string")
        throw new Refusal(`${object.name}.${name} is a text`, "use a member that is a number: kernels have no texts");
      if (value === undefined) throw missing(object.name, name, numbersOf(object.values));
      return literal(l.graph, value);
    }
    case "either":
      return either(l, object, (side) => memberOf(l, side, name));
    case "foreign": {
      if (name === "Math") return { is: "maths" };
      const constant = object.name === "Number" && Object.hasOwn(NUMBERS, name) ? NUMBERS[name] : undefined;
      if (constant !== undefined) return literal(l.graph, constant);
      return declaredOf(l, name) ?? { is: "foreign", name: `${object.name}.${name}` };
    }
    case "declared": {
      const { is, name: owner } = object.thing;
      throw new Refusal(
        `${owner} has no ${name} here`,
        is === "resource"
          ? "pass it as a uniform"
          : is === "component"
            ? `write k.at(entity, k.${owner}).${name}`
            : "pass it to a call",
      );
    }
    case "unset":
    case "conflict":
    case "text":
    case "nothing":
      throw refusalOf(object);
    default:
      throw new Refusal(`${nameOf(object)} has no member ${name}`, "use fields of the parameters, k and Math");
  }
}

/** What `object[index]` stands for. Throws {@link Refusal}. */
export function indexed(l: Lowering, object: Value, index: Value): Value {
  if (index.is === "text") return memberOf(l, object, index.text);
  if (object.is === "either") return either(l, object, (side) => indexed(l, side, index));
  const at =
    index.is === "untyped"
      ? index.constant
      : index.is === "typed" && index.node.op === "const"
        ? index.node.value
        : undefined;
  if (object.is === "enumeration" && at !== undefined) return memberOf(l, object, String(at));
  if (object.is === "enumeration") {
    if (Array.isArray(object.values)) {
      const values = object.values.map((_, i) => scalarOf(memberOf(l, object, String(i))));
      return pick(l, values, indexNode(index, object.name, values.length));
    }
    throw new Refusal(
      `the index of ${object.name} is not constant`,
      `use a number or the counter of a for loop; from a list, such as [10, 20], a value can pick`,
    );
  }
  if (object.is !== "lanes") {
    if (object.is === "foreign" || object.is === "unset" || object.is === "conflict") throw refusalOf(object);
    throw new Refusal("only fixed arrays can be indexed", "use a name, as in p.x");
  }
  const { lanes } = object.row.component.columns[object.column]!;
  const { row, column } = object;
  if (at === undefined) return { is: "picked", row, column, index: indexNode(index, nameOf(object), lanes) };
  if (!Number.isInteger(at) || at < 0 || at >= lanes) {
    throw new Refusal(`${nameOf(object)} has no element ${at}`, `use 0 to ${lanes - 1}`);
  }
  return { is: "element", row, column, lane: at };
}

/** What `read` finds in one thing or the other. */
function either(l: Lowering, { ways: { condition, yes, no }, name }: Either, read: (side: Value) => Value): Value {
  const [a, b] = [yes, no].map((side) => valueAt(l, read(side))) as [Value, Value];
  return choice(l.graph, condition, a, b, name);
}

/** The value of an element; anything else stays as it is. */
export function valueAt(l: Lowering, value: Value): Value {
  if (value.is === "element") return readElement(l, value);
  if (value.is !== "picked") return value;
  const { row, column, index } = value;
  const { lanes } = row.component.columns[column]!;
  const elements = Array.from({ length: lanes }, (_, lane) => readElement(l, { is: "element", row, column, lane }));
  return pick(l, elements, index);
}

/** The value of an element. */
export function readElement(l: Lowering, { row, column, lane }: Element): Typed {
  const spec = row.component.columns[column]!;
  if (row.entity !== undefined) {
    const gather = l.tables.gather(row.component, column, lane);
    return asKind(spec, l.graph.fetch(valueType(spec), gather, row.entity, lookupMask(l, row.entity)));
  }
  const cell = l.tables.cell(row.parameter, column, lane);
  const value = l.state.get(cell) as Typed;
  if (value.node === (cell.initial as Typed).node) return value;
  // What was assigned saturates when it is stored, and so it does here.
  const range = RANGE[elementOf(spec)];
  if (range === undefined) return value;
  const low = l.graph.op("max", value.node, l.graph.constant("i32", range[0]));
  return { ...value, node: l.graph.op("min", low, l.graph.constant("i32", range[1])) };
}

/** For which rows an entity is looked up: those that get here. Where that it exists is asked before, nothing more is needed. */
export function lookupMask({ state: { path } }: Lowering, entity: Node): Node {
  if (path.op === "alive" && path.args[0] === entity) return path.args[1]!;
  if (path.op !== "and") return path;
  const [a, b] = path.args as [Node, Node];
  const isFound = (asked: Node, rest: Node): boolean =>
    asked.op === "alive" && asked.args[0] === entity && asked.args[1] === rest;
  return isFound(b, a) ? a : isFound(a, b) ? b : path;
}

/** The component, event, resource, function or constant that a declaration gives a name. */
function declaredOf({ declaration, graph }: Lowering, name: string): Value | undefined {
  const { parameters, components, events, resources, functions, constants } = declaration;
  if (Object.hasOwn(constants, name)) return constantOf(graph, name, constants[name]!);
  const things: readonly (Component | EventType | Resource)[] = [
    ...components,
    ...parameters.map(({ component }) => component),
    ...events,
    ...resources,
  ];
  const thing = things.find((known) => known.name === name);
  if (thing !== undefined) return { is: "declared", thing };
  const call = functions.find((known) => known.name === name);
  return call && { is: "declared", thing: { is: "function", name, source: call.source } };
}

/** Lowest and highest value of small integers, which are computed with as i32. */
export const RANGE: Readonly<Record<string, readonly [number, number] | undefined>> = {
  i8: [-128, 127],
  u8: [0, 255],
  i16: [-32_768, 32_767],
  u16: [0, 65_535],
};

const MATHS: Readonly<Record<string, number>> = {
  PI: Math.PI,
  E: Math.E,
  LN2: Math.LN2,
  LN10: Math.LN10,
  LOG2E: Math.LOG2E,
  LOG10E: Math.LOG10E,
  SQRT2: Math.SQRT2,
  SQRT1_2: Math.SQRT1_2,
};

function fieldOf(row: Row, name: string): Value {
  const { component } = row;
  const field = Object.hasOwn(component.schema, name) ? component.schema[name] : undefined;
  const column = component.columns.findIndex((c) => c.field === name);
  if (field === undefined) {
    throw missing(component.key, name, Object.keys(component.schema));
  }
  if (field.shape === "vector") return { is: "vector", row, field: name };
  return isArray(component, component.columns[column]!)
    ? { is: "lanes", row, column }
    : { is: "element", row, column, lane: 0 };
}

function scopeMember(l: Lowering, name: string): Value {
  if (Object.hasOwn(METHODS, name)) return { is: "method", name };
  if (name === "entity") return typed(l.graph.entity(), "entity");
  if (name === "tick") return typed(l.tables.uniform(TICK_UNIFORM, "i32"));
  const { uniforms } = l.declaration;
  if (Object.hasOwn(uniforms, name)) return typed(l.tables.uniform(name, uniforms[name]!));
  const declared = declaredOf(l, name);
  if (declared !== undefined) return declared;
  throw new Refusal(`k has no ${name}`, insteadOfCall(name) ?? "declare it in uniforms, constants or uses");
}

function mathsMember(l: Lowering, name: string): Value {
  const constant = Object.hasOwn(MATHS, name) ? MATHS[name] : undefined;
  return constant === undefined ? { is: "maths function", name } : literal(l.graph, constant);
}

function axesOf(component: Component, field: string): string[] {
  return component.columns.filter((c) => c.field === field).map((c) => c.axis ?? "");
}

/** The members of an enumeration that kernels can use. */
function numbersOf(values: Readonly<Record<string, number | string>>): string[] {
  return Object.keys(values).filter((key) => typeof values[key] === "number");
}

function missing(owner: string, name: string, names: readonly string[]): Refusal {
  return new Refusal(`${owner} has no ${name}`, `it has ${names.length === 0 ? "no fields" : names.join(", ")}`);
}

/** What is known of a neighbour. The distance is the one that is compared with the radius: it costs nothing more. */
function neighbourMember({ graph }: Lowering, loop: Loop, name: string): Typed {
  switch (name) {
    case "entity":
      return typed(graph.leaf(loop, "other"), "entity");
    case "x":
      return typed(graph.leaf(loop, "otherX"));
    case "y":
      return typed(graph.leaf(loop, "otherY"));
    case "dx":
    case "dy":
      return typed(displacement(graph, loop, name));
    case "distanceSquared":
      return typed(distanceSquared(graph, loop));
    default:
      throw new Refusal(
        `a neighbour has no ${name}`,
        "it has entity, x, y, dx, dy and distanceSquared, the square of its distance; k.at(other.entity, Component) has its other fields",
      );
  }
}
