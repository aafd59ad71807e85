import { WorldloomError } from "../../core/errors.ts";
import { type Step, steps, tensorTypeCode } from "../../native/tensor/format.ts";
import { stepTypes } from "../../native/tensor/step-types.ts";
import { bindOne } from "../bind.ts";
import { type DType, isFloat } from "../dtype.ts";
import { type Shape, sameShape, shapeError } from "../shape.ts";
import { type Aval, Literal, type Value } from "../value.ts";
import { cast as castTo, op, sumOf, zerosLike } from "./exact.ts";
import { type Backward, type Primitive, Unknown } from "./primitive.ts";
import { allBatched, known } from "./rule.ts";

/** A step of the format as a primitive of its own. */
export interface Elementwise extends Primitive<undefined> {
  readonly name: ElementwiseName;
  readonly step: Step;
  /** Of the step, in the format. */
  readonly code: number;
  /** The types that it takes (`select`: of its second and third input), as bits. */
  readonly types: number;
  /** Writes bool, whatever it reads. */
  readonly tests: boolean;
}

/** The tangent that one input contributes, from its own; the result and the inputs are at hand. */
type Contribution = (tangent: Value, out: Value, x: Value, y: Value) => Value;

/** Steps whose operands have one type, but for the condition of `select`. */
export type ElementwiseName = Exclude<Step, "constant" | "iota" | "random" | "uniform" | "cast">;

interface Rule {
  /** For each input; without it the derivative is zero. */
  readonly forward?: readonly Contribution[];
  /** The cotangent of input `i` from that of the result. */
  readonly backward?: (cotangent: Value, i: number, rule: Backward<undefined>) => Value;
}

const LN2 = Math.LN2;
const LN10 = Math.LN10;
const TWO_OVER_ROOT_PI = 1.1283791670955126;
const ROOT_HALF = Math.SQRT1_2;
const ONE_OVER_ROOT_TWO_PI = 0.3989422804014327;

const multiply = (a: Value | number, b: Value | number) => op("multiply", a, b);
const divide = (a: Value | number, b: Value | number) => op("divide", a, b);
const same: Contribution = (t) => t;
const opposite: Contribution = (t) => op("negate", t);
const chain = (derivative: (x: Value, out: Value) => Value): readonly Contribution[] => [
  (t, out, x) => multiply(t, derivative(x, out)),
];
/** 1 where x is the larger one, a half where both are equal, else 0: neither side is preferred. */
const weight = (x: Value, y: Value, dtype: DType) =>
  op(
    "select",
    op("less", y, x),
    new Literal(1, dtype),
    op("select", op("less", x, y), new Literal(0, dtype), new Literal(0.5, dtype)),
  );

