import type { ApiNamespace, ApiParameter } from "../api.ts";
import type { Entity } from "../host.ts";
import type { Fields } from "../scope.ts";

const entity: ApiParameter = { name: "entity", type: "entity", doc: "Whose." };
const component: ApiParameter = { name: "component", type: "string", doc: "Name of the component." };

export const componentApi: ApiNamespace = {
  name: "Component",
  doc: "Components of entities by name. Values are checked against the fields. Other entities than the script's own need capabilities: to read `world`, to write `write`.",
  functions: [
    {
      name: "has",
      doc: "Whether an entity has a component.",
      parameters: [entity, component],
      returns: "boolean",
      run: (scope, whose, name) => scope.has(whose as Entity, name as string),
    },
    {
      name: "get",
      doc: "A copy of the fields of a component; nothing where the entity lacks it.",
      parameters: [entity, component],
      returns: "table",
      nullable: true,
      run: (scope, whose, name) => scope.get(whose as Entity, name as string),
    },
    {
      name: "set",
      doc: "Writes some fields of a component at once. The entity must have it.",
      parameters: [entity, component, { name: "fields", type: "table", doc: "The fields to write." }],
      returns: "nothing",
      run: (scope, whose, name, fields) => scope.set(whose as Entity, name as string, fields as Fields),
    },
    {
      name: "add",
      doc: "Gives an entity a component when the scripts of this tick have run; where it has it then, the fields are set.",
      parameters: [
        entity,
        component,
        { name: "fields", type: "table", doc: "Fields that differ from the defaults.", optional: true },
      ],
      returns: "nothing",
      run: (scope, whose, name, fields) => scope.add(whose as Entity, name as string, fields as Fields | undefined),
    },
    {
      name: "remove",
      doc: "Takes a component from an entity when the scripts of this tick have run.",
      parameters: [entity, component],
      returns: "nothing",
      run: (scope, whose, name) => scope.remove(whose as Entity, name as string),
    },
  ],
};
