/** Where something stands: UTF-16 offsets into the text, the end not included. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

interface Of<T extends string> extends Span {
  readonly type: T;
}

export interface NameNode extends Of<"name"> {
  readonly name: string;
}
export interface NumberNode extends Of<"number"> {
  readonly value: number;
  /** Whether Lua makes an integer of it. */
  readonly isInteger: boolean;
}
export interface StringNode extends Of<"string"> {
  readonly value: string;
}
export interface BooleanNode extends Of<"boolean"> {
  readonly value: boolean;
}
export interface FunctionNode extends Of<"function"> {
  readonly parameters: readonly NameNode[];
  readonly isVararg: boolean;
  /** Whether it is declared with a colon, so that `self` comes first. */
  readonly isMethod: boolean;
  readonly body: Block;
}
/** `object.name`, `object[key]`; a key after a dot is a string whose span is the name. */
export interface IndexNode extends Of<"index"> {
  readonly object: Expression;
  readonly key: Expression;
  readonly isDot: boolean;
}
/** `callee(...)`, `callee:method(...)`. */
export interface CallNode extends Of<"call"> {
  readonly callee: Expression;
  readonly method: NameNode | undefined;
  readonly values: readonly Expression[];
  /** The arguments with their brackets, if they have some. */
  readonly list: Span;
}
/** One field of a table; without a key it is the next element. */
export interface FieldNode extends Of<"field"> {
  readonly key: Expression | undefined;
  readonly value: Expression;
}
export interface TableNode extends Of<"table"> {
  readonly fields: readonly FieldNode[];
}
export interface BinaryNode extends Of<"binary"> {
  readonly operator: string;
  readonly left: Expression;
  readonly right: Expression;
}
export interface UnaryNode extends Of<"unary"> {
  readonly operator: string;
  readonly operand: Expression;
}
export interface ParenthesesNode extends Of<"parentheses"> {
  readonly inner: Expression;
}
export type Expression =
  | Of<"nil">
  | Of<"vararg">
  | NameNode
  | NumberNode
  | StringNode
  | BooleanNode
  | FunctionNode
  | IndexNode
  | CallNode
  | TableNode
  | BinaryNode
  | UnaryNode
  | ParenthesesNode;

/** Where the block has no statements its span is empty. */
export interface Block extends Of<"block"> {
  readonly statements: readonly Statement[];
}
export interface LocalName extends Of<"local-name"> {
  readonly name: NameNode;
  readonly attribute: NameNode | undefined;
}
export interface LocalNode extends Of<"local"> {
  readonly names: readonly LocalName[];
  readonly values: readonly Expression[];
}
export interface LocalFunctionNode extends Of<"local-function"> {
  readonly name: NameNode;
  readonly value: FunctionNode;
}
export interface FunctionStatement extends Of<"function-statement"> {
  readonly target: NameNode | IndexNode;
  readonly value: FunctionNode;
}
export interface AssignNode extends Of<"assign"> {
  readonly targets: readonly Expression[];
  readonly values: readonly Expression[];
}
export interface CallStatement extends Of<"call-statement"> {
  readonly call: CallNode;
}
export interface DoNode extends Of<"do"> {
  readonly body: Block;
}
export interface WhileNode extends Of<"while"> {
  readonly condition: Expression;
  readonly body: Block;
}
export interface RepeatNode extends Of<"repeat"> {
  readonly condition: Expression;
  readonly body: Block;
}
export interface ClauseNode extends Of<"clause"> {
  readonly condition: Expression;
  readonly body: Block;
}
export interface IfNode extends Of<"if"> {
  readonly clauses: readonly ClauseNode[];
  readonly otherwise: Block | undefined;
}
export interface NumericForNode extends Of<"numeric-for"> {
  readonly name: NameNode;
  readonly from: Expression;
  readonly to: Expression;
  readonly step: Expression | undefined;
  readonly body: Block;
}
export interface GenericForNode extends Of<"generic-for"> {
  readonly names: readonly NameNode[];
  readonly values: readonly Expression[];
  readonly body: Block;
}
export interface GotoNode extends Of<"goto"> {
  readonly label: NameNode;
}
export interface LabelNode extends Of<"label"> {
  readonly label: NameNode;
}
export interface ReturnNode extends Of<"return"> {
  readonly values: readonly Expression[];
}
export type Loop = WhileNode | RepeatNode | NumericForNode | GenericForNode;
export type Statement =
  | LocalNode
  | LocalFunctionNode
  | FunctionStatement
  | AssignNode
  | CallStatement
  | DoNode
  | IfNode
  | Loop
  | GotoNode
  | LabelNode
  | ReturnNode
  | Of<"break">
  | Of<"empty">;

