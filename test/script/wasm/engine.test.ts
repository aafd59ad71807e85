import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { WorldloomError } from "../../../src/core/errors.ts";
import type { ScriptManifest } from "../../../src/script/engine.ts";
import { WasmEngine } from "../../../src/script/wasm/engine.ts";
import { Lcg } from "../lint/lcg.ts";
import {
  add,
  alloc,
  assemble,
  call,
  drop,
  each,
  f32,
  get,
  i32,
  load,
  loadF32,
  type Source,
  shl,
  store,
  storeF32,
} from "./guest-module.ts";
import { startGuest, testApi } from "./guest-world.ts";

const engine = new WasmEngine({ api: testApi, memoryBytesMax: 16 << 20 });
const compile = (code: Uint8Array | string, manifest?: Partial<ScriptManifest>) =>
  engine.compile({ name: "Guest", file: "guest.wasm", code, ...(manifest === undefined ? {} : { manifest }) });
const update = (code: readonly (number | readonly number[])[] = []) => ({ name: "on_update", parameters: "idi", code });
const guest = (rest: Source, code: readonly (number | readonly number[])[] = []) =>
  assemble({ ...rest, functions: [alloc, update(code), ...(rest.functions ?? [])] });

describe("modules that are refused", () => {
  const text = new TextEncoder();
  const bare = (sections: readonly number[]) => Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, ...sections);
  const ZEROS = new Array(16).fill(0);
  const component = Uint8Array.of(0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0);
  const refused: readonly [name: string, code: Uint8Array | string, message: RegExp][] = [
    ["text", "(module)", /is text/],
    ["nothing", new Uint8Array(0), /not a WebAssembly module/],
    ["other bytes", text.encode("hello, world"), /not a WebAssembly module/],
    ["another version", Uint8Array.of(0, 0x61, 0x73, 0x6d, 2, 0, 0, 0), /not a WebAssembly module/],
    ["a component", component, /component/],
    ["a section that is too long", bare([1, 50, 0]), /too early|longer/],
    ["a section that is too short", bare([1, 1, 0, 3, 1]), /too early|longer|kind/],
    ["a section of an unknown kind", bare([99, 0]), /section of kind 99/],
    ["sections out of place", bare([3, 1, 0, 1, 1, 0]), /out of place/],
    ["a number without an end", bare([1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]), /too long|32 bits|too early/],
    ["a name that is no text", bare([2, 4, 1, 1, 0xff, 0]), /UTF-8/],
    ["code of other types", guest({}, [f32(1), i32(1), add, drop]), /not a valid module/],
    ["code without an end", guest({}, [0x02, 0x40]), /not a valid module|no end|early/],
    ["an unknown instruction", guest({}, [0xff]), /refused|unknown|not a valid/],
    ["threads", guest({}, [i32(0), i32(1), 0xfe, 0x1e, 2, 0, drop]), /threads/],
    ["relaxed SIMD", guest({}, [0xfd, 12, ...ZEROS, 0xfd, 12, ...ZEROS, 0xfd, 0x80, 0x02, drop]), /relaxed SIMD/],
    ["exceptions", guest({}, [0x06, 0x40, 0x19, 0x0b]), /exceptions/],
    [
      "changes of tables",
      guest({ table: { size: 2, functions: [] } }, [i32(0), 0xd0, 0x70, 0x26, 0]),
      /changes a table/,
    ],
    [
      "table.grow",
      guest({ table: { size: 2, functions: [] } }, [0xd0, 0x70, i32(1), 0xfc, 15, 0, drop]),
      /changes a table/,
    ],
    [
      "an import that the host lacks",
      guest({ imports: [{ name: "world_explode", parameters: "" }] }),
      /imports function worldloom.world_explode/,
    ],
    [
      "an import of another module",
      guest({ imports: [{ module: "env", name: "abort", parameters: "iiii" }] }),
      /imports function env.abort/,
    ],
    [
      "an import of WASI",
      guest({ imports: [{ module: "wasi_snapshot_preview1", name: "fd_write", parameters: "iiii", results: "i" }] }),
      /wasi_snapshot_preview1.fd_write/,
    ],
    [
      "an import of another type",
      guest({ imports: [{ name: "echo_number", parameters: "i", results: "i" }] }),
      /imports worldloom.echo_number as \(i32\) -> i32, but it is \(f64\) -> f64/,
    ],
    [
      "an import whose result needs an allocator",
      guest({ imports: [{ name: "echo_string", parameters: "iii" }] }),
      /cabi_realloc/,
    ],
    ["no memory", guest({ memory: null }), /does not export its memory/],
    ["a memory that is not exported", guest({ memory: { pages: 2, exported: false } }), /does not export its memory/],
    ["a shared memory", guest({ memory: { pages: 2, maximum: 4, shared: true } }), /shared/],
    ["a memory that is too large", guest({ memory: { pages: 257 } }), /257 pages/],
    ["a memory of 4 GiB", guest({ memory: { pages: 65_536 } }), /pages/],
    ["no allocator for lists", assemble({ functions: [update()] }), /does not export the function worldloom_alloc/],
    [
      "a hook of another type",
      assemble({ functions: [alloc, { name: "on_update", parameters: "i", code: [] }] }),
      /exports on_update as \(i32\) -> nothing/,
    ],
    [
      "a hook that is no function",
      assemble({ functions: [alloc, { name: "on_start", parameters: "ii", results: "i", code: [i32(0)] }] }),
      /exports on_start as/,
    ],
    ["names that the host takes", guest({ functions: [{ name: "fuel", code: [] }] }), /exports "fuel"/],
    ["a table that is too large", guest({ table: { size: 10_000_000, functions: [] } }), /tables? ha|not a valid/],
    [
      "data outside of the memory",
      guest({ memory: { pages: 1 }, data: [{ at: 70_000, bytes: [1] }] }),
      /cannot start|data|not a valid/,
    ],
    ["too many locals", guest({ functions: [{ locals: [[60_000, "l"]], code: [] }] }), /not a valid|locals/],
    ["a manifest that is no JSON", guest({ manifest: "{" }), /manifest is not JSON/],
    ["a manifest that is a list", guest({ manifest: [] }), /is a JSON object/],
    ["a manifest with other keys", guest({ manifest: { write: ["A"] } }), /has no "write"/],
    ["a manifest with wrong names", guest({ manifest: { reads: ["a b"] } }), /list of names/],
    ["a manifest with a wrong state", guest({ manifest: { state: { x: { kind: "f16" } } } }), /"x" of the state/],
    [
      "a manifest with a wrong default",
      guest({ manifest: { state: { x: { kind: "f32", default: "a" } } } }),
      /"x" of the state/,
    ],
    ["a state with a wrong name", guest({ manifest: { state: { "1x": 1 } } }), /"1x" of the state/],
    ["columns of nothing", guest({ manifest: { columns: ["Position.x"] } }), /of no component/],
    [
      "columns that are not named",
      guest({ manifest: { writes: ["Position"], columns: ["Position"] } }),
      /like "Position.x"/,
    ],
    [
      "columns of an unknown kind",
      guest({ manifest: { writes: ["Position"], columns: ["Position.x: f16"] } }),
      /like "Position.x"/,
    ],
    ["modules that it needs", guest({ manifest: { requires: ["other"] } }), /link them/],
  ];
  test.for(refused)("%s", async ([, code, message]) => {
    const run = async () => startGuest(code as Uint8Array);
    const failed = typeof code === "string" ? compile(code) : compile(code).then(run);
    await expect(failed).rejects.toMatchObject({ name: "WorldloomError", code: "script-invalid" });
    await expect(typeof code === "string" ? compile(code) : compile(code).then(run)).rejects.toThrow(message);
    await expect(typeof code === "string" ? compile(code) : compile(code).then(run)).rejects.toThrow("guest.wasm");
  });
  test("a start that traps, never ends, or calls the host", async () => {
    const start = (...code: (number | readonly number[])[]) =>
      guest({ imports: [{ name: "fail_ping", parameters: "" }], functions: [{ code }], start: 3 });
    for (const [code, message] of [
      [start(0x00), /cannot start: .*unreachable/],
      [start(0x03, 0x40, 0x0c, 0, 0x0b), /cannot start: it ran the instructions/],
      [start(call(0)), /cannot start: fail_ping cannot be called while a module starts/],
      [start(call(3), i32(0), drop), /cannot start: .*nested/],
    ] as const) {
      await expect(startGuest(code)).rejects.toMatchObject({ code: "script-invalid" });
      await expect(startGuest(code)).rejects.toThrow(message);
    }
  });
  test("columns that the world lacks", async () => {
    const of = (column: string) => guest({ manifest: { writes: ["Position"], columns: [column] } });
    await expect(startGuest(of("Position.z"))).rejects.toThrow(
      /takes column Position.z, which the world does not have/,
    );
    await expect(startGuest(of("Position.x: f64"))).rejects.toThrow(/takes column Position.x as f64, but it is f32/);
  });
  test("memories that are larger than the domain's", async () => {
    const budget = { memoryBytes: 3 * 65_536 };
    const large = guest({ memory: { pages: 4 } });
    await expect(startGuest(large, budget)).rejects.toThrow(/262144 bytes, but may have 196608/);
    const { domain, world, engine: other } = await startGuest(guest({}), budget);
    const second = await other.compile({ name: "Second", file: "second.wasm", code: guest({}) });
    expect(() => domain.load(second, world.access)).toThrow(/second.wasm: with it .* 262144 bytes/);
  });
});

