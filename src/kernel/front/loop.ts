import type { DoWhileStatement, Expression, ForOfStatement, ForStatement, WhileStatement } from "acorn";
import { unsupported } from "./advice.ts";
import { assignTo } from "./assignment.ts";
import { condition, discard, evaluate } from "./expression.ts";
import { ITERATIONS_MAX, type Lowering, REPETITIONS_MAX } from "./lowering.ts";
import { indexed, valueAt } from "./reference.ts";
import { blockNames } from "./scope.ts";
import type { Cell } from "./state.ts";
import { block, declaration, declare, declareParts, inScope } from "./statement.ts";
import { literal, type Value } from "./value.ts";

type Loop = ForStatement | WhileStatement | DoWhileStatement | ForOfStatement;

/** Most turns of a loop that only breaks end: a counter shows when. */
const OPEN_MAX = 256;

/** What a loop does around its body. `enters` says whether there are rows that go through it once more. */
interface Turns {
  enters(iteration: number, joins: (() => void)[]): boolean;
  update(): void;
  /** Refuses it where nothing ends it; undefined if it ends by itself, whatever its body does. */
  readonly endless: (() => never) | undefined;
}

/** A loop: its body as often as it runs. */
export function unroll(l: Lowering, node: Loop): void {
  inScope(l, () => {
    const turns = node.type === "ForOfStatement" ? turnsOf(l, node) : testedTurns(l, node);
    const outer = l.inside;
    const depth = outer.depth + 1;
    l.inside = { ...outer, depth, breakable: depth, loop: depth };
    repeat(l, node, turns);
    l.welcome("break", depth);
    l.inside = outer;
  });
}

function testedTurns(l: Lowering, node: Exclude<Loop, ForOfStatement>): Turns {
  const { init, update } = node.type === "ForStatement" ? node : {};
  if (init?.type === "VariableDeclaration") {
    for (const [name, constant] of blockNames([init])) declare(l, name, constant);
    declaration(l, init);
  } else if (init) discard(l, init);
  const { test } = node;
  let isOpen = false;
  const endless = (): never => {
    if (!isOpen) l.source.fail(node.start, "the loop does not end", "change in it what its test depends on, or break");
    if (node.type !== "ForStatement") throw unsupported(node);
    return l.source.fail(
      test!.start,
      "the bounds of a loop must be constant",
      "loop up to a constant, and break when it is enough",
    );
  };
  return {
    enters(iteration, joins) {
      if (!test || (iteration === 0 && node.type === "DoWhileStatement")) return true;
      const entry = { joins, bounded: false };
      if (!enters(l, test, entry)) return false;
      isOpen = !entry.bounded;
      return isOpen && iteration >= OPEN_MAX ? endless() : true;
    },
    update: () => update && discard(l, update),
    endless,
  };
}

/** `for (const x of p.items)`: a turn for each element of a fixed array or a list of constants. */
function turnsOf(l: Lowering, node: ForOfStatement): Turns {
  const { left, right } = node;
  const list = evaluate(l, right);
  const isConstants = list.is === "enumeration" && Array.isArray(list.values);
  if ((list.is !== "lanes" && !isConstants) || node.await) throw unsupported(node);
  const lanes = list.is === "lanes" ? list.row.component.columns[list.column]!.lanes : Object.keys(list.values).length;
  return {
    enters(iteration) {
      if (iteration === lanes) return false;
      const element = indexed(l, list, literal(l.graph, iteration));
      if (left.type === "VariableDeclaration") {
        for (const [name, constant] of blockNames([left])) declare(l, name, constant);
        declareParts(l, left.declarations[0]!.id, element);
      } else assignTo(l, left, valueAt(l, element));
      return true;
    },
    update: () => undefined,
    endless: undefined,
  };
}

function repeat(l: Lowering, { body, start }: Loop, { enters, update, endless }: Turns): void {
  const joins: (() => void)[] = [];
  for (let iteration = 0; ; iteration++) {
    // Looked at in iterations 1, 2, 4, 8, ... since it takes a copy. Tests may count, too.
    const isLooked = endless !== undefined && iteration > 0 && (iteration & (iteration - 1)) === 0;
    const before = isLooked ? new Map(l.state.values) : undefined;
    if (!enters(iteration, joins)) break;
    if (iteration >= ITERATIONS_MAX || l.repetitions++ >= REPETITIONS_MAX) {
      const most = (iteration >= ITERATIONS_MAX ? ITERATIONS_MAX : REPETITIONS_MAX).toLocaleString("en");
      l.source.fail(start, `loops are unrolled, at most ${most} times`, "loop less often");
    }
    block(l, [body]);
    l.welcome("continue", l.inside.loop);
    const gone = l.state.gone(l.graph);
    if (gone === l.always) break;
    if (gone !== l.never) {
      joins.push(l.narrow(l.graph.op("not", gone)));
      l.state.settle();
    }
    update();
    if (before !== undefined && !constantsChanged(before, l.state.values)) endless?.();
  }
  for (const join of joins.reverse()) join();
}

/** Whether a value that is known while a loop is unrolled is another one, or known for the first time: else nothing will end it. */
function constantsChanged(before: ReadonlyMap<Cell, Value>, after: ReadonlyMap<Cell, Value>): boolean {
  for (const [cell, value] of after) {
    const constant = constantIn(value);
    if (constant !== undefined && !Object.is(constant, constantIn(before.get(cell)))) return true;
  }
  return false;
}

function constantIn(value: Value | undefined): number | undefined {
  if (value?.is === "untyped") return value.constant;
  return value?.is === "typed" && value.node.op === "const" ? value.node.value : undefined;
}

/** What a test has come to: how the rows that it let go come back, and whether a part of it is known now. */
interface Entry {
  readonly joins: (() => void)[];
  bounded: boolean;
}

/**
 * Whether there are rows that go through the loop once more. Those for which a part of `a && b && c`, or of `!(a || b)`, does
 * not hold leave as with `break`, which minifiers write like this.
 */
function enters(l: Lowering, test: Expression, entry: Entry): boolean {
  if (test.type === "LogicalExpression" && test.operator === "&&")
    return enters(l, test.left, entry) && enters(l, test.right, entry);
  if (test.type === "UnaryExpression" && test.operator === "!" && test.argument.type === "LogicalExpression") {
    const { operator, left, right } = test.argument;
    if (operator === "||")
      return enters(l, { ...test, argument: left }, entry) && enters(l, { ...test, argument: right }, entry);
  }
  if (test.type === "SequenceExpression") {
    for (const part of test.expressions.slice(0, -1)) discard(l, part);
    return enters(l, test.expressions.at(-1)!, entry);
  }
  const goes = condition(l, test);
  // Minifiers leave loops whose tests contradict each other.
  if (goes.op === "const" || l.state.excludes(goes)) {
    entry.bounded = true;
    return goes.op === "const" && goes.value !== 0;
  }
  l.branch(
    goes,
    () => undefined,
    () => l.leave("break", l.inside.breakable),
  );
  entry.joins.push(l.narrow(goes));
  return true;
}
