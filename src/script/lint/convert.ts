import type { RawNode } from "./grammar.ts";
import { numberOf, stringOf } from "./lexer.ts";
import type {
  Block,
  CallNode,
  ClauseNode,
  Expression,
  FieldNode,
  FunctionNode,
  IndexNode,
  LocalName,
  NameNode,
  Span,
  Statement,
} from "./syntax.ts";

/** The syntax of a chunk without errors, from its concrete tree. */
export function convert(root: RawNode, text: string): Block {
  const block: Block = { ...at("block", root), statements: statements(root.children) };
  return { ...block, start: 0, end: text.length };

  function statements(nodes: readonly RawNode[]): Statement[] {
    return nodes.filter(({ named, kind }) => named && kind !== "comment" && kind !== "hash_bang_line").map(statement);
  }

  function statement(node: RawNode): Statement {
    switch (node.kind) {
      case "variable_declaration":
        return local(node);
      case "function_declaration":
        return functionStatement(node);
      case "assignment_statement": {
        const [targets, values] = listsOf(node);
        return { ...at("assign", node), targets: targets.map(expression), values: values.map(expression) };
      }
      case "function_call":
        return { ...at("call-statement", node), call: call(node) };
      case "do_statement":
        return { ...at("do", node), body: body(node) };
      case "while_statement":
        return { ...at("while", node), condition: expression(field(node, "condition")), body: body(node) };
      case "repeat_statement":
        return { ...at("repeat", node), condition: expression(field(node, "condition")), body: body(node) };
      case "if_statement":
        return conditional(node);
      case "for_statement":
        return loop(node);
      case "goto_statement":
        return { ...at("goto", node), label: nameIn(node) };
      case "label_statement":
        return { ...at("label", node), label: nameIn(node) };
      case "return_statement":
        return { ...at("return", node), values: namedOf(node).flatMap(namedOf).map(expression) };
      case "break_statement":
        return at("break", node);
      case "empty_statement":
        return at("empty", node);
      default:
        throw new TypeError(`unknown statement ${node.kind}`);
    }
  }

  function local(node: RawNode): Statement {
    const [inner] = namedOf(node);
    const [names, values] = inner!.kind === "assignment_statement" ? listsOf(inner!) : [namedOf(inner!), []];
    const declared: LocalName[] = [];
    for (const part of names) {
      if (part.kind === "attribute") {
        const last = declared.pop()!;
        declared.push({ ...last, end: part.end, attribute: nameIn(part) });
      } else {
        declared.push({ ...at("local-name", part), name: name(part), attribute: undefined });
      }
    }
    return { ...at("local", node), names: declared, values: values.map(expression) };
  }

  function functionStatement(node: RawNode): Statement {
    const target = field(node, "name");
    const isMethod = target.kind === "method_index_expression";
    const value = functionOf(node, isMethod);
    if (node.children[0]!.kind === "local") return { ...at("local-function", node), name: name(target), value };
    return { ...at("function-statement", node), target: expression(target) as NameNode | IndexNode, value };
  }

  function conditional(node: RawNode): Statement {
    const clauses: ClauseNode[] = [];
    let otherwise: Block | undefined;
    for (const part of [node, ...node.children.filter((child) => child.field === "alternative")]) {
      if (part.kind === "else_statement") {
        otherwise = body(part);
        continue;
      }
      const condition = expression(field(part, "condition"));
      clauses.push({ ...at("clause", part), condition, body: body(part, "consequence", "then") });
    }
    return { ...at("if", node), clauses, otherwise };
  }

  function loop(node: RawNode): Statement {
    const clause = field(node, "clause");
    if (clause.kind === "for_generic_clause") {
      const [names, values] = listsOf(clause);
      return {
        ...at("generic-for", node),
        names: names.map(name),
        values: values.map(expression),
        body: body(node),
      };
    }
    const step = clause.children.find((child) => child.field === "step");
    return {
      ...at("numeric-for", node),
      name: name(field(clause, "name")),
      from: expression(field(clause, "start")),
      to: expression(field(clause, "end")),
      step: step === undefined ? undefined : expression(step),
      body: body(node),
    };
  }

  /** The block of a node; an empty one stands right behind the keyword that opens it. */
  function body(node: RawNode, name = "body", keyword = ""): Block {
    const found = node.children.find((child) => child.field === name);
    if (found !== undefined) return { ...at("block", found), statements: statements(found.children) };
    const opening = node.children.filter(({ kind }) => kind === (keyword || BLOCK_OPENINGS[node.kind])).at(-1);
    const end = opening?.end ?? field(node, "parameters").end;
    return { type: "block", start: end, end, statements: [] };
  }

  function expression(node: RawNode): Expression {
    const written = text.slice(node.start, node.end);
    switch (node.kind) {
      case "identifier":
        return name(node);
      case "number": {
        const { value, isInteger } = numberOf(written) ?? { value: Number.NaN, isInteger: false };
        return { ...at("number", node), value, isInteger };
      }
      case "string":
        return { ...at("string", node), value: stringOf(written) };
      case "nil":
        return at("nil", node);
      case "true":
      case "false":
        return { ...at("boolean", node), value: node.kind === "true" };
      case "vararg_expression":
        return at("vararg", node);
      case "function_definition":
        return functionOf(node, false);
      case "dot_index_expression":
      case "method_index_expression": {
        const key = field(node, node.kind === "dot_index_expression" ? "field" : "method");
        const value = text.slice(key.start, key.end);
        const string = { ...at("string", key), value };
        return { ...at("index", node), object: expression(field(node, "table")), key: string, isDot: true };
      }
      case "bracket_index_expression": {
        const key = expression(field(node, "field"));
        return { ...at("index", node), object: expression(field(node, "table")), key, isDot: false };
      }
      case "function_call":
        return call(node);
      case "parenthesized_expression":
        return { ...at("parentheses", node), inner: expression(namedOf(node)[0]!) };
      case "table_constructor":
        return { ...at("table", node), fields: namedOf(node).map(tableField) };
      case "binary_expression": {
        const [left, right] = [expression(field(node, "left")), expression(field(node, "right"))];
        return { ...at("binary", node), operator: field(node, "operator").kind, left, right };
      }
      case "unary_expression": {
        const operand = expression(field(node, "operand"));
        return { ...at("unary", node), operator: field(node, "operator").kind, operand };
      }
      default:
        throw new TypeError(`unknown expression ${node.kind}`);
    }
  }

  function functionOf(node: RawNode, isMethod: boolean): FunctionNode {
    const parts = namedOf(field(node, "parameters"));
    return {
      ...at("function", node),
      parameters: parts.filter(({ kind }) => kind === "identifier").map(name),
      isVararg: parts.some(({ kind }) => kind === "vararg_expression"),
      isMethod,
      body: body(node),
    };
  }

  function call(node: RawNode): CallNode {
    const target = field(node, "name");
    const list = field(node, "arguments");
    const isMethod = target.kind === "method_index_expression";
    return {
      ...at("call", node),
      callee: expression(isMethod ? field(target, "table") : target),
      method: isMethod ? name(field(target, "method")) : undefined,
      values: namedOf(list).map(expression),
      list: { start: list.start, end: list.end },
    };
  }

  function tableField(node: RawNode): FieldNode {
    const key = node.children.find((child) => child.field === "name");
    const isPlain = node.children[0]!.kind === "identifier";
    return {
      ...at("field", node),
      key: key === undefined ? undefined : isPlain ? stringKey(key) : expression(key),
      value: expression(field(node, "value")),
    };
  }

  function stringKey(node: RawNode): Expression {
    return { ...at("string", node), value: text.slice(node.start, node.end) };
  }

  function name(node: RawNode): NameNode {
    return { ...at("name", node), name: text.slice(node.start, node.end) };
  }

  function nameIn(node: RawNode): NameNode {
    return name(namedOf(node).find(({ kind }) => kind === "identifier")!);
  }
}

const BLOCK_OPENINGS: Readonly<Record<string, string>> = {
  do_statement: "do",
  while_statement: "do",
  for_statement: "do",
  repeat_statement: "repeat",
  else_statement: "else",
};

function at<const T extends string>(type: T, { start, end }: Span): { type: T; start: number; end: number } {
  return { type, start, end };
}

function field(node: RawNode, name: string): RawNode {
  const found = node.children.find((child) => child.field === name);
  if (found === undefined) throw new TypeError(`${node.kind} has no ${name}`);
  return found;
}

function namedOf(node: RawNode): RawNode[] {
  return node.children.filter(({ named, kind }) => named && kind !== "comment");
}

/** The two lists of an assignment or of a generic `for`. */
function listsOf(node: RawNode): [RawNode[], RawNode[]] {
  const [left, right] = namedOf(node);
  return [namedOf(left!), right === undefined ? [] : namedOf(right)];
}
