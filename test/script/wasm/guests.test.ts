import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { Memory } from "../../../src/native/memory.ts";
import { DEFAULT_BUDGET } from "../../../src/script/budget.ts";
import type { AccessLayout, Column, ElementKind } from "../../../src/script/engine.ts";
import { UndoLog } from "../../../src/script/undo.ts";
import { WasmEngine } from "../../../src/script/wasm/engine.ts";
import { Lcg } from "../lint/lcg.ts";

const folder = fileURLToPath(new URL("../../../examples/guests/", import.meta.url));
const api = [
  {
    name: "Random",
    doc: "For tests.",
    functions: [
      {
        name: "chance",
        doc: "For tests.",
        parameters: [{ name: "probability", type: "number", doc: "Any." }],
        returns: "boolean",
        run: () => undefined,
      },
    ],
  },
] as const;

type Layout = Readonly<Record<string, Readonly<Record<string, ElementKind>>>>;
const layouts: Readonly<Record<string, Layout>> = {
  swarm: {
    Position: { x: "f32", y: "f32" },
    Velocity: { x: "f32", y: "f32" },
    State: { speed: "f32", space: "f32" },
  },
  terrain: { Tile: { x: "i32", z: "i32" }, Land: { height: "f32", kind: "u8" }, State: { seed: "u32" } },
};
const arrays = { f32: Float32Array, i32: Int32Array, u32: Uint32Array, u8: Uint8Array } as const;

/** Runs a guest over rows of its own; what became of its columns, by `Component.field`. */
async function runGuest(name: "swarm" | "terrain", code: Uint8Array, count: number) {
  const memory = new Memory({ bytesMax: 4 << 20 });
  memory.wasm.grow(20);
  let at = 64;
  const columns: Record<string, Column> = {};
  const lists: Column[][] = [];
  const access = Object.entries(layouts[name]!).map(([component, fields]): AccessLayout => {
    const own: Column[] = [];
    lists.push(own);
    const layout = Object.entries(fields).map(([field, kind]) => {
      const column = new arrays[kind as keyof typeof arrays](memory.wasm.buffer as ArrayBuffer, at, count);
      at += Math.ceil(column.byteLength / 64) * 64;
      columns[`${component}.${field}`] = column;
      own.push(column);
      return { name: field, kind, lanes: 1, nan: false };
    });
    return { name: component, write: component !== "Tile", fields: layout };
  });
  const random = new Lcg(count);
  const spread = (component: string, axes: readonly string[], bound: number, scale: number) => {
    for (const axis of axes) {
      const column = columns[`${component}.${axis}`];
      for (let i = 0; column !== undefined && i < count; i++)
        column[i] = random.below(bound) / scale - bound / scale / 2;
    }
  };
  spread("Position", ["x", "y"], 1280, 10);
  spread("Velocity", ["x", "y"], 80, 10);
  spread("Tile", ["x", "z"], 4000, 1);
  columns["State.speed"]?.fill(6);
  columns["State.space"]?.fill(2);
  columns["State.seed"]?.fill(1);
  const host = {
    api,
    memory: memory.wasm,
    undo: new UndoLog(1),
    call: (_: number, entity: number) => entity % 3 === 0,
    text: () => "",
    intern: () => 0,
  };
  const engine = new WasmEngine({ api });
  const domain = engine.open({ name: "main", host, budget: DEFAULT_BUDGET, profile: "minimal" });
  const program = domain.load(await engine.compile({ name, code }), access);
  const entities = Int32Array.from({ length: count }, (_, i) => i + 1);
  const [due, instances] = [new Uint8Array(count).fill(1), new Int32Array(count)];
  const tick = (run: number) => {
    domain.beginTick(run);
    if (name === "swarm") {
      domain.update(program, { count, entities, instances, due, columns: lists }, 0, 1 / 60);
      expect(domain.fault).toBe(undefined);
      return;
    }
    for (let row = 0; row < count; row++) {
      const at = { entity: row + 1, row, columns: lists };
      expect(domain.call(program, 1, at, run === 0 ? "onStart" : "onEvent", ["Reseed", {}])).toMatchObject({
        ok: true,
      });
    }
  };
  return {
    columns,
    tick,
    hash: () => hashOf(Object.values(columns)),
    instructions: () => domain.inspect().instructions,
  };
}

function hashOf(columns: readonly Column[]): string {
  const hash = createHash("sha256");
  for (const { buffer, byteOffset, byteLength } of columns)
    hash.update(new Uint8Array(buffer, byteOffset, byteLength).slice());
  return hash.digest("hex").slice(0, 16);
}

const installed = existsSync(join(folder, "node_modules/assemblyscript"));
const committed = (name: string) => readFileSync(join(folder, `${name}.wasm`));

