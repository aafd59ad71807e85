import * as anim from "./anim/format.ts";
import * as skin from "./anim/skin-format.ts";
import { elementBytes, elementTypes } from "./element.ts";
import { faultReasons } from "./fault.ts";
import { cumulations, instructions, PROGRAM_MAGIC, putKinds, reductions, steps, tensorTypes } from "./tensor/format.ts";
import { stepTypes } from "./tensor/step-types.ts";

/** Raised by hand whenever the arguments or the meaning of a job change. */
const JOBS_VERSION = 8;

/** Fingerprint of the tables that TypeScript and Rust share; an addon with another one is not loaded. */
export const LAYOUT_VERSION: number = fingerprint(
  JSON.stringify([
    [JOBS_VERSION, elementTypes, elementBytes, faultReasons],
    constants(anim),
    constants(skin),
    [PROGRAM_MAGIC, tensorTypes, instructions, reductions, cumulations, putKinds, steps, stepTypes],
  ]),
);

/** Of a module, in an order that does not depend on who loads it. */
function constants(module: object): unknown[] {
  return Object.entries(module).toSorted(([a], [b]) => (a < b ? -1 : 1));
}

function fingerprint(text: string): number {
  let state = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) state = Math.imul(state ^ text.charCodeAt(i), 0x01000193);
  return state >>> 0;
}
