import type { Batch } from "./batch.ts";
import type { Camera } from "./camera.ts";
import type { Target } from "./fill.ts";

/** What drawing in three dimensions needs. */
export interface Stage {
  readonly target: Target;
  readonly camera: Camera;
  /** As {@link projectionOf} makes it. */
  readonly view: Float64Array;
  /** Unit vector towards the light. */
  readonly light: Float64Array;
  /** Used for one call after the other. */
  readonly batch: Batch;
}
