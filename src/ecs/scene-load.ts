import { badArgument, expectInstance, expectList, expectOptions, type Known } from "../core/argument.ts";
import { type ErrorCode, WorldloomError } from "../core/errors.ts";
import type { Component } from "./component.ts";
import type { Core } from "./core.ts";
import type { Entity } from "./entities.ts";
import type { FieldKind } from "./field.ts";
import { eachItem, type SpawnItem } from "./item.ts";
import { Name } from "./name.ts";
import { add, checkItem, checkValues, type Item, link, setResource, settle } from "./operations.ts";
import type { Prefab } from "./prefab.ts";
import { isRelation } from "./relation.ts";
import { SCENE_FORMAT, SCENE_VERSION, type SceneFile } from "./scene-format.ts";
import { State } from "./state.ts";
import type { World } from "./world.ts";

export interface SpawnSceneOptions {
  /** The prefabs that entities of the scene may name. */
  readonly prefabs?: readonly Prefab[];
}

const KNOWN: Known<SpawnSceneOptions> = { prefabs: true };

export interface SpawnedScene {
  /** In the order of the scene. */
  readonly entities: Int32Array;
  /** By the ids of the scene. */
  readonly ids: ReadonlyMap<number | string, Entity>;
}

/**
 * Spawns the entities of a scene, given as JSON or parsed, and sets its resources, all or nothing. An entity whose id is
 * a number becomes the entity of that number if that is free here; else the lowest free one.
 * Throws `bad-argument`, `bad-file`, `file-version` and what spawning throws; messages start with the path in the JSON.
 */
export function spawnScene(world: World, scene: SceneFile | string, options: SpawnSceneOptions = {}): SpawnedScene {
  expectInstance(world, State, "world", "a world");
  const { core } = world;
  core.checkOpen("spawnScene");
  expectOptions(options, "options", KNOWN);
  const { prefabs = [] } = options;
  expectList(prefabs, "prefabs");
  for (const one of prefabs) if (one?.is !== "prefab") throw badArgument("prefabs", one, "a list of prefabs");
  const parsed = typeof scene === "string" ? parse(scene) : scene;
  const root = fieldsOf("$", parsed, ["$schema", "format", "version", "doc", "resources", "entities"]);
  if (root["format"] !== SCENE_FORMAT) throw badScene("$.format", `must be ${JSON.stringify(SCENE_FORMAT)}`);
  checkVersion(root["version"]);
  for (const key of ["$schema", "doc"])
    if (key in root && typeof root[key] !== "string") throw badScene(`$.${key}`, "must be a text");
  const list = root["entities"];
  if (!Array.isArray(list)) throw badScene("$.entities", "must be a list");
  const spawned = core.atomically(() => new SceneSpawner(core, prefabs).spawn(list, root["resources"]));
  core.observers.deliver();
  return spawned;
}

const ENTITY_FIELDS = ["id", "name", "prefab", "components", "relations"];
const UNSPELLABLE: Readonly<Record<string, number>> = {
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  "-Infinity": Number.NEGATIVE_INFINITY,
  "-0": -0,
};

type Fields = Readonly<Record<string, unknown>>;

/** Turns a scene into entities, step by step; whoever calls it takes everything back if it throws. */
class SceneSpawner {
  readonly #core: Core;
  readonly #prefabs: ReadonlyMap<string, Prefab>;
  readonly #ids = new Map<number | string, Entity>();

  constructor(core: Core, prefabs: readonly Prefab[]) {
    this.#core = core;
    this.#prefabs = new Map(prefabs.map((prefab) => [prefab.name, prefab]));
  }

