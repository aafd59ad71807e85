import { existsSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { nextOrder, put } from "../../bench/kernels/order.ts";
import { Outcome } from "../../bench/kernels/outcome.ts";
import type { Columns, Rule } from "../../bench/kernels/rule.ts";
import { type Side, WorkFault } from "../../bench/pairs.ts";

const installed = existsSync(new URL("../../bench/node_modules", import.meta.url));
const COUNT = 100;

const double = (columns: Columns, count: number) => {
  const x = columns["a"]!["x"]!;
  for (let i = 0; i < count; i++) x[i]! *= 2;
};
const rule: Rule = {
  name: "double",
  components: [],
  changes: ["a"],
  inputs: (count) => ({ a: { x: Float32Array.from({ length: count }, (_, i) => i + 0.5) } }),
  kernels: () => [],
  uniforms: {},
  loops: { double },
  exact: ["double"],
  tolerance: 1e-6,
};

describe("what a rule has to compute", () => {
  const outcome = () => new Outcome(rule, rule.inputs(COUNT), COUNT, 3);
  const found = (turns: number, order = { stride: 1, start: 0 }) => {
    const columns = rule.inputs(COUNT);
    const x = new Float32Array(COUNT);
    put(x, columns["a"]!["x"]!, 0, COUNT, order);
    for (let turn = 0; turn < turns; turn++) double({ a: { x } }, COUNT);
    return { a: { x } };
  };

  test("is the same sum for all that are right, in any order", () => {
    const sum = outcome().check(found(3), true);
    expect(sum).not.toBe(0);
    const seed = { value: 5 };
    for (let i = 0; i < 20; i++) {
      const order = nextOrder(COUNT, seed);
      expect(outcome().check(found(3, order), true, order)).toBe(sum);
    }
  });

  test("is refused where one element is wrong, as far as the tolerance goes", () => {
    expect(() => outcome().check(found(2), false)).toThrow(WorkFault);
    const near = found(3);
    near.a.x[7]! *= 1 + 2 ** -23;
    expect(() => outcome().check(near, true)).toThrow(/a\.x of entity 7/);
    expect(outcome().check(near, false)).toBe(outcome().check(found(3), true));
    near.a.x[7]! *= 1.001;
    expect(() => outcome().check(near, false)).toThrow(WorkFault);
    near.a.x[7] = Number.NaN;
    expect(() => outcome().check(near, false)).toThrow(WorkFault);
  });

  test("orders are permutations", () => {
    const seed = { value: 9 };
    for (let i = 0; i < 50; i++) {
      const rows = new Int32Array(COUNT);
      put(
        rows,
        Int32Array.from({ length: COUNT }, (_, entity) => entity),
        0,
        COUNT,
        nextOrder(COUNT, seed),
      );
      expect(new Set(rows).size).toBe(COUNT);
    }
  });
});

/** Modules that need the packages of bench, which may not be there to take types from. */
const load = (name: string) => import(new URL(`../../bench/kernels/${name}.ts`, import.meta.url).href);
const built = existsSync(new URL("../../bench/native-kernels/kernels.node", import.meta.url));
if (!built) console.warn("skipped native kernels: the first npm run bench -- kernels builds them");

/** Every loop, library and kernel of every rule does the same, at a size that shows tails of chunks. */
describe.runIf(installed)("the rules of the benchmark", async () => {
  if (!installed) return;
  const { rules } = (await load("workloads")) as { rules: readonly Rule[] };
  const sides = (await load("sides")) as Record<string, (...options: unknown[]) => Side>;
  const { addonFault, loadAddon } = await load("addon");
  const native = built && addonFault() === undefined;
  const count = 1334;

  test.for(rules)("$name", (rule) => {
    const turns = rule.kernels().length === 1 ? 3 : rule.kernels().length;
    const group = rule.lists ? 1 : turns;
    const inputs = rule.inputs(count);
    const setting = { rule, count, inputs, outcome: new Outcome(rule, inputs, count, group) };
    const all = {
      ours: sides["kernelSide"]!(setting),
      ...Object.fromEntries(Object.keys(rule.loops).map((name) => [name, sides["loopSide"]!(setting, name)])),
      ...(rule.listed ? { bitecs: sides["bitecsSide"]!(setting), piecs: sides["piecsSide"]!(setting) } : {}),
      ...(rule.native && native ? { native: sides["nativeSide"]!(setting, loadAddon(), group) } : {}),
    };
    for (const [name, side] of Object.entries(all)) {
      for (let reset = 0; reset < 2; reset++) {
        side.reset!();
        for (let turn = 0; turn < group; turn++) expect(side.run(), name).toBe(count);
        expect(side.checksum(), name).toSatisfy((sum: number) => Number.isFinite(sum) && sum !== 0);
      }
    }
    const sums = Object.values(all).map((side) => side.checksum());
    expect(new Set(sums).size).toBe(1);
  });
});
