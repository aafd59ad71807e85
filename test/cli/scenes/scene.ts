import type { Scene } from "../../../src/index.ts";
import { WorldloomError } from "../../../src/index.ts";

/** A world of one number, to test the command with. */
export const scene: Scene = {
  name: "counter",
  summary: "counts",
  flags: {
    step: { kind: "integer", min: 1, max: 9, default: 2, summary: "added each tick" },
    fail: { kind: "switch", summary: "fail in the third tick" },
    bug: { kind: "switch", summary: "fail by a bug" },
  },
  create({ values, seed }) {
    let tick = 5;
    let sum = seed;
    let steps = 0;
    return {
      settings: { step: Number(values["step"]), note: "text" },
      seed,
      jobs: "none",
      step() {
        tick++;
        steps++;
        if (values["fail"] === true && tick === 8)
          throw new WorldloomError("tick-failed", "The third tick failed; leave out --fail.");
        if (values["bug"] === true) {
          throw new WorldloomError("tick-failed", "A system failed.", {}, new TypeError("it is no function"));
        }
        sum += Number(values["step"]);
      },
      keep() {
        const kept = { tick, sum };
        return () => {
          ({ tick, sum } = kept);
        };
      },
      systemMs: () => ({ add: 0.5, other: 0.25 }),
      figures: () => ({ sum, steps }),
      tick: () => tick,
      entities: () => 1,
      bytes: () => 2048,
      hash: () => `hash-${sum}`,
      picture: () => ({ width: 2, height: 1, rgba: Uint8Array.of(255, 0, 0, 255, 0, 0, 255, 255) }),
      save() {},
      dispose() {},
    };
  },
};
