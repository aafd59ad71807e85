import { optionsOf, wrong } from "../argument.ts";
import { iotaOf } from "../primitive/source.ts";
import { scope } from "../scope.ts";
import { isSymbolic, shapeError } from "../shape.ts";
import { Value } from "../value.ts";
import { softmax } from "./activation.ts";
import { add, greaterEqual, multiply, where } from "./arithmetic.ts";
import { asValue, type Like } from "./convert.ts";
import { matmul } from "./matmul.ts";
import { matrixTranspose } from "./view.ts";

export interface AttentionOptions {
  /** Bool: what may be looked at; else it is added to the scores. Broadcast to [..., queries, keys]. */
  readonly mask?: Value;
  /** Each query looks only at keys up to its own place, both counted from the end. */
  readonly causal?: boolean;
  /** Of the scores; 1 / sqrt(width) unless given. */
  readonly scale?: number;
}

/**
 * Scaled dot product attention: softmax(queries keys^T scale + mask) values, of [..., queries, width], [..., keys, width] and
 * [..., keys, features]. A query that may look at nothing gives NaN.
 */
export function attention(queries: Like, keys: Like, values: Like, options?: AttentionOptions): Value {
  return scope(() => {
    const { mask, causal = false, scale } = optionsOf("attention", options, ["mask", "causal", "scale"]);
    if (mask !== undefined && !(mask instanceof Value)) throw wrong("attention", "mask", mask, "a tensor");
    const [q, k, v] = [asValue(queries), asValue(keys), asValue(values)];
    if (q.dims.length < 2 || k.dims.length < 2 || v.dims.length < 2)
      throw shapeError("attention", [q.dims, k.dims, v.dims], "each needs rows and columns");
    const width = q.dims.at(-1) as number;
    let scores = multiply(matmul(q, matrixTranspose(k)), scale ?? 1 / Math.sqrt(width));
    if (causal) {
      const [rows, columns] = scores.dims.slice(-2) as [number, number];
      const later = columns - rows;
      if (later !== 0 && isSymbolic([rows, columns]))
        throw shapeError(
          "attention",
          [q.dims, k.dims],
          "causal needs as many queries as keys where a plan leaves them open",
        );
      const row = iotaOf([rows, columns], 0, "i32");
      const seen = greaterEqual(later === 0 ? row : add(row, later), iotaOf([rows, columns], 1, "i32"));
      scores = where(seen, scores, Number.NEGATIVE_INFINITY);
    }
    if (mask !== undefined)
      scores = mask.dtype === "bool" ? where(mask, scores, Number.NEGATIVE_INFINITY) : add(scores, mask);
    return matmul(softmax(scores, -1), v);
  });
}
