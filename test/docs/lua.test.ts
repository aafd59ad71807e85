import { describe, expect, test } from "vitest";
import { luaBlocks, luaBlocksOf, runBlock } from "./lua-page.ts";

const page = "docs/lua-guide.md";

describe(page, () => {
  test.for(luaBlocks(page))("line $line does what it says", async (block) => {
    const { prints, stops, errors } = await runBlock(block);
    expect({ prints, stops }, errors.join("\n")).toEqual({ prints: block.prints, stops: block.stops });
  });
});

test("blocks know their line and what they expect", () => {
  const fence = "```";
  const text = `a\n\n${fence}lua\nprint(1) -- prints: 1\nerror("x") -- stops: error\n${fence}\n${fence}ts\n${fence}\n`;
  expect(luaBlocksOf(text)).toEqual([
    { line: 3, code: 'print(1) -- prints: 1\nerror("x") -- stops: error\n', prints: ["1"], stops: ["error"] },
  ]);
});
