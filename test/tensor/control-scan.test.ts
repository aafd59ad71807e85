import { describe, expect } from "vitest";
import { currentArena, TensorArena, useArena } from "../../src/tensor/arena.ts";
import { add as promoted } from "../../src/tensor/function/arithmetic.ts";
import { matmul } from "../../src/tensor/function/matmul.ts";
import type { Graph } from "../../src/tensor/graph.ts";
import { op, permute, reshape, take } from "../../src/tensor/primitive/exact.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { stage } from "../../src/tensor/trace/stage.ts";
import { cond, scan } from "../../src/tensor/transform/control.ts";
import { checkpoint } from "../../src/tensor/transform/custom.ts";
import { jvp } from "../../src/tensor/transform/forward.ts";
import { hessian, jacfwd, jacrev } from "../../src/tensor/transform/jacobian.ts";
import { grad, vjp } from "../../src/tensor/transform/reverse.ts";
import { backward, watch } from "../../src/tensor/transform/tape.ts";
import { vmap } from "../../src/tensor/transform/vmap.ts";
import { Literal, type Value } from "../../src/tensor/value.ts";
import {
  add,
  apply,
  at,
  bothFlat as both,
  close,
  flat,
  less,
  multiply,
  sin,
  sum,
  tanh,
  test,
  watchLeaks,
} from "./calculus.ts";
import { codeOf, differences, numbers, of, plain, random } from "./values.ts";

watchLeaks();

