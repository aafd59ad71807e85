import { expectNumber, expectOptions } from "../core/argument.ts";

export interface UpdateRates {
  /** Metres up to which a character is updated each tick. */
  readonly near: number;
  /** Most ticks between two updates, a power of two; 8 unless given. */
  readonly most?: number;
}

/**
 * Ticks from one update of a character to the next, for how far away it is: 1 up to `near`, 2 up to twice that, 4 up to
 * four times, and so on. Powers of two, so that a character that is due at a slower rate is also due at all faster ones.
 */
export function updateEvery(distance: number, rates: UpdateRates): number {
  expectNumber(distance, "distance");
  expectOptions(rates, "rates");
  const { near, most = 8 } = rates;
  expectNumber(near, "rates.near");
  expectNumber(most, "rates.most");
  let every = 1;
  for (let limit = near; distance > limit && every < most && limit > 0; limit *= 2) every *= 2;
  return every;
}

/**
 * Whether the character with the number `index` (of its entity) is updated at `tick`. A function of both, so that the
 * work of a tick is even and a restored world updates the same characters. What plays advances at these ticks only, by
 * all the time since the one before: the pose is then a function of that state, at ticks in between as well.
 */
export function updateDue(index: number, tick: number, every: number): boolean {
  return (tick + index) % every === 0;
}
