import type { Instruction } from "../../native/tensor/format.ts";
import type { Operand } from "../operand.ts";
import type { ProgramWriter } from "../writer.ts";

/** Gives the operand of a plan as the program has it: with the offset where its buffer lies. */
export type Place = (operand: Operand) => Operand;

/** An instruction that is not written yet, because where its operands lie is not known. */
export interface PlanInstruction {
  readonly name: Instruction;
  readonly reads: readonly Operand[];
  readonly writes: readonly Operand[];
  /** Elementwise programs: `reads` and `writes` are element by element, in the same place. */
  readonly elementwise: boolean;
  /** Instructions inside, if any. */
  readonly bodies: readonly (readonly PlanInstruction[])[];
  /** How many steps a fused program has, what a reduction is called and the like: for people. */
  readonly note: string;
  write(writer: ProgramWriter, place: Place): void;
  /** Of `dot`: the matrices, where the raw result goes, and a way to have it go to memory of its own. */
  readonly dot?: { readonly a: Operand; readonly b: Operand; readonly raw: Operand; separate(): void };
  /** Axes of a reduction. */
  readonly axes?: readonly number[];
}

/** Operands that an instruction touches, and those inside it. */
export function* everyOperand(instruction: PlanInstruction): Generator<Operand> {
  yield* instruction.reads;
  yield* instruction.writes;
  for (const body of instruction.bodies) for (const inner of body) yield* everyOperand(inner);
}
