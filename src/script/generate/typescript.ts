import type { ApiFunction, ApiNamespace, ApiType } from "../api.ts";
import { words, wrapped } from "../words.ts";
import { WIT_VERSION } from "./wit.ts";

/** The API as modules of TypeScript, for guests that are components: what `jco` and `componentize-js` make of the WIT. */
export function typescriptOf(api: readonly ApiNamespace[]): string {
  return `${[
    "// Generated from the definition of the API in src/script/api. Do not edit.",
    TYPES,
    ...api.map(moduleOf),
  ].join("\n\n")}\n`;
}

const TYPES = `declare module "worldloom:script/types@${WIT_VERSION}" {
  /** Its number in this world; negative for one that this call has spawned. 0 is none. */
  export type Entity = number;
  /** A value as JSON. */
  export type Json = string;
  export interface Vec3 {
    x: number;
    y: number;
    z: number;
  }
  /** A rotation of length 1. */
  export interface Quat extends Vec3 {
    w: number;
  }
  /** What a ray found. */
  export interface Hit {
    entity: Entity;
    distance: number;
    point: Vec3;
    /** Away from the surface, of length 1. */
    normal: Vec3;
  }
}

declare module "worldloom:script/batch@${WIT_VERSION}" {
  /** The row for whose entity the functions of the API are called from now on, from 0. */
  export function row(row: number): void;
}`;

const TYPE_NAMES: Readonly<Record<ApiType, string>> = {
  number: "number",
  integer: "bigint",
  boolean: "boolean",
  string: "string",
  bytes: "Uint8Array",
  entity: "Entity",
  entities: "Int32Array",
  strings: "string[]",
  vec3: "Vec3",
  quat: "Quat",
  hit: "Hit",
  list: "Json",
  table: "Json",
  value: "Json",
  nothing: "void",
};
const NAMED = ["Entity", "Hit", "Json", "Quat", "Vec3"];

function moduleOf({ name, doc, functions }: ApiNamespace): string {
  const text = functions.map(functionOf).join("\n");
  const code = text.replace(/\/\*\*[\s\S]*?\*\//g, "");
  const used = NAMED.filter((type) => new RegExp(`\\b${type}\\b`).test(code));
  const imports =
    used.length === 0 ? "" : `  import type { ${used.join(", ")} } from "worldloom:script/types@${WIT_VERSION}";\n`;
  const head = wrapped(doc, 110).map((line) => ` * ${line}\n`);
  return `/**\n${head.join("")} */\ndeclare module "worldloom:script/${words(name, "-")}@${WIT_VERSION}" {\n${imports}${text}\n}`;
}

function functionOf({ name, doc, parameters, returns, nullable, capability }: ApiFunction): string {
  const lines = [
    ...wrapped(doc, 105),
    ...(capability === undefined ? [] : [`Needs the capability ${capability}.`]),
    ...parameters.flatMap((parameter) => wrapped(`@param ${parameter.name} ${parameter.doc}`, 105)),
  ];
  const list = parameters.map(
    ({ name, type, optional }) => `${name}${optional === true ? "?" : ""}: ${TYPE_NAMES[type]}`,
  );
  const result = `${TYPE_NAMES[returns]}${nullable === true ? " | undefined" : ""}`;
  const comment = `  /**\n${lines.map((line) => `   * ${line}\n`).join("")}   */\n`;
  return `${comment}  export function ${name}(${list.join(", ")}): ${result};`;
}
