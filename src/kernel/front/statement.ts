import type {
  BlockStatement,
  Expression,
  LabeledStatement,
  Pattern,
  Statement,
  SwitchCase,
  SwitchStatement,
  VariableDeclaration,
} from "acorn";
import type { Node } from "../node.ts";
import { unsupported } from "./advice.ts";
import { binary } from "./arithmetic.ts";
import { setVariable } from "./assignment.ts";
import { isCounter } from "./coverage.ts";
import { Refusal } from "./error.ts";
import { condition, discard, evaluate, localFunction, place, scalar } from "./expression.ts";
import { unroll } from "./loop.ts";
import { type Lowering, NODES_MAX } from "./lowering.ts";
import { take, takeEach } from "./pattern.ts";
import { blockNames, copiesIn, functionNames, namesOf, parameterFault, Scope } from "./scope.ts";
import { type Scalar, scalarOf, type Value } from "./value.ts";

/** The body of a function: a block, or the expression of an arrow function, which is its result. */
export function functionBody(l: Lowering, body: BlockStatement | Expression): void {
  if (body.type !== "BlockStatement") {
    giveResult(l, body);
    l.leave("return", l.inside.body);
    return;
  }
  // Whoever writes var is rare, and the search is not free.
  const names = l.source.text.includes("var") ? functionNames(body) : [];
  for (const name of names) {
    if (!l.scope.has(name)) l.state.values.set(l.scope.declare(name, l.inside.depth), { is: "unset", name });
  }
  block(l, body.body);
}

/** A list of statements with names of its own. */
export function block(l: Lowering, statements: readonly Statement[]): void {
  inScope(l, () => {
    declareAll(l, statements);
    sequence(l, statements);
  });
}

/** Makes known what statements declare: variables without a value as yet, and functions. */
function declareAll(l: Lowering, statements: readonly Statement[]): void {
  for (const [name, constant] of blockNames(statements)) declare(l, name, constant);
  for (const node of statements) {
    if (node.type !== "FunctionDeclaration") continue;
    const { name } = node.id;
    const cell = l.scope.declare(name, l.inside.depth, true);
    l.set(
      cell,
      l.at(node, () => localFunction(l, node, name)),
    );
  }
}

/** Reads with a scope inside the present one. */
export function inScope(l: Lowering, read: () => void): void {
  const outer = l.scope;
  l.scope = new Scope(outer);
  read();
  l.scope = outer;
}

/** Makes a name known, without a value as yet. */
export function declare(l: Lowering, name: string, constant: boolean): void {
  l.state.values.set(l.scope.declare(name, l.inside.depth, constant), { is: "unset", name });
}

/** `var`, `let` and `const`: the names are known already. */
export function declaration(l: Lowering, { declarations, kind }: VariableDeclaration): void {
  for (const { id, init } of declarations) {
    if (id.type !== "Identifier") {
      if (!takeEach(l, id, init!, (part, value) => declareParts(l, part, value))) declareParts(l, id, place(l, init!));
      continue;
    }
    const { cell } = l.scope.find(id.name)!;
    if (init) l.at(init, () => setVariable(l, cell, named(evaluate(l, init), id.name)));
    else if (kind !== "var") l.set(cell, { is: "unset", name: id.name });
  }
}

/** A local function has the name of its variable. */
function named(value: Value, name: string): Value {
  return value.is === "local function" ? { ...value, name } : value;
}

/** Gives a parameter, or the names in its pattern, what it stands for. */
export function bind(l: Lowering, pattern: Pattern, value: Value): void {
  const fault = parameterFault(pattern, value);
  if (fault !== undefined) l.source.fail(pattern.start, fault.what, fault.instead);
  const copies = pattern.type === "ObjectPattern" ? copiesIn(pattern) : [];
  for (const name of namesOf(pattern)) l.scope.declare(name, l.inside.depth, false, copies.includes(name));
  declareParts(l, pattern, value);
}

