import { describe, expect } from "vitest";
import * as t from "../../src/tensor.ts";
import { close, filled, leaveNothing, test } from "./scoped.ts";
import { differences, numbers, of } from "./values.ts";

leaveNothing();

describe("convolutions and pools", () => {
  /** The obvious loops over two spatial axes. */
  function convolve(
    x: t.Tensor,
    kernel: t.Tensor,
    { stride, padding, dilation, groups }: { stride: number; padding: number; dilation: number; groups: number },
  ): number[] {
    const [batch, channels, height, width] = x.dims as [number, number, number, number];
    const [features, own, rows, columns] = kernel.dims as [number, number, number, number];
    const [a, b] = [numbers(x), numbers(kernel)];
    const count = (extent: number, window: number) =>
      Math.floor((extent + 2 * padding - (window - 1) * dilation - 1) / stride) + 1;
    const out: number[] = [];
    for (let n = 0; n < batch; n++)
      for (let f = 0; f < features; f++)
        for (let i = 0; i < count(height, rows); i++)
          for (let j = 0; j < count(width, columns); j++) {
            let sum = 0;
            for (let c = 0; c < own; c++)
              for (let k = 0; k < rows; k++)
                for (let l = 0; l < columns; l++) {
                  const y = i * stride + k * dilation - padding;
                  const z = j * stride + l * dilation - padding;
                  if (y < 0 || y >= height || z < 0 || z >= width) continue;
                  const channel = Math.floor(f / (features / groups)) * own + c;
                  sum +=
                    a[((n * channels + channel) * height + y) * width + z]! *
                    b[((f * own + c) * rows + k) * columns + l]!;
                }
            out.push(sum);
          }
    return out;
  }

  for (const options of [
    { stride: 1, padding: 0, dilation: 1, groups: 1 },
    { stride: 2, padding: 1, dilation: 1, groups: 1 },
    { stride: 1, padding: 2, dilation: 2, groups: 1 },
    { stride: 2, padding: 1, dilation: 1, groups: 2 },
    { stride: 1, padding: 0, dilation: 1, groups: 4 },
  ])
    test(`conv2d ${JSON.stringify(options)}`, () => {
      const x = filled([2, 4, 6, 5], 1);
      const kernel = filled([4, 4 / options.groups, 3, 2], 2);
      close(numbers(t.conv2d(x, kernel, options)), convolve(x, kernel, options));
    });

  test("conv1d is conv2d with one row", () => {
    const x = filled([2, 3, 9], 3);
    const kernel = filled([4, 3, 4], 4);
    const out = t.conv1d(x, kernel, { stride: 2, padding: 1 });
    const expected = t.conv2d(
      t
        .pad(x, [
          [0, 0],
          [0, 0],
          [1, 1],
        ])
        .reshape([2, 3, 1, 11]),
      kernel.reshape([4, 3, 1, 4]),
      {
        stride: [1, 2],
      },
    );
    expect(out.dims).toEqual([2, 4, 4]);
    expect(numbers(out)).toEqual(numbers(expected));
    expect(t.conv1d(x, kernel, { padding: "same" }).dims).toEqual([2, 4, 9]);
  });

  test("the derivatives of conv2d are those of differences", () => {
    const options = { stride: 2, padding: 1, groups: 2 };
    const x = filled([1, 4, 4, 3], 5);
    const kernel = filled([2, 2, 2, 2], 6);
    const loss = (a: t.Value, b: t.Value) => t.conv2d(a, b, options).square().sum();
    const [byX, byKernel] = t.grad(loss, [0, 1])(x, kernel) as [t.Value, t.Value];
    close(
      numbers(byX),
      differences((a) => loss(a, kernel), x),
      1e-7,
    );
    close(
      numbers(byKernel),
      differences((b) => loss(x, b), kernel),
      1e-7,
    );
  });

  test("pools", () => {
    const x = t.arange(0, 24, 1, { dtype: "f64" }).reshape([1, 1, 4, 6]);
    expect(t.toArray(t.maxPool(x, [2, 3]))).toEqual([
      [
        [
          [8, 11],
          [20, 23],
        ],
      ],
    ]);
    expect(t.toArray(t.avgPool(x, [2, 3]))).toEqual([
      [
        [
          [4, 7],
          [16, 19],
        ],
      ],
    ]);
    expect(t.toArray(t.maxPool(x, [2, 2], { stride: 2, padding: 1 }))).toEqual([
      [
        [
          [0, 2, 4, 5],
          [12, 14, 16, 17],
          [18, 20, 22, 23],
        ],
      ],
    ]);
    const gradient = t.grad((a: t.Value) => t.maxPool(a, [2, 3]).sum())(x);
    expect(numbers(gradient).filter((value) => value === 1).length).toBe(4);
  });
});

