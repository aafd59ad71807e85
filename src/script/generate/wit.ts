import type { ApiFunction, ApiNamespace, ApiType } from "../api.ts";
import { words, wrapped } from "../words.ts";

/** Of the package; a new one where a function changes or goes. */
export const WIT_VERSION = "0.1.0";

/** The API as WIT: an interface for each namespace, the world `api` that imports them, and the world `guest` of scripts. */
export function witOf(api: readonly ApiNamespace[]): string {
  const imports = api.map(({ name }) => `  import ${identifier(name)};`).join("\n");
  return `${[
    "// Generated from the definition of the API in src/script/api. Do not edit.",
    `package worldloom:script@${WIT_VERSION};`,
    TYPES,
    ...api.map(interfaceOf),
    `${comment("All that guests can import.", "")}world api {\n${imports}\n  import batch;\n}`,
    GUEST,
  ].join("\n\n")}\n`;
}

const TYPES = `interface types {
  /// Its number in this world; negative for one that this call has spawned. 0 is none.
  type entity = s32;

  /// A value as JSON.
  type json = string;

  record vec3 {
    x: f64,
    y: f64,
    z: f64,
  }

  /// A rotation of length 1.
  record quat {
    x: f64,
    y: f64,
    z: f64,
    w: f64,
  }

  /// What a ray found.
  record hit {
    entity: entity,
    distance: f64,
    point: vec3,
    /// Away from the surface, of length 1.
    normal: vec3,
  }
}

/// For whom a batch acts.
interface batch {
  /// The row for whose entity the functions of the API are called from now on, from 0.
  row: func(row: u32);
}`;

const GUEST = `/// A script. Leave out the hooks that it does not have: include \`api\` in a world of your own instead. Lists are where
/// \`lists\` points, one word each: the entities, then each column of the manifest.
world guest {
  include api;

  /// Memory for lists, aligned to 8, for good.
  export worldloom-alloc: func(bytes: u32) -> u32;
  export on-start: func(count: u32, lists: u32);
  export on-update: func(count: u32, dt: f64, lists: u32);
  /// An event, and its fields as JSON.
  export on-event: func(count: u32, lists: u32, name: string, event: string);
  export on-destroy: func(count: u32, lists: u32);
}`;

const TYPE_NAMES: Readonly<Record<ApiType, string>> = {
  number: "f64",
  integer: "s64",
  boolean: "bool",
  string: "string",
  bytes: "list<u8>",
  entity: "entity",
  entities: "list<entity>",
  strings: "list<string>",
  vec3: "vec3",
  quat: "quat",
  hit: "hit",
  list: "json",
  table: "json",
  value: "json",
  nothing: "",
};

const USED = ["entity", "json", "vec3", "quat", "hit"];

/** Words of WIT, which names are told from by a sign before them. */
const KEYWORDS = new Set(
  "as async bool borrow char constructor enum export f32 f64 flags from func future import include interface list option own package record resource result s16 s32 s64 s8 static stream string tuple type u16 u32 u64 u8 use variant with world".split(
    " ",
  ),
);

function interfaceOf({ name, doc, functions }: ApiNamespace): string {
  const text = functions.map(functionOf).join("\n\n");
  const used = USED.filter((type) => new RegExp(`[<: ]${type}[>,) ;]`).test(text.replace(/^ *\/\/\/.*$/gm, "")));
  const use = used.length === 0 ? "" : `  use types.{${used.join(", ")}};\n\n`;
  return `${comment(doc, "")}interface ${identifier(name)} {\n${use}${text}\n}`;
}

function functionOf({ name, doc, parameters, returns, nullable, capability }: ApiFunction): string {
  const list = parameters.map(
    ({ name, type, optional }) =>
      `${identifier(name)}: ${optional === true ? `option<${TYPE_NAMES[type]}>` : TYPE_NAMES[type]}`,
  );
  const result =
    returns === "nothing" ? "" : nullable === true ? `option<${TYPE_NAMES[returns]}>` : TYPE_NAMES[returns];
  const docs = [
    doc,
    ...parameters.map((parameter) => `\`${words(parameter.name, "-")}\`: ${parameter.doc}`),
    ...(capability === undefined ? [] : [`Needs the capability \`${capability}\`.`]),
  ];
  const head = docs.map((line) => comment(line, "  ")).join("");
  return `${head}  ${identifier(name)}: func(${list.join(", ")})${result === "" ? "" : ` -> ${result}`};`;
}

function identifier(name: string): string {
  const plain = words(name, "-");
  return KEYWORDS.has(plain) ? `%${plain}` : plain;
}

function comment(text: string, indent: string): string {
  return wrapped(text, 110)
    .map((line) => `${indent}/// ${line}\n`)
    .join("");
}
