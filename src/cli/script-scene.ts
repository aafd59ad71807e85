import { existsSync, readFileSync } from "node:fs";
import { dirname, relative, resolve } from "node:path";
import { WorldloomError } from "../core/errors.ts";
import type { Field } from "../ecs/field.ts";
import {
  bool,
  type Component,
  component,
  entity,
  event,
  f32,
  f64,
  type InputType,
  i8,
  i16,
  i32,
  input,
  type Prefab,
  prefab,
  type SpawnItem,
  spawnScene,
  str,
  u8,
  u16,
  u32,
  vec2,
  vec3,
  vec4,
} from "../index.ts";
import type { ScriptScene } from "./script-stage.ts";

/**
 * The scene that a JSON file describes, for worlds that have some components already. Throws `bad-file`, with the path in the
 * JSON, and what declaring types throws.
 */
export function readScriptScene(file: string, known: readonly Component[]): ScriptScene {
  const root = tableOf(file, "$", parse(file), [
    "components",
    "scripts",
    "events",
    "inputs",
    "prefabs",
    "resources",
    "entities",
    "send",
  ]);
  const declared = <T>(key: string, make: (name: string, fields: Record<string, Field>) => T): T[] =>
    Object.entries(tableOf(file, `$.${key}`, root[key] ?? {})).map(([name, fields]) =>
      make(name, fieldsOf(file, `$.${key}.${name}`, fields)),
    );
  const components = declared("components", (name, fields) => component(name, fields) as unknown as Component);
  const inputs = declared("inputs", (name, fields) => input(name, fields) as unknown as InputType);
  const prefabs = tableOf(file, "$.prefabs", root["prefabs"] ?? {});
  let ready: readonly Prefab[] = [];
  const sent = sentOf(file, root["send"] ?? [], inputs);
  const ids = new Map<unknown, number>();
  return {
    components,
    inputs,
    scripts: scriptsOf(file, root["scripts"] ?? {}),
    prefabs: (scripts) => {
      ready = prefabsOf(file, prefabs, [...known, ...components, ...scripts.map((script) => script.component)]);
      return ready;
    },
    events: declared("events", (name, fields) => event(name, fields) as never),
    ...(root["entities"] === undefined
      ? {}
      : {
          spawn(world) {
            const { resources = {}, entities } = root as { resources?: object; entities: [] };
            const text = JSON.stringify({ format: "worldloom-scene", version: 1, resources, entities });
            for (const [id, made] of spawnScene(world, text, { prefabs: ready }).ids) ids.set(id, made);
          },
        }),
    beforeTick(game) {
      for (const { tick, type, fields } of sent) {
        if (tick !== game.tick + 1) continue;
        const entries = Object.entries(fields).map(([name, value]) => [name, ids.get(value) ?? value]);
        game.input(type, Object.fromEntries(entries));
      }
    },
  };
}

const kinds: Readonly<Record<string, (options: { default?: never }) => Field>> = {
  f32: (o) => f32(o),
  f64: (o) => f64(o),
  i8: (o) => i8(o),
  u8: (o) => u8(o),
  i16: (o) => i16(o),
  u16: (o) => u16(o),
  i32: (o) => i32(o),
  u32: (o) => u32(o),
  bool: (o) => bool(o),
  str: (o) => str(o),
  entity: (o) => entity(o),
  vec2: (o) => vec2(f32(o)),
  vec3: (o) => vec3(f32(o)),
  vec4: (o) => vec4(f32(o)),
};

/** Fields by name: the name of a kind, or `{ kind, default }`. */
function fieldsOf(file: string, path: string, value: unknown): Record<string, Field> {
  return Object.fromEntries(
    Object.entries(tableOf(file, path, value)).map(([name, declared]) => {
      const place = `${path}.${name}`;
      const options =
        typeof declared === "string" ? { kind: declared } : tableOf(file, place, declared, ["kind", "default"]);
      const kind = String(options["kind"]);
      if (!Object.hasOwn(kinds, kind)) throw bad(file, place, `must be one of ${Object.keys(kinds).join(", ")}`);
      return [name, kinds[kind]!("default" in options ? { default: options["default"] as never } : {})];
    }),
  );
}

/** Files by names of scripts: paths from the folder of the scene. */
function scriptsOf(file: string, value: unknown): Record<string, string> {
  const seen = new Map<string, string>();
  return Object.fromEntries(
    Object.entries(tableOf(file, "$.scripts", value)).map(([name, path]) => {
      const place = `$.scripts.${name}`;
      if (typeof path !== "string") throw bad(file, place, "must be the path of a script");
      const at = resolve(dirname(file), path);
      if (!existsSync(at)) throw bad(file, place, `is not there: no file ${at}`);
      if (seen.has(at)) throw bad(file, place, `is the file of ${seen.get(at)} already`);
      seen.set(at, name);
      const below = relative(process.cwd(), at);
      return [name, below.startsWith("..") ? at : below];
    }),
  );
}

function prefabsOf(file: string, prefabs: Readonly<Record<string, unknown>>, known: readonly Component[]): Prefab[] {
  return Object.entries(prefabs).map(([name, parts]) => {
    const path = `$.prefabs.${name}`;
    const items = Object.entries(tableOf(file, path, parts)).map(([part, fields]): SpawnItem => {
      const found = known.find((one) => one.name === part);
      if (found === undefined)
        throw bad(
          file,
          `${path}.${part}`,
          `is no component or script; there are: ${known.map((one) => one.name).join(", ")}`,
        );
      return [found, tableOf(file, `${path}.${part}`, fields)] as unknown as SpawnItem;
    });
    return prefab(name, items as never);
  });
}

interface Sent {
  readonly tick: number;
  readonly type: InputType;
  readonly fields: Readonly<Record<string, unknown>>;
}

function sentOf(file: string, value: unknown, inputs: readonly InputType[]): Sent[] {
  if (!Array.isArray(value)) throw bad(file, "$.send", "must be a list");
  return value.map((one, i): Sent => {
    const path = `$.send[${i}]`;
    const { tick, input: name, fields = {} } = tableOf(file, path, one, ["tick", "input", "fields"]);
    if (!Number.isInteger(tick) || (tick as number) < 1)
      throw bad(file, `${path}.tick`, "must be a whole number from 1");
    const type = inputs.find((declared) => declared.name === name);
    if (type === undefined)
      throw bad(
        file,
        `${path}.input`,
        `must be one of the inputs: ${inputs.map((declared) => declared.name).join(", ")}`,
      );
    return { tick: tick as number, type, fields: tableOf(file, `${path}.fields`, fields) };
  });
}

function parse(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new WorldloomError("bad-file", `${file} cannot be read (${reason}); mend it.`, { file }, cause);
  }
}

function tableOf(file: string, path: string, value: unknown, keys?: readonly string[]): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw bad(file, path, "must be an object");
  const unknown = keys === undefined ? undefined : Object.keys(value).find((key) => !keys.includes(key));
  if (unknown !== undefined)
    throw bad(file, `${path}.${unknown}`, `is none of its keys, which are: ${keys!.join(", ")}`);
  return value as Record<string, unknown>;
}

function bad(file: string, path: string, why: string): WorldloomError {
  return new WorldloomError("bad-file", `${file}: ${path} ${why}.`, { file, path });
}
