import { describe, expect, it } from "vitest";
import { withoutDeclaration } from "../../../src/script/lua/declaration.ts";

describe("a declaration", () => {
  it.each([
    ["script { state = { heat = f64(0.5) }, writes = { 'Position' } }\nf()", ";\nf()"],
    [
      '-- a\n--[==[ b\n ]==]\nscript({ state = { a = -1, b = "x\\"y", [[q]], [\'d\'] = true; },\n hears = {\n} })',
      null,
    ],
    ["script {}", ";"],
    [
      "script { state = { who = entity(), n = u32(0x1F), e = 1.5e3 } } -- after\nlocal x = 1",
      "; -- after\nlocal x = 1",
    ],
    ["script {}\nfunction f() end", ";\nfunction f() end"],
  ])("of constants is left out, and lines stay: %j", (code, expected) => {
    const left = withoutDeclaration(code);
    expect(left.split("\n").length).toBe(code.split("\n").length);
    expect(left).not.toMatch(/script/);
    if (expected !== null) expect(left).toBe(expected);
  });

  it.each([
    "script { state = { a = f() } }",
    "script { state = { a = 1 + 2 } }",
    "script { state = { a = 1 == 1 } }",
    "script { a = 'x' .. 'y' }",
    "script { a = b }",
    "script { a = function() end }",
    "script { a = nil }",
    "script { a = f64 }",
    "script { a = f64(f()) }",
    "script { a = f64 'x' }",
    "script { a = -b }",
    "script { [f()] = 1 }",
    "script { a = 1",
    "script { a = 0x1.8p3 }",
    "script {}.x()",
    "script {} 'x'",
    "script {} [[x]]",
    "script {} {}",
    "script {} ()",
    "script {} :x()",
    "script = 1",
    "script({}, f())",
    "script 'x'",
    "local script = print script {}",
    "f() script {}",
    "--[[ script {} ",
    "script {{{{{{{{{{{{}}}}}}}}}}}}",
    "",
  ])("of anything else stays: %j", (code) => {
    expect(withoutDeclaration(code)).toBe(code);
  });
});
