import { WorldloomError } from "../core/errors.ts";
import { type Component, component, type Schema } from "./component.ts";
import { type EventType, event, type InputType, input } from "./event.ts";
import * as fields from "./field.ts";
import type { WorldOptions } from "./options.ts";
import { relation } from "./relation.ts";
import { type Resource, resource } from "./resource.ts";
import { declaration } from "./save-format.ts";
import { SchemaSet } from "./schema.ts";

/** What a world is made with that declares some types. */
export type Types = Required<Pick<WorldOptions, "components" | "resources" | "events" | "inputs">>;

/**
 * The types that a file of a world describes, made anew, so that the file can be looked at without the program that wrote
 * it. An array of one element is a scalar here. Throws `bad-file` for what no declaration looks like.
 */
export function typesOf(declarations: readonly string[]): Types {
  try {
    return made(declarations);
  } catch (cause) {
    if (cause instanceof WorldloomError && cause.code === "bad-file") throw cause;
    throw new WorldloomError("bad-file", "The file declares types that cannot be; take another copy of it.", {}, cause);
  }
}

function made(declarations: readonly string[]): Types {
  const components: Component[] = [];
  const resources: Resource[] = [];
  const events: EventType[] = [];
  const inputs: InputType[] = [];
  for (const text of declarations) {
    const [, role, name, columns, rules, lifetime] = DECLARATION.exec(text) ?? [];
    if (name === undefined) throw unknown(text);
    const schema = schemaOf(text, columns!);
    if (role === "component") components.push(component(name, schema));
    else if (role === "relation") {
      const { target: _, ...rest } = schema;
      components.push(relation(name, rest, JSON.parse(rules!)) as unknown as Component);
    } else if (role === "resource") resources.push(resource(name, schema) as Resource);
    else if (role === "event") events.push(event(name, schema, { lifetime: Number(lifetime) }) as EventType);
    else inputs.push(input(name, schema) as InputType);
  }
  const types = { components, resources, events, inputs };
  checkAlike(types, declarations);
  return types;
}

const DECLARATION = /^(component|relation|resource|event|input) (\w+)\{(.*)\} (\{.*\}|) (\d+)$/su;
const COLUMN = /(\w+)(?:\.([xyzw]))?:(\w+)\*(\d+)=(.*?)(\?)?(?=,\w+(?:\.[xyzw])?:\w+\*\d+=|$)/gsu;

function schemaOf(text: string, columns: string): Schema {
  const schema: Record<string, fields.Field> = {};
  const vectors = new Map<string, { kind: string; nan: boolean; axes: Record<string, unknown> }>();
  for (const [, name, axis, kind, lanes, initial, nan] of columns.matchAll(COLUMN)) {
    const options = { default: initialOf(kind!, initial!), ...(nan === undefined ? {} : { nan: true }) };
    const scalar = (fields as unknown as Record<string, fields.ScalarType<"f32"> | undefined>)[kind!];
    if (typeof scalar !== "function") throw unknown(text);
    if (axis !== undefined) {
      const vector = vectors.get(name!) ?? { kind: kind!, nan: nan !== undefined, axes: {} };
      vectors.set(name!, vector);
      vector.axes[axis] = options.default;
      const make = [fields.vec2, fields.vec3, fields.vec4][Object.keys(vector.axes).length - 2];
      const element = scalar(nan === undefined ? {} : { nan: true });
      // Until the second axis is met, something stands in its place, so that fields keep their order.
      schema[name!] = make === undefined ? element : make(element as never, vector.axes as never);
    } else if (Number(lanes) > 1) schema[name!] = fields.array(scalar(options as never), Number(lanes));
    else schema[name!] = scalar(options as never);
  }
  return schema as Schema;
}

function initialOf(kind: string, text: string): number | boolean | string {
  if (kind === "str") return text === "0" ? "" : text;
  return kind === "bool" ? text === "1" || text === "true" : Number(text);
}

function checkAlike({ components, resources, events, inputs }: Types, declarations: readonly string[]): void {
  const described = [
    ...components.map((one) => {
      const rules = (one as { relation?: object }).relation;
      const role = rules === undefined ? ("component" as const) : ("relation" as const);
      return { role, component: one, rules: rules === undefined ? "" : JSON.stringify(rules), lifetime: 0 };
    }),
    ...resources.map((one) => ({ role: "resource" as const, component: one.component, rules: "", lifetime: 0 })),
    ...events.map((one) => ({ role: "event" as const, component: one.component, rules: "", lifetime: one.lifetime })),
    ...inputs.map((one) => ({ role: "input" as const, component: one.component, rules: "", lifetime: 0 })),
  ];
  const texts = new SchemaSet(described as never).declared.map(declaration);
  const other = declarations.find((text, i) => text !== texts[i]);
  if (other !== undefined) throw unknown(other);
}

function unknown(text: string): WorldloomError {
  return new WorldloomError("bad-file", `The file declares what this Worldloom cannot make: ${text.slice(0, 80)}.`);
}
