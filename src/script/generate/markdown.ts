import { expectation } from "../api/argument.ts";
import type { ApiFunction, ApiNamespace, ApiParameter } from "../api.ts";
import { capabilities, profiles } from "../capability.ts";
import { flatSignature } from "../wasm/abi.ts";
import { words } from "../words.ts";

/** The API as a page for readers. */
export function markdownOf(api: readonly ApiNamespace[]): string {
  const contents = api.map(({ name, doc }) => `| [${name}](#${name.toLowerCase()}) | ${doc} |`).join("\n");
  return `${[
    "<!-- Generated from the definition of the API in src/script/api. Do not edit. -->",
    "# What scripts can call",
    INTRODUCTION,
    `| namespace | |\n|---|---|\n${contents}`,
    CAPABILITIES,
    ...api.map(namespaceOf),
  ].join("\n\n")}\n`;
}

const INTRODUCTION = `The same functions for all engines. In Lua they are in tables: \`World.near(position, 5)\`. A component in WebAssembly
imports them from \`worldloom:script/world\` (see \`worldloom.wit\`), a core module from \`worldloom\` under the names that
stand in brackets, with the numbers that each value takes: a text, list or table its place and its length, a vector three
numbers, an optional value one that says whether it is there, and a result of more than one number a place for it.

A vector is \`{ x, y, z }\`; where it is given, z may be left out. A rotation is \`{ x, y, z, w }\`. A hit is
\`{ entity, distance, point, normal }\`. Entities are numbers. What is marked with \`?\` can be left out, or missing in a
result. A wrong argument is an error that names the function and the parameter, and says what was expected and what came.`;

const CAPABILITIES = `## Capabilities
What a function needs besides what every script may do. Other entities than the script's own need \`world\` to be read and
\`write\` to be written, whatever the function.

| capability | a script that has it | profiles |
|---|---|---|
${Object.entries(capabilities)
  .map(([name, doc]) => {
    const having = Object.keys(profiles).filter((profile) => profiles[profile]!.some((one) => one === name));
    return `| \`${name}\` | ${doc} | ${having.join(", ")} |`;
  })
  .join("\n")}`;

function namespaceOf({ name, doc, functions }: ApiNamespace): string {
  return [`## ${name}\n${doc}`, ...functions.map((fn) => functionOf(name, fn))].join("\n\n");
}

function functionOf(namespace: string, fn: ApiFunction): string {
  const { name, doc, parameters, returns, nullable, capability } = fn;
  const list = parameters.map((parameter) => `${parameter.name}${parameter.optional === true ? "?" : ""}`).join(", ");
  const result = returns === "nothing" ? "" : `: ${returns}${nullable === true ? "?" : ""}`;
  const flat = flatSignature(fn);
  const core = `${words(namespace, "_")}_${words(name, "_")}(${flat.parameters.join(", ")})${flat.results.map((one) => ` -> ${one}`).join("")}`;
  const needs = capability === undefined ? "" : ` Needs \`${capability}\`.`;
  const rows = parameters.map(rowOf).join("\n");
  const table = rows === "" ? "" : `\n\n| parameter | takes | |\n|---|---|---|\n${rows}`;
  return `### ${namespace}.${name}(${list})${result}\n${doc}${needs} (\`${core}\`)${table}`;
}

function rowOf(parameter: ApiParameter): string {
  const { name, optional, doc } = parameter;
  return `| \`${name}\`${optional === true ? "?" : ""} | ${expectation(parameter)} | ${doc} |`;
}
