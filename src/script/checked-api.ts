import { badArgument, expectList, expectOptions, expectText } from "../core/argument.ts";
import { API_TYPES, type ApiFunction, type ApiNamespace, type ApiParameter } from "./api.ts";
import { capabilities } from "./capability.ts";
import { words } from "./words.ts";

/**
 * Checks what scripts are to be able to call. Throws `bad-argument`, which names the function and what is wrong with it.
 */
export function expectApi(api: readonly ApiNamespace[], name: string): void {
  expectList(api, name);
  const taken = new Set<string>();
  api.forEach((namespace, i) => {
    const place = `${name}[${i}]`;
    if (typeof namespace?.name !== "string" || !Array.isArray(namespace.functions))
      throw badArgument(place, namespace, "a namespace: { name, doc, functions }");
    expectName(namespace.name, `${place}.name`);
    expectFree(taken, namespace.name, `${place}.name`);
    expectText(namespace.doc, `${namespace.name}: doc`);
    for (const fn of namespace.functions) expectApiFunction(fn, namespace.name, taken);
  });
}

function expectApiFunction(fn: ApiFunction, namespace: string, taken: Set<string>): void {
  expectOptions(fn, `a function of ${namespace}`);
  expectName(fn.name, `${namespace}: the name of a function`);
  const place = `${namespace}.${fn.name}`;
  expectFree(taken, place, "the name of a function");
  expectText(fn.doc, `${place}: doc`);
  expectOneOf(fn.returns, API_TYPES, `${place}: returns`);
  if (fn.capability !== undefined) expectOneOf(fn.capability, Object.keys(capabilities), `${place}: capability`);
  if (typeof fn.run !== "function") throw badArgument(`${place}: run`, fn.run, "a function");
  expectList(fn.parameters, `${place}: parameters`);
  const names = new Set<string>();
  let optional = false;
  for (const parameter of fn.parameters) {
    expectParameter(parameter, place);
    expectFree(names, parameter.name, `${place}: the name of a parameter`);
    if (optional && parameter.optional !== true)
      throw badArgument(`${place}: ${parameter.name}`, parameter, "optional, as the one before it is");
    optional = parameter.optional === true;
  }
}

function expectParameter(parameter: ApiParameter, place: string): void {
  expectOptions(parameter, `${place}: a parameter`);
  expectName(parameter.name, `${place}: the name of a parameter`);
  const own = `${place}: ${parameter.name}`;
  expectOneOf(parameter.type, API_TYPES, `${own}: type`);
  if (parameter.type === "nothing")
    throw badArgument(`${own}: type`, parameter.type, "a type of which there are values");
  expectText(parameter.doc, `${own}: doc`);
  for (const bound of ["least", "most"] as const)
    if (parameter[bound] !== undefined && !Number.isFinite(parameter[bound]))
      throw badArgument(`${own}: ${bound}`, parameter[bound], "a finite number");
  if (parameter.oneOf === undefined) return;
  expectList(parameter.oneOf, `${own}: oneOf`);
  for (const one of parameter.oneOf) expectText(one, `${own}: oneOf`);
}

function expectName(value: unknown, place: string): void {
  if (typeof value !== "string" || !/^[A-Za-z][A-Za-z0-9]*$/.test(value))
    throw badArgument(place, value, "letters and digits, beginning with a letter");
}

/** Names are equal if they are so in any engine: `nearBy` is `near_by` in WebAssembly. */
function expectFree(taken: Set<string>, name: string, place: string): void {
  const key = words(name, "_");
  if (taken.has(key)) throw badArgument(place, name, "a name that is not taken yet");
  taken.add(key);
}

function expectOneOf(value: unknown, all: readonly string[], place: string): void {
  if (typeof value !== "string" || !all.includes(value)) throw badArgument(place, value, `one of ${all.join(", ")}`);
}
