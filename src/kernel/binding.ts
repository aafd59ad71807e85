import { type Component, layoutOf } from "../ecs/component.ts";
import type { Binding } from "./frame.ts";
import type { Lowered } from "./lowered.ts";

/** How chunk records of a kernel lead to its buffers. */
export interface Bindings {
  /** A pointer for each used parameter: to its block of `2 ** shift` rows. */
  readonly full: Binding;
  /** The parameter of each pointer of `full`. */
  readonly parameters: readonly number[];
  /** A pointer for each buffer, for blocks of fewer rows. */
  readonly part: Binding;
}

export function bindingsOf(components: readonly Component[], { buffers, program }: Lowered, shift: number): Bindings {
  const parameters = [...new Set(buffers.map(({ parameter }) => parameter))].sort((a, b) => a - b);
  return {
    full: {
      pointers: parameters.length,
      buffers: buffers.map(({ parameter, column }) => ({
        pointer: parameters.indexOf(parameter),
        offset: layoutOf(components[parameter]!, 1 << shift).offsets[column]!,
      })),
    },
    parameters,
    part: { pointers: buffers.length, buffers: program.buffers.map((_, b) => ({ pointer: b, offset: 0 })) },
  };
}