describe("chunks", () => {
  test("say what the module does", async () => {
    const state = { hp: 5, fast: true, label: "x", target: { kind: "entity" }, size: { kind: "f32", default: 2 } };
    const chunk = await compile(guest({ manifest: { state, reads: ["A", "B"], writes: ["B"], hears: ["Hit"] } }));
    expect(chunk.manifest).toEqual({
      state: {
        hp: { kind: "f64", default: 5 },
        fast: { kind: "bool", default: true },
        label: { kind: "str", default: "x" },
        target: { kind: "entity", default: 0 },
        size: { kind: "f32", default: 2 },
      },
      reads: ["A"],
      writes: ["B"],
      hears: ["Hit"],
      requires: [],
      hooks: ["onUpdate"],
    });
  });
  test("the manifest of the source goes over that of the module", async () => {
    const code = guest({ manifest: { reads: ["A"], writes: ["B"] } });
    const given = await compile(code, { reads: ["C"] });
    expect(given.manifest).toMatchObject({ reads: ["C"], writes: ["B"] });
    expect(given.hash).not.toBe((await compile(code)).hash);
  });
});

describe("the cache", () => {
  test("keeps instrumented modules for other processes, and mends what is damaged", async () => {
    const cacheFolder = mkdtempSync(join(tmpdir(), "worldloom-wasm-"));
    try {
      const made = async () => {
        const chunk = await new WasmEngine({ api: testApi, cacheFolder }).compile({ name: "Guest", code: guest({}) });
        return chunk.hash;
      };
      const hash = await made();
      const [file = ""] = readdirSync(cacheFolder);
      const path = join(cacheFolder, file);
      const kept = readFileSync(path);
      expect(await made()).toBe(hash);
      writeFileSync(path, kept.fill(0, 40, 80));
      expect(await made()).toBe(hash);
      expect(readFileSync(path).length).toBe(kept.length);
      expect(readdirSync(cacheFolder)).toEqual([file]);
    } finally {
      rmSync(cacheFolder, { recursive: true });
    }
  });
  test("does without a folder that cannot be written", async () => {
    const cacheFolder = join(import.meta.filename, "folder");
    expect(
      await new WasmEngine({ api: testApi, cacheFolder }).compile({ name: "Guest", code: guest({}) }),
    ).toMatchObject({ name: "Guest" });
  });
});

