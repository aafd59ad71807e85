import type { Expression, ObjectExpression, Property } from "acorn";
import type { ColumnSpec } from "../../ecs/component.ts";
import type { EventType } from "../../ecs/event.ts";
import type { Node } from "../node.ts";
import type { FoldKind } from "../program.ts";
import { componentArgument, countArguments, eventArgument, resourceArgument } from "./argument.ts";
import { nodeOfNumber, toNumber } from "./arithmetic.ts";
import { toColumn } from "./assignment.ts";
import { Refusal } from "./error.ts";
import { boolean, evaluate, scalar } from "./expression.ts";
import type { Lowering } from "./lowering.ts";
import type { Method } from "./method.ts";
import { RANGE, readElement } from "./reference.ts";
import { isArray, valueType } from "./tables.ts";
import { nameOf, type Scalar, typed, type Value } from "./value.ts";

const NOTHING: Value = { is: "nothing" };

export const despawn: Method = (l, args) => {
  countArguments("k.despawn", args, [0], "write k.despawn() for the row; for others emit an event");
  checkPlace(l, "k.despawn");
  l.set(l.despawned, typed(l.always));
  return NOTHING;
};

/** The last of `k.addTag` and `k.removeTag` that a row reaches counts. */
export function tag(name: "addTag" | "removeTag"): Method {
  return (l, args) => {
    countArguments(`k.${name}`, args, [1], `write k.${name}(k.Tag) for the row; for others emit an event`);
    checkPlace(l, `k.${name}`);
    const component = componentArgument(l, `k.${name}`, args[0]!);
    if (component.columns.length > 0) {
      throw new Refusal(
        `${component.name} has fields, so it is not a tag`,
        "use a component without fields, or emit an event",
      );
    }
    const { added, removed } = l.tag(component);
    l.set(added, typed(name === "addTag" ? l.always : l.never));
    l.set(removed, typed(name === "addTag" ? l.never : l.always));
    return NOTHING;
  };
}

/** Every call is an append of its own. */
export const emit: Method = (l, args) => {
  countArguments("k.emit", args, [1, 2], "write k.emit(k.Event, { amount: 1 })");
  checkPlace(l, "k.emit");
  const event = eventArgument(l, "k.emit", args[0]!);
  const fields = args[1];
  if (fields !== undefined && fields.type !== "ObjectExpression") {
    return l.source.fail(fields.start, "k.emit takes its fields here", "write them out, as in { amount: 1 }");
  }
  const given = fieldsOf(l, event.component.schema, event.name, fields);
  const { columns } = event.component;
  const values = columns.flatMap((spec) => elementsOf(l, event, spec, given.get(spec.field)));
  l.emissions.push({ event, append: { mask: l.state.path, values: [l.graph.entity(), ...values] } });
  return NOTHING;
};

const REDUCTIONS: Readonly<Record<FoldKind, string>> = {
  sum: 'write k.sum(k.Resource, "field", x)',
  min: 'write k.min(k.Resource, "field", x); the least of some numbers is Math.min(a, b)',
  max: 'write k.max(k.Resource, "field", x); the greatest of some numbers is Math.max(a, b)',
  count: 'write k.count(k.Resource, "field", condition)',
};

/** Of all rows that get there, one number for a field of a resource. */
export function reduce(kind: FoldKind): Method {
  const title = `k.${kind}`;
  return (l, args) => {
    countArguments(title, args, kind === "count" ? [2, 3] : [3], REDUCTIONS[kind]);
    checkPlace(l, title);
    const resource = resourceArgument(l, title, args[0]!);
    const column = l.at(args[1]!, () => {
      const field = evaluate(l, args[1]!);
      const { columns } = resource.component;
      const numbers = columns.filter((spec) => !NO_NUMBER.has(spec.kind) && !isArray(resource.component, spec));
      const spec = field.is === "text" ? numbers.find(({ path }) => path === field.text) : undefined;
      if (spec === undefined) {
        const known = numbers.map(({ path }) => `"${path}"`).join(", ");
        throw new Refusal(`${title} takes the name of a number of ${resource.name} here`, `it has ${known || "none"}`);
      }
      return columns.indexOf(spec);
    });
    if (l.folds.some((fold) => fold.resource === resource && fold.column === column)) {
      const { path } = resource.component.columns[column]!;
      throw new Refusal(
        `${resource.name}.${path} is given a value twice`,
        "reduce once, after a choice with c ? a : b; loops repeat it",
      );
    }
    const { path } = l.state;
    const last = args[2];
    if (kind === "count") {
      const mask = last === undefined ? path : l.graph.op("and", path, boolean(l, last));
      l.folds.push({ kind, mask, value: l.graph.constant("i32", 1), resource, column });
    } else {
      const { kind: type } = resource.component.columns[column]!;
      const value = l.at(last!, () => {
        const given = scalar(l, last!);
        if (given.is === "untyped" && type === "f64") return given.as(type);
        const isFloat = type === "f32" || type === "f64";
        return isFloat && isNegative(given) ? toNumber(l.graph, "f64", given) : nodeOfNumber(given, title);
      });
      l.folds.push({ kind, mask: path, value, resource, column });
    }
    return NOTHING;
  };
}

/** Whether an integer is the negative of another. */
function isNegative(value: Scalar): boolean {
  return value.is === "typed" && value.negated !== undefined;
}

