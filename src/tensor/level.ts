let levels = 0;
const tapes = new Set<Tape>();

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

/** A trace that stays open from one call to the next. */
export interface Tape {
  close(): void;
}

/** Whether a function is being traced, or a tape is open: what is known of tensors may be needed later. */
export function tracing(): boolean {
  return levels > 0 || tapes.size > 0;
}

export function opened(tape: Tape): void {
  tapes.add(tape);
}

export function closed(tape: Tape): void {
  tapes.delete(tape);
}

/** Closes all tapes that are open. */
export function closeTapes(): void {
  for (const tape of tapes) tape.close();
}
