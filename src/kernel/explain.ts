import { elementBytes, elementCode } from "../native/element.ts";
import { emitsWide } from "./emit/emit.ts";
import { textOf } from "./emit/text.ts";
import type { Declaration } from "./lowered.ts";
import type { Unit } from "./modules.ts";
import { printProgram } from "./print.ts";
import type { Buffer } from "./program.ts";

/** Bytes per second that one core streams from memory, for {@link Explanation.nanoseconds}: a cautious figure. */
const BANDWIDTH = 20e9;
/** Rows of a full chunk for which the code is shown: the default of a world. */
const SHIFT = 10;

/** What a kernel was made into. */
export interface Explanation {
  readonly name: string;
  /** The intermediate form. */
  readonly form: string;
  /** The WebAssembly of a full chunk of 1,024 rows, as text. */
  readonly code: string;
  /** Of columns, per entity; gathers and neighbours not counted. */
  readonly bytesLoaded: number;
  readonly bytesStored: number;
  /** What moving these bytes takes per entity, if they come from memory at 20 GB/s. A written line is read first. */
  readonly nanoseconds: number;
  /** Whether the code of a prepared kernel has vectors of 256 bits, where the engine makes them: eight rows at a time. */
  readonly wide: boolean;
  toString(): string;
}

export function explain({ name }: Declaration, unit: Unit): Explanation {
  const { program } = unit.lowered;
  const loaded = new Set(program.nodes.filter(({ op }) => op === "load").map(({ value }) => value));
  const stored = new Set(program.stores.map(({ buffer, lane }) => (buffer << 16) | lane));
  const bytes = (elements: Iterable<number>): number =>
    [...elements].reduce((sum, element) => sum + bytesOf(program.buffers[element >>> 16]!), 0);
  const entities = program.appends.length > 0 || program.nodes.some(({ op }) => op === "entity") ? 4 : 0;
  const bytesLoaded = bytes(loaded) + entities;
  const bytesStored = bytes(stored);
  const nanoseconds = ((bytes(new Set([...loaded, ...stored])) + entities + bytesStored) / BANDWIDTH) * 1e9;
  const form = printProgram(program);
  const code = textOf(program, unit.bindings(SHIFT).full);
  const wide = emitsWide(program);
  const rows = wide ? "four rows at a time, eight when prepared" : "four rows at a time";
  const cost = `${bytesLoaded} bytes loaded and ${bytesStored} stored per entity: ${nanoseconds.toFixed(2)} ns at 20 GB/s`;
  return {
    name,
    form,
    code,
    bytesLoaded,
    bytesStored,
    nanoseconds,
    wide,
    toString: () => `kernel ${name}\n${cost}, ${rows}\n\n${form}\n\n${code}\n`,
  };
}

function bytesOf({ element }: Buffer): number {
  return elementBytes[elementCode[element === "bool" ? "u8" : element]]!;
}
