import { WorldloomError } from "../../core/errors.ts";
import { checkText } from "../argument.ts";
import { isFloat } from "../dtype.ts";
import { cast, expand, op, permute, reduce, zerosLike } from "../primitive/exact.ts";
import { iotaOf } from "../primitive/source.ts";
import { scope } from "../scope.ts";
import { shapeError } from "../shape.ts";
import type { Value } from "../value.ts";
import { asValue, commonType, type Like, own } from "./convert.ts";
import { asIntegers, dot } from "./matmul.ts";

/** A tensor whose axes have letters. */
interface Term {
  readonly value: Value;
  readonly labels: string;
}

/**
 * Einstein's summation: `einsum("bij,bjk->bik", a, b)`. Letters name axes; those that are not in the result are summed over;
 * without `->` the result has those that occur once, in alphabetical order; `...` stands for axes that are broadcast.
 * Products are formed from left to right, two at a time.
 */
export function einsum(formula: string, ...inputs: readonly Like[]): Value {
  checkText("einsum", "the formula", formula);
  return scope(() => {
    const dtype = commonType(...inputs);
    const float = isFloat(dtype) ? dtype : "f64";
    const { terms, result } = parse(
      formula,
      inputs.map((input) => cast(asValue(input), float)),
    );
    let [product] = terms as [Term];
    product = reduced(product, needed(terms, 0, result));
    for (let i = 1; i < terms.length; i++) {
      const next = reduced(terms[i] as Term, product.labels + needed(terms, i, result));
      product = multiplied(product, next, needed(terms, i, result));
    }
    const out = reduced(product, result);
    const order = [...result].map((label) => out.labels.indexOf(label));
    return own(asIntegers(permute(out.value, order), dtype), ...inputs);
  });
}

/** The letters that occur after term `i`, or in the result. */
function needed(terms: readonly Term[], i: number, result: string): string {
  return terms
    .slice(i + 1)
    .map(({ labels }) => labels)
    .concat(result)
    .join("");
}

/** Sums over what nobody needs. */
function reduced({ value, labels }: Term, kept: string): Term {
  const axes = [...labels].flatMap((label, i) => (kept.includes(label) ? [] : [i]));
  return { value: reduce("sum", value, axes), labels: [...labels].filter((label) => kept.includes(label)).join("") };
}

function multiplied(a: Term, b: Term, kept: string): Term {
  const shared = [...a.labels].filter((label) => b.labels.includes(label));
  const batch = shared.filter((label) => kept.includes(label));
  const contract = shared.filter((label) => !kept.includes(label));
  const axes = (labels: readonly string[], of: Term) => labels.map((label) => of.labels.indexOf(label));
  const value = dot(a.value, b.value, {
    contract: { a: axes(contract, a), b: axes(contract, b) },
    batch: { a: axes(batch, a), b: axes(batch, b) },
  });
  const free = (of: Term) => [...of.labels].filter((label) => !shared.includes(label));
  return { value, labels: [...batch, ...free(a), ...free(b)].join("") };
}

function parse(formula: string, values: readonly Value[]): { terms: Term[]; result: string } {
  const [left = "", given] = formula.replaceAll(/\s/g, "").split("->");
  const parts = left.split(",");
  if (parts.length !== values.length || !/^[a-zA-Z.,]*(->[a-zA-Z.]*)?$/.test(formula.replaceAll(/\s/g, "")))
    throw wrong(formula, `it names ${parts.length} operands by letters, ${values.length} are given`);
  const named = parts.map((part, i) => part.replaceAll(".", "").length <= (values[i] as Value).dims.length);
  if (named.includes(false)) throw wrong(formula, `operand ${named.indexOf(false)} has fewer axes than letters`);
  const open = Math.max(
    0,
    ...parts.map((part, i) => (part.includes("...") ? (values[i] as Value).dims.length - part.length + 3 : 0)),
  );
  // Letters of a private alphabet for what the dots stand for, the last axis last.
  const dots = Array.from({ length: open }, (_, i) => String.fromCharCode(0x3b1 + i)).join("");
  const extents = new Map<string, number>();
  const labels = parts.map((part, i) => {
    const { dims } = values[i] as Value;
    const own = dims.length - part.length + 3;
    const out = part.replace("...", dots.slice(open - own));
    if (out.length !== dims.length || out.includes("."))
      throw wrong(formula, `operand ${i} has ${dims.length} axes, not ${out.length}`);
    [...out].forEach((label, axis) => {
      const extent = dims[axis] as number;
      const before = extents.get(label) ?? 1;
      if (before !== 1 && extent !== 1 && before !== extent)
        throw shapeError(
          "einsum",
          values.map((value) => value.dims),
          `${label} is ${before} and ${extent}`,
          axis,
        );
      extents.set(label, before === 1 ? extent : before);
    });
    return out;
  });
  const all = labels.join("");
  const once = [...new Set(all)].filter((label) => !dots.includes(label) && all.split(label).length === 2).sort();
  const result = given === undefined ? dots + once.join("") : given.replace("...", dots);
  if (new Set(result).size !== result.length || [...result].some((label) => !extents.has(label)))
    throw wrong(formula, "the result names each letter of the operands at most once");
  const terms = labels.map((own, i) => stretched(diagonals({ value: values[i] as Value, labels: own }), extents));
  return { terms, result };
}

/** Axes of extent 1 expanded to what the letter means elsewhere. */
function stretched({ value, labels }: Term, extents: ReadonlyMap<string, number>): Term {
  const dims = [...labels].map((label) => extents.get(label) as number);
  return {
    value: expand(
      value,
      dims,
      dims.map((_, i) => i),
    ),
    labels,
  };
}

/** A letter that an operand has twice: the diagonal of the two axes. */
function diagonals(term: Term): Term {
  const { value, labels } = term;
  const second = [...labels].findIndex((label, i) => labels.indexOf(label) < i);
  if (second < 0) return term;
  const first = labels.indexOf(labels[second] as string);
  const on = op("equal", iotaOf(value.dims, first, "i32"), iotaOf(value.dims, second, "i32"));
  const only = op("select", on, value, zerosLike(value));
  return diagonals({
    value: reduce("sum", only, [second]),
    labels: labels.slice(0, second) + labels.slice(second + 1),
  });
}

function wrong(formula: string, why: string): WorldloomError {
  return new WorldloomError("tensor-shape", `einsum: "${formula}": ${why}.`, { operation: "einsum", formula });
}
