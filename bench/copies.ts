import { Memory, PAGE_BYTES } from "../src/native/memory.ts";
import type { Side } from "./pairs.ts";

/**
 * A limit of the machine: `bytes` copied with `memory.copy` of WebAssembly, in `calls` calls. The copy is checked; the
 * checksum is then `expected()`, so that a limit can stand beside work that computes something.
 */
export function copySide(bytes: number, calls: number, work: number, expected: () => number): Side {
  const part = Math.ceil(bytes / calls / 64) * 64;
  const half = part * calls;
  const memory = new Memory({ bytesMax: half * 2 + PAGE_BYTES });
  memory.grow(Math.ceil((half * 2) / PAGE_BYTES));
  for (let i = 0; i < half / 4; i++) memory.u32[i] = i * 2_654_435_761;
  let runs = 0;
  return {
    reset() {
      runs = 0;
    },
    run() {
      for (let call = 0; call < calls; call++) memory.copy(half + call * part, call * part, part);
      runs++;
      return work;
    },
    checksum() {
      if (runs === 0) return 0;
      for (let i = 0; i < half / 4; i += 61)
        if (memory.u32[half / 4 + i] !== (i * 2_654_435_761) >>> 0) return Number.NaN;
      memory.fill(half, 0, half);
      return expected();
    },
  };
}
