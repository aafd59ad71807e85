import type { Operand } from "../operand.ts";
import { showShape } from "../shape.ts";
import { bufferOf } from "./buffer.ts";
import type { PlanInstruction } from "./instruction.ts";
import { isRowBlock, type Scheduled } from "./rows.ts";

/** What a plan does, for people: an instruction a line. */
export function explainList(scheduled: readonly Scheduled[]): string[] {
  return scheduled.flatMap((item) => {
    if (!isRowBlock(item)) return lines(item, "");
    const head = `rows ${showShape([item.extent])} in blocks of ${item.blockRows}`;
    return [head, ...item.list.flatMap((instruction) => lines(instruction, "  "))];
  });
}

function lines(instruction: PlanInstruction, indent: string): string[] {
  const { name, note, reads, writes, bodies } = instruction;
  const operands = `${reads.map(show).join(", ")} -> ${writes.map(show).join(", ")}`;
  const head = `${indent}${name}${note === "" ? "" : ` (${note})`}: ${operands}`;
  return [head, ...bodies.flatMap((body) => body.flatMap((inner) => lines(inner, `${indent}  `)))];
}

function show(operand: Operand): string {
  const buffer = bufferOf(operand);
  const where =
    buffer.kind === "input"
      ? `input ${buffer.slot}`
      : buffer.kind === "temporary"
        ? `at ${buffer.offset}`
        : buffer.kind;
  return `${operand.dtype}${showShape(operand.dims)} ${where}`;
}
