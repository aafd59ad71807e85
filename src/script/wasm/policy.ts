import { WorldloomError } from "../../core/errors.ts";
import { importCount, instructionsOf, type WasmModule } from "./module.ts";
import { op, type } from "./opcode.ts";

/** Elements of all tables of a module together. */
const TABLE_ELEMENTS_MAX = 65_536;

/** Throws `script-invalid` for what guests may not have. The module is valid. */
export function checkGuest(module: WasmModule, pagesMax: number): void {
  for (const { module: from, name, kind } of module.imports) {
    if (kind !== "function") throw refused(`it imports the ${kind} ${from}.${name}`, "import functions only");
  }
  checkMemory(module, pagesMax);
  const elements = module.tables.reduce((sum, { limits }) => sum + limits.initial, 0);
  if (elements > TABLE_ELEMENTS_MAX) {
    throw refused(`its tables have ${elements} elements`, `make do with ${TABLE_ELEMENTS_MAX}`);
  }
  for (const [index, global] of module.globals.entries()) {
    if (global.mutable && !numbers.has(global.type)) {
      throw refused(`global ${index} changes and is no number`, "keep vectors and references in memory or tables");
    }
  }
  for (const { name } of module.exports) {
    if (reserved.test(name)) throw refused(`it exports "${name}", which the host does`, "give it another name");
  }
  const imported = importCount(module, "function");
  for (const [index, body] of module.bodies.entries()) {
    const at = instructionsOf(body, `function ${imported + index}`);
    while (at.next()) {
      if (tableChanges.has(at.code)) {
        throw refused(`function ${imported + index}, byte ${at.start}: it changes a table`, "fill tables by segments");
      }
    }
  }
}

const numbers = new Set<number>([type.i32, type.i64, type.f32, type.f64]);
const reserved = /^(fuel|depth|why|__start|__global_\d+)$/;
const tableChanges = new Set<number>([op.tableSet, op.tableInit, op.tableCopy, op.tableGrow, op.tableFill]);

function checkMemory({ memories, exports }: WasmModule, pagesMax: number): void {
  if (memories.length > 1) throw refused(`it has ${memories.length} memories`, "use one");
  const [memory] = memories;
  if (memory === undefined) return;
  if (memory.shared) throw refused("its memory is shared", "build it without threads");
  if (memory.initial > pagesMax) {
    throw refused(`its memory has ${memory.initial} pages of 64 KiB from the start`, `${pagesMax} are allowed`);
  }
  if (exports.some(({ name, kind }) => name === "memory" && kind !== "memory")) {
    throw refused('it exports something else as "memory"', "give it another name");
  }
}

function refused(what: string, instead: string): WorldloomError {
  return new WorldloomError("script-invalid", `This module is refused: ${what}; ${instead}.`, { what });
}
