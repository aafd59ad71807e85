import { truthOf } from "./constant.ts";
import type { Source } from "./source.ts";
import {
  type Block,
  type CallNode,
  childrenOf,
  isLoop,
  type Loop,
  nodesOf,
  type Statement,
  type SyntaxNode,
} from "./syntax.ts";

/** Functions that put a script to sleep or end its call. */
const STOPS = new Set(["error", "coroutine.yield", "Tasks.wait", "Tasks.waitFor"]);

/** Whether what comes behind a statement in its block is never reached, unless a label stands there. */
export function leaves(source: Source, node: Statement): boolean {
  switch (node.type) {
    case "return":
    case "break":
    case "goto":
      return true;
    case "do":
      return blockLeaves(source, node.body);
    case "if":
      return (
        node.otherwise !== undefined &&
        blockLeaves(source, node.otherwise) &&
        node.clauses.every(({ body }) => blockLeaves(source, body))
      );
    case "while":
    case "repeat":
      return truthOf(node.condition) === (node.type === "while") && !hasWayOut(node);
    case "call-statement":
      return node.call.method === undefined && source.globalPath(node.call.callee) === "error";
    default:
      return false;
  }
}

function blockLeaves(source: Source, { statements }: Block): boolean {
  return statements.some((node) => leaves(source, node)) && !statements.some(({ type }) => type === "label");
}

/** Whether code in a loop leaves it by `break` or `goto`. */
function hasWayOut(loop: Loop): boolean {
  return loop.body.statements.some((node) => jumpsOut(node, true));
}

function jumpsOut(node: SyntaxNode, isOwn: boolean): boolean {
  if (node.type === "goto") return true;
  if (node.type === "break") return isOwn;
  if (node.type === "function") return false;
  return childrenOf(node).some((child) => jumpsOut(child, isOwn && !isLoop(node)));
}

/** Whether anything in a loop ends it, or the call, or lets the script sleep; calls of what is not known might. */
export function mayStop(source: Source, loop: Loop): boolean {
  if (hasWayOut(loop)) return true;
  const inside = childrenOf(loop).filter((child) => child.type !== "name");
  return inside.some((node) => stopsIn(source, node, true, new Set()));
}

function stopsIn(source: Source, node: SyntaxNode, returns: boolean, seen: Set<SyntaxNode>): boolean {
  if (node.type === "function") return false;
  if (node.type === "return" && returns) return true;
  if (node.type === "call" && callStops(source, node, seen)) return true;
  return childrenOf(node).some((child) => stopsIn(source, child, returns, seen));
}

function callStops(source: Source, { callee, method }: CallNode, seen: Set<SyntaxNode>): boolean {
  if (method !== undefined) return callee.type !== "string";
  const path = source.globalPath(callee);
  if (path !== undefined && STOPS.has(path)) return true;
  if (path !== undefined && source.offers(path)) return path === "assert";
  const variable = source.names.of(callee);
  const value =
    variable?.writes.length === 0 ? variable.initial : path === undefined ? undefined : globalOf(source, path);
  if (value?.type !== "function") return true;
  if (seen.has(value)) return false;
  seen.add(value);
  return stopsIn(source, value.body, false, seen);
}

/** The one function that a global is ever set to. */
function globalOf(source: Source, name: string) {
  const writes = (source.names.globals.get(name) ?? []).filter(({ isWrite }) => isWrite);
  if (writes.length !== 1) return undefined;
  const statement = source.parentOf(writes[0]!.node);
  return statement?.type === "function-statement" ? statement.value : undefined;
}

/** Whether a loop's condition is made of locals and constants alone, of which none changes in it. */
export function neverChanges(source: Source, loop: Loop): boolean {
  if (loop.type !== "while" && loop.type !== "repeat") return false;
  const names = nodesOf(loop.condition, "name");
  const isFixed = nodesOf(loop.condition, "call", "index", "table", "vararg", "function").length === 0;
  if (!isFixed || names.length === 0 || nodesOf(loop.condition, "unary").some(({ operator }) => operator === "#"))
    return false;
  return names.every((name) => {
    const variable = source.names.of(name);
    if (variable === undefined || variable.isWrittenInside) return false;
    const at = variable.declaration?.start ?? -1;
    const isInside = at >= loop.body.start && at < loop.end;
    return !isInside && variable.writes.every(({ start }) => start < loop.start || start >= loop.end);
  });
}
