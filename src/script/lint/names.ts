import type { Block, Expression, FunctionNode, NameNode, Statement, SyntaxNode } from "./syntax.ts";
import { childrenOf } from "./syntax.ts";

export interface Variable {
  readonly name: string;
  readonly kind: "local" | "function" | "parameter" | "loop";
  /** Undefined for the `self` of methods. */
  readonly declaration: NameNode | undefined;
  /** `const`, `close` or another word in pointed brackets. */
  readonly attribute: string | undefined;
  /** What it got at its declaration, where that is one expression of its own. */
  readonly initial: Expression | undefined;
  /** The function that has it; undefined for the chunk. */
  readonly owner: FunctionNode | undefined;
  /** The variable of that name that could be seen before. */
  readonly shadowed: Variable | undefined;
  readonly reads: readonly NameNode[];
  /** Assignments after the declaration. */
  readonly writes: readonly NameNode[];
  /** Whether inner functions use it, and whether they assign to it. */
  readonly isCaptured: boolean;
  readonly isWrittenInside: boolean;
}

export interface GlobalUse {
  readonly node: NameNode;
  readonly isWrite: boolean;
  /** The innermost function around it; undefined at the top level. */
  readonly owner: FunctionNode | undefined;
  /** Names of the variables that can be seen there. */
  readonly visible: () => readonly string[];
}

/** What all names of a chunk stand for. */
export interface Names {
  readonly variables: readonly Variable[];
  readonly globals: ReadonlyMap<string, readonly GlobalUse[]>;
  /** The variable of a use or declaration; undefined for globals. */
  of(node: SyntaxNode): Variable | undefined;
}

/** Whether `node` names a global, which `name` is. */
export function isGlobal(names: Names, node: Expression, name: string): boolean {
  return node.type === "name" && node.name === name && names.of(node) === undefined;
}

export function resolve(chunk: Block): Names {
  const resolver = new Resolver();
  resolver.block(chunk);
  const { variables, globals, uses } = resolver;
  return { variables, globals, of: (node) => uses.get(node) };
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] extends readonly NameNode[] ? NameNode[] : T[K] };

class Scope {
  readonly outer: Scope | undefined;
  readonly owner: FunctionNode | undefined;
  readonly variables = new Map<string, Mutable<Variable>>();
  /** How many variables there were before each name. */
  readonly #since = new Map<string, number>();

  constructor(outer: Scope | undefined, owner: FunctionNode | undefined) {
    this.outer = outer;
    this.owner = owner;
  }

  find(name: string): Mutable<Variable> | undefined {
    for (let scope: Scope | undefined = this; scope !== undefined; scope = scope.outer) {
      const variable = scope.variables.get(name);
      if (variable !== undefined) return variable;
    }
    return undefined;
  }

  /** Names that were declared when there were `count` variables in all. */
  visible(count: number): string[] {
    const names = [...this.#since].flatMap(([name, before]) => (before < count ? [name] : []));
    return this.outer === undefined ? names : [...names, ...this.outer.visible(count)];
  }

  add(variable: Mutable<Variable>, count: number): void {
    this.variables.set(variable.name, variable);
    if (!this.#since.has(variable.name)) this.#since.set(variable.name, count);
  }
}

class Resolver {
  readonly variables: Mutable<Variable>[] = [];
  readonly globals = new Map<string, GlobalUse[]>();
  readonly uses = new Map<SyntaxNode, Mutable<Variable>>();
  #scope = new Scope(undefined, undefined);

  block(block: Block): void {
    this.#inside(this.#scope.owner, () => {
      for (const statement of block.statements) this.#statement(statement);
    });
  }

  #statement(node: Statement): void {
    switch (node.type) {
      case "local":
        for (const value of node.values) this.#visit(value);
        for (const [i, { name, attribute }] of node.names.entries()) {
          const isLast = i === node.values.length - 1;
          const value = node.values[i];
          const isSingle = value !== undefined && !(isLast && (value.type === "call" || value.type === "vararg"));
          const initial = isSingle || (isLast && i === node.names.length - 1) ? value : undefined;
          this.#declare("local", name, { attribute: attribute?.name, initial });
        }
        return;
      case "local-function":
        this.#declare("function", node.name, { initial: node.value });
        return this.#function(node.value);
      case "function-statement":
        if (node.target.type === "name") this.#use(node.target, true);
        else this.#visit(node.target);
        return this.#function(node.value);
      case "assign":
        for (const value of node.values) this.#visit(value);
        for (const target of node.targets) {
          if (target.type === "name") this.#use(target, true);
          else this.#visit(target);
        }
        return;
      case "numeric-for":
        for (const value of [node.from, node.to, ...(node.step === undefined ? [] : [node.step])]) this.#visit(value);
        return this.#inside(this.#scope.owner, () => {
          this.#declare("loop", node.name, {});
          this.block(node.body);
        });
      case "generic-for":
        for (const value of node.values) this.#visit(value);
        return this.#inside(this.#scope.owner, () => {
          for (const name of node.names) this.#declare("loop", name, {});
          this.block(node.body);
        });
      case "repeat":
        // The condition sees the locals of the body.
        return this.#inside(this.#scope.owner, () => {
          for (const statement of node.body.statements) this.#statement(statement);
          this.#visit(node.condition);
        });
      default:
        return this.#visit(node);
    }
  }

  #visit(node: SyntaxNode): void {
    if (node.type === "name") return this.#use(node, false);
    if (node.type === "function") return this.#function(node);
    if (node.type === "block") return this.block(node);
    for (const child of childrenOf(node)) this.#visit(child);
  }

  #function(node: FunctionNode): void {
    this.#inside(node, () => {
      if (node.isMethod) this.#declare("parameter", undefined, {});
      for (const parameter of node.parameters) this.#declare("parameter", parameter, {});
      this.block(node.body);
    });
  }

  #inside(owner: FunctionNode | undefined, visit: () => void): void {
    const outer = this.#scope;
    this.#scope = new Scope(outer, owner);
    visit();
    this.#scope = outer;
  }

  #declare(
    kind: Variable["kind"],
    declaration: NameNode | undefined,
    { attribute, initial }: { attribute?: string | undefined; initial?: Expression | undefined },
  ): void {
    const name = declaration?.name ?? "self";
    const variable: Mutable<Variable> = {
      name,
      kind,
      declaration,
      attribute,
      initial,
      owner: this.#scope.owner,
      shadowed: this.#scope.find(name),
      reads: [],
      writes: [],
      isCaptured: false,
      isWrittenInside: false,
    };
    this.#scope.add(variable, this.variables.length);
    this.variables.push(variable);
    if (declaration !== undefined) this.uses.set(declaration, variable);
  }

  #use(node: NameNode, isWrite: boolean): void {
    const { owner } = this.#scope;
    const variable = this.#scope.find(node.name);
    if (variable === undefined) {
      const [scope, count] = [this.#scope, this.variables.length];
      const uses = this.globals.get(node.name) ?? [];
      uses.push({ node, isWrite, owner, visible: () => scope.visible(count) });
      this.globals.set(node.name, uses);
      return;
    }
    this.uses.set(node, variable);
    (isWrite ? variable.writes : variable.reads).push(node);
    if (variable.owner !== owner) {
      variable.isCaptured = true;
      if (isWrite) variable.isWrittenInside = true;
    }
  }
}
