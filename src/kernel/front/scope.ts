import type { AnyNode, Pattern, Statement } from "acorn";
import { Cell } from "./state.ts";

/** A name in a function. */
export interface Variable {
  readonly cell: Cell;
  readonly isConst: boolean;
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

  declare(name: string, isConst = false): Cell {
    const cell = new Cell("local", name);
    this.#variables.set(name, { cell, isConst });
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
function namesOf(pattern: Pattern): readonly string[] {
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

/** The name of a parameter, or why it is not a plain one. */
export function parameterFault(pattern: Pattern): { what: string; instead: string } | undefined {
  switch (pattern.type) {
    case "Identifier":
      return;
    case "ObjectPattern":
    case "ArrayPattern":
      return { what: "destructured parameters are not supported", instead: "write (p, v, k) and use p.x" };
    case "AssignmentPattern":
      return { what: "default values of parameters are not supported", instead: "leave the default out" };
    default:
      return { what: "rest parameters are not supported", instead: "name the parameters one by one" };
  }
}
