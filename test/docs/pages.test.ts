import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { Pages, pageOf, readPage } from "./page.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const names = ["README.md", ...readdirSync(join(root, "docs")).map((name) => `docs/${name}`)];
const pages = names
  .filter((name) => name.endsWith(".md"))
  .map(readPage)
  .filter(({ code }) => code.trim() !== "");
const written = new Pages();
afterAll(() => written.dispose());

describe("pages", () => {
  test.for(pages)("$path prints what it says", (page) => {
    const { status, lines, errors } = written.run(page);
    expect(errors).not.toMatch(/Error/);
    expect(lines).toEqual(page.expected);
    expect(status).toBe(0);
    expect(lines.length).toBeGreaterThan(0);
  });

  test("type-check under plain strict", () => {
    expect(written.check(pages)).toEqual([]);
  });

  test("the core from scratch stays small", () => {
    const { code } = pages.find(({ path }) => path === "docs/from-scratch.md")!;
    const [core = "", use = ""] = code.split(/^const move: System/m);
    expect(core.split("\n").filter((line) => line !== "").length).toBeLessThanOrEqual(160);
    expect(use).not.toBe("");
    expect(code).not.toMatch(/\bimport\b|\brequire\b/);
  });
});

test("the glossary is in order, each word once", () => {
  const text = readFileSync(join(root, "docs/glossary.md"), "utf8");
  const words = Array.from(text.matchAll(/^\| \*\*(.+?)\*\* \|/gm), ([, word]) => word);
  expect(words.length).toBeGreaterThan(50);
  expect(words).toEqual([...new Set(words)].sort());
});

describe("the harness", () => {
  const fence = "```";
  const page = pageOf("docs/a.md", `text\n${fence}ts\nconsole.log(1 + 1); // 2\n${fence}\n${fence}sh\nls\n${fence}\n`);

  test("takes the ts blocks alone and keeps line numbers", () => {
    expect(page.code).toBe("\n\nconsole.log(1 + 1); // 2\n\n\n\n\n");
    expect(page.expected).toEqual(["2"]);
    expect(written.run(page)).toMatchObject({ status: 0, lines: ["2"] });
  });

  test("finds wrong output and wrong types", () => {
    const wrong = pageOf("docs/b.md", `${fence}ts\nconst a: string = 1;\nconsole.log(a); // 2\n${fence}\n`);
    expect(written.run(wrong).lines).not.toEqual(wrong.expected);
    expect(written.check([wrong])).toEqual([expect.stringMatching(/^b\.ts[(:]2.*TS2322/)]);
  });
});
