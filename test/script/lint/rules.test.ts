import { describe, expect, test } from "vitest";
import { scriptApi } from "../../../src/script/api/index.ts";
import { applyFixes } from "../../../src/script/lint/finding.ts";
import { createLinter, type Linter } from "../../../src/script/lint/linter.ts";
import { ruleIds } from "../../../src/script/lint/rules/index.ts";
import { cases } from "./cases.ts";
import { realLua } from "./lua.ts";

const lua = await realLua();
const linters = new Map<string, Linter>();
for (const id of ruleIds) {
  const rules = Object.fromEntries(ruleIds.filter((other) => other !== id).map((other) => [other, "off" as const]));
  linters.set(id, await createLinter({ api: scriptApi, rules }));
}
const all = await createLinter({ api: scriptApi });

test("each rule has cases, in the order of the names", () => {
  expect(Object.keys(cases).sort()).toEqual(ruleIds);
});

describe.for(Object.entries(cases))("%s", ([id, { bad, good }]) => {
  const linter = linters.get(id)!;
  const seen = (source: string) =>
    linter.lint(source).map(({ line, column, message }) => `${line}:${column} ${message}`);

  test.for(bad)("finds: $source", ({ source, found }) => {
    const lines = seen(source);
    expect(lines.map((line, i) => line.slice(0, found[i]?.length))).toEqual(found);
  });

  test.for(bad)("mends: $source", ({ source, fixed }) => {
    const findings = linter.lint(source);
    for (const { fix, message } of findings) {
      if (fix === undefined) continue;
      const after = applyFixes(source, [fix]).text;
      const left = linter.lint(after).map((finding) => finding.message);
      expect(left.filter((other) => other === message).length).toBeLessThan(
        findings.filter((finding) => finding.message === message).length,
      );
      if (id !== "syntax") expect(lua(after)).toBeUndefined();
    }
    const mended = linter.fix(source, { all: true });
    expect(mended.text).toBe(fixed ?? source);
    if (fixed === undefined) return;
    expect(mended.findings).toEqual([]);
    expect(lua(mended.text)).toBeUndefined();
  });

  test.for(good.map((source) => ({ source })))("leaves alone: $source", ({ source }) => {
    expect(seen(source)).toEqual([]);
    expect(all.lint(source).filter(({ rule }) => rule === "syntax")).toEqual([]);
  });
});
