import fc from "fast-check";
import { expect, test } from "vitest";
import { runLua } from "./library-run.ts";

/** What a continuation does with the value that it gets, after it has said so. */
type Does = { does: "return" | "throw" | "promise"; of: number };
type Step =
  | { op: "make"; how: "resolve" | "reject" | "deferred" }
  | { op: "settle"; of: number; reject: boolean }
  | { op: "on"; how: "andThen" | "catch" | "finally"; of: number; first: Does }
  | { op: "both"; of: number; first: Does; second: Does }
  | { op: "several"; how: string; list: number[] }
  | { op: "async"; list: number[]; first: Does };

const of = fc.nat(30);
const does: fc.Arbitrary<Does> = fc.record({ does: fc.constantFrom("return", "throw", "promise"), of });
const list = fc.array(of, { maxLength: 4 });
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    op: fc.constant("make" as const),
    how: fc.constantFrom("resolve" as const, "reject" as const, "deferred" as const),
  }),
  fc.record({ op: fc.constant("settle" as const), of, reject: fc.boolean() }),
  fc.record({
    op: fc.constant("on" as const),
    how: fc.constantFrom("andThen" as const, "catch" as const, "finally" as const),
    of,
    first: does,
  }),
  fc.record({ op: fc.constant("both" as const), of, first: does, second: does }),
  fc.record({ op: fc.constant("several" as const), how: fc.constantFrom("all", "race", "any", "allSettled"), list }),
  fc.record({ op: fc.constant("async" as const), list, first: does }),
);

function several(how: string, list: readonly Promise<unknown>[]): Promise<unknown> {
  if (how === "all") return Promise.all(list);
  if (how === "race") return Promise.race(list);
  return how === "any" ? Promise.any(list) : Promise.allSettled(list);
}

/** What JavaScript's promises do with the steps, in the same words. */
async function inJavaScript(steps: readonly Step[]): Promise<string[]> {
  const lines: string[] = [];
  const made: Promise<unknown>[] = [Promise.resolve("first")];
  const deciders: { resolve: (value: unknown) => void; reject: (value: unknown) => void }[] = [];
  const text = (value: unknown): string => (typeof value === "string" ? value : "other");
  const one = (index: number): Promise<unknown> => made[index % made.length]!;
  const act = ({ does, of }: Does, id: string, known: number): unknown => {
    if (does === "throw") throw `${id} thrown`;
    return does === "promise" ? made[of % known] : `${id} returned`;
  };
  const say = (what: Does, id: string) => {
    const known = made.length;
    return (value?: unknown): unknown => {
      lines.push(`${id} ${text(value)}`);
      return act(what, id, known);
    };
  };
  for (const [i, step] of steps.entries()) {
    const id = `s${i}`;
    if (step.op === "make" && step.how === "resolve") made.push(Promise.resolve(id));
    else if (step.op === "make" && step.how === "reject") made.push(Promise.reject(id));
    else if (step.op === "make") {
      const { promise, ...decide } = Promise.withResolvers<unknown>();
      made.push(promise);
      deciders.push(decide);
    } else if (step.op === "settle") {
      const decide = deciders[step.of % deciders.length];
      if (step.reject) decide?.reject(id);
      else decide?.resolve(id);
    } else if (step.op === "on" && step.how === "andThen") made.push(one(step.of).then(say(step.first, id)));
    else if (step.op === "on" && step.how === "catch") made.push(one(step.of).catch(say(step.first, id)));
    else if (step.op === "on") made.push(one(step.of).finally(say(step.first, id)));
    else if (step.op === "both") made.push(one(step.of).then(say(step.first, id), say(step.second, `${id}r`)));
    else if (step.op === "async") {
      const known = made.length;
      const run = async (): Promise<unknown> => {
        for (const index of step.list) {
          try {
            lines.push(`${id} awaited ${text(await made[index % known]!)}`);
          } catch (thrown) {
            lines.push(`${id} caught ${text(thrown)}`);
          }
        }
        return act(step.first, id, known);
      };
      made.push(run());
    } else made.push(several(step.how, step.list.map(one)));
  }
  for (const promise of made) promise.catch(() => {});
  await new Promise((resolve) => setImmediate(resolve));
  return lines;
}

function inLua(steps: readonly Step[]): string {
  let count = 1;
  let deferred = 0;
  const lines = ['made[1] = promise.resolve("first")'];
  const one = (index: number): string => `made[${(index % count) + 1}]`;
  const act = ({ does, of }: Does, id: string): string =>
    does === "throw" ? `error("${id} thrown", 0)` : `return ${does === "promise" ? one(of) : `"${id} returned"`}`;
  const say = (what: Does, id: string): string => `function(v) print("${id}", text(v)) ${act(what, id)} end`;
  const add = (code: string): void => {
    lines.push(`made[${++count}] = ${code}`);
  };
  for (const [i, step] of steps.entries()) {
    const id = `s${i}`;
    if (step.op === "make" && step.how !== "deferred") add(`promise.${step.how}("${id}")`);
    else if (step.op === "make") {
      lines.push(`made[${++count}], resolve[${deferred}], reject[${deferred++}] = promise.deferred()`);
    } else if (step.op === "settle") {
      if (deferred > 0) lines.push(`${step.reject ? "reject" : "resolve"}[${step.of % deferred}]("${id}")`);
    } else if (step.op === "both")
      add(`${one(step.of)}:andThen(${say(step.first, id)}, ${say(step.second, `${id}r`)})`);
    else if (step.op === "async") {
      const awaits = step.list.map(
        (index) => `ok, v = pcall(promise.await, ${one(index)}) print("${id}", ok and "awaited" or "caught", text(v))`,
      );
      add(`promise.async(function() local ok, v ${awaits.join(" ")} ${act(step.first, id)} end)()`);
    } else if (step.op === "several") add(`promise.${step.how}({ ${step.list.map(one).join(", ")} })`);
    else add(`${one(step.of)}:${step.how}(${say(step.first, id)})`);
  }
  return `local promise = require("promise") local made, resolve, reject = {}, {}, {}
    local function text(v) return v == nil and "other" or type(v) == "string" and v or "other" end
    ${lines.join("\n")}
    for i = 1, #made do made[i]:catch(function() end) end`;
}

test("promises go on in the order of JavaScript's", async () => {
  const programs = fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 40, size: "max" }), async (steps) => {
    const expected = await inJavaScript(steps);
    expect(await runLua(inLua(steps))).toEqual(expected.length === 0 ? [""] : expected);
  });
  await fc.assert(programs, { numRuns: 200, seed: 5 });
});
