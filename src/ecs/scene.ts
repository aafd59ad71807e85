import { expectInstance } from "../core/argument.ts";
import type { Component } from "./component.ts";
import type { Core } from "./core.ts";
import type { FieldKind } from "./field.ts";
import { readRow } from "./operations.ts";
import { isRelation } from "./relation.ts";
import {
  SCENE_FORMAT,
  SCENE_VERSION,
  type SceneElement,
  type SceneEntity,
  type SceneFile,
  type ScenePair,
  type SceneReference,
  type SceneValues,
} from "./scene-format.ts";
import { State } from "./state.ts";
import type { Table } from "./table.ts";
import type { World } from "./world.ts";

/**
 * Entities, pairs and resources of a world as a scene, ready for `JSON.stringify`. Entities are in ascending order; every
 * field is written, in decimals that give its bits again (of NaNs one is left). Events, regions, the tick and
 * free indices are not part of a scene: a save file has them.
 */
export function toScene(world: World): SceneFile {
  expectInstance(world, State, "world", "a world");
  const { core } = world;
  core.checkOpen("toScene");
  const entities: SceneEntity[] = [];
  const resources: Record<string, SceneValues> = {};
  for (const table of core.store.tables) {
    if (table.kind === "resource") {
      const component = core.schema.component(table.components[0]!);
      resources[component.name] = sceneValues(core, component, readRow(core, table, 0, 0));
    } else if (table.kind === "archetype") {
      for (let row = 0; row < table.rows; row++) entities.push(sceneEntity(core, table, row));
    }
  }
  entities.sort((a, b) => (a.id as number) - (b.id as number));
  const whole: SceneFile = { format: SCENE_FORMAT, version: SCENE_VERSION, entities };
  return Object.keys(resources).length === 0
    ? whole
    : { format: SCENE_FORMAT, version: SCENE_VERSION, resources, entities };
}

/** The shortest decimal that is rounded to this f32. */
function shortestF32(value: number): number {
  for (let digits = 1; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return short;
  }
  return Number(value.toPrecision(9));
}

function sceneEntity(core: Core, table: Table, row: number): SceneEntity {
  const id = readRow(core, table, 0, row)["id"] as number;
  const named = table.columnOf[core.names.id];
  const name = named === undefined ? "" : (readRow(core, table, named, row)["text"] as string);
  const entity: {
    id: number;
    name?: string;
    components?: Record<string, SceneValues>;
    relations?: Record<string, ScenePair | ScenePair[]>;
  } = name === "" ? { id } : { id, name };
  for (const component of table.components) {
    const type = core.schema.component(component);
    const c = table.columnOf[component]!;
    const values = c < 0 ? {} : readRow(core, table, c, row);
    if (name !== "" && component === core.names.id) continue;
    if (isRelation(type)) {
      entity.relations ??= {};
      entity.relations[type.name] = sceneValues(core, type, values) as ScenePair;
    } else {
      entity.components ??= {};
      entity.components[type.name] = sceneValues(core, type, values);
    }
  }
  for (const { id: relation, relation: type } of core.relations.all) {
    if (type.relation.exclusive) continue;
    const targets = core.relations.targets(relation, id);
    if (targets.length === 0) continue;
    entity.relations ??= {};
    const links = core.relations.links(relation);
    entity.relations[type.name] = targets.map((target) => {
      const at = core.relations.linkRow(relation, id, target);
      const values = links.columns.length > 1 ? readRow(core, links, 1, at) : {};
      return { target: reference(core, target), ...sceneValues(core, type, values) };
    });
  }
  return entity;
}

function sceneValues(core: Core, component: Component, values: Record<string, unknown>): SceneValues {
  const result: Record<string, SceneValues[string]> = {};
  for (const [field, type] of Object.entries(component.schema)) {
    const value = values[field];
    const one = (element: unknown): SceneElement => sceneElement(core, type.kind, element as number | string | boolean);
    if (type.shape === "scalar") result[field] = one(value);
    else if (type.shape === "array") result[field] = (value as unknown[]).map(one);
    else
      result[field] = Object.fromEntries(
        Object.entries(value as object).map(([axis, element]) => [axis, one(element)]),
      );
  }
  return result;
}

function sceneElement(core: Core, kind: FieldKind, value: number | string | boolean): SceneElement {
  if (typeof value !== "number") return value;
  if (kind === "entity") return reference(core, value);
  if (!Number.isFinite(value)) return String(value);
  if (Object.is(value, -0)) return "-0";
  return kind === "f32" ? shortestF32(value) : value;
}

function reference(core: Core, entity: number): SceneReference {
  if (entity === 0) return null;
  return core.entities.isAlive(entity) ? entity : { raw: entity };
}
