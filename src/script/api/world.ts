import type { ApiNamespace } from "../api.ts";
import { type Entity, ScriptError } from "../host.ts";
import type { Fields } from "../scope.ts";
import { VALUE_COUNT_MAX } from "../value.ts";
import { count, countOf } from "./parameter.ts";
import { hitValue, LAYERS_ALL } from "./physics.ts";
import { direction, vectorOf } from "./transform.ts";

export const worldApi: ApiNamespace = {
  name: "World",
  doc: "Other entities. Lists of entities are in ascending order where nothing else is said.",
  functions: [
    {
      name: "spawn",
      doc: "Makes an entity from a prefab. It exists when the scripts of this tick have run; until then its number is negative, good for this call alone.",
      parameters: [
        { name: "prefab", type: "string", doc: "Name of the prefab." },
        {
          name: "components",
          type: "table",
          doc: "Fields that differ from the prefab's, by component: `{ Position = { x = 1 } }`.",
          optional: true,
        },
      ],
      returns: "entity",
      capability: "spawn",
      run: (scope, prefab, components) =>
        scope.spawn(prefab as string, (components ?? {}) as Readonly<Record<string, Fields>>),
    },
    {
      name: "despawn",
      doc: "Ends an entity when the scripts of this tick have run.",
      parameters: [{ name: "entity", type: "entity", doc: "Which; left out, the script's own.", optional: true }],
      returns: "nothing",
      capability: "spawn",
      run: (scope, entity) => scope.despawn((entity as Entity | undefined) ?? scope.entity),
    },
    {
      name: "isAlive",
      doc: "Whether an entity exists.",
      parameters: [{ name: "entity", type: "entity", doc: "Which; 0, which is none, does not exist.", none: true }],
      returns: "boolean",
      run: (scope, entity) => entity !== 0 && scope.isAlive(entity as Entity),
    },
    {
      name: "find",
      doc: "The entity of that name.",
      parameters: [{ name: "name", type: "string", doc: "Its name." }],
      returns: "entity",
      nullable: true,
      capability: "world",
      run: (scope, name) => scope.find(name as string) || undefined,
    },
    {
      name: "tagged",
      doc: "Entities with a tag, or any component.",
      parameters: [{ name: "tag", type: "string", doc: "Name of the tag." }, count],
      returns: "entities",
      capability: "world",
      run: (scope, tag, most) => scope.withComponents([tag as string], countOf(most)),
    },
    {
      name: "having",
      doc: "Entities that have all of some components.",
      parameters: [{ name: "components", type: "strings", doc: "Names, at least one." }, count],
      returns: "entities",
      capability: "world",
      run: (scope, components, most) => {
        const names = components as readonly string[];
        if (names.length === 0) throw new ScriptError("World.having: components: expected at least one name, got none");
        return scope.withComponents(names, countOf(most));
      },
    },
    {
      name: "near",
      doc: "Entities within a distance of a point, nearest first; as of the first such question in the run of a script in a tick, before the call that asks.",
      parameters: [
        { name: "position", type: "vec3", doc: "The point." },
        { name: "radius", type: "number", doc: "The distance.", least: 0 },
        count,
      ],
      returns: "entities",
      capability: "world",
      run: (scope, position, radius, most) => {
        const { x, y, z } = vectorOf(position);
        return scope.near(x, y, z, radius as number, countOf(most)).map(({ entity }) => entity);
      },
    },
    {
      name: "nearest",
      doc: "The nearest other entity, with a component if one is named.",
      parameters: [
        { name: "position", type: "vec3", doc: "The point." },
        { name: "radius", type: "number", doc: "How far away it may be.", least: 0 },
        { name: "component", type: "string", doc: "What it must have.", optional: true },
      ],
      returns: "entity",
      nullable: true,
      capability: "world",
      run: (scope, position, radius, component) => {
        const { x, y, z } = vectorOf(position);
        for (const { entity } of scope.near(x, y, z, radius as number, VALUE_COUNT_MAX)) {
          if (entity === scope.entity) continue;
          if (component === undefined || scope.has(entity, component as string)) return entity;
        }
        return undefined;
      },
    },
    {
      name: "ray",
      doc: "What the script's own entity would see in a direction: the first collider on the way that is not its own. Triggers are left out.",
      parameters: [
        { name: "origin", type: "vec3", doc: "Where it starts." },
        { name: "direction", type: "vec3", doc: "Of any length but 0." },
        { name: "length", type: "number", doc: "How far it goes.", least: 0 },
      ],
      returns: "hit",
      nullable: true,
      capability: "world",
      run: (scope, origin, along, length) =>
        hitValue(
          scope.ray(vectorOf(origin), direction("World.ray: direction", along), length as number, {
            mask: LAYERS_ALL,
            triggers: false,
            except: scope.entity,
          }),
        ),
    },
  ],
};
