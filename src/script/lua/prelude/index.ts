import { instancesPrelude } from "./instances.ts";
import { sandboxPrelude } from "./sandbox.ts";

export { instancesPrelude, sandboxPrelude };

/** The source of frames that people are not shown. */
export const PRELUDE_NAME = "worldloom";

/** Slots of the main thread's stack, in the order in which the prelude returns what they hold. */
export const slots = {
  instantiate: 1,
  discard: 2,
  invoke: 3,
  drain: 4,
  adopt: 5,
  forget: 6,
  addModule: 7,
  addProgram: 8,
  probe: 9,
  drivers: 10,
  selves: 11,
  entities: 12,
  owners: 13,
  tasks: 14,
  places: 15,
  bases: 16,
  /** Strings of JSON by number of the program, written by the domain. */
  records: 17,
  /** The thread on which calls run. */
  runner: 18,
} as const;
export const SLOT_COUNT = 18;
/** How many of them the prelude fills. */
export const PRELUDE_SLOTS = 17;
