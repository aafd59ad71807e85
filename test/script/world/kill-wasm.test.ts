import { describe, expect, test } from "vitest";
import { type Budget, type FaultKind, wasmEngine } from "../../../src/script.ts";
import {
  add,
  alloc,
  assemble,
  call,
  drop,
  each,
  f64,
  forever,
  get,
  load,
  i32 as number,
  shl,
  store8,
  storeF32,
  unreachable,
} from "../wasm/guest-module.ts";
import { differences, Hit, type Killing, killing, Rage, told } from "./kill.ts";

const engine = wasmEngine();
const budget: Partial<Budget> = {
  instructions: 50_000,
  memoryBytes: 4 << 16,
  stack: 200,
  spawns: 20,
  hostCalls: 300,
  events: 20,
  outputBytes: 2_000,
};

type Code = readonly (number | readonly number[])[];
const imports = [
  { name: "world_spawn", parameters: "iiiii", results: "i" },
  { name: "events_emit", parameters: "iiiii" },
  { name: "log_info", parameters: "ii" },
  { name: "time_tick", parameters: "", results: "l" },
] as const;
const [SPAWN, EMIT, LOG, TICK] = [0, 1, 2, 3];
/** Functions are numbered after the imports. */
const DEEP = imports.length + 1;
const text = (at: number, text: string) => ({ at, bytes: [...new TextEncoder().encode(text)] });
const spawn = [...number(16), ...number(5), ...number(0), ...number(0), ...number(0), ...call(SPAWN), drop];
const emit = [...number(32), ...number(3), ...number(0), ...number(0), ...number(0), ...call(EMIT)];
const say = [...number(16), ...number(5), ...call(LOG)];
const tick = [...call(TICK), drop];

/** What ends a call, and how it is told. */
const ways: Readonly<Record<string, readonly [kind: FaultKind, code: Code, budget?: Partial<Budget>]>> = {
  "a trap": ["trap", [unreachable]],
  "a division by zero": ["trap", [number(1), number(0), 0x6d, drop]],
  "memory out of bounds": ["trap", [number(-8), load(), drop]],
  "a loop": ["instructions", [forever(number(1), drop)]],
  "a loop that uses up the tick": ["instructionsPerTick", [forever(number(1), drop)], { instructionsPerTick: 30_000 }],
  "a recursion": ["stack", [call(DEEP)]],
  "memory that grows": ["memory", [number(100), [0x40, 0], drop], { instructions: 100_000_000 }],
  spawns: ["spawns", [forever(spawn)]],
  "calls of the host": ["hostCalls", [forever(tick)]],
  events: ["events", [forever(emit)]],
  output: ["outputBytes", [forever(say)], { outputBytes: 500 }],
};

const hooks = ["on_start", "on_update", "on_event", "on_destroy"] as const;
type Where = (typeof hooks)[number];
const parameters = { on_start: "ii", on_update: "idi", on_event: "iiiiii", on_destroy: "ii" } as const;
const lists = { on_start: 1, on_update: 2, on_event: 1, on_destroy: 1 } as const;

/** A guest that writes and calls, and ends badly, for rows in a rage: those after the first have none. */
function guest(where: Where, way: Code | undefined): Uint8Array {
  const [LISTS, ROW] = [lists[where], parameters[where].length];
  const at = (column: number, log2: number) => [
    ...get(LISTS),
    ...load(4 + column * 4),
    ...get(ROW),
    ...number(log2),
    shl,
    add,
  ];
  const deed: Code =
    way === undefined
      ? []
      : [
          [...at(1, 2), 0x43, ...new Uint8Array(Float32Array.of(99).buffer), ...storeF32()],
          [...at(0, 0), ...number(0), ...store8()],
          [...number(200), ...number(77), ...store8(), 0x23, 0, ...number(5), add, 0x24, 0],
          spawn,
          emit,
          ...way,
        ];
  // The first byte of the rage of a row.
  const raging: Code = [[...at(0, 0), 0x2d, 0, 0], [0x04, 0x40], ...deed, [0x0b]];
  const code = where === "on_destroy" ? deed : [each(ROW, 0, ...raging)];
  return assemble({
    manifest: { writes: ["Position", "Rage"], hears: ["Hit"], columns: ["Rage.now", "Position.x"] },
    imports,
    globals: [{ type: "i", mutable: true, init: number(0) }],
    data: [text(16, "Spark"), text(32, "Hit")],
    functions: [
      alloc,
      { name: ".deep", parameters: "", code: [call(DEEP)] },
      { name: where, parameters: parameters[where], locals: [[1, "i"]], code },
    ],
  });
}

/** Ticks to the fifth, in which the deed is done, and the rage gone after it. */
function lead({ world, game, script, entities }: Killing, where: Where): void {
  const [victim] = entities;
  if (where === "on_start") world.remove(victim!, script.component);
  for (let at = 1; at < 5; at++) game.step();
  if (where === "on_start") world.add(victim!, script.component);
  if (where === "on_event") world.emit(Hit, {});
  if (where === "on_destroy") world.despawn(victim!);
  else world.set(victim!, Rage, { now: true });
  game.step();
}

describe.each(hooks)("in %s a guest that is stopped changes nothing", (where) => {
  test.for(Object.entries(ways))("%s", async ([, [kind, way, more]]) => {
    const options = { budget: { ...budget, ...more } };
    const killed = await killing(engine, guest(where, way), options);
    const idle = await killing(engine, guest(where, undefined), options);
    for (const one of [killed, idle]) lead(one, where);
    expect(idle.faults).toEqual([]);
    expect(
      killed.faults.map((fault) => fault.kind),
      killed.faults[0]?.message,
    ).toEqual([kind]);
    expect(told(killed.world)).toEqual([kind]);
    expect(differences(killed.world, idle.world)).toEqual([]);
    const { domain } = killed.scripts.of(killed.world).slotOf("main")!;
    const image = domain.bytes.slice();
    const [victim] = killed.entities;
    for (const { world } of [killed, idle]) if (world.isAlive(victim!)) world.set(victim!, Rage, { now: false });
    for (let at = 6; at < 16; at++) {
      for (const { game } of [killed, idle]) game.step();
      expect([at, ...differences(killed.world, idle.world)]).toEqual([at]);
    }
    expect(killed.faults.length).toBe(1);
    expect(domain.bytes.length).toBe(image.length);
    for (const entity of killed.entities)
      if (killed.world.isAlive(entity)) expect(killed.state(entity)["scriptStatus"]).toBe(1);
    const spawned = [killed, idle].map(({ world }) => world.spawn(Rage));
    expect(spawned[0]).toBe(spawned[1]);
    for (const { world } of [killed, idle]) world.dispose();
  });
});

test("a NaN where none may be is an error, and the world is as before", async () => {
  const nan = [...get(2), ...load(8), 0x43, ...new Uint8Array(Float32Array.of(Number.NaN).buffer), ...storeF32()];
  const code = assemble({
    manifest: { writes: ["Position", "Rage"], columns: ["Rage.now", "Position.x"] },
    functions: [alloc, { name: "on_update", parameters: "idi", code: [nan, f64(0), drop] }],
  });
  const one = await killing(engine, code, { budget });
  one.game.step();
  expect(one.faults.map(({ kind }) => kind)).toEqual(["error"]);
});
