import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { scriptApi } from "../../../src/script/api/index.ts";
import { codeFrame } from "../../../src/script/code-frame.ts";
import { readLintConfig } from "../../../src/script/lint/config.ts";
import { applyFixes, lineStarts, nearest, positionOf } from "../../../src/script/lint/finding.ts";
import { loadGrammar } from "../../../src/script/lint/grammar.ts";
import { lex, numberOf, stringOf } from "../../../src/script/lint/lexer.ts";
import { createLinter, type LintOptions } from "../../../src/script/lint/linter.ts";
import { printFinding } from "../../../src/script/lint/print.ts";
import { rules } from "../../../src/script/lint/rules/index.ts";

async function found(source: string, options: Omit<LintOptions, "api"> = {}): Promise<string[]> {
  const linter = await createLinter({ ...options, api: scriptApi });
  return linter.lint(source).map(({ line, rule, severity }) => `${line} ${rule} ${severity}`);
}

describe("configuration", () => {
  test("rules are turned off, or change their severity", async () => {
    const source = "local a = 1\nwhile true do end";
    expect(await found(source)).toEqual(["1 unused warning", "2 infinite-loop error"]);
    expect(await found(source, { rules: { unused: "off", "infinite-loop": "warning" } })).toEqual([
      "2 infinite-loop warning",
    ]);
  });

  test("globals of the game are known, and the number of spawns can be set", async () => {
    expect(await found("scoreBoard()")).toEqual(["1 undefined error"]);
    expect(await found("scoreBoard()", { globals: ["scoreBoard"] })).toEqual([]);
    expect(await found("for i = 1, 3 do World.spawn('a') end", { spawnsMax: 2 })).toEqual(["1 mass-spawn warning"]);
  });

  test("rules that do not exist are refused", async () => {
    const rules = { unusd: "off" } as const;
    await expect(createLinter({ api: [], rules })).rejects.toMatchObject({
      code: "bad-argument",
      message: "There is no rule unusd; did you mean unused.",
    });
    const wrong = { unused: "loud" } as unknown as { unused: "off" };
    await expect(createLinter({ api: [], rules: wrong })).rejects.toMatchObject({ code: "bad-argument" });
  });

  const wrong: readonly [text: string, message: string][] = [
    ["{", "this is no JSON"],
    ["[]", "write an object"],
    ['{"rule":{}}', "there is no rule;"],
    ['{"rules":[]}', "rules is an object"],
    ['{"globals":[1]}', "globals is a list"],
    ['{"spawnsMax":0}', "spawnsMax is a whole number"],
  ];
  test.for(wrong)("a file with %s is refused", ([text, message]) => {
    expect(() => readLintConfig(text, "a.json")).toThrow(
      expect.objectContaining({ code: "bad-file", message: expect.stringContaining(message) }),
    );
  });

  test("a file is read", () => {
    const config = { rules: { unused: "off" }, globals: ["a"], spawnsMax: 3 };
    expect(readLintConfig(JSON.stringify(config), "a.json")).toEqual(config);
  });
});

describe("comments", () => {
  const cases: readonly [source: string, left: readonly string[]][] = [
    ["local a = 1 -- lint: ignore", []],
    ["local a = 1 -- lint: ignore unused", []],
    ["local a = 1 -- lint: ignore shadowing", ["1 unused warning"]],
    ["-- lint: ignore unused, shadowing\nlocal a = 1", []],
    ["-- lint: ignore\nlocal a = 1\nlocal b = 1", ["3 unused warning"]],
    ["--[[ lint: ignore unused ]]\nlocal a = 1", []],
    ["-- lint: ignore-file unused\nlocal a = 1\n\nlocal b = 1\nwhile true do end", ["5 infinite-loop error"]],
    ["local a = 1\n-- lint: ignore-file", []],
    ["x = = 1 -- lint: ignore", ["1 syntax error"]],
    ["x = = 1 -- lint: ignore syntax", []],
    ["local a = '-- lint: ignore'", ["1 unused warning"]],
  ];
  test.for(cases)("%s", async ([source, left]) => {
    expect(await found(source)).toEqual(left);
  });
});

