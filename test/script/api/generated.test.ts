import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { LuaFactory } from "wasmoon";
import { scriptApi } from "../../../src/script/api/index.ts";
import { type ApiNamespace, functionsOf } from "../../../src/script/api.ts";
import { type ApiFormat, apiFiles, describeApi } from "../../../src/script/generate/index.ts";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const formats = Object.keys(apiFiles) as ApiFormat[];

describe("what describes the API", () => {
  it.for(formats)("%s is up to date: if not, run `node scripts/generate-api.ts`", (format) => {
    expect(describeApi(format)).toBe(readFileSync(`${root}docs/api/${apiFiles[format]}`, "utf8"));
  });

  it("is checked by the command that writes it", () => {
    const run = spawnSync(process.execPath, ["scripts/generate-api.ts", "--check"], { cwd: root, encoding: "utf8" });
    expect([run.status, run.stderr]).toEqual([0, ""]);
  });

  it("names every function and every parameter in every format", () => {
    for (const { namespace, function: fn, fullName } of functionsOf(scriptApi)) {
      expect(describeApi("lua")).toContain(`function ${fullName}(`);
      expect(describeApi("md")).toContain(`### ${fullName}(`);
      expect(describeApi("ts")).toContain(`export function ${fn.name}(`);
      expect(describeApi("wit")).toMatch(new RegExp(`interface %?${namespace.name.toLowerCase()} \\{`));
      for (const { name } of fn.parameters) expect(describeApi("lua")).toContain(`---@param ${name}`);
    }
  });

  it("is Lua that can be loaded", async () => {
    const lua = await new LuaFactory().createEngine();
    await lua.doString(describeApi("lua"));
    expect(await lua.doString("return type(World.near), type(Tasks.wait)")).toBe("function");
    lua.global.close();
  });

  it("is TypeScript without errors", () => {
    const options = ["--noEmit", "--strict", "--ignoreConfig", "docs/api/worldloom.d.ts"];
    const run = spawnSync(process.execPath, ["node_modules/typescript/bin/tsc", ...options], {
      cwd: root,
      encoding: "utf8",
    });
    expect(run.stdout).toBe("");
  });

  it("tells words of the languages from names", () => {
    const odd: ApiNamespace[] = [
      {
        name: "World",
        doc: "Odd.",
        functions: [
          {
            name: "list",
            doc: "Odd.",
            parameters: [{ name: "end", type: "bytes", doc: "Odd.", oneOf: ["a"] }],
            returns: "entities",
            nullable: true,
            run: () => undefined,
          },
        ],
      },
    ];
    expect(describeApi("wit", odd)).toContain("%list: func(end: list<u8>) -> option<list<entity>>;");
    expect(describeApi("lua", odd)).toContain("function World.list(end_) end");
  });
});