describe("scan", () => {
  const w = random(9, 61);
  /** A recurrent layer: state = tanh(W state + x); gives the sum of each state. */
  const looped = (matrix: Value, init: Value, xs: Value) =>
    scan(
      (state, x) => {
        const next = tanh(add(apply(matrix, state), x));
        return [next, sum(multiply(next, x))];
      },
      init,
      xs,
    );
  const unrolled = (matrix: Value, init: Value, xs: Value): [Value, Value] => {
    let state = init;
    const ys: Value[] = [];
    for (let i = 0; i < xs.dims[0]!; i++) {
      const x = at(xs, i);
      state = tanh(add(apply(matrix, state), x));
      ys.push(reshape(sum(multiply(state, x)), [1]));
    }
    return [state, ys.slice(1).reduce((all, y) => concat(all, y), ys[0]!)];
  };
  const concat = (a: Value, b: Value) => {
    const size = a.dims[0]! + b.dims[0]!;
    const index = Array.from({ length: size }, (_, i) => i);
    const wide = (v: Value, from: number) =>
      multiply(
        take(
          v,
          of(
            index.map((i) => Math.min(Math.max(i - from, 0), v.dims[0]! - 1)),
            [size],
            "i32",
          ),
          0,
        ),
        of(index.map((i) => (i >= from && i < from + v.dims[0]! ? 1 : 0))),
      );
    return add(wide(a, 0), wide(b, a.dims[0]!));
  };
  const loss = (run: typeof looped) => (matrix: Value, init: Value, xs: Value) => {
    const [state, ys] = run(matrix, init, xs);
    return add(sum(multiply(state, state)), sum(sin(ys)));
  };
  const args = () => [of(w, [3, 3]), of(random(3, 62)), of(random(15, 63), [5, 3])] as [Value, Value, Value];

  test("is a loop", () => {
    expect(both((...all) => looped(...(all as ReturnType<typeof args>)), ...args())).toEqual(flat(unrolled(...args())));
    const running = (xs: Value, reverse: boolean) =>
      scan((total: Value, x: Value) => [add(total, x), total], new Literal(0, "f64"), xs, { reverse });
    expect(flat(running(of([1, 2, 3]), false))).toEqual([6, 0, 1, 3]);
    expect(flat(running(of([1, 2, 3]), true))).toEqual([6, 5, 3, 0]);
    expect(flat(scan((x: Value) => [multiply(x, 2), null], of(1), null, { length: 10 }))).toEqual([1024]);
    expect(plain(scan((x: Value, y: Value) => [x, y], of(1), of([], [0, 2])))).toEqual([
      { dims: [], values: [1] },
      { dims: [0, 2], values: [] },
    ]);
  });

  test("has the gradients of the loop", () => {
    const all = args();
    const gradient = grad(loss(looped), [0, 1, 2])(...all);
    close(flat(gradient), flat(grad(loss(unrolled), [0, 1, 2])(...all)), 12);
    both((...given) => grad(loss(looped), [0, 1, 2])(...(given as typeof all)), ...all);
    close(
      flat(gradient).slice(0, 9),
      differences((m) => loss(looped)(m, all[1], all[2]), all[0] as never),
      6,
    );
    const tangents = args().map((x) => sin(x)) as typeof all;
    close(flat(jvp(looped, all, tangents)[1]), flat(jvp(unrolled, all, tangents)[1]), 12);
    // One input at a time: others have no tangents.
    for (const by of [0, 1, 2]) close(flat(grad(loss(looped), by)(...all)), flat(grad(loss(unrolled), by)(...all)), 12);
  });

  test("has second derivatives, all ways", () => {
    const [matrix, init, xs] = args();
    const of2 = (run: typeof looped) => (x: Value) => loss(run)(matrix, x, xs);
    const expected = flat(hessian(of2(unrolled))(init));
    for (const way of [
      jacfwd(jacrev(of2(looped))),
      jacrev(jacfwd(of2(looped))),
      jacrev(jacrev(of2(looped))),
      jacfwd(jacfwd(of2(looped))),
    ])
      close(both(way, init), expected);
    const byMatrix = (run: typeof looped) => grad((m: Value) => sum(sin(grad(loss(run))(m, init, xs))))(matrix);
    close(flat(byMatrix(looped)), flat(byMatrix(unrolled)));
  });

  test("over batches of everything, or of parts", () => {
    const [matrix, init] = args();
    const sequences = of(random(30, 64), [2, 5, 3]);
    for (const axes of [
      [null, null, 0],
      [null, 0, null],
      [0, null, 0],
    ]) {
      const given = [
        axes[0] === null ? matrix : of(random(18, 65), [2, 3, 3]),
        axes[1] === null ? init : of(random(6, 66), [2, 3]),
        axes[2] === null ? at(sequences, 0) : sequences,
      ] as [Value, Value, Value];
      const all = both((...values) => vmap(looped, axes)(...(values as typeof given)), ...given);
      close(all, flat(vmap(unrolled, axes)(...given)), 12);
      const gradient = (run: typeof looped) => vmap(grad(loss(run), [0, 1, 2]), axes)(...given);
      close(flat(gradient(looped)), flat(gradient(unrolled)), 11);
      const total = (run: typeof looped) =>
        grad((...values: typeof given) => sum(vmap(loss(run), axes)(...values)), [0, 1, 2])(...given);
      close(flat(total(looped)), flat(total(unrolled)), 11);
    }
  });

  test("carries counters, numbers and what does not change", () => {
    const f = (x: Value) =>
      scan(
        ({ i, total, fixed }, _: null) => [
          { i: add(i, 1), total: add(total, multiply(sin(multiply(fixed, 0.1)), cast(i))), fixed },
          cast(i),
        ],
        { i: of(0, [], "i32") as Value, total: of(0) as Value, fixed: x },
        null,
        { length: 4 },
      )[0].total;
    const cast = (i: Value) => op("add", take(of([0, 1, 4, 9]), i, 0), 0);
    const expected = 14 * Math.sin(0.05);
    close(both(f, of(0.5)), [expected]);
    close(both(grad(f), of(0.5)), [14 * 0.1 * Math.cos(0.05)]);
    close(
      both(vmap(grad(f)), of([0.5, 0.7])),
      [0.5, 0.7].map((x) => 1.4 * Math.cos(0.1 * x)),
    );
    // A number takes the type of what passes make of it.
    const total = scan((sofar: Value | number, x: Value) => [promoted(sofar, x), null], 0, of([1, 2, 3]))[0] as Value;
    expect([total.dtype, numbers(total)]).toEqual(["f64", [6]]);
  });

  test("nests, and holds cond and checkpoint", () => {
    const inner = (x: Value, keep: (f: (y: Value) => Value) => (y: Value) => Value) =>
      scan(
        (total: Value, row: Value) => {
          const [next] = scan((sofar: Value, y: Value) => [keep((z) => sin(add(z, y)))(sofar), null], total, row);
          return [
            cond(
              less(next, 0),
              (z) => multiply(z, z),
              (z) => tanh(z),
              next,
            ),
            next,
          ];
        },
        new Literal(0.3, "f64"),
        x,
      );
    const rows = of(random(12, 67), [4, 3]);
    const f = (x: Value) => sum(inner(x, (g) => g)[1]);
    const g = (x: Value) => sum(inner(x, checkpoint)[1]);
    const gradient = both(grad(f), rows);
    close(gradient, differences(f, rows), 6);
    expect(both(grad(g), rows)).toEqual(gradient);
    const second = flat(jacfwd(grad(f))(rows));
    close(both(jacrev(grad(f)), rows), second);
    const batch = of(random(24, 68), [2, 4, 3]);
    close(
      both(vmap(grad(f)), batch),
      [0, 1].flatMap((i) => flat(grad(f)(at(batch, i)))),
      12,
    );
  });

  test("under vjp, a tape, and checkpoint around it", () => {
    const [matrix, init, xs] = args();
    const expected = flat(grad(loss(looped))(matrix, init, xs));
    const [, pull] = vjp((m: Value) => loss(looped)(m, init, xs), matrix);
    expect(flat(pull(new Literal(1, "f64")))).toEqual(expected);
    const watched = watch(matrix);
    expect(flat(backward(loss(looped)(watched, init, xs)).of(watched))).toEqual(expected);
    expect(flat(grad(checkpoint(loss(looped)))(matrix, init, xs))).toEqual(expected);
  });

  test("refuses carries that change, and lengths that differ", () => {
    const xs = of([1, 2, 3]);
    expect(codeOf(() => scan((_: Value, x: Value) => [x, null], of([1, 2]), xs))).toBe("tensor-shape");
    expect(codeOf(() => scan((c: Value, x: Value) => [less(c, x), null], of(1), xs))).toBe("tensor-dtype");
    expect(codeOf(() => scan((c: Value) => [[c, c] as never, null], of(1), xs))).toBe("tensor-shape");
    expect(codeOf(() => scan((c: Value) => [c, null], of(1), [xs, of([1, 2])]))).toBe("tensor-shape");
    expect(codeOf(() => scan((c: Value) => [c, null], of(1), xs, { length: 4 }))).toBe("tensor-shape");
    expect(codeOf(() => scan((c: Value) => [c, null], of(1), null))).toBe("tensor-shape");
    expect(codeOf(() => scan((c: Value) => [c, null], of(1), null, { length: -1 }))).toBe("tensor-shape");
  });

  test("computes what depends on constants alone before, and stacks none of it", () => {
    const [matrix, init, xs] = args();
    // The weights are normalised in the body, and read transposed.
    const f = (m: Value) =>
      scan((state: Value, x: Value) => [tanh(add(matmul(permute(tanh(m), [1, 0]), state), x)), null], init, xs)[0];
    const { graph } = stage(([m]) => [grad((v: Value) => sum(f(v)))(m!)], [matrix]);
    const scans = graph.equations.filter(({ primitive }) => primitive.name === "scan");
    expect(scans.length).toBe(2);
    for (const { outputs, params } of scans) {
      expect(outputs.map(({ dims }) => dims)).not.toContainEqual([5, 3, 3]);
      const body = (params as { graph: Graph }).graph.equations;
      expect(body.some(({ primitive, inputs }) => primitive.name === "tanh" && inputs[0]!.dims.length === 2)).toBe(
        false,
      );
    }
    close(
      flat(grad((m: Value) => sum(f(m)))(matrix)),
      differences((m) => sum(f(m)), matrix as never),
      6,
    );
  });

  test("works in the arena of what it is given", () => {
    const arena = new TensorArena({ bytesMax: 4e6 });
    const xs = useArena(arena, () => of([1, 2, 3]));
    // A result that a pass makes of nothing lies where new tensors are made.
    const [total, ys] = scan((c: Value, x: Value) => [add(c, x), [c, of([7, 8])]], new Literal(0, "f64") as Value, xs);
    expect([total, ys].map(flat)).toEqual([[6], [0, 1, 3, 7, 8, 7, 8, 7, 8]]);
    expect((ys[0] as Tensor).arena).toBe(arena);
  });

  test("keeps the memory of one pass", () => {
    const before = currentArena().memory.byteLength;
    const large = of(random(10_000, 69));
    const [last] = scan((x: Value) => [tanh(add(multiply(x, 2), 1)), null], large as Value, null, { length: 500 });
    expect(numbers(last).length).toBe(10_000);
    // All passes together would be 120 MB.
    expect(currentArena().memory.byteLength - before).toBeLessThan(10e6);
  });
});