describe("fixes", () => {
  test("those that touch each other wait for the next round", () => {
    const fix = (start: number, end: number, text: string) => ({
      title: "",
      edits: [{ start, end, text }],
      isSafe: true,
    });
    expect(applyFixes("abcd", [fix(0, 1, "x"), fix(1, 2, "y"), fix(3, 4, "z")])).toEqual({ text: "xbcz", applied: 2 });
    expect(applyFixes("abcd", [fix(2, 2, "x"), fix(2, 2, "y")])).toEqual({ text: "abxcd", applied: 1 });
    expect(applyFixes("abcd", [fix(3, 4, ""), fix(0, 0, "-")])).toEqual({ text: "-abc", applied: 2 });
  });

  test("safe ones alone unless all are asked for", async () => {
    const linter = await createLinter({ api: scriptApi });
    const source = "local a = 1\npritn(b.c != 2)\n";
    const safe = linter.fix(source);
    expect(safe.text).toBe("pritn(b.c ~= 2)\n");
    expect(safe.applied).toBe(2);
    expect(safe.findings.map(({ rule }) => rule)).toEqual(["undefined", "undefined"]);
    expect(linter.fix(source, { all: true }).text).toBe("local b\nprint(b.c ~= 2)\n");
  });

  test("many rounds come to rest", async () => {
    const linter = await createLinter({ api: scriptApi });
    const source = `function onUpdate(self)\n${"self.A.x += self.B.y\n".repeat(20)}end`;
    const { text, findings } = linter.fix(source, { all: true });
    expect(findings).toEqual([]);
    expect(text).toMatch(/^script \{ writes = \{ "A" \}, reads = \{ "B" \} \}\nfunction onUpdate/);
  });
});

describe("reading", () => {
  test.for([
    ["3", 3, true],
    ["0x1F", 31, true],
    ["0xffffffffffffffff", -1, true],
    ["9223372036854775807", 2 ** 63, true],
    ["9223372036854775808", 2 ** 63, false],
    ["3.", 3, false],
    [".5e1", 5, false],
    ["0x.8p1", 1, false],
    ["0xA.8p-1", 5.25, false],
  ] as const)("%s", ([digits, value, isInteger]) => {
    expect(numberOf(digits)).toEqual({ value, isInteger });
  });

  test.for(["0x", "1e", "1e+", "0b1", "1..2", "3ULL", "1i", "0x1p", "."])("%s is no number", (digits) => {
    expect(numberOf(digits)).toBeUndefined();
  });

  test.for([
    ['"a\\n\\t\\065\\x41\\u{20AC}\\z  \n b\\\n"', "a\n\tAA€b\n"],
    ["'\\'\"\\\\'", "'\"\\"],
    ["[[\na]]", "a"],
    ["[==[a]]]==]", "a]]"],
  ] as const)("%s", ([written, value]) => {
    expect(stringOf(written)).toBe(value);
  });

  test("tokens and comments", () => {
    const { tokens, comments, complaints } = lex("a.b = [[x]] --[=[c]]\n]=] .. 'd' // 0x1p3 -- e");
    expect(tokens.map(({ text }) => text)).toEqual(["a", ".", "b", "=", "[[x]]", "..", "'d'", "//", "0x1p3"]);
    expect(comments.map(({ text }) => text)).toEqual(["c]]\n", " e"]);
    expect(complaints).toEqual([]);
  });

  test("lines end with LF, CR LF or CR", () => {
    const starts = lineStarts("a\nb\r\nc\rd");
    expect(starts).toEqual([0, 2, 5, 7]);
    expect([0, 1, 2, 6, 7, 8].map((at) => positionOf(starts, at).line)).toEqual([1, 1, 2, 3, 4, 4]);
  });

  test("the nearest name", () => {
    const names = ["print", "pairs", "onUpdate", "x", "World"];
    const asked = ["pirnt", "Print", "parse", "onupdate", "y", "Wrold", "completely"];
    expect(asked.map((name) => nearest(name, names))).toEqual([
      "print",
      "print",
      undefined,
      "onUpdate",
      undefined,
      "World",
      undefined,
    ]);
  });

  test("without its packages it says what to install", async () => {
    const missing = loadGrammar(() => Promise.reject(new Error("not found")));
    await expect(missing).rejects.toMatchObject({
      code: "peer-missing",
      message: expect.stringContaining("npm install web-tree-sitter @tree-sitter-grammars/tree-sitter-lua"),
    });
  });
});

describe("printing", () => {
  test("a finding with its line, a mark and the fix", async () => {
    const linter = await createLinter({ api: scriptApi });
    const source = "function f()\n\tif a != 1 then end\nend";
    expect(printFinding(linter.lint(source, "a.lua")[0]!, source)).toBe(
      [
        "a.lua:2:7: error: Lua has no !=; write ~= (syntax)",
        "  2 | \tif a != 1 then end",
        "    | \t     ^^",
        "  fix: write ~=",
      ].join("\n"),
    );
  });

  test("long lines are cut around the place", () => {
    const text = `${"x ".repeat(500)}!!`;
    const frame = codeFrame(text, { line: 1, column: 1_001, start: 1_000, end: 1_002 });
    expect(frame.split("\n").every((line) => line.length < 180)).toBe(true);
    expect(frame).toMatch(/!!\n.*\^\^$/);
  });
});

test("the page has the table of rules that the code has", () => {
  const page = readFileSync(new URL("../../../docs/lint.md", import.meta.url), "utf8");
  const table = rules
    .map(({ id, severity, doc, fixes }) => `| \`${id}\` | ${severity} | ${doc} | ${fixes} |`)
    .join("\n");
  expect(page).toContain(`|---|---|---|---|\n${table}\n`);
});
