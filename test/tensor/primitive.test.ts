import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loadJobs } from "../../src/native/index.ts";
import type { Jobs } from "../../src/native/jobs.ts";
import { referenceJobs } from "../../src/native/reference/index.ts";
import { HEADER_WORDS, instructions, STEP_WORDS, steps } from "../../src/native/tensor/format.ts";
import { currentArena, TensorArena, useArena } from "../../src/tensor/arena.ts";
import { bindOne } from "../../src/tensor/bind.ts";
import { compile } from "../../src/tensor/compile/compile.ts";
import { like } from "../../src/tensor/compile/spec.ts";
import { isFloat } from "../../src/tensor/dtype.ts";
import { stopGradient } from "../../src/tensor/primitive/elementwise.ts";
import { reshape, slice } from "../../src/tensor/primitive/exact.ts";
import { primitives } from "../../src/tensor/primitive/index.ts";
import { scope } from "../../src/tensor/scope.ts";
import { sizeOf } from "../../src/tensor/shape.ts";
import { Tensor } from "../../src/tensor/tensor.ts";
import { jvp } from "../../src/tensor/transform/forward.ts";
import { vjp } from "../../src/tensor/transform/reverse.ts";
import { vmap } from "../../src/tensor/transform/vmap.ts";
import type { Value } from "../../src/tensor/value.ts";
import { type Case, cases, type Input } from "./primitive-cases.ts";
import { numbers, of, random } from "./values.ts";

const native = loadJobs();
/** Rows that hold graphs: `control.test.ts` has them. */
const ofGraphs = ["cond", "scan", "while", "whileLoop", "checkpoint", "customJvp", "customVjp"];
/** What only plans write. */
const ofPlans = ["load", "store", "rows", "loop", "while", "branch"];

/** The elements of an input, from a seed. */
function elementsOf({ dims, dtype = "f64", low = -1, high = 1, apart }: Input, seed: number): number[] {
  const count = sizeOf(dims);
  const list = random(count, seed).map((unit) => low + ((unit + 1) / 2) * (high - low));
  if (!isFloat(dtype)) return list.map(Math.floor);
  if (apart === undefined) return list;
  // In the same order, but at equal distances.
  const order = list.map((_, i) => i).sort((a, b) => list[a]! - list[b]!);
  order.forEach((place, i) => {
    list[place] = low + ((i + 0.5) / count) * (high - low);
  });
  return list;
}

function inputsOf({ inputs }: Case, seed: number): Tensor[] {
  return inputs.map((input, i) => of(elementsOf(input, seed + i), input.dims, input.dtype ?? "f64"));
}

const close = (got: readonly number[], expected: readonly number[], tolerance: number) => {
  expect(got.length).toBe(expected.length);
  const size = Math.max(1, ...expected.map(Math.abs));
  got.forEach((value, i) => {
    if (Math.abs(value - expected[i]!) > tolerance * size) expect(value).toBe(expected[i]);
  });
};

const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, x, i) => sum + x * b[i]!, 0);

/** Only the floats of a case, with the others fixed: what can be differentiated. */
function floatsOf(one: Case, inputs: readonly Tensor[]): { f: (...x: Value[]) => Value; floats: Tensor[] } {
  const at = inputs.flatMap((input, i) => (isFloat(input.dtype) ? [i] : []));
  const f = (...x: Value[]) => one.f(...inputs.map((input, i) => (at.includes(i) ? x[at.indexOf(i)]! : input)));
  return { f, floats: at.map((i) => inputs[i]!) };
}

const each = cases.map((one): [string, Case] => [`${one.row}${one.note === undefined ? "" : `: ${one.note}`}`, one]);

