import { badArgument, expectOptions } from "../core/argument.ts";
import { WorldloomError } from "../core/errors.ts";
import { type Component, checkName } from "../ecs/component.ts";
import type { EventType } from "../ecs/event.ts";
import type { Resource } from "../ecs/resource.ts";
import type { Term } from "../ecs/term.ts";
import type { KernelOptions } from "./kernel.ts";
import type { Constant, Declaration } from "./lowered.ts";
import type { KernelFunction, UniformKind, UniformSchema, Use } from "./scope.ts";

type Constants = Readonly<Record<string, Constant>>;

/** What a kernel is made of. Throws `bad-argument`. */
export function declare(
  name: string,
  options: KernelOptions<readonly Component[], readonly Component[], UniformSchema, Constants, readonly Use[]>,
  row: unknown,
): Declaration {
  const { write: writes = [], read = [], uniforms = {}, constants = {}, uses = [] } = options;
  checkList(name, "write", writes, COMPONENT, "components");
  checkList(name, "read", read, COMPONENT, "components");
  checkList(name, "uses", uses, USES, "components, resources, events and kernel functions");
  const parameters = [
    ...writes.map((component) => ({ component, write: true })),
    ...read.map((component) => ({ component, write: false })),
  ];
  parameters.forEach(({ component }, i) => {
    if (parameters.findIndex((other) => other.component === component) < i)
      throw badArgument(
        "write and read",
        component.name,
        "lists that name a component once: write it if it is also read",
      );
  });
  checkConstants(name, constants);
  const declaration: Declaration = {
    name,
    source: Function.prototype.toString.call(row),
    parameters,
    uniforms: kindsOf(name, uniforms),
    constants,
    components: uses.filter((use): use is Component => use.is === "component"),
    events: uses.filter((use): use is EventType => use.is === "event"),
    resources: uses.filter((use): use is Resource => use.is === "resource"),
    functions: uses.filter((use): use is KernelFunction => use.is === "kernel-function"),
  };
  checkNames(declaration);
  return declaration;
}

/** A kernel runs over all rows of the archetypes that match, so what picks chunks or rows cannot narrow them. */
export function checkWhere(name: string, where: readonly Term[]): void {
  checkList(name, "where", where, TERMS, "components, without(...) and anyOf(...)");
}

const COMPONENT = ["component"];
const USES = ["component", "resource", "event", "kernel-function"];
const TERMS = ["component", "without", "anyOf"];

/** Throws `bad-argument` unless all of a list are of the `kinds`, which are said to be `what`. */
function checkList(kernel: string, name: string, list: unknown, kinds: readonly string[], what: string): void {
  if (!Array.isArray(list)) throw badArgument(`${name} of kernel ${kernel}`, list, `a list of ${what}`);
  for (let i = 0; i < list.length; i++) {
    const one: unknown = list[i];
    if (one === undefined) {
      throw new WorldloomError(
        "bad-argument",
        `${name}[${i}] of kernel ${kernel} is undefined: is it imported before it is made? Modules that import each other are the usual reason.`,
        { kernel, [name]: i },
      );
    }
    const { is } = (one ?? {}) as { readonly is?: unknown };
    if (!kinds.includes(is as string)) throw badArgument(`${name} of kernel ${kernel}`, is ?? one, `a list of ${what}`);
  }
}

const KINDS: readonly string[] = ["f32", "f64", "i32", "u32", "bool"] satisfies UniformKind[];

/** The kinds of uniforms by name. Throws `bad-argument`. */
function kindsOf(kernel: string, uniforms: UniformSchema): Readonly<Record<string, UniformKind>> {
  expectOptions<object>(uniforms, `uniforms of kernel ${kernel}`);
  const kinds: Record<string, UniformKind> = {};
  for (const [name, field] of Object.entries(uniforms)) {
    const { shape, kind } = (field ?? {}) as { readonly shape?: unknown; readonly kind?: unknown };
    if (shape !== "scalar" || !KINDS.includes(kind as string)) {
      const given = typeof kind === "string" ? (shape === "scalar" ? kind : `${String(shape)} of ${kind}`) : field;
      throw badArgument(`uniform ${name} of kernel ${kernel}`, given, `one of the types ${KINDS.join(", ")}`);
    }
    kinds[name] = kind as UniformKind;
  }
  return kinds;
}

function checkConstants(kernel: string, constants: Constants): void {
  expectOptions<object>(constants, `constants of kernel ${kernel}`);
  for (const [name, value] of Object.entries<unknown>(constants)) {
    const of = `constant ${name} of kernel ${kernel}`;
    if (typeof value === "number" || typeof value === "boolean") continue;
    if (typeof value !== "object" || value === null)
      throw badArgument(of, value, "a number, a boolean, or an enumeration or list: an object or array of numbers");
    for (const [member, one] of Object.entries(value as Readonly<Record<string, unknown>>))
      if (typeof one !== "number" && typeof one !== "string")
        throw badArgument(`${member} of ${of}`, one, "a number, as it is a member of an enumeration");
  }
}

const CALLS = new Set(
  "entity tick random despawn addTag removeTag emit sum min max count at has neighbours f32 f64 i32 u32".split(" "),
);

/** Everything at `k` has one name. */
function checkNames({ uniforms, constants, components, events, resources, functions }: Declaration): void {
  const uses = [...components, ...events, ...resources, ...functions].map(({ name }) => name);
  const seen = new Set<string>();
  for (const name of [...Object.keys(uniforms), ...Object.keys(constants), ...uses]) {
    checkName(name, "uniform, constant or use");
    if (CALLS.has(name)) throw badArgument("uniforms, constants and uses", name, "names that k does not have itself");
    if (seen.has(name)) throw badArgument("uniforms, constants and uses", name, "names that differ");
    seen.add(name);
  }
}
