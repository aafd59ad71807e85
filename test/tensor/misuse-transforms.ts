import * as t from "../../src/tensor.ts";
import { type Case, m, of, parameters, square, v } from "./misuse-cases.ts";

const transforms: Case[] = [
  {
    name: "grad",
    call: (f: never, by: never, x: t.Value, y: t.Value) => t.grad(f, by)(x, y),
    args: () => [(x: t.Value, y: t.Value) => square(x).add(square(y)), 1, v(), v()],
  },
  {
    name: "grad by many",
    call: (f: never, by: never, x: t.Value, y: t.Value) => t.grad(f, by)(x, y),
    args: () => [(x: t.Value, y: t.Value) => square(x).add(square(y)), [0, 1], v(), v()],
  },
  {
    name: "valueAndGrad",
    call: (f: never, by: never, x: t.Value) => t.valueAndGrad(f, by)(x),
    args: () => [square, 0, v()],
  },
  {
    name: "valueAndGradWith",
    call: (f: never, by: never, x: t.Value) => t.valueAndGradWith(f, by)(x),
    args: () => [(x: t.Value) => [square(x), x], 0, v()],
  },
  {
    name: "vjp",
    call: (f: never, x: t.Value, c: never) => {
      const [value, back] = t.vjp(f, x);
      try {
        return back(c);
      } finally {
        back[Symbol.dispose]();
        t.disposeTree(value as t.Tree);
      }
    },
    args: () => [square, v(), t.tensor(1)],
  },
  {
    name: "linearize",
    call: (f: never, x: t.Value, c: never) => {
      const [value, forth] = t.linearize(f, x);
      try {
        return forth([c] as never);
      } finally {
        forth[Symbol.dispose]();
        t.disposeTree(value as t.Tree);
      }
    },
    args: () => [square, v(), v()],
  },
  of("jvp", () => [square, [v()], [v()]]),
  { name: "jacfwd", call: (f: never, x: t.Value) => t.jacfwd(f)(x), args: () => [(x: t.Value) => x.multiply(2), v()] },
  { name: "jacrev", call: (f: never, x: t.Value) => t.jacrev(f)(x), args: () => [(x: t.Value) => x.multiply(2), v()] },
  { name: "hessian", call: (f: never, x: t.Value) => t.hessian(f)(x), args: () => [square, v()] },
  of("hvp", () => [square, [v()], v()]),
  {
    name: "vmap",
    call: (f: never, a: never, b: never, x: t.Value) => t.vmap(f, a, b)(x),
    args: () => [square, 0, 0, m()],
  },
  {
    name: "vmap of two",
    call: (f: never, a: never, b: never, x: t.Value, y: t.Value) => t.vmap(f, a, b)(x, y),
    args: () => [(x: t.Value, y: t.Value) => x.add(y), [0, null], 0, m(), t.ones([2])],
  },
  { name: "checkpoint", call: (f: never, x: t.Value) => t.checkpoint(f)(x), args: () => [square, v()] },
  {
    name: "customJvp",
    call: (f: never, rule: never, x: t.Value) =>
      t.scope(() => t.jvp(t.customJvp(f, rule) as never, [x] as never, [v()] as never)),
    args: () => [square, ([x]: [t.Value], [d]: [t.Value]) => [square(x), t.sum(x.multiply(d))], v()],
  },
  {
    name: "customVjp",
    call: (f: never, a: never, b: never, x: t.Value) => t.grad(t.customVjp(f, a, b) as never)(x),
    args: () => [square, (x: t.Value) => [square(x), x], (x: t.Value, c: t.Value) => [x.multiply(c)], v()],
  },
  of("cond", () => [true, (x: t.Value) => x, (x: t.Value) => x.negative(), v()]),
  of("branch", () => [1, [(x: t.Value) => x, (x: t.Value) => x.negative()], v()]),
  of("scan", () => [(c: t.Value, x: t.Value) => [c.add(x), x], t.tensor(0), v(), { length: 3, reverse: true }], {
    skip: ["3.length=huge"],
  }),
  of("scan", () => [(c: t.Value) => [c.add(1), c], t.tensor(0), null, { length: 3, reverse: true }], {
    skip: ["3.length=huge"],
  }),
  of("forLoop", () => [3, (_: t.Value, s: t.Value) => s.add(1), t.tensor(0)], { skip: ["0=huge", "2=huge"] }),
  of("whileLoop", () => [(s: t.Value) => t.less(s, 5), (s: t.Value) => s.add(1), t.tensor(0)], {
    skip: ["0=function", "0=yes", "2=negative", "1=function"],
  }),
  { name: "backward", call: (x: t.Value) => t.backward(x)[Symbol.dispose](), args: () => [square(t.watch(v()))] },
  of("treeMap", () => [(x: t.Value) => x, parameters()]),
  of("treeLike", () => [parameters(), [1, 2]]),
  of("scope", () => [() => 1]),
  of("useArena", () => [t.currentArena(), () => 1]),
  {
    name: "TensorArena",
    call: (options: never) => new t.TensorArena(options),
    args: () => [{ bytesMax: 1 << 22 }],
    strict: true,
    accepts: ["0=undefined", "0.bytesMax=undefined", "0.bytesMax=huge"],
  },
];

const plans: Case[] = [
  {
    name: "compile",
    call: (f: never, x: never) => t.compile(f, x).dispose(),
    args: () => [(x: t.Value) => x.add(1), t.spec("f32", [3])],
  },
  {
    name: "run of a plan",
    call: (x: never) => {
      using plan = t.compile((y: t.Value) => y.add(1), t.spec("f32", [t.leading(8)]));
      return plan.run(x).toArray();
    },
    args: () => [v()],
    strict: true,
  },
  of("leading", () => [3], { strict: true, accepts: ["0=huge"] }),
  {
    name: "spec",
    call: (dtype: never, dims: never) => t.compile((y: t.Value) => y, t.spec(dtype, dims)).dispose(),
    args: () => ["f32", [3, 2]],
    strict: true,
    accepts: ["1=list"],
  },
  {
    name: "columnSpec",
    call: (...args: never[]) => (t.columnSpec as (...args: never[]) => unknown)(...args),
    args: () => ["f32", 5, 2, 8],
    strict: true,
    accepts: ["3=undefined", "1=huge", "2=huge"],
  },
  of("like", () => [parameters()]),
  of("donate", () => [parameters()]),
  of("saveParameters", () => [parameters(), [["a", "b"]]]),
  of("loadParameters", () => [t.saveParameters(parameters()), parameters()]),
  of("readSafetensors", () => [t.saveParameters(parameters())]),
  of("writeSafetensors", () => [[["a", v()]], [["a", "b"]]]),
];

export const transformCases: readonly Case[] = [...transforms, ...plans];
