import { expect, it } from "vitest";
import type { AccessLayout, UpdateBatch } from "../../../src/script/engine.ts";
import { BridgeVm, columnsOf } from "./bridge-vm.ts";

const access: readonly AccessLayout[] = [
  {
    name: "Position",
    write: true,
    fields: [
      { name: "x", kind: "f32", lanes: 1, nan: false },
      { name: "n", kind: "i32", lanes: 1, nan: false },
      { name: "list", kind: "u8", lanes: 13, nan: false },
    ],
  },
];
const ROWS = 8;
const DT = 0.25;

/** Instances 1 to {@link ROWS}, entity 100 more than the row, all with the same functions. */
function stage(code: string, metered = true) {
  const vm = new BridgeVm(undefined, metered);
  vm.declare(0, access, "proxies");
  const made = vm.run(
    `local code, rows = ...
    envs, selves, seen = {}, {}, {}
    local main = assert(load("local _ENV = ... ; " .. code, "=script"))
    for i = 1, rows do
      envs[i] = setmetatable({}, { __index = _G })
      main(envs[i])
      selves[i] = { id = 100 + i, Position = proxies.Position }
    end`,
    code,
    BigInt(ROWS),
  );
  expect(made).toEqual({ ok: true, value: undefined });
  const columns = columnsOf(vm.world, access, ROWS, 64);
  const batch: UpdateBatch = {
    count: ROWS,
    entities: Int32Array.from({ length: ROWS }, (_, row) => 101 + row),
    instances: Int32Array.from({ length: ROWS }, (_, row) => row + 1),
    due: new Uint8Array(ROWS).fill(1),
    columns,
  };
  const [x, n, list] = columns[0]!;
  return { vm, batch, x: x!, n: n!, list: list! };
}

const values = (column: ArrayLike<number>) => Array.from(column).slice(0, ROWS);

it.each([true, false])("calls every row that is due and has an instance (metered: %s)", (metered) => {
  const { vm, batch, x, n } = stage(
    "function onUpdate(self, dt) seen[#seen + 1] = self.id self.Position.x = self.Position.x + dt self.Position.n = self.id end",
    metered,
  );
  batch.due[1] = 0;
  batch.instances[2] = 0;
  expect(vm.update(0, batch, 0, DT)).toBeUndefined();
  expect(vm.update(0, batch, 4, DT)).toBeUndefined();
  expect(vm.bridge.row).toBe(ROWS);
  expect(vm.bridge.exhausted).toBe(false);
  expect(values(x)).toEqual([DT, 0, 0, DT, 2 * DT, 2 * DT, 2 * DT, 2 * DT]);
  expect(values(n)).toEqual([101, 0, 0, 104, 105, 106, 107, 108]);
  expect(vm.run("return table.concat(seen, ' ')").value).toBe("101 104 105 106 107 108 105 106 107 108");
});

it("takes the function that an environment has now, and rows without one or without an environment are left out", () => {
  const { vm, batch, n } = stage(`
    function onUpdate(self) self.Position.n = 1
      if self.id == 101 then function onUpdate(self) self.Position.n = 2 end end
      if self.id == 102 then onUpdate = nil end
    end`);
  expect(vm.update(0, batch, 0, DT)).toBeUndefined();
  vm.run("envs[3] = nil");
  n.fill(0);
  expect(vm.update(0, batch, 0, DT)).toBeUndefined();
  expect(values(n)).toEqual([2, 0, 0, 1, 1, 1, 1, 1]);
});

