import type { AssignmentExpression, Expression, Pattern, Node as SyntaxNode, UpdateExpression } from "acorn";
import type { ColumnSpec } from "../../ecs/component.ts";
import type { Graph } from "../graph.ts";
import type { Node } from "../node.ts";
import { binary, checkNumber, converted, isFloat, toNumber } from "./arithmetic.ts";
import { Refusal } from "./error.ts";
import { evaluate, logical, place, scalar } from "./expression.ts";
import type { Lowering } from "./lowering.ts";
import { maths } from "./maths.ts";
import { take, takeEach } from "./pattern.ts";
import { isAt } from "./pick.ts";
import { RANGE, valueAt } from "./reference.ts";
import type { Cell } from "./state.ts";
import { asKind, valueType } from "./tables.ts";
import {
  type Chosen,
  type Element,
  known,
  literal,
  type NumberType,
  nameOf,
  type Picked,
  refusalOf,
  type Scalar,
  scalarOf,
  type Typed,
  type Untyped,
  type Value,
} from "./value.ts";

/** `left operator right`; the value is that of the right side, as in JavaScript, or of the operation. */
export function assign(l: Lowering, node: AssignmentExpression): Value {
  const { operator, left, right } = node;
  if (operator === "??=") throw new Refusal("??= is not supported", "every value exists; use = or an if");
  if (takeEach(l, left, right, (part, value, from) => assignTo(l, part, value, from))) return { is: "nothing" };
  if (left.type === "ObjectPattern" || left.type === "ArrayPattern") {
    const value = place(l, right);
    take(l, left, value, (name, one) => store(l, targetOf(l, name), one));
    return value;
  }
  const target = targetOf(l, left);
  if (operator === "=") {
    const value = evaluate(l, right);
    l.at(right, () => store(l, target, value));
    return value;
  }
  if (operator === "&&=" || operator === "||=") {
    const side = (): Value => {
      const value = scalar(l, right);
      store(l, target, value);
      return value;
    };
    return logical(l, operator === "&&=" ? "&&" : "||", left as Expression, side, right);
  }
  const before = scalarOf(read(l, target));
  const value = operate(l, operator.slice(0, -1), before, scalar(l, right));
  store(l, target, value);
  return value;
}

/** The value as that of a variable or field; `from` is where it was read. */
export function assignTo(l: Lowering, left: Pattern, value: Value, from: SyntaxNode = left): void {
  const target = l.at(left, () => targetOf(l, left));
  l.at(from, () => store(l, target, value));
}

/** `++x`, `x--` and the like. */
export function update(l: Lowering, { operator, argument, prefix }: UpdateExpression): Value {
  const target = targetOf(l, argument as Pattern);
  const before = scalarOf(read(l, target));
  const after = binary(l.graph, operator === "++" ? "+" : "-", before, literal(l.graph, 1));
  store(l, target, after);
  return prefix ? after : before;
}

/** Gives a variable its value. */
export function setVariable(l: Lowering, cell: Cell, value: Value): void {
  l.set(cell, value.is === "nothing" ? { is: "unset", name: cell.name } : known(value));
}

/**
 * A value as an element of a column holds it: numbers convert, floats to integers truncate and saturate. What is chosen from
 * numbers of several types converts before it is chosen, as it would in `if (c) p.x = a; else p.x = b`.
 */
export function toColumn(l: Lowering, spec: ColumnSpec, name: string, given: Value, isPlain = true): Node {
  const { graph } = l;
  const chosen = chosenOf(given);
  if (chosen !== undefined && takesAll(spec, chosen.types)) {
    // Beside floats an integer is one of them, and saturates as they do.
    const isPlain = !chosen.types.has("f32") && !chosen.types.has("f64");
    return choose(graph, chosen, (one) => toColumn(l, spec, name, one, isPlain), new Map());
  }
  const value = scalarOf(given);
  if (spec.kind === "bool") {
    if (value.is === "typed" && value.kind === "boolean") return value.node;
    throw new Refusal(`${name} is a boolean, but the value is not`, "write x !== 0");
  }
  if (spec.kind === "entity") {
    if (value.is === "typed" && value.kind === "entity") return value.node;
    if (value.is === "untyped" && value.constant === 0) return graph.constant("i32", 0);
    throw new Refusal(`${name} is an entity, but the value is not`, "assign another entity, or 0 for none");
  }
  if (spec.kind === "str") {
    if (value.is === "typed" && value.kind === "string") return value.node;
    throw new Refusal(`${name} is a string, but the value is not`, "assign another str field");
  }
  if (value.is === "typed" && value.kind === "boolean") {
    throw new Refusal(`${name} is a number, but the value is a boolean`, "write flag ? 1 : 0");
  }
  checkNumber(value, "an assignment");
  return toColumnNumber(l, spec, name, value, isPlain);
}

type Target = Element | Picked | { readonly is: "variable"; readonly cell: Cell };

