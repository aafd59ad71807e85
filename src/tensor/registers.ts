import type { Step } from "../native/tensor/format.ts";
import type { DType } from "./dtype.ts";

/** Writes the steps of an elementwise program. Registers are numbers; each has a type and is written once. */
export interface Registers {
  /** Type of a register. */
  typeOf(register: number): DType;
  constant(value: number, dtype: DType): number;
  /** `extra` as the format says, per step. */
  step(step: Step, dtype: DType, result: DType, operands: readonly number[], extra?: number): number;
}
