import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  add,
  axisSize,
  broadcastTo,
  compile,
  concat,
  copy,
  cumulativeSum,
  currentArena,
  donate,
  exp,
  flip,
  forLoop,
  grad,
  leading,
  less,
  like,
  matmul,
  max,
  maximum,
  mean,
  multiply,
  nn,
  permuteDims,
  random,
  relu,
  reshape,
  scan,
  scope,
  sgd,
  slice,
  softmax,
  sort,
  spec,
  square,
  subtract,
  sum,
  type Tensor,
  tanh,
  tensor,
  type Value,
  valueAndGrad,
  vmap,
  where,
  whileLoop,
  zeros,
} from "../../src/tensor.ts";
import { code } from "./code.ts";

const bits = (x: unknown): Uint8Array => {
  const t = x as Tensor;
  const whole = t.contiguous ? t : (copy(t) as Tensor);
  const elements = whole.elements();
  return Uint8Array.from(new Uint8Array(elements.buffer, elements.byteOffset, elements.byteLength));
};
const noise = (seed: number, shape: readonly number[]): Tensor =>
  scope(() => random.normal(random.key(seed), shape) as Tensor);

describe("plans", () => {
  it("compute what the same operations do one by one, to the bit", () => {
    const f = (x: Value, w: Value) => softmax(relu(add(matmul(x, w), 0.5)));
    const [x, w] = [noise(1, [33, 16]), noise(2, [16, 24])];
    using plan = compile(f, like(x), like(w));
    expect(bits(plan.run(x, w))).toEqual(bits(f(x, w)));
  });

  it("run for any leading number up to the maximum without another trace", () => {
    let traces = 0;
    const w = noise(3, [8, 5]);
    const f = (x: Value) => {
      traces++;
      const y = tanh(matmul(x, w));
      return { mean: mean(y), rows: softmax(y), column: sum(y, 0), count: axisSize(y, 0) };
    };
    using plan = compile(f, spec("f32", [leading(700), 8]));
    for (const n of [1, 2, 63, 64, 65, 700, 7, 0]) {
      const x = noise(n + 10, [n, 8]);
      const got = plan.run(x);
      const want = f(x);
      expect(got.rows.shape).toEqual([n, 5]);
      for (const name of ["mean", "rows", "column", "count"] as const)
        expect(bits(got[name])).toEqual(bits(want[name]));
    }
    expect(traces).toBe(1 + 8);
    expect(code(() => plan.run(noise(1, [701, 8])))).toBe("tensor-plan");
  });

  it("update donated parameters in place, and train as eager steps do", () => {
    const model = nn.sequential(nn.linear(6, 16), relu, nn.linear(16, 3));
    const optimizer = sgd({ rate: 0.05, momentum: 0.9 });
    const [x, y] = [noise(5, [40, 6]), noise(6, [40, 3])];
    type P = ReturnType<typeof model.init>;
    const step = (p: P, s: ReturnType<typeof optimizer.init>) => {
      const [loss, g] = valueAndGrad((q: P) => mean(square(subtract(model.apply(q, x), y))))(p);
      return [...optimizer.update(p, g as P, s), loss] as const;
    };
    const start = model.init(random.key(1));
    let [p, s] = [start, optimizer.init(start)] as const;
    const losses: number[] = [];
    for (let i = 0; i < 5; i++) {
      const [next, state, loss] = step(p, s);
      [p, s] = [next, state];
      losses.push(loss.item() as number);
    }
    const given = model.init(random.key(1));
    const state = optimizer.init(given);
    using plan = compile(step, donate(like(given)), donate(like(state)));
    const found: number[] = [];
    for (let i = 0; i < 5; i++) {
      const [next, , loss] = plan.run(given as never, state as never);
      expect((next as never as { weight: Tensor }[])[0]?.weight).toBe(
        (given as never as { weight: Tensor }[])[0]?.weight,
      );
      found.push((loss as Tensor).item() as number);
    }
    expect(found).toEqual(losses);
    expect(found[4]).toBeLessThan(found[0] as number);
    expect(bits((given as never as { weight: Tensor }[])[2]?.weight)).toEqual(
      bits((p as never as { weight: Tensor }[])[2]?.weight),
    );
  });

  it("swap donated inputs, return them as they were, and write one result into two", () => {
    const [a, b] = [tensor([1, 2, 3]), tensor([4, 5, 6])];
    using swap = compile((x: Value, y: Value) => [y, x, x] as const, donate(like(a)), donate(like(b)));
    const [first, second, old] = swap.run(a, b);
    expect([a.toArray(), b.toArray()]).toEqual([
      [4, 5, 6],
      [1, 2, 3],
    ]);
    expect([first, second]).toEqual([a, b]);
    expect(old.toArray()).toEqual([1, 2, 3]);
    using both = compile(
      (x: Value, y: Value) => {
        const s = add(x, y);
        return [s, s] as const;
      },
      donate(like(a)),
      donate(like(b)),
    );
    both.run(a, b);
    expect([a.toArray(), b.toArray()]).toEqual([
      [5, 7, 9],
      [5, 7, 9],
    ]);
    using product = compile(
      (x: Value, w: Value) => [matmul(x, w)] as const,
      donate(spec("f32", [2, 2])),
      spec("f32", [2, 2]),
    );
    const m = tensor([
      [1, 2],
      [3, 4],
    ]);
    product.run(
      m,
      tensor([
        [0, 1],
        [1, 0],
      ]),
    );
    expect(m.toArray()).toEqual([
      [2, 1],
      [4, 3],
    ]);
  });

  it("have loops, branches and scans inside, with gradients", () => {
    const w = noise(7, [4, 4]);
    const f = (x: Value) => {
      const [last, all] = scan(
        (h: Value, row: Value) => {
          const next = tanh(add(matmul(h, w), row));
          return [next, sum(next)];
        },
        zeros([4]) as Value,
        x,
      );
      const twice = forLoop(3, (i, v: Value) => add(v, multiply(v, where(less(i, 1), 0.5, 0.25))), last);
      return {
        all,
        loss: sum(twice),
        while: whileLoop(
          (v: Value) => less(max(v), 100),
          (v: Value) => multiply(v, 2),
          maximum(twice, 0.01),
        ),
      };
    };
    const loss = (x: Value) => {
      const row = (h: Value, xs: Value) => [tanh(add(matmul(h, w), xs)), null] as const;
      const [last] = scan(row, zeros([4]) as Value, x);
      return sum(forLoop(3, (i, v: Value) => add(v, multiply(v, where(less(i, 1), 0.5, 0.25))), last));
    };
    const x = noise(8, [9, 4]);
    using plan = compile(f, like(x));
    const [got, want] = [plan.run(x), f(x)];
    for (const name of ["all", "loss", "while"] as const) expect(bits(got[name])).toEqual(bits(want[name]));
    using slope = compile(grad(loss), like(x));
    expect(bits(slope.run(x))).toEqual(bits(grad(loss)(x)));
  });

  it("hold constants of their own, and results until the next run", () => {
    const w = tensor([1, 2, 3]);
    using plan = compile((x: Value) => multiply(x, w), spec("f32", [3]));
    w.elements().fill(100);
    const first = plan.run(tensor([1, 1, 1]));
    expect(first.toArray()).toEqual([1, 2, 3]);
    const second = plan.run(tensor([2, 2, 2]));
    expect(second).toBe(first);
    expect(first.toArray()).toEqual([2, 4, 6]);
  });

  it("allocate nothing in a steady run, and leave nothing behind", () => {
    const arena = currentArena();
    const before = arena.live;
    {
      const x = noise(1, [20, 8]);
      const w = noise(2, [8, 8]);
      using plan = compile(
        (a: Value, b: Value, rate: Value) => softmax(multiply(matmul(a, b), rate)),
        like(x),
        like(w),
        spec("f32", []),
      );
      plan.run(x, w, 0.5);
      const allocations = arena.allocations;
      for (let i = 0; i < 100; i++) plan.run(x, w, i);
      expect(arena.allocations).toBe(allocations);
      x.dispose();
      w.dispose();
    }
    expect(arena.live).toBe(before);
  });

  it("leave the scope that they were made in", () => {
    const { live } = currentArena();
    const plan = scope(() => {
      const w = noise(3, [2, 2]);
      return compile((x: Value) => matmul(x, w), spec("f32", [1, 2]));
    });
    const [x, w] = [tensor([[1, 0]]), noise(3, [2, 2])];
    expect(plan.run(x).toArray()).toEqual([(w.toArray() as number[][])[0]]);
    for (const one of [plan, x, w]) one.dispose();
    expect(currentArena().live).toBe(live);
  });

  it("print what they do", () => {
    const w = noise(2, [8, 8]);
    using plan = compile((x: Value) => relu(add(matmul(x, w), 1)), spec("f32", [leading(100), 8]));
    expect(plan.explain()).toMatch(/dot \(add .*\): f32\[n, 8\] input 1, f32\[8, 8\] constant/);
  });

  it.each([
    ["too few arguments", () => [], "tensor-plan"],
    ["another shape", () => [zeros([4, 3])], "tensor-plan"],
    ["another type", () => [zeros([3, 4], { dtype: "f64" })], "tensor-plan"],
    ["a number for a matrix", () => [3], "tensor-plan"],
    ["nothing", () => [null], "tensor-plan"],
  ] as const)("refuse %s", (_, args, expected) => {
    using plan = compile((x: Value) => add(x, 1), spec("f32", [3, 4]));
    expect(code(() => plan.run(...(args() as never[])))).toBe(expected);
  });

  it("refuse reading a value, looking at an open shape, and what depends on the open extent in other ways", () => {
    const open = spec("f32", [leading(9), 4]);
    expect(code(() => compile((x: Value) => add(x, (x as Tensor).item() as number), open))).toBe("tensor-traced");
    expect(code(() => compile((x: Value) => multiply(x, x.shape[0] as number), open))).toBe("tensor-traced");
    expect(code(() => compile((x: Value) => flip(x, 0), open))).toBe("tensor-traced");
    expect(code(() => compile((x: Value) => concat([x, zeros([1, 4])]), open))).toBe("tensor-plan");
    expect(code(() => spec("f32", [4, leading(3)]))).toBe("tensor-plan");
    const shared = tensor([1, 2]);
    using plan = compile((a: Value, b: Value) => add(a, b), donate(like(shared)), like(shared));
    expect(code(() => plan.run(shared, shared))).toBe("tensor-plan");
    plan.dispose();
    expect(code(() => plan.run(shared, tensor([1, 2])))).toBe("tensor-disposed");
  });
});