export type SyntaxNode = Expression | Statement | Block | FieldNode | LocalName | ClauseNode;

/** What a node consists of, in the order of the text. Names of labels, attributes and methods are no nodes of their own. */
export function childrenOf(node: SyntaxNode): readonly SyntaxNode[] {
  switch (node.type) {
    case "block":
      return node.statements;
    case "local":
      return [...node.names, ...node.values];
    case "local-name":
      return [node.name];
    case "local-function":
      return [node.name, node.value];
    case "function-statement":
      return [node.target, node.value];
    case "function":
      return [...node.parameters, node.body];
    case "assign":
      return [...node.targets, ...node.values];
    case "call-statement":
      return [node.call];
    case "call":
      return [node.callee, ...node.values];
    case "index":
      return [node.object, node.key];
    case "table":
      return node.fields;
    case "field":
      return node.key === undefined ? [node.value] : [node.key, node.value];
    case "binary":
      return [node.left, node.right];
    case "unary":
      return [node.operand];
    case "parentheses":
      return [node.inner];
    case "do":
      return [node.body];
    case "while":
    case "clause":
      return [node.condition, node.body];
    case "repeat":
      return [node.body, node.condition];
    case "if":
      return node.otherwise === undefined ? node.clauses : [...node.clauses, node.otherwise];
    case "numeric-for":
      return [node.name, node.from, node.to, ...(node.step === undefined ? [] : [node.step]), node.body];
    case "generic-for":
      return [...node.names, ...node.values, node.body];
    case "return":
      return node.values;
    default:
      return [];
  }
}

/** Visits a node and all below it, outer ones first. Those below a node are left out where `visit` returns false. */
function walk(node: SyntaxNode, visit: (node: SyntaxNode) => unknown): void {
  if (visit(node) === false) return;
  for (const child of childrenOf(node)) walk(child, visit);
}

/** All nodes below `node`, itself included, of some types. */
export function nodesOf<const T extends SyntaxNode["type"]>(
  node: SyntaxNode,
  ...types: readonly T[]
): Extract<SyntaxNode, { type: T }>[] {
  const found: SyntaxNode[] = [];
  walk(node, (inner) => {
    if ((types as readonly string[]).includes(inner.type)) found.push(inner);
  });
  return found as Extract<SyntaxNode, { type: T }>[];
}

export function isLoop(node: SyntaxNode): node is Loop {
  return node.type === "while" || node.type === "repeat" || node.type === "numeric-for" || node.type === "generic-for";
}

/** The expression within brackets around it. */
export function bare(expression: Expression): Expression {
  return expression.type === "parentheses" ? bare(expression.inner) : expression;
}

/** The string after a dot or in `["..."]`. */
export function keyOf(node: IndexNode): string | undefined {
  const key = bare(node.key);
  return key.type === "string" ? key.value : undefined;
}

/** `a.b.c` as ["a", "b", "c"]; undefined for anything else. */
export function pathOf(node: Expression): readonly string[] | undefined {
  if (node.type === "name") return [node.name];
  if (node.type !== "index") return undefined;
  const path = pathOf(node.object);
  const key = keyOf(node);
  return path === undefined || key === undefined ? undefined : [...path, key];
}
