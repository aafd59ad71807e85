import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { currentArena } from "../../src/tensor/arena.ts";
import { add as promoted } from "../../src/tensor/function/arithmetic.ts";
import { expand, op, part, reduce, reshape, take } from "../../src/tensor/primitive/exact.ts";
import { scope } from "../../src/tensor/scope.ts";
import { branch, cond, forLoop, scan, whileLoop } from "../../src/tensor/transform/control.ts";
import { checkpoint } from "../../src/tensor/transform/custom.ts";
import { jvp } from "../../src/tensor/transform/forward.ts";
import { hessian, jacfwd, jacrev } from "../../src/tensor/transform/jacobian.ts";
import { grad, valueAndGrad, vjp } from "../../src/tensor/transform/reverse.ts";
import { backward, watch } from "../../src/tensor/transform/tape.ts";
import { vmap } from "../../src/tensor/transform/vmap.ts";
import type { Tree } from "../../src/tensor/tree.ts";
import { Literal, type Value } from "../../src/tensor/value.ts";
import { codeOf, differences, numbers, of, plain, random, staged } from "./values.ts";

const sum = (x: Value) =>
  reduce(
    "sum",
    x,
    x.dims.map((_, i) => i),
  );
const sin = (x: Value) => op("sin", x);
const tanh = (x: Value) => op("tanh", x);
const add = (a: Value | number, b: Value | number) => op("add", a, b);
const multiply = (a: Value | number, b: Value | number) => op("multiply", a, b);
const less = (a: Value | number, b: Value | number) => op("less", a, b);
const apply = (matrix: Value, vector: Value) => reduce("sum", multiply(matrix, expand(vector, matrix.dims, [1])), [1]);
const at = (x: Value, index: number) => reshape(part(x, 0, index, 1), x.dims.slice(1));

const close = (got: readonly number[], expected: readonly number[], digits = 9) => {
  expect(got.length).toBe(expected.length);
  got.forEach((value, i) => {
    expect(value).toBeCloseTo(expected[i]!, digits);
  });
};
const flat = (tree: Tree) => plain(tree).flatMap(({ values }) => values);
/** The result eagerly, and from a staged graph: the same bits. */
const both = (f: (...args: Value[]) => Tree, ...args: Value[]) => {
  const eager = plain(f(...args));
  expect(plain(staged(f, ...args))).toEqual(eager);
  return eager.flatMap(({ values }) => values);
};

let live = 0;
beforeEach(() => {
  live = currentArena().live;
});
afterEach(() => {
  expect(currentArena().live).toBe(live);
});
const test = (name: string, body: () => void) =>
  it(name, () => {
    scope(() => {
      body();
      return null;
    });
  });

describe("cond and branch", () => {
  const f = (x: Value) =>
    cond(
      less(x, 1),
      (y) => multiply(y, y),
      (y) => sin(multiply(y, 3)),
      x,
    );

  test("execute one of their functions", () => {
    expect(both(f, of(0.5))).toEqual([0.25]);
    expect(both(f, of(2))[0]).toBeCloseTo(Math.sin(6), 14);
    const pick = (k: Value) => branch(k, [() => of(10), () => of(20), () => of(30)]);
    expect([-1, 0, 1, 2, 7].map((k) => numbers(pick(of(k, [], "i32")))[0])).toEqual([10, 10, 20, 30, 30]);
    expect(numbers(branch(1, [(x: Value) => x, (x: Value) => multiply(x, 2)], of(4)))).toEqual([8]);
    expect(
      numbers(
        cond(
          true,
          (x: Value) => x,
          (x: Value) => multiply(x, 2),
          of(4),
        ),
      ),
    ).toEqual([4]);
  });

  test("are differentiated along the way that is taken", () => {
    for (const x of [0.5, 2]) {
      const expected = x < 1 ? [2 * x, 2] : [3 * Math.cos(3 * x), -9 * Math.sin(3 * x)];
      close(both(grad(f), of(x)), [expected[0]!]);
      close(
        both((y) => jvp(f, [y!], [of(1)])[1], of(x)),
        [expected[0]!],
      );
      close(both(grad(grad(f)), of(x)), [expected[1]!]);
      close(both(jacfwd(jacrev(f)), of(x)), [expected[1]!]);
      close(both(jacrev(jacfwd(f)), of(x)), [expected[1]!]);
    }
  });

  test("give zeros where the way that is taken does not depend on an operand", () => {
    const g = (x: Value, y: Value) =>
      cond(
        less(x, 1),
        (p: Value) => p,
        (_: Value, q: Value) => multiply(q, q),
        x,
        y,
      );
    expect(flat(grad(g, [0, 1])(of(0.5), of(3)))).toEqual([1, 0]);
    expect(flat(grad(g, [0, 1])(of(2), of(3)))).toEqual([0, 6]);
  });

  test("over a batch, by one condition or by one for each", () => {
    const xs = [0.5, 2, -1, 1.5];
    const each = xs.map((x) => (x < 1 ? x * x : Math.sin(3 * x)));
    const slopes = xs.map((x) => (x < 1 ? 2 * x : 3 * Math.cos(3 * x)));
    close(both(vmap(f), of(xs)), each);
    close(both(vmap(grad(f)), of(xs)), slopes);
    close(
      both(
        grad((x: Value) => sum(vmap(f)(x))),
        of(xs),
      ),
      slopes,
    );
    const one = (x: Value) => cond(less(new Literal(0, "f64"), 1), sin, (y) => y, x);
    close(both(vmap(one), of(xs)), xs.map(Math.sin));
    close(both(vmap(grad(one)), of(xs)), xs.map(Math.cos));
  });

  test("use values from outside", () => {
    const g = (x: Value) => {
      const twice = multiply(x, 2);
      return cond(
        less(x, 1),
        () => multiply(twice, x),
        () => twice,
      );
    };
    expect(both(grad(g), of(0.5))).toEqual([2]);
    expect(both(grad(g), of(3))).toEqual([2]);
    expect(both(vmap(grad(g)), of([0.25, 3]))).toEqual([1, 2]);
  });

  test("refuse functions whose results differ", () => {
    const x = of([1, 2]);
    expect(
      codeOf(() =>
        cond(
          true,
          () => x,
          () => sum(x),
        ),
      ),
    ).toBe("tensor-shape");
    expect(
      codeOf(() =>
        cond(
          true,
          () => x,
          () => less(x, 1),
        ),
      ),
    ).toBe("tensor-dtype");
    expect(
      codeOf(() =>
        cond(
          true,
          () => [x],
          () => [x, x],
        ),
      ),
    ).toBe("tensor-shape");
    expect(
      codeOf(() =>
        cond(
          less(x, 1),
          () => x,
          () => x,
        ),
      ),
    ).toBe("tensor-shape");
    expect(codeOf(() => branch(0, []))).toBe("tensor-value");
  });
});

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

  it("keeps the memory of one pass", () => {
    const xs = of(random(3000, 69), [1000, 3]);
    const before = currentArena().live;
    let most = 0;
    const [last] = scan(
      (state: Value, x: Value) => {
        most = Math.max(most, currentArena().live);
        return [tanh(add(multiply(state, x), 1)), null];
      },
      of([0, 0, 0]) as Value,
      xs,
    );
    expect(numbers(last).length).toBe(3);
    expect(most).toBeLessThan(before + 20);
    (last as never as Disposable)[Symbol.dispose]();
    currentArena();
    xs.dispose();
    live = currentArena().live;
    expect(live).toBeLessThanOrEqual(before);
  });
});

