import { jobFault } from "../../fault.ts";
import type { Memory } from "../../memory.ts";
import { ELEMENTS_MAX, HEADER_WORDS, LOCAL_MAX, PROGRAM_MAGIC, SLOTS_MAX } from "../../tensor/format.ts";
import { claims, integer } from "../claims.ts";
import { execute } from "./control.ts";
import { readInstructions } from "./instructions.ts";
import { type Instruction, Reader, type Run } from "./reader.ts";
import { type Bytes, scratch, type View } from "./view.ts";

/** A program that has been read and checked. */
export class Plan {
  readonly leadingMax: number;
  readonly #slots: Slot[] = [];
  readonly #slotTable: number;
  readonly #slotCount: number;
  readonly #localBytes: number;
  readonly #instructions: readonly Instruction[];
  readonly #body: readonly Instruction[];
  #local: Bytes | undefined;
  /** What the instructions have been resolved for. */
  #leading = -1;
  #bytes = -1;

  /** Of `words` words at byte `offset` of a memory; they are not looked at again. */
  constructor(memory: Memory, offset: number, words: number) {
    claims.begin(memory);
    integer("program", offset);
    integer("words", words);
    claims.read("program", -1, offset, words, 4);
    const base = offset >>> 2;
    if (words < HEADER_WORDS) throw refused();
    const { u32 } = memory;
    const leadingMax = u32[base + 2]!;
    const slots = u32[base + 3]!;
    const slotTable = u32[base + 4]!;
    const localBytes = u32[base + 5]!;
    if (u32[base] !== PROGRAM_MAGIC || u32[base + 1] !== words || leadingMax > ELEMENTS_MAX) throw refused();
    if (slots > SLOTS_MAX || slotTable % 4 !== 0 || localBytes > LOCAL_MAX) throw refused();
    this.leadingMax = leadingMax;
    this.#slotCount = slots;
    this.#slotTable = slotTable;
    this.#localBytes = localBytes;
    const reader = new Reader(memory.u32, base, HEADER_WORDS, words, slots);
    this.#body = readInstructions(reader);
    this.#instructions = reader.instructions;
  }

  run(memory: Memory, leading: number, columns: Memory): void {
    if (this.#leading !== leading || this.#bytes !== memory.u8.length) this.#resolve(memory, leading);
    const bases = this.#bases(memory);
    this.#local ??= scratch(this.#localBytes);
    for (const { operands } of this.#instructions) for (const view of operands) view.bind(memory, this.#local, bases);
    const run: Run = { memory, columns };
    execute(this.#body, run);
  }

  #resolve(memory: Memory, leading: number): void {
    const bytes = memory.u8.length;
    this.#leading = -1;
    this.#slots.length = 0;
    if (this.#slotCount > 0 && this.#slotTable + this.#slotCount * 4 > bytes) throw jobFault("range", "program", -1);
    for (let index = 0; index < this.#instructions.length; index++) {
      const { operands, fits } = this.#instructions[index]!;
      for (const view of operands) {
        const refusal = view.resolve(leading, bytes, this.#localBytes);
        if (refusal !== undefined) throw jobFault(refusal, "program", index);
        if (view.slot > 0) this.#widen(view);
      }
      if (fits !== undefined && !fits(leading)) throw jobFault("value", "program", index);
    }
    this.#leading = leading;
    this.#bytes = bytes;
  }

  /** Takes an operand into what its slot has to reach. */
  #widen(view: View): void {
    const slot = (this.#slots[view.slot - 1] ??= { low: 0, high: 0, used: false, alignment: 1 });
    slot.alignment = Math.max(slot.alignment, view.bytes);
    if (view.elements === 0) return;
    slot.low = slot.used ? Math.min(slot.low, view.low) : view.low;
    slot.high = slot.used ? Math.max(slot.high, view.high) : view.high;
    slot.used = true;
  }

  #bases(memory: Memory): number[] {
    const bases: number[] = [];
    for (let i = 0; i < this.#slotCount; i++) bases.push(memory.u32[(this.#slotTable >>> 2) + i]!);
    this.#slots.forEach(({ low, high, used, alignment }, i) => {
      const base = bases[i]!;
      if (used && (base + low < 0 || base + high > memory.u8.length)) throw jobFault("range", "slots", i);
      if (base % alignment !== 0) throw jobFault("alignment", "slots", i);
    });
    return bases;
  }
}

function refused(): Error {
  return jobFault("value", "program", -1);
}

/** What the operands of a slot reach from its base, in bytes. */
interface Slot {
  low: number;
  high: number;
  /** Whether any of them has elements. */
  used: boolean;
  alignment: number;
}
