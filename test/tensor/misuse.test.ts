import { describe, expect, it } from "vitest";
import * as t from "../../src/tensor.ts";
import { type Path, placesOf } from "../wrongs.ts";
import { misuse } from "./misuse.ts";
import { functionCases, tensorWrongs } from "./misuse-cases.ts";
import { layerCases } from "./misuse-layers.ts";
import { learningCases } from "./misuse-learning.ts";
import { transformCases } from "./misuse-transforms.ts";

/** Whatever is wrong is refused with a code and a text, or it is nothing wrong; and nothing is left behind. */

describe("bad input", () => {
  // Small, so that what is too large is soon found to be.
  const arena = new t.TensorArena({ bytesMax: 1 << 26 });
  for (const one of [...functionCases, ...layerCases, ...learningCases, ...transformCases])
    it(`of ${one.name} gets a coded error`, () => {
      t.useArena(arena, () => {
        const live = arena.live;
        t.scope(() => {
          one.call(...(one.args() as never[]));
          return undefined;
        });
        expect(arena.live, "with good arguments").toBe(live);
        let places: readonly Path[] = [];
        t.scope(() => {
          places = placesOf(one.args());
          return undefined;
        });
        const wrong = places.flatMap((path) => Object.keys(tensorWrongs).map((kind) => misuse(one, path, kind)));
        expect(wrong.filter((text) => text !== undefined)).toEqual([]);
      });
    });
});
