import { AssertionError, WorldloomError } from "../core/errors.ts";

/** Why a job refused an operand, before it wrote anything. */
export const faultReasons = ["memory", "value", "range", "alignment", "overlap", "order", "capacity", "panic"] as const;

export type FaultReason = (typeof faultReasons)[number];

const advice: Readonly<Record<FaultReason, string>> = {
  memory: "is not registered; pass a Memory that has not been released",
  value: "is not a value that the job takes; see the documentation of the job",
  range: "reaches past the end of the memory; check its offset and count",
  alignment: "is not aligned to its element size; round the offset up",
  overlap: "overlaps memory that the job writes or reads; give each operand its own range",
  order: "is out of order; sort it as the documentation of the job says",
  capacity: "is larger than the job's limit; split the batch",
  panic: "made the addon panic",
};

/**
 * The error for a refused operand.
 * @param span index of the record in the descriptor list that holds the operand, -1 if it is an argument itself
 */
export function jobFault(reason: FaultReason, operand: string, span: number): Error {
  const place = span < 0 ? operand : `${operand} of record ${span}`;
  const message = `The job's operand ${place} ${advice[reason]}.`;
  if (reason === "panic") return new AssertionError(message);
  const operands = span < 0 ? { operand, reason } : { operand, reason, span };
  return new WorldloomError("job-input", message, operands);
}
