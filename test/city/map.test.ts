import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BUNDLED_MAP } from "../../examples/city/flags.ts";
import { makeMap } from "../../examples/city/make-map.ts";
import { loadMap, parseMap } from "../../examples/city/map.ts";
import { WorldloomError } from "../../src/index.ts";
import { DISTANCE_UNREACHABLE } from "../../src/native/field.ts";
import { referenceJobs } from "../../src/native/reference/index.ts";
import { distancesOf } from "../native/grids.ts";

const small = "type octile\nheight 2\nwidth 3\nmap\n.G@\nTWS\n";
const bytes = (text: string): Uint8Array => Buffer.from(text, "latin1");

describe("parseMap", () => {
  test.each([
    ["as it is", small],
    ["with CR LF", small.replaceAll("\n", "\r\n")],
    ["without a last line end", small.trimEnd()],
    ["with empty lines at the end", `${small}\n\r\n`],
    ["with its sides the other way round", "type octile\nwidth 3\nheight 2\nmap\n.G@\nTWS\n"],
  ])("reads a map %s", (_, text) => {
    const { width, height, cells, freeCount } = parseMap(bytes(text));
    expect({ width, height, freeCount, cells: [...cells] }).toEqual({
      width: 3,
      height: 2,
      freeCount: 2,
      cells: [1, 1, 0, 0, 0, 0],
    });
  });

  test.each([
    ["nothing", "", 1, /type octile/],
    ["another type", small.replace("octile", "tile"), 1, /found "type tile"; this line must be "type octile"/],
    ["no height", small.replace("height 2", "depth 2"), 2, /"height H" or "width W"/],
    ["one side twice", small.replace("width 3", "height 3"), 3, /"width" is missing/],
    ["no cells", small.replace("height 2", "height 0"), 2, /from 1 to 65535/],
    ["a long side", small.replace("width 3", "width 65536"), 3, /from 1 to 65535/],
    ["too many cells", "type octile\nheight 60000\nwidth 60000\nmap\n", 3, /more than 16777216/],
    ["a side that is no number", small.replace("width 3", "width -3"), 3, /width W/],
    ["a promise that the file does not keep", "type octile\nheight 4000\nwidth 4000\nmap\n...", 4, /truncated/],
    ["no map line", small.replace("map\n", ""), 4, /must be "map"/],
    ["a short row", small.replace(".G@", ".G"), 5, /2 characters; "width" asks for 3/],
    ["a long row", small.replace("TWS", "TWSS"), 6, /4 characters/],
    ["a missing row", small.replace("height 2", "height 3"), 4, /truncated/],
    ["a row too many", `${small}...\n`, 7, /after the "height" of 2 rows/],
    ["an unknown character", small.replace("G", "x"), 5, /"x" in column 2/],
    ["an invisible character", small.replace("G", "\0"), 5, /byte 0 in column 2/],
  ])("refuses %s", (_, text, line, message) => {
    const error = failure(() => parseMap(bytes(text), "name"));
    expect(error.code).toBe("bad-map");
    expect(error.operands).toMatchObject({ file: "name", line });
    expect(error.message).toMatch(message);
  });

  test("gives a map or a coded error for every truncation", () => {
    for (const text of [small, makeMap()]) {
      for (let end = 0; end < text.length; end++) {
        const whole = end >= text.length - 1;
        const error = failure(() => parseMap(bytes(text.slice(0, end))), whole);
        if (!whole) expect(error.code).toBe("bad-map");
      }
    }
  });

  test("gives a map or a coded error whatever bytes are changed", () => {
    const original = bytes(makeMap());
    const change = fc.tuple(fc.oneof(fc.nat(60), fc.nat(original.length - 1)), fc.nat(255));
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
        const changed = Uint8Array.from(original);
        for (const [at, byte] of changes) changed[at] = byte;
        failure(() => expect(parseMap(changed).cells.length).toBeGreaterThan(0), true);
      }),
      { seed: 31, numRuns: 2000 },
    );
  });

  test("a file that is not there", () => {
    expect(failure(() => loadMap("/no/such.map")).code).toBe("file-io");
  });
});

describe("the bundled map", () => {
  test("is what its script makes", () => {
    expect(readFileSync(BUNDLED_MAP, "utf8")).toBe(makeMap());
  });

  test("is connected, but for a few cells", () => {
    const { width, height, cells, freeCount } = loadMap(BUNDLED_MAP);
    const { distances } = distancesOf(referenceJobs, width, height, cells, [cells.indexOf(1)]);
    const reached = distances.reduce((count, distance) => count + Number(distance !== DISTANCE_UNREACHABLE), 0);
    expect(freeCount).toBeGreaterThan(4000);
    expect(reached).toBeGreaterThan(0.98 * freeCount);
  });
});

/** The error that `run` throws; with `maybe` it need not throw one. */
function failure(run: () => unknown, maybe = false): WorldloomError {
  try {
    run();
  } catch (error) {
    if (error instanceof WorldloomError) return error;
    throw error;
  }
  if (maybe) return new WorldloomError("bad-map", "");
  throw new Error("nothing was thrown");
}