/** Gives the declared names of a pattern what they stand for. */
export function declareParts(l: Lowering, pattern: Pattern, value: Value): void {
  take(l, pattern, value, ({ name }, part) => setVariable(l, l.scope.find(name)!.cell, part));
}

function execute(l: Lowering, node: Statement): void {
  l.at(node, () => {
    if (l.graph.nodes.length > NODES_MAX) {
      throw new Refusal(
        `the kernel has more than ${NODES_MAX.toLocaleString("en")} operations once its loops are unrolled`,
        "use fewer or shorter loops, or several kernels",
      );
    }
    statement(l, node);
  });
}

/** Statements one after the other; rows that leave on the way skip the rest. */
function sequence(l: Lowering, statements: readonly Statement[]): void {
  const joins: (() => void)[] = [];
  statements.forEach((node, i) => {
    if (l.state.gone(l.graph) === l.always) return;
    execute(l, node);
    const gone = l.state.gone(l.graph);
    if (gone === l.always || gone === l.never || i === statements.length - 1) return;
    joins.push(l.narrow(l.graph.op("not", gone)));
  });
  for (const join of joins.reverse()) join();
}

function statement(l: Lowering, node: Statement): void {
  switch (node.type) {
    case "EmptyStatement":
    case "DebuggerStatement":
    case "FunctionDeclaration":
      return;
    case "ExpressionStatement":
      discard(l, node.expression);
      return;
    case "BlockStatement":
      return block(l, node.body);
    case "VariableDeclaration":
      if (node.kind === "using" || node.kind === "await using") {
        throw new Refusal("using is not supported", "write const");
      }
      return declaration(l, node);
    case "IfStatement": {
      const { test, consequent, alternate } = node;
      l.branch(
        condition(l, test),
        () => block(l, [consequent]),
        () => (alternate ? block(l, [alternate]) : undefined),
      );
      return;
    }
    case "ReturnStatement":
      if (node.argument) giveResult(l, node.argument);
      return l.leave("return", l.inside.body);
    case "BreakStatement":
      return l.leave("break", node.label ? l.inside.labels.get(node.label.name)! : l.inside.breakable);
    case "ContinueStatement":
      return l.leave("continue", node.label ? l.inside.labels.get(node.label.name)! + 1 : l.inside.loop);
    case "LabeledStatement":
      return labelled(l, node);
    case "ForStatement":
    case "ForOfStatement":
    case "WhileStatement":
    case "DoWhileStatement":
      return unroll(l, node);
    case "SwitchStatement":
      return choose(l, node);
    default:
      throw unsupported(node);
  }
}

/** A statement with a name, or several: `break name` leaves it, and a loop is one deeper. */
function labelled(l: Lowering, node: LabeledStatement): void {
  const outer = l.inside;
  const depth = outer.depth + 1;
  const labels = new Map(outer.labels);
  let body: Statement = node;
  for (; body.type === "LabeledStatement"; body = body.body) labels.set(body.label.name, depth);
  l.inside = { ...outer, depth, labels };
  execute(l, body);
  l.welcome("break", depth);
  l.inside = outer;
}

/** What `return` gives; a row function has no result, but may do something in its place. */
function giveResult(l: Lowering, node: Expression): void {
  if (l.result === undefined) return discard(l, node);
  const { result } = l;
  l.at(node, () => {
    const value = evaluate(l, node);
    if (value.is !== "nothing") l.set(result, scalarOf(value));
  });
}

/** A switch: a chain of ifs with its default as the last of them or, where a case goes on with the next, one if after the other. */
function choose(l: Lowering, { discriminant, cases }: SwitchStatement): void {
  const value = scalar(l, discriminant);
  const outer = { inside: l.inside, scope: l.scope };
  const depth = l.inside.depth + 1;
  l.inside = { ...l.inside, depth, breakable: depth };
  l.scope = new Scope(outer.scope);
  declareAll(
    l,
    cases.flatMap(({ consequent }) => consequent),
  );
  const ways = waysOf(l, value, cases);
  const isChain = ways.every(
    ({ group, isDefault }, i) =>
      i === ways.length - 1 || (group.at(-1)!.consequent.some(leavesSwitch) && !(isDefault && group.length > 1)),
  );
  if (isChain) oneOf(l, ways);
  else oneAfterTheOther(l, ways);
  l.welcome("break", depth);
  Object.assign(l, outer);
}

