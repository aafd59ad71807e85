import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { geluRows, geluTail } from "../../scripts/gelu-table.ts";

/** The f32 of a table that a file declares. */
function table(path: string, name: string): number[] {
  const text = readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
  const declared = text.slice(text.search(new RegExp(`^(pub )?(static|const) ${name}\\b`, "m")));
  const list = declared.slice(declared.indexOf("="), declared.indexOf(";\n"));
  return list
    .slice(list.indexOf("["))
    .match(/-?\d[\d.]*(e-?\d+)?/g)!
    .map((number) => Math.fround(Number(number)));
}

describe("coefficients of gelu", () => {
  it.each(["native/core/src/tensor/math/gelu32.rs", "src/native/reference/tensor/math32-gelu.ts"])(
    "%s has those that are computed",
    (path) => {
      expect(table(path, "ROWS")).toEqual(geluRows().flat());
      expect(table(path, "TAIL")).toEqual(geluTail());
    },
  );
});