  spawn(list: readonly unknown[], resources: unknown): SpawnedScene {
    const core = this.#core;
    const each = list.map((value, i) => fieldsOf(`$.entities[${i}]`, value, ENTITY_FIELDS));
    const entities = this.#allocate(each.map(({ id }) => id));
    each.forEach((fields, i) => {
      within(`$.entities[${i}]`, () => settle(core, entities[i]!, this.#items(`$.entities[${i}]`, fields), false));
    });
    each.forEach((fields, i) => {
      const path = `$.entities[${i}].relations`;
      if (!("relations" in fields)) return;
      for (const [name, pairs] of Object.entries(fieldsOf(path, fields["relations"])))
        this.#relate(`${path}.${name}`, name, pairs, entities[i]!);
    });
    if (resources === undefined) return { entities, ids: this.#ids };
    for (const [name, values] of Object.entries(fieldsOf("$.resources", resources))) {
      const path = `$.resources.${name}`;
      const { id, component } = this.#declared(path, name, "resource");
      within(path, () =>
        setResource(core, { id, values: checkValues(component, this.#values(path, component, values)) }),
      );
    }
    return { entities, ids: this.#ids };
  }

  /** An entity for each id: those that ask for a free number get it, then the others get the lowest that are free. */
  #allocate(wanted: readonly unknown[]): Int32Array {
    const { entities } = this.#core;
    const given = new Int32Array(wanted.length);
    wanted.forEach((id, i) => {
      const path = `$.entities[${i}].id`;
      if (id === undefined) return;
      if (typeof id !== "string" && !(Number.isInteger(id) && (id as number) >= 1 && (id as number) <= 0x7fff_ffff)) {
        throw badScene(path, "must be a text or an integer from 1 to 2147483647");
      }
      if (this.#ids.has(id as number | string))
        throw badScene(path, `${JSON.stringify(id)} is the id of an entity before`);
      this.#ids.set(id as number | string, 0);
      if (typeof id !== "number" || !entities.isVacant(id)) return;
      within(path, () => {
        entities.reserve(1);
        entities.revive(id);
      });
      given[i] = id;
    });
    wanted.forEach((id, i) => {
      if (given[i] === 0) {
        within(`$.entities[${i}]`, () => entities.reserve(1));
        given[i] = entities.allocate();
      }
      if (id !== undefined) this.#ids.set(id as number | string, given[i]!);
    });
    return given;
  }

  /** What the entity is made of, but for its relations. */
  #items(path: string, { name, prefab, components = {} }: Fields): Item[] {
    const core = this.#core;
    const items: Item[] = [];
    const put = (component: Component, init: object | undefined): void =>
      void items.push(checkItem(core, component, init));
    if (prefab !== undefined) {
      const known = this.#prefabs.get(prefab as string);
      if (known === undefined)
        throw badScene(
          `${path}.prefab`,
          `${JSON.stringify(prefab)} is no prefab; pass it to spawnScene in { prefabs }`,
        );
      eachItem([known as SpawnItem], put);
    }
    if (name !== undefined) {
      if (typeof name !== "string") throw badScene(`${path}.name`, "must be a text");
      within(`${path}.name`, () => put(Name, { text: name }));
    }
    for (const [key, values] of Object.entries(fieldsOf(`${path}.components`, components))) {
      const at = `${path}.components.${key}`;
      const { component } = this.#declared(at, key, "component");
      if (name !== undefined && component === (Name as unknown)) throw badScene(at, "says the name a second time");
      within(at, () => put(component, this.#values(at, component, values)));
    }
    return items;
  }

  #relate(path: string, name: string, pairs: unknown, entity: Entity): void {
    const core = this.#core;
    const { id, component } = this.#declared(path, name, "relation");
    if (isRelation(component) && component.relation.exclusive) {
      within(path, () => {
        const item = checkItem(core, component, this.#values(path, component, pairs));
        if (item.values?.[0] === undefined) throw badScene(path, "must have a target");
        add(core, entity, item);
      });
      return;
    }
    if (!Array.isArray(pairs)) throw badScene(path, "must be a list of pairs: the relation has many targets");
    pairs.forEach((pair, i) => {
      const at = `${path}[${i}]`;
      within(at, () => {
        const { target, ...values } = fieldsOf(at, pair);
        const other = this.#element(`${at}.target`, "entity", target) as Entity;
        if (other === 0) throw badScene(`${at}.target`, "must be an entity: a list has no empty pairs");
        if (core.relations.linkRow(id, entity, other) >= 0) throw badScene(at, "is there twice");
        link(core, { id, values: checkValues(component, this.#values(at, component, values)) }, entity, other);
      });
    });
  }

  #declared(
    path: string,
    name: string,
    role: "component" | "relation" | "resource",
  ): { id: number; component: Component } {
    const { schema } = this.#core;
    const id = schema.named(name);
    const declared = schema.declared[id];
    if (declared?.role === role && declared.component.name === name) return { id, component: declared.component };
    throw badScene(path, `there is no ${role} of this name; pass it to createWorld`, "component-unknown");
  }

  /** Values as spawning takes them: floats that JSON cannot spell, and references, are translated. */
  #values(path: string, component: Component, values: unknown): object {
    const result: Record<string, unknown> = {};
    for (const [field, value] of Object.entries(fieldsOf(path, values))) {
      const at = `${path}.${field}`;
      const type = Object.hasOwn(component.schema, field) ? component.schema[field] : undefined;
      if (type === undefined)
        throw badScene(
          at,
          `${component.name} has no such field; it has ${Object.keys(component.schema).join(", ") || "none"}`,
        );
      if (type.shape === "scalar") result[field] = this.#element(at, type.kind, value);
      else if (type.shape === "vector") {
        result[field] = Object.fromEntries(
          Object.entries(fieldsOf(at, value)).map(([axis, one]) => [
            axis,
            this.#element(`${at}.${axis}`, type.kind, one),
          ]),
        );
      } else {
        if (!Array.isArray(value)) throw badScene(at, `must be a list of ${type.lanes}`);
        result[field] = value.map((one, i) => this.#element(`${at}[${i}]`, type.kind, one));
      }
    }
    return result;
  }

  #element(path: string, kind: FieldKind, value: unknown): unknown {
    if (kind === "entity") return this.#reference(path, value);
    if ((kind === "f32" || kind === "f64") && typeof value === "string" && Object.hasOwn(UNSPELLABLE, value))
      return UNSPELLABLE[value];
    return value;
  }

  #reference(path: string, value: unknown): Entity {
    if (value === null) return 0;
    if (typeof value === "number" || typeof value === "string") {
      const entity = this.#ids.get(value);
      if (entity !== undefined) return entity;
      throw badScene(
        path,
        `no entity of this scene has the id ${JSON.stringify(value)}; for one outside of it write { "raw": NUMBER }`,
      );
    }
    const { raw } = fieldsOf(path, value, ["raw"]);
    if (Number.isInteger(raw) && (raw as number) >= 1 && (raw as number) <= 0x7fff_ffff) return raw as Entity;
    throw badScene(`${path}.raw`, "must be an integer from 1 to 2147483647");
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new WorldloomError(
      "bad-file",
      `The scene is not JSON: ${(cause as Error).message}. Mend it there.`,
      { path: "$" },
      cause,
    );
  }
}

function checkVersion(version: unknown): void {
  if (!Number.isInteger(version) || (version as number) < 1) throw badScene("$.version", `must be ${SCENE_VERSION}`);
  if ((version as number) <= SCENE_VERSION) return;
  throw new WorldloomError(
    "file-version",
    `$.version: the scene has version ${version} and this Worldloom reads up to ${SCENE_VERSION}; update Worldloom.`,
    {
      path: "$.version",
      version,
    },
  );
}

/** The fields of an object, of which none but `allowed` may be there. */
function fieldsOf(path: string, value: unknown, allowed?: readonly string[]): Fields {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw badScene(path, "must be an object");
  const unknown = allowed === undefined ? undefined : Object.keys(value).find((key) => !allowed.includes(key));
  if (unknown === undefined) return value as Fields;
  throw badScene(`${path}.${unknown}`, `is not known here; there can be ${allowed!.join(", ")}`);
}

function badScene(path: string, reason: string, code: ErrorCode = "bad-file"): WorldloomError {
  return new WorldloomError(code, `${path}: ${reason}.`, { path });
}

/** Runs `step`; what it throws says where in the scene that was. */
function within<T>(path: string, step: () => T): T {
  try {
    return step();
  } catch (error) {
    if (!(error instanceof WorldloomError) || error.operands["path"] !== undefined) throw error;
    throw new WorldloomError(error.code, `${path}: ${error.message}`, { ...error.operands, path }, error);
  }
}