describe("primitives", () => {
  let live = 0;
  beforeEach(() => {
    live = currentArena().live;
  });
  afterEach(() => {
    expect(currentArena().live).toBe(live);
  });

  it("have complete rows, each with a case", () => {
    const names = primitives.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const row of primitives) {
      const ways = [row.view, row.steps, row.lower, row.execute].filter((way) => way !== undefined);
      expect(ways.length, row.name).toBeGreaterThan(0);
      expect(typeof row.shapes, row.name).toBe("function");
      expect(typeof row.batch, row.name).toBe("function");
      expect(["function", "string"], row.name).toContain(typeof row.jvp);
      expect(["function", "string"], row.name).toContain(typeof row.transpose);
      if (row.jvp === "linear") expect(row.transpose, row.name).not.toBe("never");
    }
    const tested = new Set([...cases.map(({ row }) => row), "stopGradient", ...ofGraphs]);
    expect(names.filter((name) => !tested.has(name))).toEqual([]);
  });

  it("reach each instruction and each step of the format", () => {
    const seen = new Set<string>();
    const arena = new TensorArena({ bytesMax: 1 << 26, jobs: listening(native, seen) });
    useArena(arena, () => {
      for (const one of cases)
        inScope(() => {
          const inputs = inputsOf(one, 1);
          one.f(...inputs);
          compile<Value[], Value>(one.f, ...inputs.map((input) => like(input))).dispose();
        });
      inScope(() => void bindOne(stopGradient, [of([1])], undefined));
    });
    const all = [...instructions.filter((name) => !ofPlans.includes(name)), ...steps];
    expect(all.filter((name) => !seen.has(name))).toEqual([]);
  });

  it.each(each)("%s: derivatives are those of central differences", (_, one) => {
    inScope(() => {
      const inputs = inputsOf(one, 3);
      const { f, floats } = floatsOf(one, inputs);
      if (floats.length === 0) return;
      const directions = floats.map((x, i) => of(random(sizeOf(x.dims), 50 + i), x.dims));
      const [, tangent] = jvp(f, floats, directions) as [Value, Value];
      if (!isFloat(tangent.dtype) || one.flat === true) {
        expect(numbers(tangent).every((value) => value === 0)).toBe(true);
        return;
      }
      const step = 1e-5;
      const at = (by: number) =>
        numbers(
          f(
            ...floats.map((x, i) =>
              of(
                numbers(x).map((value, j) => value + by * numbers(directions[i]!)[j]!),
                x.dims,
              ),
            ),
          ),
        );
      const [above, below] = [at(step), at(-step)];
      close(
        numbers(tangent),
        above.map((value, i) => (value - below[i]!) / (2 * step)),
        1e-7,
      );
    });
  });

  it.each(each)("%s: forward and reverse mode agree", (_, one) => {
    inScope(() => {
      const { f, floats } = floatsOf(one, inputsOf(one, 5));
      if (floats.length === 0 || !isFloat(f(...floats).dtype)) return;
      const v = floats.map((x, i) => of(random(sizeOf(x.dims), 60 + i), x.dims));
      const [out, forward] = jvp(f, floats, v) as [Value, Value];
      const w = of(random(sizeOf(out.dims), 70), out.dims);
      const [, pullback] = vjp(f, ...floats);
      const back = pullback(w) as Value[];
      pullback[Symbol.dispose]();
      const left = dot(numbers(forward), numbers(w));
      const right = v.reduce((sum, x, i) => sum + dot(numbers(x), numbers(back[i]!)), 0);
      expect(Math.abs(left - right)).toBeLessThanOrEqual(1e-10 * Math.max(1, Math.abs(left)));
    });
  });

  it.each(each.filter(([, one]) => one.flat !== true))(
    "%s: forward over reverse mode is the second derivative",
    (_, one) => {
      inScope(() => {
        const { f, floats } = floatsOf(one, inputsOf(one, 7));
        const v = floats.map((x, i) => of(random(sizeOf(x.dims), 80 + i), x.dims));
        const out = f(...floats);
        const w = of(random(sizeOf(out.dims), 90), out.dims);
        const gradient = (...x: Value[]): Value[] => {
          const [, pullback] = vjp(f, ...x);
          return pullback(w) as Value[];
        };
        const [, tangents] = jvp(gradient, floats, v) as [Value[], Value[]];
        const step = 1e-5;
        const at = (by: number) => {
          const moved = floats.map((x, i) =>
            of(
              numbers(x).map((value, j) => value + by * numbers(v[i]!)[j]!),
              x.dims,
            ),
          );
          return gradient(...moved).flatMap(numbers);
        };
        const [above, below] = [at(step), at(-step)];
        close(
          tangents.flatMap(numbers),
          above.map((value, i) => (value - below[i]!) / (2 * step)),
          1e-6,
        );
      });
    },
  );

  it.each(each)("%s: a batch is a loop", (_, one) => {
    const size = 3;
    for (const mask of [...one.inputs.map((_, i) => 1 << i), (1 << one.inputs.length) - 1]) {
      inScope(() => {
        const lists = Array.from({ length: size }, (_, i) => inputsOf(one, 11 + 17 * i));
        const first = lists[0]!;
        const stacked = first.map((input, i) => {
          if ((mask & (1 << i)) === 0) return input;
          const elements = lists.flatMap((list) => numbers(list[i]!));
          return of(elements, [size, ...input.dims], input.dtype);
        });
        const axes = first.map((_, i) => ((mask & (1 << i)) === 0 ? null : 0));
        const batch = vmap(one.f, axes as never)(...stacked) as Value;
        const loop = lists.map((list) => one.f(...list.map((input, i) => (axes[i] === null ? first[i]! : input))));
        expect(batch.dims).toEqual([size, ...loop[0]!.dims]);
        close(numbers(batch), loop.flatMap(numbers), 1e-12);
      });
    }
  });

  it.each(each)("%s: strides do not matter", (_, one) => {
    inScope(() => {
      const inputs = inputsOf(one, 21);
      expect(numbers(one.f(...inputs.map(strided)))).toEqual(numbers(one.f(...inputs)));
    });
  });

  it.each(each)("%s: addon, reference and plans give the same bits", (_, one) => {
    let bits: number[] = [];
    inScope(() => {
      bits = numbers(one.f(...inputsOf(one, 31)));
    });
    const arena = new TensorArena({ bytesMax: 1 << 26, jobs: referenceJobs });
    useArena(arena, () =>
      inScope(() => {
        expect(numbers(one.f(...inputsOf(one, 31)))).toEqual(bits);
      }),
    );
    inScope(() => {
      const inputs = inputsOf(one, 31);
      const plan = compile<Value[], Value>(one.f, ...inputs.map((input) => like(input)));
      expect(numbers(plan.run(...inputs) as Value)).toEqual(bits);
      plan.dispose();
    });
  });
});