describe("damaged modules", () => {
  const at = (column: number) => [...get(2), ...load(4 + column * 4), ...get(3), ...i32(2), shl, add];
  const whole = assemble({
    manifest: { reads: ["Velocity"], writes: ["Position"], columns: ["Position.x", "Velocity.x"] },
    imports: [{ name: "echo_number", parameters: "d", results: "d" }],
    globals: [{ type: "i", mutable: true, init: i32(3) }],
    table: { size: 2, functions: [2] },
    data: [{ at: 16, bytes: [1, 2, 3, 4] }],
    functions: [
      alloc,
      { code: [i32(16), i32(16), load(), i32(1), add, store()] },
      {
        name: "on_update",
        parameters: "idi",
        locals: [[1, "i"]],
        code: [
          each(3, 0, [...at(0), ...at(0), ...loadF32(), ...at(1), ...loadF32(), 0x92, ...storeF32()], call(2)),
          [0x23, 0, ...i32(1), add, 0x24, 0],
        ],
      },
    ],
  });
  /** Compiles and runs bytes: they are refused, or stopped with the world as before, or fine. */
  const attempt = async (code: Uint8Array): Promise<string> => {
    try {
      const { world, domain, program } = await startGuest(code, { instructions: 20_000, memoryBytes: 4 << 20 });
      const before = world.bytes();
      const image = domain.bytes.slice();
      domain.update(program, world.batch(), 0, 1);
      if (domain.fault === undefined) return "fine";
      expect(Buffer.compare(world.bytes(), before)).toBe(0);
      expect(Buffer.compare(domain.bytes, image)).toBe(0);
      return "stopped";
    } catch (error) {
      if (!(error instanceof WorldloomError)) throw error;
      expect(error.code).toBe("script-invalid");
      return "refused";
    }
  };
  test("whole, it runs", async () => {
    expect(await attempt(whole)).toBe("fine");
  });
  test("cut off anywhere", async () => {
    const seen = new Set<string>();
    for (let length = 0; length < whole.length; length++) seen.add(await attempt(whole.slice(0, length)));
    expect(seen).toContain("refused");
  });
  test.for([1, 2, 3, 4])("with bytes changed, seed %i", async (seed) => {
    const random = new Lcg(seed);
    const seen: Record<string, number> = {};
    for (let run = 0; run < 250; run++) {
      const code = whole.slice();
      for (let flips = random.below(3) + 1; flips > 0; flips--) {
        const place = random.below(code.length);
        code[place] = random.below(2) === 0 ? random.below(256) : code[place]! ^ (1 << random.below(8));
      }
      const outcome = await attempt(code);
      seen[outcome] = (seen[outcome] ?? 0) + 1;
    }
    expect(seen["refused"]).toBeGreaterThan(50);
    expect(Object.keys(seen).length).toBeGreaterThan(1);
  });
});
