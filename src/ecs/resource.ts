import { type Component, type ComponentOptions, component, type Schema } from "./component.ts";

/** A value that a world has once. */
export interface Resource<Name extends string = string, S extends Schema = Schema> {
  readonly is: "resource";
  readonly name: Name;
  readonly component: Component<Name, S>;
}

/** Declares a resource; every world that knows it has it, with its defaults at first. Throws `bad-schema`, `bad-argument`. */
export function resource<const Name extends string, const S extends Schema>(
  name: Name,
  schema: S,
  options: ComponentOptions = {},
): Resource<Name, S> {
  return { is: "resource", name, component: component(name, schema, options) };
}
