import { instancesPrelude } from "./instances.ts";
import { sandboxPrelude } from "./sandbox.ts";

export { instancesPrelude, sandboxPrelude };

/** The source of frames that people are not shown. */
export const PRELUDE_NAME = "worldloom";

/** Slots of the main thread's stack, in the order in which the prelude returns what they hold. */
export const slots = {
  instantiate: 1,
  discard: 2,
  unmake: 3,
  rest: 4,
  tidy: 5,
  invoke: 6,
  drain: 7,
  adopt: 8,
  forget: 9,
  addModule: 10,
  addProgram: 11,
  probe: 12,
  drivers: 13,
  selves: 14,
  origins: 15,
  tasks: 16,
  places: 17,
  bases: 18,
  /** Strings of JSON by number of the program, written by the domain. */
  records: 19,
  /** The thread on which calls run. */
  runner: 20,
} as const;
export const SLOT_COUNT = 20;
/** How many of them the prelude fills. */
export const PRELUDE_SLOTS = 19;