describe("activations and norms", () => {
  test("softmax, its logarithm and logSumExp", () => {
    const x = of([1, 2, 3, 1000, 1000, -1000], [2, 3]);
    const soft = numbers(t.softmax(x));
    close(soft, [0.09003057317038046, 0.24472847105479767, 0.6652409557748219, 0.5, 0.5, 0]);
    close(numbers(t.logSoftmax(x)), [
      -2.4076059644443806,
      -1.4076059644443804,
      -0.4076059644443804,
      -Math.LN2,
      -Math.LN2,
      -2000 - Math.LN2,
    ]);
    close(numbers(t.logSumExp(x, 1)), [3.4076059644443806, 1000 + Math.LN2]);
    const none = of([Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY], [2]);
    expect(numbers(t.logSumExp(none))).toEqual([Number.NEGATIVE_INFINITY]);
    expect(numbers(t.logSumExp(of([Number.POSITIVE_INFINITY, 1])))).toEqual([Number.POSITIVE_INFINITY]);
  });

  test("gelu, exactly and by tanh", () => {
    const x = of([-3, -1, -0.5, 0, 0.5, 1, 3]);
    close(
      numbers(t.gelu(x)),
      [
        -0.0040496940948971, -0.158655253931457, -0.154268769362993, 0, 0.345731230637007, 0.841344746068543,
        2.9959503059051,
      ],
    );
    close(
      numbers(t.gelu(x, { approximate: "tanh" })),
      [
        -0.0036373920817729943, -0.15880800939172324, -0.15428599017516514, 0, 0.34571400982483486, 0.8411919906082768,
        2.996362607918227,
      ],
      1e-12,
    );
  });

  test("relu keeps NaN; its derivative at 0 is 0", () => {
    const x = of([-1, -0, 0, 2, Number.NaN]);
    expect(numbers(t.relu(x))).toEqual([0, 0, 0, 2, Number.NaN]);
    expect(numbers(t.grad((a: t.Value) => t.relu(a).sum())(of([-1, 0, 2])))).toEqual([0, 0, 1]);
  });

  const smooth: Readonly<Record<string, (x: t.Value) => t.Value>> = {
    relu: t.relu,
    leakyRelu: t.leakyRelu,
    elu: t.elu,
    sigmoid: t.sigmoid,
    silu: t.silu,
    softplus: t.softplus,
    logSigmoid: t.logSigmoid,
    hardSigmoid: t.hardSigmoid,
    gelu: t.gelu,
    "gelu by tanh": (x) => t.gelu(x, { approximate: "tanh" }),
    softmax: (x) => t.softmax(x, 0),
    logSoftmax: (x) => t.logSoftmax(x),
    logSumExp: (x) => t.logSumExp(x, 1),
    layerNorm: (x) => t.layerNorm(x, { weight: t.cos(x), bias: x }),
    rmsNorm: (x) => t.rmsNorm(x),
    variance: (x) => t.variance(x, 1, { correction: 1 }),
    norm: (x) => t.norm(x, 0),
    clip: (x) => t.clip(x, -0.5, 0.5),
    roll: (x) => t.roll(x, 1, 0),
    tile: (x) => t.tile(x, [2, 2]),
    repeat: (x) => t.repeat(x, 2, 1),
    det: (x) => t.det(t.matmul(x, t.matrixTranspose(x))),
    inv: (x) => t.inv(t.add(t.matmul(x, t.matrixTranspose(x)), t.eye(3, 3, { dtype: "f64" }))),
    solve: (x) => t.solve(t.add(t.matmul(x, t.matrixTranspose(x)), t.eye(3, 3, { dtype: "f64" })), x),
    cholesky: (x) => t.cholesky(t.add(t.matmul(x, t.matrixTranspose(x)), t.eye(3, 3, { dtype: "f64" }))),
    topK: (x) => t.topK(x, 2).values,
    attention: (x) => t.attention(x, t.sin(x), x, { causal: true }),
    einsum: (x) => t.einsum("ij,kj,k->i", x, x, t.slice(x, null, 0)),
    trace: (x) => t.trace(t.slice(x, null, { stop: 3 })),
    cumulativeProd: (x) => t.cumulativeProd(x, 1),
    scatter: (x) => t.scatter(x, [0, 2, 0], t.sin(x), { kind: "add" }),
    dynamicUpdate: (x) => t.dynamicUpdate(x, t.slice(x, { stop: 1 }, { stop: 2 }), [1, 1]),
  };
  for (const [name, f] of Object.entries(smooth))
    test(`the derivative of ${name} is that of differences`, () => {
      const x = filled([3, 4], 9);
      const loss = (a: t.Value) => {
        const out = f(a);
        return t.multiply(out, filled(out.dims, 10)).sum();
      };
      close(numbers(t.grad(loss)(x)), differences(loss, x), 1e-6);
    });
});

describe("attention", () => {
  test("is softmax of scaled products", () => {
    const [q, k, v] = [filled([2, 3, 4], 1), filled([2, 5, 4], 2), filled([2, 5, 6], 3)];
    const scores = t.divide(t.einsum("bqd,bkd->bqk", q, k), 2);
    close(numbers(t.attention(q, k, v)), numbers(t.einsum("bqk,bkf->bqf", t.softmax(scores), v)));
  });

  test("masks and causes", () => {
    const x = filled([3, 4], 4);
    const mask = t.tril(t.ones([3, 3])).astype("bool");
    expect(numbers(t.attention(x, x, x, { causal: true }))).toEqual(numbers(t.attention(x, x, x, { mask })));
    const first = t.slice(t.attention(x, x, x, { causal: true }), 0);
    close(numbers(first), numbers(t.slice(x, 0)));
  });
});
