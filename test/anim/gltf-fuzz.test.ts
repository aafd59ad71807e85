import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { figure } from "../../examples/anim/figure.ts";
import { AnimArena, loadGltf } from "../../src/anim.ts";
import { WorldloomError } from "../../src/core/errors.ts";
import { encode } from "./gltf-builder.ts";

const folder = fileURLToPath(new URL("../../../shared/data/gltf/", import.meta.url));
const codes = new Set(["gltf-input", "anim-memory", "file-io"]);
const arena = new AnimArena({ bytesMax: 2 ** 26 });
/** Files with hostile times must not be resampled for long. */
const options = { arena, framesMax: 300, bytesMax: 2 ** 24 };

interface Sample {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** The parsed file, with buffers inside. */
  readonly json: object;
}

const samples: readonly Sample[] = [
  sample("a figure", figure({ joints: 20, vertices: 500, tangents: true, morphs: true })),
  ...["rigged_simple.gltf", "SimpleSkin.gltf"].flatMap((name) => {
    if (existsSync(folder + name)) return sample(name, readFileSync(folder + name));
    console.log(`skipped: ${folder}${name} is not here`);
    return [];
  }),
];

function sample(name: string, bytes: Uint8Array): Sample {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  if (view.getUint32(0, true) !== 0x46546c67) return { name, bytes, json: JSON.parse(new TextDecoder().decode(bytes)) };
  const length = view.getUint32(12, true);
  const json = JSON.parse(new TextDecoder().decode(bytes.subarray(20, 20 + length)));
  const binary = Buffer.from(bytes.subarray(28 + length)).toString("base64");
  json.buffers[0].uri = `data:application/octet-stream;base64,${binary}`;
  return { name, bytes, json };
}

/** Loads a file that may be anything: it is refused with a code, or what it makes can be given back. */
async function survive(bytes: Uint8Array): Promise<"loaded" | "refused"> {
  try {
    const model = await loadGltf(bytes, options);
    model.dispose();
    expect(arena.live).toBe(0);
    return "loaded";
  } catch (error) {
    if (!(error instanceof WorldloomError && codes.has(error.code))) throw error;
    expect(arena.live).toBe(0);
    return "refused";
  }
}

const hostile = [
  -1,
  0,
  1,
  0.5,
  2,
  3,
  255,
  65_536,
  2 ** 31,
  2 ** 32,
  2 ** 53,
  1e308,
  null,
  true,
  false,
  "",
  "x",
  "__proto__",
  [],
  [[]],
  [0],
  {},
  [null],
  [-1],
  [1e9],
  "SCALAR",
  "MAT4",
  "VEC2",
  5120,
  5121,
  5125,
  5126,
  35_000,
  undefined,
] as const;

/** All places in a parsed file, as lists of keys, but those in long texts. */
function places(value: unknown, path: (string | number)[] = []): (string | number)[][] {
  if (typeof value !== "object" || value === null) return [path];
  const keys = Array.isArray(value) ? [...value.keys()] : Object.keys(value);
  return [path, ...keys.flatMap((key) => places((value as Record<string | number, unknown>)[key], [...path, key]))];
}

function replaced(value: unknown, [key, ...rest]: (string | number)[], by: unknown): unknown {
  if (key === undefined) return by;
  const copy = (Array.isArray(value) ? [...value] : { ...(value as object) }) as Record<string | number, unknown>;
  copy[key] = replaced(copy[key], rest, by);
  return copy;
}

describe.for(samples)("$name", ({ bytes, json }) => {
  // What is large takes longer to read.
  const share = bytes.length > 100_000 ? 0.3 : 1;

  test("is read as it is", async () => {
    expect(await survive(bytes)).toBe("loaded");
    expect(await survive(encode(json))).toBe("loaded");
  });

  test("is refused wherever it is cut off", async () => {
    for (let length = 0; length < bytes.length; length += 97)
      expect(await survive(bytes.slice(0, length))).toBe("refused");
  });

  test("is refused where its announced length is shorter, or its buffer", async () => {
    for (let length = 100; length < bytes.length; length += 971) {
      const cut = bytes.slice(0, length);
      if (cut[0] === 0x67) new DataView(cut.buffer).setUint32(8, length, true);
      expect(await survive(cut)).toBe("refused");
    }
  });

  test("may have any bytes in it", async () => {
    const flips = fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 })), {
      minLength: 1,
      maxLength: 8,
    });
    await fc.assert(
      fc.asyncProperty(flips, async (list) => {
        const changed = bytes.slice();
        for (const [at, mask] of list) changed[at]! ^= mask;
        await survive(changed);
      }),
      { seed: 11, numRuns: 150 * share },
    );
  });

  test("may have any bytes in its buffer", async () => {
    const { buffers } = json as { buffers: { uri: string; byteLength: number }[] };
    const [head = "", base64 = ""] = buffers[0]!.uri.split(",");
    const content = Buffer.from(base64, "base64");
    const words = [0, -1, 0x7fc00000, 0x7f800000, 0xff800000, 0x80000000, 1, 0x7f7fffff, 0x3f800000, 0xffff];
    const writes = fc.array(fc.tuple(fc.nat((content.length >> 2) - 1), fc.constantFrom(...words)), {
      minLength: 1,
      maxLength: 20,
    });
    await fc.assert(
      fc.asyncProperty(writes, async (list) => {
        const changed = Buffer.from(content);
        for (const [word, value] of list) changed.writeInt32LE(value | 0, word * 4);
        const uri = `${head},${changed.toString("base64")}`;
        await survive(encode({ ...json, buffers: [{ ...buffers[0], uri }, ...buffers.slice(1)] }));
      }),
      { seed: 12, numRuns: 150 * share },
    );
  });

  test("may have any value anywhere in its JSON", async () => {
    const all = places(json);
    const changes = fc.array(fc.tuple(fc.nat(all.length - 1), fc.constantFrom(...hostile)), {
      minLength: 1,
      maxLength: 3,
    });
    let loaded = 0;
    await fc.assert(
      fc.asyncProperty(changes, async (list) => {
        let changed: unknown = json;
        for (const [place, value] of list) {
          try {
            changed = replaced(changed, all[place]!, value);
          } catch {
            // An earlier change took the place away.
          }
        }
        if (typeof changed === "object" && changed !== null && (await survive(encode(changed))) === "loaded") loaded++;
      }),
      { seed: 13, numRuns: 600 * share },
    );
    // Some of it is nothing that the loader reads.
    expect(loaded).toBeGreaterThan(0);
  });
});