/** Cases with the same statements. */
interface Way {
  readonly group: readonly SwitchCase[];
  readonly isDefault: boolean;
  /** bool: whether the value is that of one of them, of rows that none before is for. */
  readonly hit: Node;
}

/** Tests are read in their order, each for the rows that none before is for. */
function waysOf(l: Lowering, value: Scalar, cases: readonly SwitchCase[]): Way[] {
  const { graph, always, never } = l;
  let rest = always;
  return groupsOf(cases).map((group) => {
    let hit = never;
    for (const { test } of group) {
      if (!test) continue;
      const { yes = never } = l.branch(
        rest,
        () => equals(l, value, test),
        () => never,
      );
      hit = graph.op("or", hit, yes);
      rest = graph.op("and", rest, graph.op("not", yes));
    }
    return { group, isDefault: group.some(({ test }) => !test), hit };
  });
}

function oneOf(l: Lowering, ways: readonly Way[]): void {
  const ordered = [...ways.filter(({ isDefault }) => !isDefault), ...ways.filter(({ isDefault }) => isDefault)];
  const from = (first: number): void => {
    const way = ordered[first];
    if (way === undefined) return;
    l.branch(
      way.isDefault ? l.always : way.hit,
      () => sequence(l, way.group.at(-1)!.consequent),
      () => from(first + 1),
    );
  };
  from(0);
}

/** Rows go through all cases from the one that they start with, until they leave. */
function oneAfterTheOther(l: Lowering, ways: readonly Way[]): void {
  const { graph } = l;
  const none = ways.reduce((rest, { hit }) => graph.op("and", rest, graph.op("not", hit)), l.always);
  const hasDefault = ways.some(({ isDefault }) => isDefault);
  const joins: (() => void)[] = [];
  let [here, rest] = [l.never, l.always];
  for (const [w, { group, isDefault, hit }] of ways.entries()) {
    here = graph.op("or", here, graph.op("and", rest, isDefault ? graph.op("or", hit, none) : hit));
    rest = graph.op("and", rest, graph.op("not", hit));
    // Who has not left before the last one gets there, if there is a default.
    l.branch(
      hasDefault && w === ways.length - 1 ? l.always : here,
      () => sequence(l, group.at(-1)!.consequent),
      () => undefined,
    );
    const gone = l.state.gone(graph);
    if (gone === l.always) break;
    if (gone !== l.never) joins.push(l.narrow(graph.op("not", gone)));
  }
  for (const join of joins.reverse()) join();
}

/** bool: whether a value is that of a case. */
function equals(l: Lowering, value: Scalar, test: Expression): Node {
  const equal = l.at(test, () => binary(l.graph, "===", value, scalar(l, test)));
  return equal.is === "typed" ? equal.node : l.never;
}

/** Whether all rows that come to a statement of a case leave the switch there, as far as can be seen. */
function leavesSwitch(node: Statement): boolean {
  if (node.type === "BlockStatement") return node.body.some(leavesSwitch);
  if (node.type === "IfStatement")
    return leavesSwitch(node.consequent) && node.alternate != null && leavesSwitch(node.alternate);
  return node.type === "BreakStatement" || node.type === "ContinueStatement" || node.type === "ReturnStatement";
}

function doesNothing(node: Statement): boolean {
  return node.type === "EmptyStatement" || (node.type === "ExpressionStatement" && isCounter(node.expression));
}

/** Cases with the same statements: those that follow each other without any, and the one that has them. */
function groupsOf(cases: readonly SwitchCase[]): SwitchCase[][] {
  const groups: SwitchCase[][] = [[]];
  cases.forEach((one, i) => {
    groups.at(-1)!.push(one);
    if (!one.consequent.every(doesNothing) && i < cases.length - 1) groups.push([]);
  });
  return groups;
}
