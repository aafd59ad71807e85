import { describe, expect, test } from "vitest";
import type { ScriptDomain } from "../../../src/script/engine.ts";
import type { FaultKind } from "../../../src/script/fault.ts";
import { alloc, assemble, call, f32, forever, get, i32, load, store, storeF32, unreachable } from "./guest-module.ts";
import { type GuestWorld, startGuest } from "./guest-world.ts";
import { type Code, ENDLESS, IMPORTS, LISTS, moduleOf, type Probe, probes, STRING } from "./probes.ts";

/** Each way to call a guest; what stopped it, if anything did. */
const ways: Readonly<Record<string, (domain: ScriptDomain, program: number, world: GuestWorld) => unknown>> = {
  onUpdate: (domain, program, world) => {
    domain.update(program, world.batch(), 0, 1);
    return domain.fault?.kind ?? "fine";
  },
  onStart: (domain, program, world) => kindOf(domain.call(program, 1, world.row(1), "onStart", [])),
  onEvent: (domain, program, world) => kindOf(domain.call(program, 1, world.row(2), "onEvent", ["Hit", { a: 1 }])),
  onDestroy: (domain, program, world) => kindOf(domain.call(program, 1, world.row(3), "onDestroy", [])),
};

function kindOf(outcome: ReturnType<ScriptDomain["call"]>): FaultKind | "fine" {
  return outcome.ok ? "fine" : outcome.fault.kind;
}

const healthy = assemble({
  manifest: { writes: ["Position"], columns: ["Position.y: f32"] },
  functions: [alloc, { name: "on_update", parameters: "idi", code: [...get(2), ...load(4), ...f32(7), ...storeF32()] }],
});

describe.for(probes)("$name", (probe) => {
  test.for(Object.keys(ways))("in %s", async (way) => {
    const { world, domain, program, engine } = await startGuest(moduleOf(probe), probe.budget);
    const other = domain.load(await engine.compile({ name: "Healthy", code: healthy }), world.access);
    const before = { world: world.bytes(), image: domain.bytes.slice() };
    const used: number[] = [];
    for (let run = 0; run < 2; run++) {
      domain.beginTick(run + 2);
      const spent = domain.inspect().instructions;
      expect(ways[way]!(domain, program, world)).toBe(probe.kind);
      used.push(domain.inspect().instructions - spent);
      if (probe.kind === "fine") continue;
      expect(Buffer.compare(world.bytes(), before.world)).toBe(0);
      expect(Buffer.compare(domain.bytes, before.image)).toBe(0);
    }
    if (probe.kind !== "fine") expect(used[1]).toBe(used[0]);
    domain.beginTick(4);
    domain.update(other, world.batch(), 0, 1);
    expect(domain.fault).toBe(undefined);
    expect(world.column("Position", "y")[0]).toBe(7);
  });
});

const allocators: readonly [name: string, code: Code, kind: FaultKind][] = [
  ["nothing", [i32(0)], "memory"],
  ["a place that is not aligned", [i32(1025)], "memory"],
  ["a place outside of the memory", [i32(1 << 24)], "memory"],
  ["a place whose end is outside", [i32(65_536 + 8)], "memory"],
  ["a negative place", [i32(-65_536)], "memory"],
  ["a trap", [unreachable], "trap"],
  ["no answer", [forever(), i32(0)], "instructions"],
  ["calls without end", [i32(1), call(LISTS)], "stack"],
];
test.for(allocators)("worldloom_alloc that gives %s", async ([, code, kind]) => {
  const allocator = { name: "worldloom_alloc", parameters: "i", results: "i", code };
  const { world, domain, program } = await startGuest(moduleOf({ name: "", code: [], kind }, allocator), ENDLESS);
  const before = { world: world.bytes(), image: domain.bytes.slice() };
  domain.update(program, world.batch(), 0, 1);
  expect(domain.fault?.kind).toBe(kind);
  expect(Buffer.compare(world.bytes(), before.world)).toBe(0);
  expect(Buffer.compare(domain.bytes, before.image)).toBe(0);
});

test.for([
  ["that traps", [unreachable], "trap"],
  ["that gives a place outside", [i32(-4)], "error"],
  ["that calls the host again", [i32(0), i32(4), i32(64), call(STRING), i32(0)], "error"],
  ["that never ends", [forever(), i32(0)], "instructions"],
] as const)("cabi_realloc %s", async ([, code, kind]) => {
  const probe: Probe = { name: "", code: [i32(0), i32(4), i32(64), call(STRING)], kind };
  const bad = assemble({
    imports: IMPORTS,
    functions: [
      alloc,
      { name: "run", code: probe.code },
      { name: "cabi_realloc", parameters: "iiii", results: "i", code },
    ],
  });
  const { world, domain, program } = await startGuest(bad, ENDLESS);
  expect(kindOf(domain.call(program, 1, world.row(0), "run", []))).toBe(kind);
});

test("a table of columns that the guest overwrites leads nowhere else", async () => {
  const source = assemble({
    manifest: { writes: ["Position"], columns: ["Position.x: f32"] },
    functions: [
      alloc,
      {
        name: "on_update",
        parameters: "idi",
        code: [
          ...get(2),
          ...load(4),
          ...f32(5),
          ...storeF32(),
          ...get(2),
          ...i32(-1),
          ...store(4),
          ...get(2),
          ...i32(0),
          ...store(0),
        ],
      },
    ],
  });
  const { world, domain, program } = await startGuest(source);
  const before = world.bytes();
  domain.update(program, world.batch(), 0, 1);
  expect(domain.fault).toBe(undefined);
  const after = world.bytes();
  const changed = Array.from(after.keys()).filter((i) => after[i] !== before[i]);
  expect(changed.every((i) => i >= world.x.byteOffset && i < world.x.byteOffset + 4)).toBe(true);
  expect(world.x[0]).toBe(5);
});