/** Operations that keep or change a shape of two axes, by number. */
const moves: readonly ((x: Value, k: number) => Value)[] = [
  (x) => add(x, 1),
  (x, k) => multiply(x, k / 3),
  (x) => tanh(x),
  (x) => exp(multiply(x, 0.1)),
  (x) => permuteDims(x),
  (x) => subtract(x, max(x, 1, { keepdims: true })),
  (x) => add(x, sum(x, 0)),
  (x) => reshape(x, [x.dims[1] as number, x.dims[0] as number]),
  (x) => matmul(x, permuteDims(x)),
  (x) => flip(x, 1),
  (x) => cumulativeSum(x, 1),
  (x) => softmax(x, 0),
  (x) => maximum(x, 0),
  (x) => where(less(x, 0), multiply(x, 0.5), x),
  (x) => concat([x, x], 1),
  (x) => (x.dims[1] === 0 ? x : slice(x, null, { stop: Math.ceil((x.dims[1] as number) / 2) })),
  (x) => sort(x, 0),
  (x) => broadcastTo(mean(x, 1, { keepdims: true }), x.dims),
  (x) => vmap((row: Value) => sum(square(row)))(x).reshape([x.dims[0] as number, 1]),
];

describe("plans of any operations", () => {
  it("are equal to eager execution, to the bit", () => {
    fc.assert(
      fc.property(
        fc.tuple(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 9 })),
        fc.array(fc.tuple(fc.nat(moves.length - 1), fc.nat(9), fc.nat(3)), { minLength: 1, maxLength: 14 }),
        fc.nat(1000),
        (shape, list, seed) => {
          // Each move takes one of the last few results; all results that nothing took are returned.
          const f = (x: Value): Value[] => {
            const values = [x];
            for (const [move, k, back] of list) {
              const from = values[Math.max(0, values.length - 1 - back)] as Value;
              if (from.dims.every((extent) => extent <= 64))
                values.push((moves[move] as (typeof moves)[number])(from, k));
            }
            return values.slice(-3);
          };
          const x = noise(seed, shape);
          using plan = compile(f, like(x));
          expect((plan.run(x) as Tensor[]).map(bits)).toEqual(f(x).map(bits));
        },
      ),
      { seed: 4, numRuns: 150 },
    );
  });
});