describe("forLoop and whileLoop", () => {
  test("count", () => {
    const power = (x: Value) => forLoop(5, (_, y) => multiply(y, x), new Literal(1, "f64") as Value);
    expect(both(power, of(2))).toEqual([32]);
    expect(both(grad(power), of(2))).toEqual([80]);
    expect(both(grad(grad(power)), of(2))).toEqual([160]);
    expect(flat(forLoop(4, (i, total) => add(total, i), of(0, [], "i32") as Value))).toEqual([6]);
    expect(flat(forLoop(0, (_, x) => sin(x), of(2) as Value))).toEqual([2]);
  });

  /** Newton's square root. */
  const root = (x: Value) =>
    whileLoop(
      ({ y }) => less(new Literal(1e-12, "f64"), op("abs", op("subtract", multiply(y, y), x))),
      ({ y, passes }) => ({ y: multiply(add(y, op("divide", x, y)), 0.5), passes: add(passes, 1) }),
      { y: x, passes: of(0, [], "i32") as Value },
    ).y;

  test("goes on as long as the test says", () => {
    close(both(root, of(2)), [Math.SQRT2]);
    expect(
      flat(
        whileLoop(
          (n) => less(n, 100),
          (n) => multiply(n, 3),
          of(1) as Value,
        ),
      ),
    ).toEqual([243]);
    expect(
      flat(
        whileLoop(
          (n) => less(n, 0),
          (n) => multiply(n, 3),
          of(1) as Value,
        ),
      ),
    ).toEqual([1]);
  });

  test("has forward mode, and says that it has no other", () => {
    close(
      both((x) => jvp(root, [x!], [of(1)])[1], of(2)),
      [1 / (2 * Math.SQRT2)],
    );
    close(both(jacfwd(root), of(2)), [1 / (2 * Math.SQRT2)]);
    close(both(jacfwd(jacfwd(root)), of(2)), [-0.25 * 2 ** -1.5], 6);
    expect(codeOf(() => grad(root)(of(2)))).toBe("tensor-gradient");
    // What does not depend on the argument may loop.
    expect(numbers(grad((x: Value) => multiply(x, root(of(4))))(of(3)))[0]).toBeCloseTo(2, 10);
  });

  test("over a batch, each as long as it needs", () => {
    const xs = [2, 3, 9, 100];
    close(both(vmap(root), of(xs)), xs.map(Math.sqrt));
    close(
      both(vmap(jacfwd(root)), of(xs)),
      xs.map((x) => 0.5 / Math.sqrt(x)),
      6,
    );
    const some = (x: Value) =>
      whileLoop(
        ({ n }) => less(n, 5),
        ({ n, y }) => ({ n: add(n, 1), y: multiply(y, x) }),
        { n: of(0) as Value, y: of(1) as Value },
      ).y;
    expect(both(vmap(some), of([1, 2]))).toEqual([1, 32]);
    const one = (x: Value) =>
      whileLoop(
        (n) => less(n, 5),
        (n) => add(n, 1),
        of(0) as Value,
      ) && x;
    expect(both(vmap(one), of([1, 2]))).toEqual([1, 2]);
  });

  test("refuses tests that are no bool, and states that change", () => {
    const x = of([1, 2]);
    expect(
      codeOf(() =>
        whileLoop(
          (n) => n,
          (n) => n,
          of(1) as Value,
        ),
      ),
    ).toBe("tensor-dtype");
    expect(
      codeOf(() =>
        whileLoop(
          (n) => less(n, 1),
          (n) => n,
          x as Value,
        ),
      ),
    ).toBe("tensor-dtype");
    expect(
      codeOf(() =>
        whileLoop(
          (n) => less(sum(n), 1),
          (n) => sum(n),
          x as Value,
        ),
      ),
    ).toBe("tensor-shape");
    expect(valueAndGrad((y: Value) => sum(y))(x).length).toBe(2);
  });
});
