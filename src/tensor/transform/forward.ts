import { atNewLevel } from "../level.ts";
import { zerosLike } from "../primitive/exact.ts";
import { JvpTrace } from "../trace/jvp.ts";
import type { Tree } from "../tree.ts";
import { type Arguments, flat, matching, rebuilt, run, valuesOf } from "./run.ts";

/**
 * Forward mode: `[f(...primals), how it changes]` where the arguments change by `tangents`, a tree like `primals`. What an
 * i32, u8 or bool leaf has as its tangent does not matter; tangents of such results are zeros.
 */
export function jvp<A extends Arguments, R extends Tree>(f: (...args: A) => R, primals: A, tangents: A): [R, R] {
  const inner = flat(f, primals);
  const results = run(() => {
    const inputs = valuesOf(primals);
    const changes = matching("jvp", "tangents", tangents, inputs);
    return atNewLevel((level) => {
      const trace = new JvpTrace(level);
      try {
        const outputs = inner.call(inputs.map((input, i) => trace.pair(input, changes[i])));
        return [
          ...outputs.map((output) => trace.primalOf(output)),
          ...outputs.map((output) => trace.tangentOf(output) ?? zerosLike(output)),
        ];
      } finally {
        trace.open = false;
      }
    });
  });
  const count = results.length / 2;
  const tree = inner.tree as R;
  return [rebuilt(tree, results.slice(0, count)), rebuilt(tree, results.slice(count))];
}
