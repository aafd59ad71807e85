let levels = 0;
let tapes = 0;

/** The level of the innermost trace that is open; 0 where there is none. */
export function currentLevel(): number {
  return levels;
}

/** Runs `body` with a level for a new trace: above those of all traces that are open. */
export function atNewLevel<R>(body: (level: number) => R): R {
  try {
    return body(++levels);
  } finally {
    levels--;
  }
}

/** Whether a function is being traced, or a tape is open: what is known of tensors may be needed later. */
export function tracing(): boolean {
  return levels > 0 || tapes > 0;
}

/** How many tapes are open. */
export function tapeCount(): number {
  return tapes;
}

/** Adds to the number of tapes that are open. */
export function countTapes(change: number): void {
  tapes += change;
}
