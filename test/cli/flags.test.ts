import { describe, expect, test } from "vitest";
import { flagHelp, parseFlags } from "../../src/cli/flags.ts";

const flags = {
  ticks: { kind: "integer", min: 1, max: 100, default: 10, summary: "how many" },
  share: { kind: "number", min: -1, max: 1, default: 0.5, summary: "how much" },
  map: { kind: "file", summary: "which" },
  out: { kind: "folder", summary: "where", default: "here" },
  json: { kind: "switch", summary: "how" },
} as const;

describe("parseFlags", () => {
  test("fills in defaults", () => {
    expect(parseFlags(flags, [])).toEqual({ ticks: 10, share: 0.5, map: undefined, out: "here", json: false });
  });

  test.each([
    [["--ticks", "7", "--json"], { ticks: 7, json: true }],
    [["--ticks=100", "--share=-1"], { ticks: 100, share: -1 }],
    [["--share", "1e-2"], { share: 0.01 }],
    [["--share=.25"], { share: 0.25 }],
    [["--share=-0"], { share: 0 }],
    [["--map", "a b", "--out", "c"], { map: "a b", out: "c" }],
  ])("reads %j", (words, values) => {
    expect(parseFlags(flags, words)).toMatchObject(values);
  });

  test.each([
    [["--ticks"], /--ticks must be a whole number from 1 to 100\./],
    [["--ticks", ""], /--ticks must be/],
    [["--ticks", "0"], /from 1 to 100, not "0"/],
    [["--ticks", "101"], /not "101"/],
    [["--ticks", "1.5"], /not "1.5"/],
    [["--ticks", "0x10"], /not "0x10"/],
    [["--ticks", "9".repeat(400)], /must be/],
    [["--share", "NaN"], /a number from -1 to 1, not "NaN"/],
    [["--share", "Infinity"], /not "Infinity"/],
    [["--share=-1.01"], /not "-1.01"/],
    [["--map="], /--map needs the path of a file/],
    [["--out", ""], /path of a folder/],
    [["--map", "a\0b"], /path of a file/],
    [["--map", "--json"], /--map needs a value before --json; if that is the value, write --map=--json/],
    [["--out", "--jsn"], /--out needs a value before --jsn/],
    [["--map", "--"], /--map needs a value before --;/],
    [["--ticks", "--json"], /not "--json"/],
    [["--tick", "3"], /no flag --tick; did you mean --ticks/],
    [["--frobnicate"], /no flag --frobnicate; --help lists all/],
    [["--constructor"], /no flag --constructor/],
    [["-t"], /no flag -t/],
    [["--json=yes"], /--json takes no value/],
    [["--json", "--json"], /--json is given twice/],
    [["--ticks", "1", "--ticks=2"], /--ticks is given twice/],
    [["word"], /"word" is not a flag/],
    [["--", "--json"], /"--" is not a flag/],
  ])("refuses %j", (words, message) => {
    expect(() => parseFlags(flags, words)).toThrow(expect.objectContaining({ code: "usage" }));
    expect(() => parseFlags(flags, words)).toThrow(message);
  });
});

test("flagHelp has a line a flag with its range and default", () => {
  expect(flagHelp(flags)).toBe(`  --ticks N   how many (1 to 100, default 10)
  --share X   how much (-1 to 1, default 0.5)
  --map FILE  which
  --out DIR   where (default here)
  --json      how`);
});
