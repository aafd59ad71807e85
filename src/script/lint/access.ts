import type { Variable } from "./names.ts";
import { globalFunctions, type Source } from "./source.ts";
import {
  type CallNode,
  type Expression,
  type FunctionNode,
  type IndexNode,
  keyOf,
  type NameNode,
  type SyntaxNode,
} from "./syntax.ts";

/** A place where a script uses a part of `self`: a component, `State`, `id`. */
export interface Access {
  readonly part: string;
  /** `self.Position`, or the alias of it. */
  readonly node: IndexNode | NameNode;
  /** `self.Position.x`, where a field is named. */
  readonly field: IndexNode | undefined;
  readonly isWrite: boolean;
  /** What is written, where that is one expression of its own. */
  readonly value: Expression | undefined;
  /** Whether the part as a whole goes where it cannot be followed. */
  readonly escapes: boolean;
}

export interface Accesses {
  readonly all: readonly Access[];
  /** Whether `self` goes where it cannot be followed, so that there may be more. */
  readonly isOpen: boolean;
}

/** All uses of parts of `self` in hooks and in functions that get it under this name. */
export function accessesOf(source: Source): Accesses {
  const all: Access[] = [];
  let isOpen = false;
  const selves = selvesOf(source);
  for (const self of selves) {
    if (self.writes.length > 0) isOpen = true;
    for (const read of self.reads) {
      const parent = source.parentOf(read);
      const part = parent?.type === "index" && parent.object === read ? keyOf(parent) : undefined;
      if (parent?.type === "index" && part !== undefined) all.push(...follow(source, part, parent));
      else if (aliasOf(source, read) === undefined && !isPassedOn(source, read, selves)) isOpen = true;
    }
  }
  return { all: all.sort((a, b) => a.node.start - b.node.start), isOpen };
}

function selvesOf(source: Source): Variable[] {
  const hooks = [...source.hooks.values()].map(({ parameters }) => parameters[0]);
  const found = source.names.variables.filter(
    ({ declaration, owner, kind }) =>
      declaration !== undefined &&
      kind === "parameter" &&
      (hooks.includes(declaration) || (declaration.name === "self" && isPlain(source, owner!))),
  );
  for (const variable of found) {
    for (const read of variable.reads) {
      const alias = aliasOf(source, read);
      if (alias !== undefined) found.push(alias);
    }
  }
  return found;
}

/** Whether a function is no method: a local one or a global. */
function isPlain(source: Source, node: FunctionNode): boolean {
  const parent = source.parentOf(node);
  if (parent?.type === "local-function" || parent?.type === "local") return true;
  return [...globalFunctions(source).values()].includes(node);
}

/** The local that is nothing but another name for what `node` is. */
function aliasOf(source: Source, node: Expression): Variable | undefined {
  const parent = source.parentOf(node);
  if (parent?.type !== "local") return undefined;
  const name = parent.names[parent.values.indexOf(node)]?.name;
  const variable = name === undefined ? undefined : source.names.of(name);
  return variable?.initial === node && variable.writes.length === 0 ? variable : undefined;
}

/** Whether `self` is the argument of a function of the script that calls it so, too. */
function isPassedOn(source: Source, read: NameNode, selves: readonly Variable[]): boolean {
  const call = source.parentOf(read);
  if (call?.type !== "call" || call.method !== undefined) return false;
  const target = calledFunction(source, call);
  const parameter = target?.parameters[call.values.indexOf(read)];
  return parameter !== undefined && selves.some(({ declaration }) => declaration === parameter);
}

function calledFunction(source: Source, { callee }: CallNode): FunctionNode | undefined {
  if (callee.type !== "name") return undefined;
  const variable = source.names.of(callee);
  if (variable === undefined) return globalFunctions(source).get(callee.name);
  return variable.writes.length === 0 && variable.initial?.type === "function" ? variable.initial : undefined;
}

function follow(source: Source, part: string, node: IndexNode | NameNode): Access[] {
  const parent = source.parentOf(node);
  if (parent?.type === "index" && parent.object === node) {
    const top = chainOf(source, parent);
    return [{ part, node, field: parent, ...writeOf(source, top), escapes: false }];
  }
  const alias = aliasOf(source, node);
  if (alias !== undefined) return alias.reads.flatMap((read) => follow(source, part, read));
  const write = writeOf(source, node);
  return [{ part, node, field: undefined, ...write, escapes: !write.isWrite }];
}

/** `a.b.c` for `a.b`. */
function chainOf(source: Source, node: IndexNode): IndexNode {
  const parent = source.parentOf(node);
  return parent?.type === "index" && parent.object === node ? chainOf(source, parent) : node;
}

function writeOf(source: Source, node: SyntaxNode): { isWrite: boolean; value: Expression | undefined } {
  const parent = source.parentOf(node);
  if (parent?.type === "function-statement" && parent.target === node) return { isWrite: true, value: parent.value };
  const at = parent?.type === "assign" ? parent.targets.indexOf(node as Expression) : -1;
  if (parent?.type !== "assign" || at < 0) return { isWrite: false, value: undefined };
  return { isWrite: true, value: parent.targets.length === parent.values.length ? parent.values[at] : undefined };
}

/** Names that are written to `self` itself. */
export function ownNames({ all }: Accesses): Set<string> {
  return new Set(all.filter(({ field, isWrite }) => field === undefined && isWrite).map(({ part }) => part));
}
