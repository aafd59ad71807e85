import { type BlockStatement, type Expression, type Pattern, parseExpressionAt } from "acorn";
import { Source } from "./error.ts";

/** A function as its source says. */
export interface Parsed {
  readonly source: Source;
  readonly parameters: readonly Pattern[];
  readonly body: BlockStatement | Expression;
}

/** Parses what `toString` gives for a function: an arrow function, a function expression or a method. */
export function parseFunction(kernel: string, title: string, text: string): Parsed {
  const source = new Source(kernel, title, text);
  if (/\{\s*\[native code\]\s*\}\s*$/.test(text)) {
    source.fail(0, "a bound or built-in function has no source", "pass the function itself, without bind()");
  }
  if (/^\s*class\b/.test(text)) source.fail(0, "a class is not a row function", "pass a function");
  const made = METHOD.test(text) ? parseMethod(kernel, title, text) : { source, node: parseAt(source, text, 0) };
  const { node } = made;
  if (node.type !== "ArrowFunctionExpression" && node.type !== "FunctionExpression") {
    return source.fail(0, "this is not the source of a function", "pass a function");
  }
  if (node.async) made.source.fail(node.start, "async functions are not supported", "write a plain function");
  if (node.generator) made.source.fail(node.start, "generators are not supported", "write a plain function");
  return { source: made.source, parameters: node.params, body: node.body };
}

/** A method's name and parameters, but neither `function` nor an arrow function's parameters. */
const METHOD = /^\s*(?!(?:async\s+)?function\b|async\s*\(|async\s+[\w$]+\s*=>)[^\s(=][^(=]*\(/;
const BEFORE_METHOD = "({";

function parseMethod(kernel: string, title: string, text: string): { source: Source; node: Expression } {
  const source = new Source(kernel, title, text, BEFORE_METHOD.length);
  const object = parseAt(source, `${BEFORE_METHOD}${text.replace(/^(\s*)static\b/, "$1      ")}\n})`, 0);
  const property = object.type === "ObjectExpression" ? object.properties[0] : undefined;
  if (property?.type !== "Property" || property.kind !== "init") {
    return source.fail(0, "getters and setters are not row functions", "pass a function");
  }
  return { source, node: property.value };
}

function parseAt(source: Source, text: string, offset: number): Expression {
  try {
    return parseExpressionAt(text, offset, { ecmaVersion: "latest", sourceType: "module" });
  } catch (cause) {
    const { pos, message } = cause as { pos?: number; message: string };
    const what = message.replace(/\s*\(\d+:\d+\)$/, "");
    return source.fail(
      pos ?? 0,
      `the source cannot be parsed (${what})`,
      "pass JavaScript, as toString() gives it",
      cause,
    );
  }
}
