import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { scriptApi } from "../../../src/script/api/index.ts";
import { applyFixes } from "../../../src/script/lint/finding.ts";
import { createLinter } from "../../../src/script/lint/linter.ts";
import { corpus, mutated, varied } from "./corpus.ts";
import { Lcg } from "./lcg.ts";
import { realLua } from "./lua.ts";

const folder = new URL("../../../examples/scripts/", import.meta.url);
const examples = readdirSync(folder).filter((name) => name.endsWith(".lua"));
const texts = [...corpus, ...examples.map((name) => readFileSync(new URL(name, folder), "utf8"))];
const linter = await createLinter({ api: scriptApi });
const lua = await realLua();

describe("the examples", () => {
  test.for(examples)("%s has nothing to find", (name) => {
    expect(linter.lint(readFileSync(new URL(name, folder), "utf8"), name)).toEqual([]);
  });
});

describe("random changes", () => {
  test("1,000 texts are Lua for the linter if and only if they are for Lua", () => {
    let broken = 0;
    for (let seed = 1; seed <= 1_000; seed++) {
      const text = mutated(texts[seed % texts.length]!, new Lcg(seed));
      const isBroken = linter.lint(text).some(({ rule }) => rule === "syntax");
      expect({ seed, isBroken }).toEqual({ seed, isBroken: lua(text) !== undefined });
      if (isBroken) broken++;
    }
    expect(broken).toBeGreaterThan(200);
    expect(broken).toBeLessThan(950);
  });

  test("1,000 texts are Lua for Lua after any fix, if they were before, and after all of them", () => {
    let applied = 0;
    for (let seed = 1; seed <= 1_000; seed++) {
      const text = varied(texts[seed % texts.length]!, new Lcg(seed));
      if (lua(text) !== undefined) continue;
      for (const { fix, rule } of linter.lint(text)) {
        if (fix === undefined) continue;
        applied++;
        expect({ seed, rule, lua: lua(applyFixes(text, [fix]).text) }).toEqual({ seed, rule, lua: undefined });
      }
      const fixed = linter.fix(text, { all: true });
      expect({ seed, lua: lua(fixed.text) }).toEqual({ seed, lua: undefined });
      expect(linter.fix(fixed.text, { all: true })).toMatchObject({ text: fixed.text, applied: 0 });
    }
    expect(applied).toBeGreaterThan(300);
  });

  test("texts cut anywhere, and texts of random signs, are no trouble", () => {
    for (let seed = 1; seed <= 300; seed++) {
      const random = new Lcg(seed);
      const text = texts[seed % texts.length]!;
      linter.fix(text.slice(random.below(text.length), random.below(text.length)), { all: true });
      linter.fix(String.fromCharCode(...Array.from({ length: 80 }, () => random.below(seed % 2 === 0 ? 128 : 65_536))));
    }
  });
});
