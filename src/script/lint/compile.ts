import type { Complaint } from "./finding.ts";
import { replacement } from "./finding.ts";
import type { Names } from "./names.ts";
import type { Block, FunctionNode, GotoNode, LabelNode, Statement, SyntaxNode } from "./syntax.ts";
import { childrenOf, isLoop, nodesOf } from "./syntax.ts";

/** What Lua's compiler refuses though the grammar allows it. */
export function compileErrors(chunk: Block, names: Names): Complaint[] {
  return [...constants(chunk, names), ...jumps(chunk), ...misplaced(chunk)];
}

/** Locals that one function can have at a place. */
const LOCALS_MAX = 200;

function constants(chunk: Block, names: Names): Complaint[] {
  const found: Complaint[] = [];
  for (const { attribute, name, writes } of names.variables) {
    if (attribute !== "const" && attribute !== "close") continue;
    for (const write of writes)
      found.push({ ...write, message: `${name} is <${attribute}>; it cannot be assigned to` });
  }
  for (const { names: declared } of nodesOf(chunk, "local")) {
    let closes = 0;
    for (const { attribute } of declared) {
      if (attribute === undefined) continue;
      if (attribute.name === "close") closes++;
      if (attribute.name !== "close" && attribute.name !== "const") {
        const fix = { title: "write const", edits: [replacement(attribute, "const")], isSafe: false };
        found.push({ ...attribute, message: `there is no attribute ${attribute.name}; write const or close`, fix });
      } else if (closes > 1) {
        found.push({ ...attribute, message: "one declaration can close one variable; use two" });
      }
    }
  }
  return found;
}

/** `break` outside loops, `...` outside functions that have it, too many locals. */
function misplaced(chunk: Block): Complaint[] {
  const found: Complaint[] = [];
  const visit = (node: SyntaxNode, inLoop: boolean, inVararg: boolean, locals: { count: number }): void => {
    if (node.type === "break" && !inLoop)
      found.push({ start: node.start, end: node.end, message: "break stands in no loop; remove it or use return" });
    if (node.type === "vararg" && !inVararg)
      found.push({ start: node.start, end: node.end, message: "this function has no ...; add it to its parameters" });
    const added = declaredBy(node);
    if (locals.count <= LOCALS_MAX && locals.count + added > LOCALS_MAX)
      found.push({
        start: node.start,
        end: node.start,
        message: `a function has at most ${LOCALS_MAX} locals; use a table`,
      });
    locals.count += added;
    const inner =
      node.type === "function" ? { count: 0 } : node.type === "block" || isLoop(node) ? { ...locals } : locals;
    if (node.type === "function") inner.count = node.parameters.length + (node.isMethod ? 1 : 0);
    const loop = node.type === "function" ? false : inLoop || isLoop(node);
    const vararg = node.type === "function" ? node.isVararg : inVararg;
    for (const child of childrenOf(node)) visit(child, loop, vararg, inner);
  };
  // The engine gives each chunk its environment as a local.
  visit(chunk, false, true, { count: 1 });
  return found;
}

function declaredBy(node: SyntaxNode): number {
  if (node.type === "local") return node.names.length;
  return node.type === "local-function" ? 1 : 0;
}

interface Opened {
  readonly label: LabelNode;
  /** Locals of the block that are declared before it. */
  readonly locals: number;
}
interface Jump {
  readonly node: GotoNode;
  /** Locals of the current block that were declared before it, or before the block that it is in. */
  locals: number;
}

/** `goto` without a label that it can see, or into the scope of a local; labels that are there twice. */
function jumps(chunk: Block): Complaint[] {
  const found: Complaint[] = [];
  for (const body of [chunk, ...nodesOf(chunk, "function").map((node: FunctionNode) => node.body)]) {
    for (const { node } of blockJumps(body, [], found))
      found.push({ ...node.label, message: `no label ::${node.label.name}:: can be seen from here` });
  }
  return found;
}

/** Jumps of a block to labels that it does not have. `outer` are the labels of the blocks around it. */
function blockJumps(block: Block, outer: readonly string[], found: Complaint[], isRepeat = false): Jump[] {
  const labels = new Map<string, Opened>();
  const { statements } = block;
  let locals = 0;
  const ends = statements.findLastIndex(({ type }) => type !== "empty" && type !== "label") + 1;
  const all = [...outer];
  for (const [i, node] of statements.entries()) {
    locals += declaredBy(node);
    if (node.type !== "label") continue;
    const { name } = node.label;
    if (all.includes(name))
      found.push({ ...node.label, message: `there is a label ${name} already; name it differently` });
    // A label at the end of a block is past the scope of its locals.
    labels.set(name, { label: node, locals: i >= ends && !isRepeat ? 0 : locals });
    all.push(name);
  }
  const open: Jump[] = [];
  const seen = [...outer];
  locals = 0;
  for (const node of statements) {
    locals += declaredBy(node);
    if (node.type === "label") seen.push(node.label.name);
    const jumps = node.type === "goto" ? [{ node, locals }] : innerJumps(node, seen, found);
    for (const jump of jumps) {
      const target = labels.get(jump.node.label.name);
      jump.locals = locals;
      if (target === undefined) open.push(jump);
      else if (target.locals > locals)
        found.push({
          ...jump.node.label,
          message: `goto ${target.label.label.name} jumps into the scope of a local; put do and end around the local`,
        });
    }
  }
  return open;
}

function innerJumps(node: Statement, outer: readonly string[], found: Complaint[]): Jump[] {
  if (node.type === "if") {
    const blocks = [...node.clauses.map(({ body }) => body), ...(node.otherwise === undefined ? [] : [node.otherwise])];
    return blocks.flatMap((block) => blockJumps(block, outer, found));
  }
  if (node.type === "do" || isLoop(node)) return blockJumps(node.body, outer, found, node.type === "repeat");
  return [];
}
