import { lineStarts, positionOf } from "./finding.ts";
import { HOOKS, type Manifest, manifestsOf } from "./manifest.ts";
import { type Names, resolve } from "./names.ts";
import type { Sandbox } from "./sandbox.ts";
import {
  type Block,
  childrenOf,
  type Expression,
  type FunctionNode,
  isLoop,
  pathOf,
  type Span,
  type Statement,
  type SyntaxNode,
} from "./syntax.ts";

/** What rules can ask for besides the code. */
export interface Settings {
  readonly sandbox: Sandbox;
  /** Most entities that a loop spawns without a complaint. */
  readonly spawnsMax: number;
}

/** A script that parses, with all that is known about it. */
export class Source {
  readonly text: string;
  readonly chunk: Block;
  readonly settings: Settings;
  readonly names: Names;
  readonly manifests: readonly Manifest[];
  /** Hooks by their names, as far as they are global functions. */
  readonly hooks: ReadonlyMap<string, FunctionNode>;
  readonly #parents = new Map<SyntaxNode, SyntaxNode>();
  readonly #byType = new Map<string, SyntaxNode[]>();
  readonly #starts: readonly number[];

  constructor(text: string, chunk: Block, settings: Settings) {
    this.text = text;
    this.chunk = chunk;
    this.settings = settings;
    this.names = resolve(chunk);
    this.manifests = manifestsOf(chunk, this.names);
    this.#adopt(chunk);
    this.hooks = new Map(
      [...globalFunctions(this)].flatMap(([name, node]) => (Object.hasOwn(HOOKS, name) ? [[name, node]] : [])),
    );
    this.#starts = lineStarts(text);
  }

  /** All nodes of a type, outer ones first. */
  all<const T extends SyntaxNode["type"]>(type: T): readonly Extract<SyntaxNode, { type: T }>[] {
    return (this.#byType.get(type) ?? []) as Extract<SyntaxNode, { type: T }>[];
  }

  parentOf(node: SyntaxNode): SyntaxNode | undefined {
    return this.#parents.get(node);
  }

  /** The nodes around `node`, inner ones first. */
  *around(node: SyntaxNode): Generator<SyntaxNode> {
    for (let outer = this.parentOf(node); outer !== undefined; outer = this.parentOf(outer)) yield outer;
  }

  /** The statement that `node` belongs to. */
  statementOf(node: SyntaxNode): Statement {
    let inner = node;
    for (const outer of this.around(node)) {
      if (outer.type === "block") break;
      inner = outer;
    }
    return inner as Statement;
  }

  /** `World.spawn` for what is called or named by that path, if `World` is no variable; `_G.World.spawn`, too. */
  globalPath(node: Expression): string | undefined {
    const path = pathOf(node);
    if (path === undefined) return undefined;
    let first = node;
    while (first.type === "index") first = first.object;
    if (this.names.of(first) !== undefined) return undefined;
    return (path[0] === "_G" || path[0] === "_ENV" ? path.slice(1) : path).join(".");
  }

  slice({ start, end }: Span): string {
    return this.text.slice(start, end);
  }

  /** The line of an offset, from 1. */
  lineNumberOf(offset: number): number {
    return positionOf(this.#starts, offset).line;
  }

  /** Whether a function of that path is there for scripts. */
  offers(path: string): boolean {
    const { names, libraries, api } = this.settings.sandbox;
    const [first = "", second] = path.split(".");
    if (second === undefined) return names.has(first);
    return libraries.get(first)?.has(second) === true || api.get(first)?.has(second) === true;
  }

  /** What to remove so that a statement is gone: its lines, if nothing else stands on them. */
  lineOf({ start, end }: Span): Span {
    const from = start - /[ \t]*$/.exec(this.text.slice(0, start))![0].length;
    const to = end + /^[ \t]*;?[ \t]*/.exec(this.text.slice(end))![0].length;
    const isAlone = (from === 0 || /[\r\n]/.test(this.text[from - 1]!)) && /^(\r\n|\n|\r|$)/.test(this.text.slice(to));
    if (!isAlone) return { start, end: to };
    return { start: from, end: to + /^(\r\n|\n|\r)?/.exec(this.text.slice(to))![0].length };
  }

  /** The white space that the line of an offset begins with. */
  indentAt(offset: number): string {
    const line = Math.max(this.text.lastIndexOf("\n", offset - 1), this.text.lastIndexOf("\r", offset - 1)) + 1;
    return /^[ \t]*/.exec(this.text.slice(line))![0];
  }

  #adopt(node: SyntaxNode): void {
    const same = this.#byType.get(node.type);
    if (same === undefined) this.#byType.set(node.type, [node]);
    else same.push(node);
    for (const child of childrenOf(node)) {
      this.#parents.set(child, node);
      this.#adopt(child);
    }
  }
}

/** Functions that are globals: `function name()`, `name = function()`, at the top level. */
export function globalFunctions(source: Source): Map<string, FunctionNode> {
  const found = new Map<string, FunctionNode>();
  for (const node of source.chunk.statements) {
    if (node.type === "function-statement" && node.target.type === "name" && source.names.of(node.target) === undefined)
      found.set(node.target.name, node.value);
    if (node.type !== "assign") continue;
    for (const [i, target] of node.targets.entries()) {
      const value = node.values[i];
      if (target.type === "name" && value?.type === "function" && source.names.of(target) === undefined)
        found.set(target.name, value);
    }
  }
  return found;
}

/** Whether evaluating an expression can be left out without a difference. */
export function isPure(node: Expression): boolean {
  switch (node.type) {
    case "table":
      return node.fields.every(({ key, value }) => (key === undefined || isPure(key)) && isPure(value));
    case "parentheses":
      return isPure(node.inner);
    case "unary":
      return node.operator === "not" ? isPure(node.operand) : node.operand.type === "number";
    case "binary":
      return /^(and|or|==|~=)$/.test(node.operator) && isPure(node.left) && isPure(node.right);
    default:
      return node.type !== "call" && node.type !== "index";
  }
}

/** The loops around `node` within its function, inner ones first. */
export function loopsAround(source: Source, node: SyntaxNode): Extract<SyntaxNode, { body: Block }>[] {
  const loops: Extract<SyntaxNode, { body: Block }>[] = [];
  for (const outer of source.around(node)) {
    if (outer.type === "function") break;
    if (isLoop(outer)) loops.push(outer);
  }
  return loops;
}