function targetOf(l: Lowering, left: Pattern | Expression): Target {
  if (left.type === "Identifier") {
    const variable = l.scope.find(left.name);
    if (variable === undefined) {
      throw new Refusal(
        `${left.name} is captured from outside the function`,
        "declare it in the function with let, or use a component or resource",
      );
    }
    if (variable.isCopy)
      throw new Refusal(
        `${left.name} is a copy, so its field stays as it is`,
        "name the parameter, as in (p), and write p.x, or use a variable",
      );
    if (variable.isConst) throw new Refusal(`${left.name} is a const`, "declare it with let");
    return { is: "variable", cell: variable.cell };
  }
  if (left.type !== "MemberExpression") {
    throw new Refusal("this cannot be assigned to", "assign to a variable, or to a field of a component in write");
  }
  const target = place(l, left);
  if (target.is === "element" || target.is === "picked") {
    checkWritten(l, target);
    return target;
  }
  if (target.is === "vector" || target.is === "lanes") {
    throw new Refusal(`${nameOf(target)} cannot be assigned as a whole`, "assign its axes or elements one by one");
  }
  if (target.is === "foreign") throw refusalOf(target);
  throw new Refusal("this cannot be assigned to", "assign to a variable, or to a field of a component in write");
}

function checkWritten(l: Lowering, { row }: Element | Picked): void {
  const { name } = row.component;
  if (row.entity !== undefined) {
    throw new Refusal(`the ${name} of another entity cannot be changed`, "emit an event, and let a system change it");
  }
  if (!l.declaration.parameters[row.parameter]!.write) {
    throw new Refusal(`${name} is only read`, `list ${name} in write instead of read`);
  }
}

function read(l: Lowering, target: Target): Value {
  return target.is === "variable" ? l.state.get(target.cell) : valueAt(l, target);
}

function store(l: Lowering, target: Target, value: Value): void {
  if (target.is === "variable") {
    setVariable(l, target.cell, value);
    return;
  }
  const { row, column } = target;
  const spec = row.component.columns[column]!;
  const cellOf = (lane: number): Cell => l.tables.cell(row.parameter, column, lane);
  if (target.is === "element") {
    const cell = cellOf(target.lane);
    l.set(cell, asKind(spec, toColumn(l, spec, cell.name, value)));
    return;
  }
  const node = toColumn(l, spec, `${row.component.key}.${spec.path}`, value);
  for (let lane = 0; lane < spec.lanes; lane++) {
    const cell = cellOf(lane);
    const before = (l.state.get(cell) as Typed).node;
    l.set(cell, asKind(spec, l.graph.op("select", isAt(l, target.index, lane), node, before)));
  }
}

function operate(l: Lowering, operator: string, a: Scalar, b: Scalar): Scalar {
  return operator === "**" ? maths(l.graph, "pow", [a, b]) : binary(l.graph, operator, a, b);
}

function chosenOf(value: Value): Chosen | undefined {
  return value.is === "typed" || value.is === "conflict" ? value.chosen : undefined;
}

/** One of the numbers of a choice, each converted; choices that several others share are made once. */
function choose(graph: Graph, chosen: Chosen, convert: (one: Value) => Node, made: Map<Chosen, Node>): Node {
  const known = made.get(chosen);
  if (known !== undefined) return known;
  const side = (value: Value): Node => {
    const inner = chosenOf(value);
    return inner === undefined ? convert(value) : choose(graph, inner, convert, made);
  };
  const node = graph.op("select", chosen.condition, side(chosen.yes), side(chosen.no));
  made.set(chosen, node);
  return node;
}

/** Whether a column takes numbers of all these types. */
function takesAll({ kind }: ColumnSpec, types: ReadonlySet<string>): boolean {
  if (kind === "bool" || kind === "entity" || kind === "str") return false;
  return !(kind === "u32" && types.has("i32")) && !(kind === "i32" && types.has("u32"));
}

/** An integer that a field of 32 bits holds in another way: in JavaScript it would wrap around, here it would saturate. */
function checkHolds(type: NumberType, name: string, value: Untyped): void {
  const { constant } = value;
  if (isFloat(type) || constant === undefined || !Number.isInteger(constant) || value.fits(type)) return;
  if (constant < -(2 ** 31) || constant >= 2 ** 32) return;
  throw new Refusal(
    `${name} is ${type}, which does not hold ${constant}`,
    `use a number in its range, or x ${type === "u32" ? ">>> 0" : "| 0"} to keep the bits`,
  );
}

function toColumnNumber({ graph }: Lowering, spec: ColumnSpec, name: string, value: Scalar, isPlain: boolean): Node {
  const type = valueType(spec) as NumberType;
  if (value.is === "untyped") {
    if (value.constant !== undefined) {
      if (isPlain) checkHolds(type, name, value);
      return converted(graph, type, value).node;
    }
    if (type === "f32" || type === "f64") return value.as(type);
    if (!value.integral) return graph.convert(type, value.as("f64"));
    if (value.fits(type)) return value.as(type);
    throw new Refusal(`a value for ${name} does not fit ${type}`, "use numbers in the range of the field");
  }
  const from = value.node.type;
  if (from === "i32" && type === "u32")
    throw new Refusal(
      `${name} is u32, but the value is i32`,
      "write x >>> 0, which wraps around, or k.u32(k.f64(x)), which saturates",
    );
  if (from === "u32" && type === "i32") {
    if (spec.kind === "i32")
      throw new Refusal(
        `${name} is i32, but the value is u32`,
        "write x | 0, which wraps around, or k.i32(k.f64(x)), which saturates",
      );
    return graph.convert("i32", graph.op("min", value.node, graph.constant("u32", RANGE[spec.kind]![1])));
  }
  return toNumber(graph, type, value);
}
