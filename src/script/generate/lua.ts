import { expectation } from "../api/argument.ts";
import type { ApiFunction, ApiNamespace, ApiParameter, ApiType } from "../api.ts";
import { KEYWORDS } from "../lint/lexer.ts";

/** The API as annotations for the Lua language server: put the file into the workspace's library. */
export function luaOf(api: readonly ApiNamespace[]): string {
  return `${[
    "---@meta worldloom",
    "-- Generated from the definition of the API in src/script/api. Do not edit.",
    TYPES,
    ...api.map(namespaceOf),
    LUA_ONLY,
  ].join("\n\n")}\n`;
}

const TYPES = `---@alias Entity integer The number of an entity; negative for one that this call has spawned.

---@class Vec3
---@field x number
---@field y number
---@field z number

---@class Quat: Vec3
---@field w number

---@class Hit
---@field entity Entity
---@field distance number
---@field point Vec3
---@field normal Vec3 Away from the surface, of length 1.

---@class Self The script's own entity: its components by name, those that it reads and those that it writes.
---@field id Entity
---@field State table<string, any> The fields that the script declares.
---@field [string] any`;

const LUA_ONLY = `---@class ScriptDeclaration
---@field state? table<string, any> Fields with their first values: \`{ hp = 100, speed = f32(1.5) }\`.
---@field reads? string[] Components of the own entity that the script reads.
---@field writes? string[] Components of the own entity that the script writes; it can read them, too.
---@field hears? string[] Events that onEvent gets; \`"Hit.target"\` those whose field is the own entity.

---Says what the script is, once, at the top of the file.
---@param declaration ScriptDeclaration
function script(declaration) end

---A field of 32 bits with a point.
---@param value? number
---@return number
function f32(value) end

---A field of 64 bits with a point.
---@param value? number
---@return number
function f64(value) end

---A whole number from -2^31 to 2^31 - 1.
---@param value? integer
---@return integer
function i32(value) end

---A whole number from 0 to 2^32 - 1.
---@param value? integer
---@return integer
function u32(value) end

---A field that holds an entity, or 0 for none.
---@return Entity
function entity() end

---Waits some ticks. In tasks alone.
---@param ticks integer At least 1.
function Tasks.wait(ticks) end

---Waits for an event, or until some ticks are over. In tasks alone.
---@param event string
---@param ticks? integer
---@return table? fields Of the event; nothing where the time was over.
function Tasks.waitFor(event, ticks) end

---Runs a function as a task, which may wait.
---@param f function
---@param ... any What it gets.
---@return integer task
function Tasks.start(f, ...) end

---Ends a task that waits.
---@param task integer
---@return boolean ended
function Tasks.cancel(task) end`;

const TYPE_NAMES: Readonly<Record<ApiType, string>> = {
  number: "number",
  integer: "integer",
  boolean: "boolean",
  string: "string",
  bytes: "string",
  entity: "Entity",
  entities: "Entity[]",
  strings: "string[]",
  vec3: "Vec3",
  quat: "Quat",
  hit: "Hit",
  list: "any[]",
  table: "table<string, any>",
  value: "any",
  nothing: "nil",
};

function namespaceOf({ name, doc, functions }: ApiNamespace): string {
  return [`---${doc}\n${name} = {}`, ...functions.map((fn) => functionOf(name, fn))].join("\n\n");
}

function functionOf(namespace: string, fn: ApiFunction): string {
  const { name, doc, parameters, returns, nullable, capability } = fn;
  const lines = [doc, ...(capability === undefined ? [] : [`Needs the capability \`${capability}\`.`])];
  for (const parameter of parameters) lines.push(parameterOf(parameter));
  if (returns !== "nothing") lines.push(`@return ${TYPE_NAMES[returns]}${nullable === true ? "?" : ""}`);
  const list = parameters.map((parameter) => safe(parameter.name)).join(", ");
  return `${lines.map((line) => `---${line}\n`).join("")}function ${namespace}.${name}(${list}) end`;
}

function parameterOf(parameter: ApiParameter): string {
  const { name, type, doc, optional, oneOf, least, most } = parameter;
  const types = oneOf === undefined ? TYPE_NAMES[type] : oneOf.map((one) => JSON.stringify(one)).join("|");
  const range = least === undefined && most === undefined ? "" : ` Takes ${expectation(parameter)}.`;
  return `@param ${safe(name)}${optional === true ? "?" : ""} ${types} ${doc}${range}`;
}

function safe(name: string): string {
  return KEYWORDS.has(name) ? `${name}_` : name;
}
