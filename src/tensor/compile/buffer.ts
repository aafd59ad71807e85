import type { Operand } from "../operand.ts";

/** Where a value of a plan lies. Its offset is known when the memory of the plan has been planned. */
export class Buffer {
  /** `temporary` and `output` belong to the plan's workspace; `local` is scratch of a block of rows. */
  kind: "temporary" | "output" | "input" | "constant" | "local";
  /** For the largest leading number. */
  readonly bytes: number;
  /** Byte offset: in the memory, from its slot, or in local memory. */
  offset = 0;
  /** Of inputs: 1 and up. */
  readonly slot: number;
  /** What is to be used in its place: a result that is written over a donated input. */
  #instead: Buffer | undefined;

  constructor(kind: Buffer["kind"], bytes: number, slot = 0) {
    this.kind = kind;
    this.bytes = bytes;
    this.slot = slot;
  }

  replaceBy(other: Buffer): void {
    this.#instead = other;
  }

  get actual(): Buffer {
    return this.#instead?.actual ?? this;
  }
}

/** An operand of a plan: its offset is from the start of its buffer. Copies of it with other layouts keep the buffer. */
export interface PlanOperand extends Operand {
  readonly buffer: Buffer;
}

export function bufferOf(operand: Operand): Buffer {
  return (operand as PlanOperand).buffer.actual;
}
