import type { AnyNode, Expression, PrivateIdentifier, Statement, Super } from "acorn";
import { Refusal } from "./error.ts";

/** Why a part of the syntax is not supported, and what to write instead. */
export function unsupported(node: Expression | Statement | Super | PrivateIdentifier): Refusal {
  const [what, instead] = ADVICE[node.type] ?? [
    `${node.type} is not supported`,
    "write it with arithmetic, if and for",
  ];
  if (node.type === "BinaryExpression" || node.type === "LogicalExpression") {
    return new Refusal(`the operator ${node.operator} is not supported`, OPERATORS[node.operator] ?? instead);
  }
  return new Refusal(what, instead);
}

const CLASS = ["classes are not supported", "keep state in components"] as const;
const OBJECT = "objects and arrays are not supported";
const ENDLESS = [
  "loops without constant bounds are not supported",
  "write for (let i = 0; i < 8; i++) with a largest number of steps, and break",
] as const;
const EACH = "write for (let i = 0; i < items.length; i++)";
const ERRORS = ["exceptions are not supported", "emit an event, or write to a field"] as const;

const ADVICE: { readonly [T in AnyNode["type"]]?: readonly [what: string, instead: string] } = {
  ArrayExpression: [OBJECT, "give a list as one of the constants and write k.LIST[i], or use a fixed array field"],
  AwaitExpression: ["await is not supported", "keep what is awaited in a component or a uniform"],
  BinaryExpression: ["this operator is not supported", "compare numbers"],
  ChainExpression: ["optional chaining is not supported", "write a.b: rows always have their fields"],
  ClassDeclaration: CLASS,
  ClassExpression: CLASS,
  DoWhileStatement: ENDLESS,
  ForInStatement: ["for-in loops are not supported", EACH],
  ForOfStatement: ["for-of loops over anything but fixed arrays and lists of constants are not supported", EACH],
  ImportExpression: ["import() is not supported", "pass what you need as uniforms, constants or uses"],
  LogicalExpression: ["?? is not supported", "every value exists; write c ? a : b"],
  MetaProperty: ["import.meta and new.target are not supported", "pass what you need as uniforms or constants"],
  NewExpression: ["new is not supported", "use variables and the fields of components"],
  ObjectExpression: [OBJECT, "use variables, or k.emit(Event, { ... })"],
  Super: ["super is not supported", "use the parameters"],
  SwitchStatement: ["this switch is not supported", "write if and else"],
  TaggedTemplateExpression: ["templates are not supported", "use numbers and enumerations"],
  TemplateLiteral: ["templates are not supported", "use numbers and enumerations"],
  ThisExpression: ["this is not supported", "use the parameters"],
  ThrowStatement: ERRORS,
  TryStatement: ERRORS,
  WhileStatement: ENDLESS,
  WithStatement: ["with is not supported", "use the parameters"],
  YieldExpression: ["yield is not supported", "keep what goes on in a component"],
};

const OPERATORS: Readonly<Record<string, string>> = {
  in: "use k.has(entity, Component), or compare numbers",
  instanceof: "use k.has(entity, Component), or compare numbers",
  "??": "every value exists; write c ? a : b",
};

/** What to write instead of a function of JavaScript that is no part of kernels; undefined for all others. */
export function insteadOf(name: string): string | undefined {
  const [owner = ""] = name.split(".");
  if (Object.hasOwn(GLOBALS, name)) return GLOBALS[name];
  return Object.hasOwn(GLOBALS, owner) ? GLOBALS[owner] : undefined;
}

/** What to write instead of something that worlds and commands can do, but no kernel; undefined for all others. */
export function insteadOfCall(name: string): string | undefined {
  return Object.hasOwn(CALLS, name) ? CALLS[name] : undefined;
}

const LATER = "use k.addTag and k.removeTag for tags, or emit an event and let a system do it";
const CALLS: Readonly<Record<string, string>> = {
  add: LATER,
  get: "write k.at(entity, Component).x",
  isAlive: "write k.has(entity, Component)",
  randomBelow: "write Math.floor(k.random() * n)",
  relate: LATER,
  remove: LATER,
  set: LATER,
  setResource: "reduce into it with k.sum, k.min, k.max or k.count",
  spawn: "emit an event, and let a system spawn",
};

const TIME = "use k.tick, or pass the time as a uniform";
const NUMBER = "fields are numbers already; k.f32(x), k.f64(x), k.i32(x) and k.u32(x) convert them";

const GLOBALS: Readonly<Record<string, string>> = {
  BigInt: "use u32, or two of them",
  console: "write what you want to see to a field, and read it after the run",
  crypto: "use k.random()",
  Date: TIME,
  Number: NUMBER,
  Object: "assign the fields one by one",
  "Object.is": "compare numbers with ===",
  parseFloat: NUMBER,
  parseInt: "write Math.trunc(x)",
  performance: TIME,
  String: "texts are those of str fields",
};