/** Runs `body` and disposes what it made. */
function inScope(body: () => void): void {
  scope(() => {
    body();
    return undefined;
  });
}

/** The same elements with gaps between them and axes that go backwards. */
function strided(x: Tensor): Tensor {
  const { dims } = x;
  const wide = Tensor.empty(
    x.dtype,
    dims.map((extent) => 2 * extent + 1),
  );
  wide.elements().fill(1);
  const starts = dims.map((extent, axis) => (axis % 2 === 0 ? 2 * extent : 1));
  const view = slice(
    wide,
    dims.map((extent, axis) => (extent === 0 ? 0 : starts[axis]!)),
    dims,
    dims.map((_, axis) => (axis % 2 === 0 ? -2 : 2)),
  ) as Tensor;
  const from = x.elements();
  const to = wide.elements();
  const bytes = from.BYTES_PER_ELEMENT;
  for (let i = 0; i < from.length; i++) {
    let rest = i;
    let at = (view.offset - wide.offset) / bytes;
    for (let axis = dims.length - 1; axis >= 0; axis--) {
      at += (rest % dims[axis]!) * view.strides[axis]!;
      rest = Math.floor(rest / dims[axis]!);
    }
    to[at] = from[i]!;
  }
  return reshape(view, dims) as Tensor;
}

/** The jobs, with the names of instructions and steps of programs put into `seen`. */
function listening(jobs: Jobs, seen: Set<string>): Jobs {
  const listen = (list: Uint32Array): void => {
    for (let at = HEADER_WORDS; at < list.length; ) {
      const name = instructions[list[at]!]!;
      seen.add(name);
      if (name === "fuse") {
        const [inputs, outputs, count] = [list[at + 2]!, list[at + 3]!, list[at + 4]!];
        let step = at + 6;
        for (let i = 0; i < inputs + outputs; i++) step += 3 + 2 * ((list[step]! >> 8) & 255);
        for (let i = 0; i < count; i++) seen.add(steps[list[step + i * STEP_WORDS]! & 255]!);
      }
      // The body of `rows` follows its six words.
      at += name === "rows" ? 6 : list[at + 1]!;
    }
  };
  return {
    ...jobs,
    tensorOnce(memory, program, words) {
      listen(memory.u32.subarray(program / 4, program / 4 + words));
      jobs.tensorOnce(memory, program, words);
    },
    tensorPlan(memory, program, words) {
      listen(memory.u32.subarray(program / 4, program / 4 + words));
      return jobs.tensorPlan(memory, program, words);
    },
  };
}
