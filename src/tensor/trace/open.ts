import { WorldloomError } from "../../core/errors.ts";
import type { Primitive } from "../primitive/primitive.ts";

/** Throws `tensor-traced` for a tracer that is used after its transformation has ended. */
export function checkOpen(trace: { readonly open: boolean }, primitive: Primitive): void {
  if (trace.open) return;
  throw new WorldloomError(
    "tensor-traced",
    `${primitive.name}: an input is a value of a function whose transformation has ended; return values from the function instead of keeping them, and watch() anew after backward().`,
    { operation: primitive.name },
  );
}
