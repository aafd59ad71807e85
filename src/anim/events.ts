import { expectList, expectNumber, expectOptions } from "../core/argument.ts";
import { WorldloomError } from "../core/errors.ts";
import type { ClipEvent } from "./clip.ts";
import type { Wrap } from "./time.ts";

/** A clip's duration and its events in order of time. */
export interface EventTimes {
  /** Seconds. */
  readonly duration: number;
  readonly events: readonly ClipEvent[];
}

const CYCLES_MAX = 2 ** 50;

/**
 * Writes the events that playback comes across on its way from `from` to `to` (seconds, of any sign and size) to `out`:
 * their numbers in `clip.events`, in the order in which they happen; returns how many. The time at which an interval
 * ends belongs to it, the one at which it begins does not, forwards and backwards, so that intervals that follow one
 * another have each event once, and so does a turn of `ping-pong`. Only the first `out.length` are written.
 * Times of 2^50 cycles and more have no events.
 */
export function crossEvents(
  out: { readonly length: number; [index: number]: number },
  clip: EventTimes,
  from: number,
  to: number,
  wrap: Wrap,
): number {
  const { events, duration } = clip;
  if (events.length === 0 || !(from < to || to < from)) return 0;
  const clamps = wrap === "clamp" || !(duration > 0);
  const turns = wrap === "ping-pong" && !clamps;
  const forwards = from < to;
  const step = forwards ? 1 : -1;
  // A cycle more on each side than intervals need: the comparisons decide.
  const first = clamps ? 0 : Math.floor(from / duration) - step;
  const last = clamps ? 0 : Math.floor(to / duration) + step;
  if (!(Math.abs(first) <= CYCLES_MAX && Math.abs(last) <= CYCLES_MAX)) return 0;
  let count = 0;
  // Each two cycles have an event, but for those at both ends: so many are enough to fill `out`, whatever times events have.
  let left = 2 * out.length + 6;
  for (let cycle = first; left-- > 0 && (forwards ? cycle <= last : cycle >= last); cycle += step) {
    const back = turns && cycle % 2 !== 0;
    for (let i = 0; i < events.length; i++) {
      const event = back === forwards ? events.length - 1 - i : i;
      const { time } = events[event]!;
      // The turns belong to the cycle that they end.
      if (turns && time === (back ? duration : 0)) continue;
      const at = clamps ? time : cycle * duration + (back ? duration - time : time);
      if (forwards ? from < at && at <= to : to <= at && at < from) {
        if (count === out.length) return count;
        out[count++] = event;
      }
    }
  }
  return count;
}

const EVENTS_MAX: number = 2 ** 20;

/** An array for {@link crossEvents} that is sure to be long enough for intervals of up to `seconds`. Throws `bad-argument` for a million events and more. */
export function eventBuffer(clip: EventTimes, seconds: number): Int32Array<ArrayBuffer> {
  expectOptions(clip, "clip");
  expectNumber(clip.duration, "clip.duration");
  expectList(clip.events, "clip.events");
  expectNumber(seconds, "seconds");
  const cycles = clip.duration > 0 ? Math.ceil(Math.abs(seconds) / clip.duration) + 1 : 1;
  const length = cycles * clip.events.length;
  if (length <= EVENTS_MAX) return new Int32Array(length);
  throw new WorldloomError(
    "bad-argument",
    `${seconds} s of a clip of ${clip.duration} s with ${clip.events.length} events are too long to ask for at once; ask for parts.`,
    { seconds, duration: clip.duration },
  );
}

/** The names of the events on the way from `from` to `to`, see {@link crossEvents}. */
export function crossedEvents(clip: EventTimes, from: number, to: number, wrap: Wrap): string[] {
  expectNumber(from, "from");
  expectNumber(to, "to");
  const buffer = eventBuffer(clip, to - from);
  for (const event of clip.events) {
    expectOptions(event, "each of clip.events");
    expectNumber(event.time, "the time of an event");
  }
  const count = crossEvents(buffer, clip, from, to, wrap);
  return Array.from(buffer.subarray(0, count), (event) => clip.events[event]!.name);
}
