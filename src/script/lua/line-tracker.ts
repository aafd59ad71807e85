import { codeOf, type LuaCode } from "./code-lines.ts";
import type { Machine } from "./machine.ts";

/** Of a call: which line it was at, and before which instruction. */
interface Place {
  code: LuaCode;
  line: number;
  next: number;
}

/** Follows which lines run, from what a probe is told before each instruction. It reads memory and writes none. */
export class LineTracker {
  /** What runs now. */
  code!: LuaCode;
  line = 0;
  /** Whether the instruction is the first one of a call. */
  entered = false;
  #call = -1;
  #closure = -1;
  #place!: Place;
  readonly #codes = new Map<number, LuaCode>();
  readonly #places = new Map<number, Place>();

  /** To be told that memory may have changed from outside. */
  clear(): void {
    this.#call = -1;
    this.#codes.clear();
    this.#places.clear();
  }

  /** Whether the instruction before `next` begins a line: another one than before in its call, or the same once more. */
  step(machine: Machine, call: number, next: number): boolean {
    const { words } = machine;
    const closure = words[words[call >> 2]! >> 2]!;
    if (call !== this.#call || closure !== this.#closure) this.#enter(machine, call, closure, next);
    const { code } = this;
    const instruction = ((next - code.code) >> 2) - 1;
    const line = code.lines[instruction]!;
    this.line = line;
    this.entered = instruction === code.entry;
    const place = this.#place;
    const begins = instruction === code.entry || line !== place.line || next <= place.next;
    place.line = line;
    place.next = next;
    return begins && instruction >= code.entry;
  }

  #enter(machine: Machine, call: number, closure: number, next: number): void {
    this.#call = call;
    this.#closure = closure;
    let code = this.#codes.get(closure);
    if (code === undefined || next <= code.code || next > code.code + 4 * code.lines.length) {
      code = codeOf(machine, closure);
      this.#codes.set(closure, code);
    }
    this.code = code;
    const known = this.#places.get(call);
    if (known !== undefined && known.code === code) this.#place = known;
    else {
      this.#place = { code, line: -1, next: 0 };
      this.#places.set(call, this.#place);
    }
  }
}
