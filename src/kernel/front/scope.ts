import type { AnyNode, ObjectPattern, Pattern, Statement } from "acorn";
import { Cell } from "./state.ts";
import type { Value } from "./value.ts";

/** A name in a function. */
export interface Variable {
  readonly cell: Cell;
  readonly isConst: boolean;
  /** Whether it is the `x` of a parameter `{ x }`. */
  readonly isCopy: boolean;
}

/** The names of a block. */
export class Scope {
  readonly #outer: Scope | undefined;
  readonly #variables = new Map<string, Variable>();

  constructor(outer?: Scope) {
    this.#outer = outer;
  }

  find(name: string): Variable | undefined {
    return this.#variables.get(name) ?? this.#outer?.find(name);
  }

  declare(name: string, depth: number, isConst = false, isCopy = false): Cell {
    const cell = new Cell("local", name, undefined, depth);
    this.#variables.set(name, { cell, isConst, isCopy });
    return cell;
  }

  has(name: string): boolean {
    return this.#variables.has(name);
  }
}

/** Names that `let` and `const` declare in a list of statements; `true` for those of `const`. */
export function blockNames(statements: readonly Statement[]): Map<string, boolean> {
  const names = new Map<string, boolean>();
  for (const statement of statements) {
    if (statement.type !== "VariableDeclaration" || statement.kind === "var") continue;
    for (const { id } of statement.declarations) {
      for (const name of namesOf(id)) names.set(name, statement.kind === "const");
    }
  }
  return names;
}

/** Names that `var` declares anywhere in a function, but not in functions inside it. */
export function functionNames(body: AnyNode): Set<string> {
  const names = new Set<string>();
  const visit = (node: AnyNode): void => {
    if (/Function/.test(node.type)) return;
    if (node.type === "VariableDeclaration" && node.kind === "var") {
      for (const { id } of node.declarations) for (const name of namesOf(id)) names.add(name);
    }
    for (const value of Object.values(node)) {
      for (const part of Array.isArray(value) ? value : [value]) {
        if (typeof part === "object" && part !== null && "type" in part) visit(part as AnyNode);
      }
    }
  };
  visit(body);
  return names;
}

/** The names that a pattern declares. */
export function namesOf(pattern: Pattern): readonly string[] {
  switch (pattern.type) {
    case "Identifier":
      return [pattern.name];
    case "ObjectPattern":
      return pattern.properties.flatMap((one) => namesOf(one.type === "Property" ? one.value : one.argument));
    case "ArrayPattern":
      return pattern.elements.flatMap((one) => (one === null ? [] : namesOf(one)));
    case "AssignmentPattern":
      return namesOf(pattern.left);
    case "RestElement":
      return namesOf(pattern.argument);
    default:
      return [];
  }
}

/** The `x` of `{ x }`, but not of `{ y: x }`: whoever assigns to it may mean the field. */
export function copiesIn({ properties }: ObjectPattern): readonly string[] {
  return properties.flatMap((one) => (one.type === "Property" && one.shorthand ? namesOf(one.value) : []));
}

/** Why a parameter that stands for `value` is neither a name nor `{ x, y }` of something that has these. */
export function parameterFault(pattern: Pattern, value: Value): { what: string; instead: string } | undefined {
  switch (pattern.type) {
    case "Identifier":
      return;
    case "ObjectPattern":
      if (value.is !== "typed" && value.is !== "untyped") return;
      return { what: "destructured parameters are not supported for numbers", instead: "name the number, as in (x)" };
    case "ArrayPattern":
      return { what: "destructured parameters are not supported", instead: "write (p, v, k) and use p.x" };
    case "AssignmentPattern":
      return { what: "default values of parameters are not supported", instead: "leave the default out" };
    default:
      return { what: "rest parameters are not supported", instead: "name the parameters one by one" };
  }
}
