import { existsSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { WorldloomError } from "../../src/index.ts";
import {
  loadParameters,
  readSafetensors,
  saveParameters,
  type Tensor,
  TensorArena,
  tensor,
  useArena,
  writeSafetensors,
} from "../../src/tensor.ts";

const folder = new URL("./fixtures/safetensors/", import.meta.url);

interface Expected {
  readonly metadata: Record<string, string> | null;
  readonly tensors: Record<string, { dtype: string; shape: number[]; values: (number | string | boolean)[] }>;
}

const code = (act: () => unknown): string | undefined => {
  try {
    act();
  } catch (error) {
    if (error instanceof WorldloomError) return error.code;
    throw error;
  }
  return undefined;
};

const plain = (value: number | string | boolean): number =>
  typeof value === "boolean"
    ? Number(value)
    : value === "nan"
      ? Number.NaN
      : value === "inf"
        ? Infinity
        : value === "-inf"
          ? -Infinity
          : Number(value);

const make = (header: unknown, data = 0): Uint8Array => {
  const text = new TextEncoder().encode(typeof header === "string" ? header : JSON.stringify(header));
  const file = new Uint8Array(8 + text.length + data);
  new DataView(file.buffer).setBigUint64(0, BigInt(text.length), true);
  file.set(text, 8);
  return file;
};

describe("safetensors", () => {
  const expected = JSON.parse(readFileSync(new URL("expected.json", folder), "utf8")) as Record<string, Expected>;

  it.each(Object.keys(expected).filter((name) => existsSync(new URL(name, folder))))(
    "reads %s as Python wrote it",
    (name) => {
      const bytes = readFileSync(new URL(name, folder));
      const { metadata, tensors } = expected[name] as Expected;
      if (Object.values(tensors).some(({ dtype }) => !["F32", "F64", "I32", "U8", "BOOL"].includes(dtype))) {
        expect(code(() => readSafetensors(bytes))).toBe("tensor-file");
        return;
      }
      const file = readSafetensors(bytes);
      expect([...file.tensors.keys()].sort()).toEqual(Object.keys(tensors).sort());
      for (const [key, value] of Object.entries(tensors)) {
        const found = file.tensors.get(key) as Tensor;
        expect(found.shape).toEqual(value.shape);
        expect([...found.elements()]).toEqual(value.values.map(plain));
      }
      expect([...file.metadata].sort()).toEqual(Object.entries(metadata ?? {}).sort());
      const again = readSafetensors(writeSafetensors(file.tensors, file.metadata));
      for (const [key, value] of file.tensors) {
        const found = again.tensors.get(key) as Tensor;
        expect([found.dtype, found.shape, [...found.elements()]]).toEqual([
          value.dtype,
          value.shape,
          [...value.elements()],
        ]);
      }
      expect(again.metadata).toEqual(file.metadata);
    },
  );

  it("saves parameters by their paths and loads them into the same form", () => {
    const model = {
      layers: [
        {
          weight: tensor([
            [1, 2],
            [3, 4],
          ]),
          bias: tensor([0.5, -0.5]),
        },
        { weight: tensor([[5], [6]]).T as Tensor },
      ],
    };
    const bytes = saveParameters(model, [["made", "here"]]);
    expect([...readSafetensors(bytes).tensors.keys()].sort()).toEqual([
      "layers.0.bias",
      "layers.0.weight",
      "layers.1.weight",
    ]);
    const loaded = loadParameters(bytes, model);
    expect(loaded.layers[1]?.weight.toArray()).toEqual([[5, 6]]);
    expect(code(() => loadParameters(bytes, { layers: [{ weight: tensor([1]) }] }))).toBe("tensor-file");
    expect(code(() => loadParameters(bytes, { other: tensor([1]) }))).toBe("tensor-file");
  });

  it.each([
    ["nothing", new Uint8Array(0)],
    ["a header past the end", new Uint8Array([9, 0, 0, 0, 0, 0, 0, 0, 123])],
    ["a huge header", new Uint8Array([255, 255, 255, 255, 255, 255, 255, 255])],
    ["no JSON", make("{")],
    ["a list", make([])],
    ["bytes that are not UTF-8", Uint8Array.from([1, 0, 0, 0, 0, 0, 0, 0, 255])],
    ["an unknown type", make({ a: { dtype: "F8", shape: [1], data_offsets: [0, 1] } }, 1)],
    ["a type of Object", make({ a: { dtype: "constructor", shape: [1], data_offsets: [0, 1] } }, 1)],
    ["a negative extent", make({ a: { dtype: "U8", shape: [-1], data_offsets: [0, 1] } }, 1)],
    ["a fraction", make({ a: { dtype: "U8", shape: [1.5], data_offsets: [0, 1] } }, 1)],
    [
      "extents that overflow",
      make({ a: { dtype: "U8", shape: [4294967296, 4294967296, 0.0000001], data_offsets: [0, 1] } }, 1),
    ],
    [
      "extents that wrap to nothing",
      make({ a: { dtype: "U8", shape: [9007199254740991, 9007199254740991], data_offsets: [0, 0] } }),
    ],
    ["offsets backwards", make({ a: { dtype: "U8", shape: [1], data_offsets: [1, 0] } }, 1)],
    ["offsets past the end", make({ a: { dtype: "U8", shape: [2], data_offsets: [0, 2] } }, 1)],
    ["another size than the shape's", make({ a: { dtype: "F32", shape: [2], data_offsets: [0, 4] } }, 4)],
    ["a gap", make({ a: { dtype: "U8", shape: [1], data_offsets: [1, 2] } }, 2)],
    [
      "an overlap",
      make(
        { a: { dtype: "U8", shape: [2], data_offsets: [0, 2] }, b: { dtype: "U8", shape: [1], data_offsets: [1, 2] } },
        2,
      ),
    ],
    ["something after the end", make({ a: { dtype: "U8", shape: [1], data_offsets: [0, 1] } }, 2)],
    ["metadata that is no text", make({ __metadata__: { a: 1 } })],
    [
      "a boolean of 2",
      (() => {
        const file = make({ a: { dtype: "BOOL", shape: [1], data_offsets: [0, 1] } }, 1);
        file[file.length - 1] = 2;
        return file;
      })(),
    ],
  ])("refuses %s, and leaves nothing behind", (_, bytes) => {
    const arena = new TensorArena();
    useArena(arena, () => expect(code(() => readSafetensors(bytes))).toBe("tensor-file"));
    expect(arena.live).toBe(0);
  });

  it("refuses a file that is larger than the arena", () => {
    const bytes = make({ a: { dtype: "U8", shape: [8_000_000], data_offsets: [0, 8_000_000] } }, 8_000_000);
    useArena(new TensorArena({ bytesMax: 4 << 20 }), () =>
      expect(code(() => readSafetensors(bytes))).toBe("tensor-memory"),
    );
  });

  it("answers every changed file with tensors or a coded error", () => {
    const bytes = readFileSync(new URL("dtypes.safetensors", folder));
    const arena = new TensorArena();
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { minLength: 1, maxLength: 6 }),
        fc.nat(bytes.length),
        (changes, length) => {
          const changed = Uint8Array.from(bytes.subarray(0, length % 3 === 0 ? length : bytes.length));
          for (const [at, byte] of changes) changed[at] = byte;
          useArena(arena, () => {
            try {
              for (const one of readSafetensors(changed).tensors.values()) one.dispose();
            } catch (error) {
              expect((error as WorldloomError).code).toMatch(/^tensor-(file|memory|shape)$/);
            }
          });
          expect(arena.live).toBe(0);
        },
      ),
      { seed: 11, numRuns: 500 },
    );
  });
});
