import { describe, expect, test } from "vitest";
import { runLua } from "./library-run.ts";

const cases: readonly [what: string, source: string, printed: readonly string[], ticks?: number][] = [
  [
    "continuations run after the call, in the order in which they became due",
    `local a = promise.resolve(1)
     a:andThen(function(v) print("a1", v) return v + 1 end):andThen(function(v) print("a2", v) end)
     promise.resolve("b"):andThen(function(v) print("b1", v) end):andThen(function(v) print("b2", v) end)
     a["then"](a, function(v) print("a3", v) end)
     print("end of the call")`,
    ["end of the call", "a1 1", "b1 b", "a3 1", "a2 2", "b2 nil"],
  ],
  [
    "new decides once",
    `promise.new(function(resolve, reject) resolve(1) resolve(2) reject(3) end):andThen(print, print)
     promise.new(function(resolve, reject) reject(3) resolve(1) end):andThen(print, function(e) print("rejected", e) end)
     promise.new(function() error("thrown", 0) end):catch(print)
     promise.new(function(resolve) resolve("kept") error("late", 0) end):andThen(print)
     local p, resolve = promise.deferred()
     p:andThen(print)
     resolve("deferred")
     print(p, promise.new(function() end))`,
    ["promise (fulfilled: deferred) promise (pending)", "1", "rejected 3", "thrown", "kept", "deferred"],
  ],
  [
    "errors go down to the next catch, values past it",
    `promise.resolve(1)
       :andThen(function() error("bad", 0) end)
       :andThen(function() print("never") end)
       :catch(function(e) print("caught", e) return "well" end)
       :catch(function() print("never") end)
       :andThen(function(v) print(v) end)
     promise.reject({ code = 5 }):catch(function(e) print(e.code) end)`,
    ["5", "caught bad", "well"],
  ],
  [
    "a promise of a promise is that promise",
    `promise.new(function(resolve) resolve(promise.resolve(7)) end):andThen(print)
     promise.resolve():andThen(function() return promise.resolve("inner") end):andThen(print)
     promise.resolve():andThen(function() return promise.reject("inner error") end):catch(print)
     local p, resolve = promise.deferred()
     resolve(p)
     p:catch(print)
     local q = promise.resolve(1)
     print(promise.resolve(q) == q, promise.is(q), promise.is({}), promise.is(nil))`,
    ["true true false false", "a promise cannot wait for itself", "7", "inner", "inner error"],
  ],
  [
    "finally",
    `promise.resolve(1):finally(function() print("f1") return 2 end):andThen(print)
     promise.reject("no"):finally(function() print("f2") end):catch(print)
     promise.resolve(1):finally(function() error("f3", 0) end):catch(print)
     promise.resolve("late"):finally(function() return promise.after(2) end):andThen(print)`,
    ["f1", "f2", "f3", "1", "no", "late"],
    2,
  ],
  [
    "all",
    `promise.all({ promise.after(2, "a"), "b", promise.after(1, "c") }):andThen(function(v) print(v[1], v[2], v[3], v.n) end)
     promise.all({}):andThen(function(v) print("none", v.n) end)
     promise.all(table.pack(nil, promise.resolve(2), nil)):andThen(function(v) print(v[1], v[2], v[3], v.n) end)
     promise.all({ 1, promise.reject("first"), promise.reject("second") }):catch(print)`,
    ["none 0", "nil 2 nil 3", "first", "a b c 3"],
    3,
  ],
  [
    "allSettled",
    `promise.allSettled({ 1, promise.reject("no") }):andThen(function(all)
       print(all.n, all[1].status, all[1].value, all[2].status, all[2].reason)
     end)`,
    ["2 fulfilled 1 rejected no"],
  ],
  [
    "race and any",
    `promise.race({ promise.after(2, "slow"), promise.after(1, "fast") }):andThen(print)
     promise.race({ promise.reject("lost"), 1 }):catch(print)
     promise.any({ promise.reject("x"), promise.after(1, "y") }):andThen(print)
     promise.any({ promise.reject("x"), promise.reject("y") }):catch(function(e) print(e, e.errors[1], e.errors[2]) end)
     promise.any({}):catch(print)`,
    ["no promise was fulfilled", "lost", "no promise was fulfilled x y", "fast", "y"],
    3,
  ],
  [
    "async functions await",
    `local double = promise.async(function(v) return promise.await(promise.after(1, v * 2)) end)
     local main = promise.async(function(a, b)
       print("begin", a, b)
       local x = promise.await(double(a))
       local y = promise.await(promise.resolve(double(b)))
       print("plain", promise.await(5))
       local ok, e = pcall(promise.await, promise.reject("thrown"))
       print(ok, e)
       return x + y
     end)
     main(1, 2):andThen(function(v) print("sum", v) end)
     print("called")`,
    ["begin 1 2", "called", "plain 5", "false thrown", "sum 6"],
    4,
  ],
  [
    "errors of async functions reject, through nested ones",
    `local inner = promise.async(function() promise.await(nil) error("deep", 0) end)
     local outer = promise.async(function() promise.await(inner()) print("never") end)
     outer():catch(function(e) print("caught", e) end)
     promise.async(function() error({ code = 3 }) end)():catch(function(e) print(e.code) end)`,
    ["3", "caught deep"],
  ],
  [
    "async functions wait for ticks and events, too",
    `promise.async(function()
       print("a")
       Tasks.wait(1)
       print("b")
       Tasks.wait(2)
       local v = promise.await(promise.after(1, "c"))
       print(v)
       return "d"
     end)():andThen(print)
     promise.event("Bell"):andThen(function(bell) print("bell", bell.loud) end)`,
    ["a", "b", "bell 3", "c", "d"],
    5,
  ],
  [
    "one hundred awaits in a row, and a thousand continuations",
    `promise.async(function()
       local sum = 0
       for i = 1, 100 do sum = sum + promise.await(i) end
       return sum
     end)():andThen(print)
     local p = promise.resolve(0)
     for i = 1, 1000 do p = p:andThen(function(v) return v + 1 end) end
     p:andThen(print)`,
    ["5050", "1000"],
  ],
  [
    "timeouts",
    `promise.after(3, "late"):timeout(1):catch(print)
     promise.after(3, "late"):timeout(1, "too late"):catch(print)
     promise.after(1, "in time"):timeout(2):andThen(print)`,
    ["timed out after 1 ticks", "too late", "in time"],
    4,
  ],
  [
    "rejections that nobody handles are logged at the end of the call",
    `promise.reject("alone")
     promise.resolve():andThen(function() error("deep", 0) end)
     promise.reject("handled in time"):andThen(print):catch(function() end)
     local p = promise.reject("handled later in the call")
     promise.resolve():andThen(function() p:catch(function(e) print(e) end) end)
     print("end")`,
    ["end", "handled later in the call", "error: unhandled rejection: alone", "error: unhandled rejection: deep"],
  ],
  [
    "flush runs what is due at once",
    `promise.resolve(1):andThen(print)
     promise.flush()
     print("after")
     promise.resolve(2):andThen(print)`,
    ["1", "after", "2"],
  ],
  [
    "wrong uses say what is wrong",
    `print(pcall(promise.new))
     print(pcall(promise.async, 1))
     print(pcall(promise.all))
     print(pcall(promise.resolve().andThen, promise.resolve(), 1))
     print(select(2, pcall(function() promise.await(1) end)))
     print(select(2, pcall(coroutine.wrap(function() promise.await(1) end))))
     print(getmetatable(promise.resolve()))`,
    [
      "false promise.new: start: expected a function, got nil",
      "false promise.async: f: expected a function, got number",
      "false promise.all: list: expected a list, got nil",
      "false promise.andThen: onFulfilled: expected a function, got number",
      "script:5: promise.await: works in functions made with promise.async alone",
      "script:6: promise.await: works in functions made with promise.async alone",
      "promise",
    ],
  ],
];

describe("promise", () => {
  test.for(cases)("%s", async ([, source, printed, ticks]) => {
    expect(await runLua(`local promise = require("promise") ${source}`, ticks)).toEqual(printed);
  });
});