describe("the swarm", () => {
  test("moves, keeps to its speed and stays in its square", async () => {
    const { columns, tick } = await runGuest("swarm", committed("swarm"), 500);
    const before = Array.from(columns["Position.x"]!);
    for (let k = 0; k < 60; k++) tick(k);
    const [x, y] = [columns["Position.x"]!, columns["Position.y"]!];
    const [vx, vy] = [columns["Velocity.x"]!, columns["Velocity.y"]!];
    expect(Array.from(x)).not.toEqual(before);
    for (let i = 0; i < 500; i++) {
      expect(Math.max(Math.abs(x[i]!), Math.abs(y[i]!))).toBeLessThanOrEqual(64);
      expect(vx[i]! * vx[i]! + vy[i]! * vy[i]!).toBeLessThan(36.001);
    }
  });
});

describe("the terrain", () => {
  test("is made of all kinds, and of others with the next seed", async () => {
    const { columns, tick } = await runGuest("terrain", committed("terrain"), 300);
    tick(0);
    const first = Array.from(columns["Land.height"]!);
    expect(new Set(columns["Land.kind"])).toEqual(new Set([0, 1, 2, 3, 4]));
    expect(Math.max(...first.map(Math.abs))).toBeLessThan(24);
    tick(1);
    expect([...new Set(columns["State.seed"])]).toEqual([2]);
    expect(Array.from(columns["Land.height"]!)).not.toEqual(first);
  });
});

describe("the committed modules", () => {
  test.for([
    ["swarm", "a7f709550f5e1ba4"],
    ["terrain", "5c8e2720f50ebb66"],
  ] as const)("%s does what it did", async ([name, expected]) => {
    const { tick, hash } = await runGuest(name, committed(name), 200);
    for (let k = 0; k < 5; k++) tick(k);
    expect(hash()).toBe(expected);
  });

  const installed = existsSync(join(folder, "node_modules/assemblyscript"));
  test.skipIf(!installed)(
    "are what their sources build (install examples/guests to run this)",
    { timeout: 60_000 },
    () => {
      const target = mkdtempSync(join(tmpdir(), "worldloom-guests-"));
      try {
        const built = spawnSync(process.execPath, [join(folder, "build.mjs"), target], { encoding: "utf8" });
        expect(built.stderr).toBe("");
        for (const name of ["swarm", "terrain"]) {
          expect(Buffer.compare(readFileSync(join(target, `${name}.wasm`)), committed(name)), name).toBe(0);
        }
      } finally {
        rmSync(target, { recursive: true });
      }
    },
  );
});

test.skipIf(!installed)("the guide's module is what its source builds", { timeout: 60_000 }, () => {
  const page = readFileSync(fileURLToPath(new URL("../../../docs/wasm-guide.md", import.meta.url)), "utf8");
  const target = mkdtempSync(join(tmpdir(), "worldloom-guests-"));
  try {
    writeFileSync(join(target, "drift.ts"), /```as\n(.*?)```/s.exec(page)![1]!);
    const words = ["drift.ts", "--outFile", "drift.wasm", "-O3", "--runtime", "stub", "--use", "abort="];
    const asc = join(folder, "node_modules/assemblyscript/bin/asc.js");
    const built = spawnSync(process.execPath, [asc, ...words], { cwd: target, encoding: "utf8" });
    expect(built.stderr).toBe("");
    const shown = /const drift = `(.*?)`/s.exec(page)![1]!.replace(/\s/g, "");
    expect(readFileSync(join(target, "drift.wasm")).toString("base64")).toBe(shown);
  } finally {
    rmSync(target, { recursive: true });
  }
});

describe("the guests in Rust", () => {
  const targets = spawnSync("rustup", ["target", "list", "--installed"], { encoding: "utf8" });
  const installed = targets.status === 0 && targets.stdout.includes("wasm32-unknown-unknown");
  test.skipIf(!installed).for(["swarm", "terrain"] as const)(
    "%s gives the same (rustup target add wasm32-unknown-unknown to run this)",
    { timeout: 120_000 },
    async (name) => {
      const target = mkdtempSync(join(tmpdir(), "worldloom-guests-"));
      try {
        const words = ["build", "--release", "--quiet", "--locked", "--features", name, "--target-dir", target];
        const built = spawnSync("cargo", words, { cwd: join(folder, "rust"), encoding: "utf8" });
        expect(built.stderr).toBe("");
        const code = readFileSync(join(target, "wasm32-unknown-unknown/release/worldloom_guests.wasm"));
        const runs = [await runGuest(name, committed(name), 150), await runGuest(name, code, 150)];
        for (let k = 0; k < 30; k++) for (const { tick } of runs) tick(k);
        expect(runs[1]!.hash()).toBe(runs[0]!.hash());
      } finally {
        rmSync(target, { recursive: true });
      }
    },
  );
});