it("counts what the rows use, and stops before a row when the tick has nothing left", () => {
  const { vm, batch, n } = stage("function onUpdate(self) for i = 1, 10 do end self.Position.n = 1 end");
  expect(vm.update(0, batch, 0, DT, 1000, 100_000)).toBeUndefined();
  const each = (100_000 - vm.bridge.left) / ROWS;
  expect(Number.isInteger(each)).toBe(true);
  n.fill(0);
  expect(vm.update(0, batch, 0, DT, 1000, 3 * each)).toBeUndefined();
  expect([vm.bridge.row, vm.bridge.exhausted, vm.bridge.left]).toEqual([3, true, 0]);
  expect(values(n)).toEqual([1, 1, 1, 0, 0, 0, 0, 0]);
  // Exactly enough is enough, for a call and for the tick.
  expect(vm.update(0, batch, 0, DT, each, ROWS * each)).toBeUndefined();
  expect([vm.bridge.row, vm.bridge.exhausted, vm.bridge.left]).toEqual([ROWS, false, 0]);
  expect(() => vm.update(0, batch, 0, DT, each - 1, 100_000)).toThrow("unreachable");
});

it("goes on behind a row with an error, whose writes can be taken back", () => {
  const { vm, batch, x, n, list } = stage(`
    function onUpdate(self, dt)
      for i = 1, 13 do self.Position.list[i] = self.id end
      self.Position.x = 1 self.Position.n = 5 self.Position.x = 2
      if self.id % 3 == 0 then self.Position.n = "no" end
    end`);
  const failed: number[] = [];
  for (let from = 0; from < ROWS; from = vm.bridge.row + 1) {
    const message = vm.update(0, batch, from, DT, 1000, 100_000);
    if (message === undefined) break;
    expect(message).toContain("script:5: Position.n: expected an integer");
    expect(vm.bridge.entity).toBe(101 + vm.bridge.row);
    // Each cell once: x and n, and 13 bytes of the list by eights and ones.
    expect(vm.undo.count).toBe(2 + 1 + 5);
    vm.undo.revert(new Uint8Array(vm.world.buffer));
    failed.push(vm.bridge.row);
  }
  expect(failed).toEqual([1, 4, 7]);
  expect(values(x)).toEqual([2, 0, 2, 2, 0, 2, 2, 0]);
  expect(values(n)).toEqual([5, 0, 5, 5, 0, 5, 5, 0]);
  expect(Array.from(list)).toEqual([101, 0, 103, 104, 0, 106, 107, 0].flatMap((id) => new Array(13).fill(id)));
});

it("goes on behind a row that was killed, with the exact rest of the tick", () => {
  const { vm, batch, x } = stage(`
    function onUpdate(self, dt)
      self.Position.x = 1
      if self.id == 103 then pcall(function() while true do self.Position.x = 9 end end) end
    end`);
  const stack = vm.lua.__global_0!.value;
  expect(() => vm.update(0, batch, 0, DT, 1000, 100_000)).toThrow("unreachable");
  expect([vm.bridge.row, vm.bridge.entity]).toEqual([2, 103]);
  const used = 100_000 - vm.bridge.left;
  vm.undo.revert(new Uint8Array(vm.world.buffer));
  vm.lua.__global_0!.value = stack;
  vm.L = vm.lua.lua_newthread(vm.L);
  expect(vm.update(0, batch, 3, DT, 1000, vm.bridge.left)).toBeUndefined();
  expect(values(x)).toEqual([1, 1, 0, 1, 1, 1, 1, 1]);
  const perRow = (used - 1000) / 2;
  expect(vm.bridge.left).toBe(100_000 - used - 5 * perRow);
});

it("stops a call that writes more than the undo log holds", () => {
  const wide: readonly AccessLayout[] = [
    {
      name: "Wide",
      write: true,
      fields: Array.from({ length: 3 }, (_, i) => ({ name: `a${i}`, kind: "f64" as const, lanes: 2048, nan: false })),
    },
  ];
  const vm = new BridgeVm(undefined);
  vm.declare(0, wide, "self");
  vm.bridge.enter(0, { entity: 1, row: 1, columns: columnsOf(vm.world, wide, 2, 64) });
  expect(vm.run("for i = 1, 2048 do self.Wide.a0[i] = i end").ok).toBe(true);
  expect(() => vm.run("self.Wide.a1[1] = 1 self.Wide.a2[1] = 1")).toThrow("undo log");
  vm.undo.revert(new Uint8Array(vm.world.buffer));
  expect(new Uint8Array(vm.world.buffer).every((byte) => byte === 0)).toBe(true);
});
