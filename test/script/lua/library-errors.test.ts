import { describe, expect, test } from "vitest";
import { runLua } from "./library-run.ts";

const cases: readonly [what: string, source: string, printed: readonly string[], ticks?: number][] = [
  [
    "errors know their class, fields and line",
    `local NoAmmo = errors.define("NoAmmo")
     local ok, e = pcall(function()
       errors.raise(NoAmmo, "empty", { weapon = "bow" })
     end)
     print(ok, e.message, e.weapon, e.where, e.className)
     print(e)
     print(NoAmmo("made by hand").where, errors.new(NoAmmo, "x").where)`,
    ["false empty bow script:3 NoAmmo", "script:3: NoAmmo: empty", "script:7 script:7"],
  ],
  [
    "is looks at classes above",
    `local Io = errors.define("Io") local Read = errors.define("Read", Io)
     local e = errors.new(Read, "x")
     print(errors.is(e, Read), errors.is(e, Io), errors.is(e, errors.Error), errors.is(e), errors.is("x"), errors.is(nil, Io))
     print(errors.is(errors.new(Io, "y"), Read))`,
    ["true true true true false false", "false"],
  ],
  [
    "chains",
    `local A = errors.define("A") local B = errors.define("B")
     local inner = errors.new(A, "inner", { code = 5 })
     local outer = errors.wrap(errors.wrap(inner, errors.Error, "middle"), B, "outer", { id = "x", list = {} })
     print(#errors.chain(outer), errors.find(outer, A) == inner, errors.find(inner, B), outer.cause.message)
     print(errors.format(outer))
     inner.cause = outer
     print(#errors.chain(outer))`,
    [
      "3 true nil middle",
      "script:3: B: outer (id = x)",
      "  caused by script:3: Error: middle",
      "  caused by script:2: A: inner (code = 5)",
      "3",
    ],
  ],
  [
    "anything thrown becomes an error",
    `local e = errors.from(select(2, pcall(error, "bad", 0)))
     print(e.message, e.where, e)
     e = errors.from(select(2, pcall(function() local x = nil; x.y = 1 end)))
     print(e.message, e.where)
     e = errors.from(7)
     print(e.message, e.value, errors.from(e) == e, errors.format("plain"))`,
    ["bad  Error: bad", "attempt to index a nil value (local 'x') script:3", "7 7 true Error: plain"],
  ],
  [
    "attempt",
    `print(errors.attempt(function(...) return ... end, 1, nil, 3))
     local ok, e = errors.attempt(error, "no", 0)
     print(ok, errors.is(e), e.message)`,
    ["true 1 nil 3", "false true no"],
  ],
  [
    "try returns what ran, or what was caught",
    `local A = errors.define("A") local B = errors.define("B")
     local function throw(of) return function() errors.raise(of, "x") end end
     local both = { { A, function(e) return "a " .. e.message end }, { B, function() return "b", 2 end } }
     print(errors.try { function() return 1, nil end, finally = function() print("finally") end })
     print(errors.try { throw(A), catch = both })
     print(errors.try { run = throw(B), catch = both })
     print(errors.try { throw(B), catch = function(e) return e.className end })
     print(pcall(errors.try, { throw(errors.Error), catch = both, finally = function() print("finally") end }))
     print(pcall(errors.try, { throw(A), catch = function() error("again", 0) end, finally = function() print("finally") end }))
     print(pcall(errors.try, {}))`,
    [
      "finally",
      "1 nil",
      "a x",
      "b 2",
      "B",
      "finally",
      "false script:2: Error: x",
      "finally",
      "false again",
      "false errors.try: run: expected a function, got nil",
    ],
  ],
  [
    "retry",
    `local A = errors.define("A")
     print(errors.retry { function(n) if n < 3 then error("no") end return n, "done" end })
     local tries = 0
     local ok, e = errors.attempt(errors.retry, { times = 2, run = function() tries = tries + 1 errors.raise(A, "x") end })
     print(ok, tries, e.message, e.attempts, errors.is(e, errors.RetryError), errors.find(e, A).message)
     tries = 0
     ok, e = errors.attempt(errors.retry, { only = A, run = function() tries = tries + 1 error("other", 0) end })
     print(ok, tries, e.message, e.cause.message)
     print(pcall(errors.retry, { times = 0, run = print }))`,
    [
      "3 done",
      "false 2 gave up after 2 of 2 attempts 2 true x",
      "false 1 gave up after 1 of 3 attempts other",
      "false errors.retry: times: expected an integer from 1",
    ],
  ],
  [
    "retry waits between, in tasks",
    `local at = 0
     Tasks.start(function()
       print(errors.retry { times = 4, wait = 2, growth = 2, run = function(n) print("try", n, at) if n < 3 then error("no") end return n end })
     end)
     Tasks.start(function() for i = 1, 9 do Tasks.wait(1) at = i end end)`,
    ["try 1 0", "try 2 1", "try 3 5", "3"],
    9,
  ],
  [
    "classes are sealed, wrong ones refused",
    `print(pcall(function() errors.Error.x = 1 end))
     print(pcall(errors.new, {}, "x"))
     print(pcall(errors.define, "A", require("class").define("B")))`,
    [
      "false script:1: errors is read-only: cannot set x",
      "false errors.new: of: expected a class of errors, got table",
      "false errors.define: super: expected a class of errors, got table",
    ],
  ],
];

describe("errors", () => {
  test.for(cases)("%s", async ([, source, printed, ticks]) => {
    expect(await runLua(`local errors = require("errors") ${source}`, ticks)).toEqual(printed);
  });
});