const none: Rule = {};
const rules: Readonly<Record<Exclude<ElementwiseName, "select">, Rule>> = {
  negate: { forward: [opposite], backward: (ct) => op("negate", ct) },
  abs: { forward: chain((x) => op("sign", x)) },
  sign: none,
  floor: none,
  ceil: none,
  trunc: none,
  round: none,
  sqrt: { forward: [(t, out) => divide(multiply(t, 0.5), out)] },
  square: { forward: chain((x) => multiply(x, 2)) },
  exp: { forward: chain((_, out) => out) },
  expm1: { forward: chain((_, out) => op("add", out, 1)) },
  log: { forward: [(t, _, x) => divide(t, x)] },
  log1p: { forward: [(t, _, x) => divide(t, op("add", x, 1))] },
  log2: { forward: [(t, _, x) => divide(t, multiply(x, LN2))] },
  log10: { forward: [(t, _, x) => divide(t, multiply(x, LN10))] },
  sin: { forward: chain((x) => op("cos", x)) },
  cos: { forward: chain((x) => op("negate", op("sin", x))) },
  tan: { forward: chain((_, out) => op("add", op("square", out), 1)) },
  asin: { forward: [(t, _, x) => divide(t, op("sqrt", oneMinusSquare(x)))] },
  acos: { forward: [(t, _, x) => op("negate", divide(t, op("sqrt", oneMinusSquare(x))))] },
  atan: { forward: [(t, _, x) => divide(t, op("add", op("square", x), 1))] },
  sinh: { forward: chain((x) => op("cosh", x)) },
  cosh: { forward: chain((x) => op("sinh", x)) },
  tanh: { forward: chain((_, out) => oneMinusSquare(out)) },
  asinh: { forward: [(t, _, x) => divide(t, op("sqrt", op("add", op("square", x), 1)))] },
  acosh: { forward: [(t, _, x) => divide(t, op("sqrt", multiply(op("subtract", x, 1), op("add", x, 1))))] },
  atanh: { forward: [(t, _, x) => divide(t, oneMinusSquare(x))] },
  erf: { forward: chain((x) => multiply(op("exp", op("negate", op("square", x))), TWO_OVER_ROOT_PI)) },
  erfc: { forward: chain((x) => multiply(op("exp", op("negate", op("square", x))), -TWO_OVER_ROOT_PI)) },
  logistic: { forward: chain((_, out) => multiply(out, op("subtract", 1, out))) },
  gelu: {
    // Phi(x) + x phi(x), with the distribution and the density of the standard normal.
    forward: chain((x) =>
      op(
        "add",
        multiply(op("erfc", multiply(x, -ROOT_HALF)), 0.5),
        multiply(multiply(x, ONE_OVER_ROOT_TWO_PI), op("exp", multiply(op("square", x), -0.5))),
      ),
    ),
  },
  isnan: none,
  isfinite: none,
  not: none,
  add: { forward: [same, same], backward: (ct) => ct },
  subtract: { forward: [same, opposite], backward: (ct, i) => (i === 0 ? ct : op("negate", ct)) },
  multiply: {
    forward: [(t, _, __, y) => multiply(t, y), (t, _, x) => multiply(x, t)],
    backward: (ct, i, { inputs }) => multiply(ct, known(inputs[1 - i])),
  },
  divide: {
    forward: [(t, _, __, y) => divide(t, y), (t, out, _, y) => op("negate", divide(multiply(t, out), y))],
    backward: (ct, _, { inputs }) => divide(ct, known(inputs[1])),
  },
  floorDivide: none,
  remainder: { forward: [same, (t, _, x, y) => op("negate", multiply(t, op("floorDivide", x, y)))] },
  pow: {
    forward: [
      // 0 where y is 0, also at x = 0.
      (t, _, x, y) =>
        multiply(
          t,
          multiply(y, op("pow", x, op("select", op("equal", y, 0), new Literal(1, y.dtype), op("subtract", y, 1)))),
        ),
      // The logarithm counts only where it exists; at x = 0 the power is 0 all around (y > 0).
      (t, out, x) =>
        multiply(t, multiply(out, op("log", op("select", op("lessEqual", x, 0), new Literal(1, x.dtype), x)))),
    ],
  },
  atan2: {
    forward: [
      (t, _, y, x) => divide(multiply(t, x), op("add", op("square", x), op("square", y))),
      (t, _, y, x) => op("negate", divide(multiply(t, y), op("add", op("square", x), op("square", y)))),
    ],
  },
  maximum: {
    forward: [(t, _, x, y) => multiply(t, weight(x, y, t.dtype)), (t, _, x, y) => multiply(t, weight(y, x, t.dtype))],
  },
  minimum: {
    forward: [(t, _, x, y) => multiply(t, weight(y, x, t.dtype)), (t, _, x, y) => multiply(t, weight(x, y, t.dtype))],
  },
  and: none,
  or: none,
  xor: none,
  leftShift: none,
  rightShift: none,
  equal: none,
  notEqual: none,
  less: none,
  lessEqual: none,
};

const tests = new Set<Step>(["isnan", "isfinite", "equal", "notEqual", "less", "lessEqual"]);

/** The steps that take inputs of one type, and `select`, each as a primitive. */
export const elementwise: Readonly<Record<ElementwiseName, Elementwise>> = {
  ...(Object.fromEntries(
    Object.entries<Rule>(rules).map(([name, rule]) => [name, ofStep(name as ElementwiseName, rule)]),
  ) as Record<ElementwiseName, Elementwise>),
  select: selectRow(),
};

export interface CastParams {
  readonly dtype: DType;
}

/** The elements as another type. */
export const cast: Primitive<CastParams> = {
  name: "cast",
  shapes: ([x], { dtype }) => [{ dtype, dims: (x as Aval).dims }],
  steps: (registers, [x], { dtype }) =>
    registers.step("cast", registers.typeOf(x as number), dtype, [x as number], tensorTypeCode[dtype]),
  jvp: ({ tangents: [t], params: { dtype } }) => [t === undefined || !isFloat(dtype) ? undefined : castTo(t, dtype)],
  transpose: ({ cotangents: [ct], inputs: [x] }) => [ct && castTo(ct, (x as Aval).dtype)],
  batch: (rule) => [bindOne(cast, rule.inputs, rule.params)],
};

/** The same elements, contiguous in memory of their own. */
export const copy: Primitive<undefined> = {
  name: "copy",
  shapes: ([x]) => [{ dtype: (x as Aval).dtype, dims: (x as Aval).dims }],
  steps: (_, [x]) => x as number,
  jvp: ({ tangents: [t] }) => [t],
  transpose: ({ cotangents: [ct] }) => [ct],
  batch: ({ inputs }) => [bindOne(copy, inputs, undefined)],
};

/**
 * The larger of x and 0, with the derivative 0 at 0, which follows from the result: so the result alone is kept for it, and
 * products of matrices are followed by one step.
 */
