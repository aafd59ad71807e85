import { type BlockStatement, type Expression, type Pattern, parseExpressionAt } from "acorn";
import { Source, TOO_DEEP } from "./error.ts";

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
  const expression = attempt(text);
  if (isFunction(expression)) return checked(source, expression);
  // A method looks like a call with a block behind.
  const inside = new Source(kernel, title, text, BEFORE_METHOD.length);
  const object = attempt(`${BEFORE_METHOD}${text.replace(/^(\s*)static\b/, "$1      ")}\n})`);
  if (!isFault(object) && object.type === "ObjectExpression") {
    const property = object.properties[0];
    if (property?.type === "Property" && property.kind === "init" && isFunction(property.value)) {
      return checked(inside, property.value);
    }
    inside.fail(inside.shift, "this is not the source of a function", "pass a function, but no getter or setter");
  }
  const [first, second] = [expression, object].map((made) => (isFault(made) ? made : undefined));
  if (first === undefined && !isCall(expression))
    source.fail(0, "this is not the source of a function", "pass a function");
  const isSecond = first === undefined || second!.pos - inside.shift > first.pos;
  const { pos, message } = isSecond ? second! : first;
  const what = message.replace(/\s*\(\d+:\d+\)$/, "");
  const by = isSecond ? inside : source;
  if (/stack space/.test(message)) return by.fail(pos, ...TOO_DEEP, first ?? second);
  return by.fail(
    pos,
    `the source cannot be parsed (${what})`,
    "pass JavaScript, as toString() gives it",
    first ?? second,
  );
}

const BEFORE_METHOD = "({";

type Made = Expression | Fault;
type Fault = SyntaxError & { readonly pos: number };

function attempt(text: string): Made {
  try {
    return parseExpressionAt(text, 0, { ecmaVersion: "latest", sourceType: "module" });
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    return cause as Fault;
  }
}

function isFault(made: Made): made is Fault {
  return made instanceof SyntaxError;
}

function isCall(made: Made): boolean {
  return !isFault(made) && made.type === "CallExpression";
}

type FunctionNode = Extract<Expression, { type: "ArrowFunctionExpression" | "FunctionExpression" }>;

function isFunction(made: Made): made is FunctionNode {
  return !isFault(made) && (made.type === "ArrowFunctionExpression" || made.type === "FunctionExpression");
}

function checked(source: Source, { async, generator, params, body }: FunctionNode): Parsed {
  if (async) source.fail(source.shift, "async functions are not supported", "write a plain function");
  if (generator) source.fail(source.shift, "generators are not supported", "write a plain function");
  return { source, parameters: params, body };
}