const NO_NUMBER = new Set(["bool", "entity", "str"]);

function checkPlace(l: Lowering, title: string): void {
  if (l.loop === undefined) return;
  const forEach = title === "k.emit" ? "; for an event of each pair, use index.pairs in a system" : "";
  throw new Refusal(
    `${title} in a neighbour loop is not supported`,
    `keep a sum, or the nearest one, in a variable, and act after the loop${forEach}`,
  );
}

/** The expressions of an object's fields, by name. */
function fieldsOf(
  l: Lowering,
  known: object,
  owner: string,
  node: ObjectExpression | undefined,
): Map<string, Expression> {
  const fields = new Map<string, Expression>();
  for (const property of node?.properties ?? []) {
    if (property.type !== "Property" || property.kind !== "init" || property.method) {
      l.source.fail(
        property.start,
        "only plain fields are supported here",
        "write the fields one by one, as in { amount: 1 }",
      );
    }
    const name = keyOf(l, property);
    if (!Object.hasOwn(known, name)) {
      l.source.fail(
        property.start,
        `${owner} has no ${name}`,
        `it has ${Object.keys(known).join(", ") || "no fields"}`,
      );
    }
    fields.set(name, property.value);
  }
  return fields;
}

function keyOf(l: Lowering, { key, computed }: Property): string {
  if (!computed && key.type === "Identifier") return key.name;
  if (key.type === "Literal" && (typeof key.value === "string" || typeof key.value === "number"))
    return String(key.value);
  return l.source.fail(key.start, "computed names are not supported", "write the name itself");
}

/** The values of a column of an event: what is given, else the defaults. */
function elementsOf(l: Lowering, event: EventType, spec: ColumnSpec, given: Expression | undefined): Node[] {
  const { component, name } = event;
  if (given === undefined) return Array.from({ length: spec.lanes }, () => initialOf(l, name, spec));
  if (spec.axis !== undefined) return [axisOf(l, event, spec, given)];
  if (!isArray(component, spec)) return [fitting(l, spec, name, given)];
  if (given.type === "ArrayExpression") {
    if (given.elements.length > spec.lanes) {
      l.source.fail(
        given.start,
        `${name}.${spec.path} has ${spec.lanes} elements, not ${given.elements.length}`,
        "give it as many or fewer",
      );
    }
    return Array.from({ length: spec.lanes }, (_, lane) => {
      const element = given.elements[lane];
      if (!element) return initialOf(l, name, spec);
      if (element.type === "SpreadElement")
        l.source.fail(element.start, "spreading is not supported", "write the elements one by one");
      return fitting(l, spec, name, element);
    });
  }
  return l.at(given, () => {
    const value = evaluate(l, given);
    if (value.is !== "lanes")
      throw new Refusal(`${name}.${spec.path} is a fixed array`, "write [a, b], or a fixed array field");
    const { lanes } = value.row.component.columns[value.column]!;
    if (lanes > spec.lanes)
      throw new Refusal(`${name}.${spec.path} has ${spec.lanes} elements, not ${lanes}`, "write [a, b] with as many");
    return Array.from({ length: spec.lanes }, (_, lane) => {
      if (lane >= lanes) return initialOf(l, name, spec);
      return saturated(
        l,
        spec,
        toColumn(l, spec, name, readElement(l, { is: "element", row: value.row, column: value.column, lane })),
      );
    });
  });
}

function axisOf(l: Lowering, { component, name }: EventType, spec: ColumnSpec, given: Expression): Node {
  if (given.type === "ObjectExpression") {
    const axes = component.columns
      .filter(({ field }) => field === spec.field)
      .map(({ axis }) => [axis!, true] as const);
    const value = fieldsOf(l, Object.fromEntries(axes), `${name}.${spec.field}`, given).get(spec.axis!);
    return value === undefined ? initialOf(l, name, spec) : fitting(l, spec, name, value);
  }
  return l.at(given, () => {
    const value = evaluate(l, given);
    if (value.is !== "vector")
      throw new Refusal(`${name}.${spec.field} is a vector`, "write { x, y }, or a vector field");
    const { row, field } = value;
    const column = row.component.columns.findIndex((c) => c.field === field && c.axis === spec.axis);
    if (column < 0) throw new Refusal(`${nameOf(value)} has no ${spec.axis}`, "write the axes one by one");
    return saturated(l, spec, toColumn(l, spec, name, readElement(l, { is: "element", row, column, lane: 0 })));
  });
}

function fitting(l: Lowering, spec: ColumnSpec, owner: string, node: Expression): Node {
  return l.at(node, () => saturated(l, spec, toColumn(l, spec, `${owner}.${spec.path}`, evaluate(l, node))));
}

/** Small integers saturate as they do in a column. */
function saturated({ graph }: Lowering, { kind }: ColumnSpec, value: Node): Node {
  const range = RANGE[kind];
  if (range === undefined) return value;
  return graph.op("min", graph.op("max", value, graph.constant("i32", range[0])), graph.constant("i32", range[1]));
}

function initialOf({ graph }: Lowering, owner: string, spec: ColumnSpec): Node {
  if (typeof spec.initial === "number") return graph.constant(valueType(spec), spec.initial);
  throw new Refusal(`the default of ${owner}.${spec.path} is a string`, "give the field a value, from a str field");
}
