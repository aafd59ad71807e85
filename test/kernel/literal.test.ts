import { describe, expect, test } from "vitest";
import { bool, component, createWorld, f64, i32, kernel, u32 } from "../../src/index.ts";

const Found = component("Found", { on: bool, u: u32, i: i32, d: f64 });

/** Integers that are literals on all ways, so that only what is done with them says whether they are i32 or u32. */
const sources = [
  "f.u = Math.min(f.on ? -3 : 0, 2) >>> 3",
  "let v = 0; if (f.on) v = -3; f.u = Math.min(v, 2) >>> 3",
  "let v = 0; for (let i = 0; i < 3; i++) if (f.on) v -= 3; f.u = Math.min(v, 2) >>> 3",
  "f.u = Math.abs(f.on ? -3 : 0) >>> 3",
  "f.u = Math.sign(f.on ? -3 : 0) >>> 1",
  "f.i = Math.max(f.on ? 4294967295 : 0, 2) >> 1",
  "f.i = Math.max(f.on ? 4294967295 : 0, 7) | 0",
  "f.u = Math.max(f.on ? 4294967295 : -3, -7) >>> 0",
  "f.i = Math.max(f.on ? 4294967295 : -3, -7) >> 2",
  "f.u = (f.on ? -3 : 0) % 2 >>> 1",
  "f.i = (f.on ? 4294967295 : 0) % 7 >> 0",
  "f.u = (Math.min(f.on ? -3 : 2, 1) * 5 + (f.on ? 4294967295 : 3)) >>> 0",
  "f.d = Math.min(f.on ? -3 : 2, 1) ^ 4294967295",
  "f.d = (Math.min(f.on ? -3 : 0, 2) >>> 3) * 2",
] as const;

describe("literals as the bits of integers are those of JavaScript", () => {
  test.each(sources)("%s", (source) => {
    const row = new Function(`return (f) => { ${source} }`)();
    const run = kernel("literals", { write: [Found] }, row);
    for (const interpreted of [false, true]) {
      const world = createWorld({ components: [Found] });
      const found = [false, true].map((on) => world.spawn([Found, { on }]));
      run.run(world, {}, { interpreted });
      for (const [i, entity] of found.entries()) {
        const wanted = { on: i === 1, u: 0, i: 0, d: 0 };
        row(wanted);
        expect(world.get(entity, Found)).toEqual(wanted);
      }
    }
  });
});
