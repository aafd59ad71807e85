import { nowMs } from "../core/clock.ts";

let ms = 0;

/** Milliseconds during which a debugger has held this thread: no script is to answer for them. */
export function heldMs(): number {
  return ms;
}

/** Does something that holds the thread. */
export function hold(action: () => void): void {
  const began = nowMs();
  try {
    action();
  } finally {
    ms += nowMs() - began;
  }
}
