/** Milliseconds of a steady clock that counts from some time before the process: only differences mean something. */
export function nowMs(): number {
  return performance.now();
}
