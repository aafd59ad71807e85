import { badArgument } from "../../core/argument.ts";
import { scriptApi } from "../api/index.ts";
import type { ApiNamespace } from "../api.ts";
import { expectApi } from "../checked-api.ts";
import { luaOf } from "./lua.ts";
import { markdownOf } from "./markdown.ts";
import { typescriptOf } from "./typescript.ts";
import { witOf } from "./wit.ts";

/** Ways to describe the API, and the file of each in `docs/api`. */
export const apiFiles = {
  wit: "worldloom.wit",
  lua: "worldloom.lua",
  ts: "worldloom.d.ts",
  md: "reference.md",
} as const;

export type ApiFormat = keyof typeof apiFiles;

const describers: Readonly<Record<ApiFormat, (api: readonly ApiNamespace[]) => string>> = {
  wit: witOf,
  lua: luaOf,
  ts: typescriptOf,
  md: markdownOf,
};

/** The API as the text of a file: WIT, annotations for the Lua language server, TypeScript, or a page for readers. */
export function describeApi(format: ApiFormat, api: readonly ApiNamespace[] = scriptApi): string {
  if (!Object.hasOwn(describers, format)) throw badArgument("format", format, Object.keys(describers).join(", "));
  expectApi(api, "api");
  return describers[format](api);
}