export const relu: Primitive<undefined> = {
  name: "relu",
  shapes: ([x]) => [{ dtype: (x as Aval).dtype, dims: (x as Aval).dims }],
  steps: (registers, [x]) => {
    const dtype = registers.typeOf(x as number);
    return registers.step("maximum", dtype, dtype, [x as number, registers.constant(0, dtype)]);
  },
  jvp: ({ tangents: [t], outputs: [out] }) => [
    t && op("select", op("lessEqual", out as Value, 0), new Literal(0, t.dtype), t),
  ],
  transpose: "never",
  batch: ({ inputs }) => [bindOne(relu, inputs, undefined)],
};

/** The same elements, of which no derivative is taken. */
export const stopGradient: Primitive<undefined> = {
  name: "stopGradient",
  shapes: ([x]) => [{ dtype: (x as Aval).dtype, dims: (x as Aval).dims }],
  view: (layout) => layout,
  jvp: "none",
  transpose: "never",
  batch: ({ inputs }) => [bindOne(stopGradient, inputs, undefined)],
};

/** Shape of an elementwise operation: that of all its inputs but for literals. */
function commonShape(operation: string, inputs: readonly Aval[]): Shape {
  let dims: Shape | undefined;
  for (const input of inputs) {
    if (input instanceof Literal) continue;
    if (dims === undefined) dims = input.dims;
    else if (!sameShape(dims, input.dims))
      throw shapeError(operation, [dims, input.dims], "shapes must be equal; broadcast them before");
  }
  return dims ?? [];
}

function ofStep(step: ElementwiseName, { forward, backward }: Rule): Elementwise {
  const test = tests.has(step);
  const row: Elementwise = {
    name: step,
    step,
    code: steps.indexOf(step),
    types: stepTypes[steps.indexOf(step)] as number,
    tests: test,
    shapes: (inputs) => {
      const dtype = typeOfInputs(step, inputs);
      return [{ dtype: test ? "bool" : dtype, dims: commonShape(step, inputs) }];
    },
    steps: (registers, inputs) => {
      const dtype = registers.typeOf(inputs[0] as number);
      return registers.step(step, dtype, test ? "bool" : dtype, inputs);
    },
    jvp:
      forward === undefined
        ? "none"
        : ({ primals, tangents, outputs }) => [
            sumOf(
              ...forward.map((contribution, i) => {
                const tangent = tangents[i];
                if (tangent === undefined) return undefined;
                return contribution(tangent, outputs[0] as Value, primals[0] as Value, primals[1] as Value);
              }),
            ),
          ],
    transpose:
      backward === undefined
        ? "never"
        : (rule) => {
            const ct = rule.cotangents[0];
            return rule.inputs.map((input, i) =>
              ct !== undefined && input instanceof Unknown ? backward(ct, i, rule) : undefined,
            );
          },
    batch: (rule) => [bindOne(row, allBatched(rule as never), undefined)],
  };
  return row;
}

function selectRow(): Elementwise {
  const row: Elementwise = {
    name: "select",
    step: "select",
    code: steps.indexOf("select"),
    types: stepTypes[steps.indexOf("select")] as number,
    tests: false,
    shapes: (inputs) => {
      const [condition] = inputs as [Aval];
      if (condition.dtype !== "bool")
        throw new WorldloomError(
          "tensor-dtype",
          `select: the condition is ${condition.dtype}, not bool; compare, or convert with astype(x, "bool").`,
          { operation: "select", dtype: condition.dtype },
        );
      return [{ dtype: typeOfInputs("select", inputs.slice(1)), dims: commonShape("select", inputs) }];
    },
    steps: (registers, inputs) => {
      const dtype = registers.typeOf(inputs[1] as number);
      return registers.step("select", dtype, dtype, inputs);
    },
    jvp: ({ primals: [condition], tangents: [, t, u], outputs: [out] }) => {
      if (t === undefined && u === undefined) return [undefined];
      const zero = zerosLike(out as Value);
      return [op("select", condition as Value, t ?? zero, u ?? zero)];
    },
    transpose: ({ cotangents: [ct], inputs: [condition, b, c] }) => {
      if (ct === undefined) return [undefined, undefined, undefined];
      const where = known(condition);
      return [
        undefined,
        b instanceof Unknown ? op("select", where, ct, 0) : undefined,
        c instanceof Unknown ? op("select", where, 0, ct) : undefined,
      ];
    },
    batch: (rule) => [bindOne(row, allBatched(rule as never), undefined)],
  };
  return row;
}

function typeOfInputs(step: Step, inputs: readonly Aval[]): DType {
  const { dtype } = inputs[0] as Aval;
  for (const input of inputs)
    if (input.dtype !== dtype)
      throw new WorldloomError(
        "tensor-dtype",
        `${step}: operands are ${dtype} and ${input.dtype}; convert one with astype().`,
        { operation: step, dtypes: [dtype, input.dtype] },
      );
  if (((stepTypes[steps.indexOf(step)] as number) & (1 << tensorTypeCode[dtype])) === 0)
    throw new WorldloomError("tensor-dtype", `${step} does not take ${dtype}; convert with astype().`, {
      operation: step,
      dtype,
    });
  return dtype;
}

function oneMinusSquare(x: Value): Value {
  return op("subtract", 1, op("square", x));
}
