import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { Memory } from "../../../src/native/memory.ts";
import { scriptApi } from "../../../src/script/api/index.ts";
import { functionsOf } from "../../../src/script/api.ts";
import { DEFAULT_BUDGET } from "../../../src/script/budget.ts";
import { UndoLog } from "../../../src/script/undo.ts";
import type { ScriptValue } from "../../../src/script/value.ts";
import { ComponentBuilder } from "../../../src/script/wasm/component.ts";
import { WasmEngine } from "../../../src/script/wasm/engine.ts";

const guests = fileURLToPath(new URL("../../../examples/guests/", import.meta.url));
const folder = join(guests, "component");
const component = readFileSync(join(folder, "beacon.component.wasm"));
const manifest = readFileSync(join(folder, "beacon.json"));
const jco = join(guests, "node_modules/@bytecodealliance/jco/dist/api.js");

describe("a module of a component", () => {
  const names = functionsOf(scriptApi).map(({ fullName }) => fullName);
  test("runs over columns, calls the host for rows and gets texts", async () => {
    const memory = new Memory({ bytesMax: 1 << 20 });
    const calls: unknown[] = [];
    let tick = 0;
    const host = {
      api: scriptApi,
      memory: memory.wasm,
      undo: new UndoLog(1),
      call(index: number, entity: number, values: readonly ScriptValue[]): ScriptValue {
        if (names[index] === "Time.tick") return tick;
        calls.push([names[index], entity, ...values]);
        return undefined;
      },
      text: () => "",
      intern: () => 0,
    };
    const engine = new WasmEngine({ api: scriptApi });
    const code = readFileSync(join(folder, "beacon.wasm"));
    const chunk = await engine.compile({ name: "Beacon", file: "beacon.wasm", code });
    expect(chunk.manifest).toMatchObject({ hooks: ["onUpdate", "onEvent"], hears: ["Alarm"] });
    const domain = engine.open({ name: "main", host, budget: DEFAULT_BUDGET, profile: "standard" });
    const field = { kind: "i32", lanes: 1, nan: false } as const;
    const access = [{ name: "State", write: true, fields: ["every", "sent"].map((name) => ({ name, ...field })) }];
    const program = domain.load(chunk, access);
    const buffer = memory.wasm.buffer as ArrayBuffer;
    const [every, sent] = [new Int32Array(buffer, 1024, 3), new Int32Array(buffer, 2048, 3)];
    every.set([2, 3, 0]);
    const columns = [[every, sent]];
    const batch = {
      count: 3,
      entities: Int32Array.of(11, 12, 13),
      instances: Int32Array.of(1, 2, 3),
      due: Uint8Array.of(1, 1, 1),
      columns,
    };
    for (tick = 1; tick <= 6; tick++) {
      domain.beginTick(tick);
      domain.update(program, batch, 0, 1);
      expect(domain.fault).toBe(undefined);
    }
    expect([...sent]).toEqual([3, 2, 0]);
    const pulses = [
      [11, 1],
      [12, 1],
      [11, 2],
      [11, 3],
      [12, 2],
    ];
    expect(calls).toEqual(pulses.map(([entity, strength]) => ["Events.emit", entity, "Pulse", { strength }]));
    calls.length = 0;
    const heard = domain.call(program, 1, { entity: 12, row: 1, columns }, "onEvent", ["Alarm", { where: "gate" }]);
    expect(heard).toEqual({ ok: true, value: undefined });
    expect(calls).toEqual([["Log.info", 12, 'Alarm {"where":"gate"}']]);
    for (let k = 0; k < 100; k++) {
      const long = { where: "x".repeat(1000) };
      expect(domain.call(program, 1, { entity: 12, row: 1, columns }, "onEvent", ["Alarm", long]).ok).toBe(true);
    }
    // The guest gives texts back to its allocator.
    expect(domain.inspect().memoryBytes).toBeLessThan(400_000);
  });

  test("a component itself is not taken", async () => {
    const compiled = new WasmEngine({ api: scriptApi }).compile({ name: "Beacon", code: component });
    await expect(compiled).rejects.toThrow(/worldloom wasm build/);
  });
});

test("without jco the builder says what to install", async () => {
  const builder = new ComponentBuilder({ jco: "no-such-package" });
  await expect(builder.build("beacon", component)).rejects.toMatchObject({ code: "peer-missing" });
  await expect(builder.build("beacon", component)).rejects.toThrow(/npm install @bytecodealliance\/jco/);
  await builder.close();
});

describe.skipIf(!existsSync(jco))("with jco (install examples/guests to run this)", { timeout: 60_000 }, () => {
  const cacheFolder = mkdtempSync(join(tmpdir(), "worldloom-components-"));
  const builder = new ComponentBuilder({ jco: pathToFileURL(jco).href, cacheFolder });
  afterAll(async () => {
    await builder.close();
    rmSync(cacheFolder, { recursive: true });
  });

  test("the committed module is what the component gives, and is kept by hash", async () => {
    const built = await builder.build("beacon", component, manifest);
    expect(Buffer.compare(built, readFileSync(join(folder, "beacon.wasm")))).toBe(0);
    expect(readdirSync(cacheFolder).length).toBe(1);
    const cold = new ComponentBuilder({ jco: "no-such-package", cacheFolder });
    expect(Buffer.compare(await cold.build("beacon", component, manifest), built)).toBe(0);
    await cold.close();
  });

  test("what is no component, or a damaged one, is refused; the worker goes on", async () => {
    const damaged = component.map((byte, i) => (i > 100 && i % 97 === 0 ? byte ^ 0x55 : byte));
    for (const bytes of [Uint8Array.of(1, 2, 3), component.subarray(0, 500), damaged]) {
      await expect(builder.build("bad", bytes)).rejects.toMatchObject({ code: "script-invalid" });
    }
    const again = new ComponentBuilder({ jco: pathToFileURL(jco).href });
    const builds = await Promise.all([again.build("a", component), again.build("b", component)]);
    expect(Buffer.compare(builds[0]!, builds[1]!)).toBe(0);
    await again.close();
  });
});
