import { describe, expect, test } from "vitest";
import { luaEngine, type ReloadReport, ScriptCall, ScriptReload } from "../../../src/script.ts";
import { differences, type Killing, type KillOptions, killing, Position } from "./kill.ts";

const engine = await luaEngine();
const name = "Victim";

/** A script whose onUpdate adds \`by\` to its n. */
const adding = (by: string, more = "", state = ""): string => `
script { state = { n = 0, label = "" ${state} }, writes = { "Position" } }
local held = 0
function onUpdate(self) held = held + 1 self.State.n = self.State.n + ${by} end
${more}`;

interface Reloading extends Killing {
  readonly reports: ReloadReport[];
  reload(code: string): Promise<void>;
}

async function started(code: string, options: KillOptions = {}): Promise<Reloading> {
  const one = await killing(engine, code, options);
  const reports: ReloadReport[] = [];
  one.scripts.onReload((report) => reports.push(report));
  const reload = async (newer: string): Promise<void> => {
    await one.scripts.reload(one.game, { name, code: newer });
  };
  return { ...one, reports, reload };
}

const steps = (one: Killing, ticks: number): void => {
  for (let tick = 0; tick < ticks; tick++) one.game.step();
};
const values = (one: Killing, field: string): unknown[] => one.entities.map((entity) => one.state(entity)[field]);

describe("a new version", () => {
  test("gets from onSave what belongs to each entity, though others lack what it needs", async () => {
    const one = await started(adding("1", "function onSave(self) return { id = self.id, held = held } end"));
    const [first, second] = one.entities;
    steps(one, 3);
    one.world.remove(second!, Position);
    await one.reload(
      adding(
        "10",
        "function onRestore(self, saved) self.State.n = saved.id == self.id and 1000 + saved.held or -1 end",
      ),
    );
    one.world.remove(first!, Position);
    one.world.add(second!, Position);
    steps(one, 1);
    expect(one.reports).toMatchObject([{ instances: 3, refused: undefined }]);
    expect(values(one, "n")).toEqual([3, 1013, 1013, 1013]);
    one.world.add(first!, Position);
    steps(one, 2);
    expect(values(one, "n")).toEqual([23, 1033, 1033, 1033]);
    expect(one.faults).toEqual([]);
  });
  test("is what instances in back-off and in quarantine run when they go on", async () => {
    const one = await started(
      adding("1", "", "").replace("held = held + 1", 'if self.Position.y == 1 then error("no") end'),
      {
        policy: { backoffTicks: 5 },
      },
    );
    const [victim, other] = one.entities;
    steps(one, 2);
    one.world.set(other!, Position, { y: 1 });
    await one.reload(adding("10"));
    steps(one, 2);
    expect(one.reports).toMatchObject([{ instances: 3, refused: undefined }]);
    expect([one.state(victim!)["n"], one.state(other!)["n"]]).toEqual([0, 22]);
    steps(one, 3);
    expect(one.state(victim!)["n"]).toBe(20);
    expect(one.faults.length).toBe(1);
  });
  test("ends tasks; calls by name are made by it", async () => {
    const late = (value: string) => `function late(self) self.State.label = "${value}" end`;
    const one = await started(
      adding(
        "1",
        `${late("old")} function onStart(self) Tasks.after(5, "late") Tasks.start(function() Tasks.wait(4) self.State.n = -99 end) end`,
      ),
    );
    steps(one, 2);
    await one.reload(adding("1", late("new")));
    steps(one, 10);
    expect(values(one, "n")).toEqual([12, 12, 12, 12]);
    expect(values(one, "label")).toEqual(["new", "new", "new", "new"]);
    expect(one.world.query(ScriptCall).count).toBe(0);
    expect(one.scripts.of(one.world).slotOf("main")!.domain.inspect()).toMatchObject({ instances: 4, tasks: 0 });
  });
  test("adds fields, which have their first value in onRestore already, and takes fields away", async () => {
    const one = await started(adding("1", "function onSave() return 1 end"));
    steps(one, 1);
    await one.reload(
      adding("m", "function onRestore(self) self.State.m = self.State.m + 1 end", ", m = 7").replace(
        "+ m",
        "+ self.State.m",
      ),
    );
    steps(one, 1);
    expect(one.reports.at(-1)).toMatchObject({ instances: 4, refused: undefined });
    expect(values(one, "n")).toEqual([9, 9, 9, 9]);
    const fresh = one.world.spawn(Position, one.script.component);
    steps(one, 1);
    expect(one.state(fresh)["n"]).toBe(7);
    // m goes, k comes in its column.
    await one.reload(adding("k", "", ", k = 100").replace("+ k", "+ self.State.k"));
    steps(one, 1);
    expect(values(one, "n")).toEqual([117, 117, 117, 117]);
  });
  test("is refused with the reason where its state does not fit", async () => {
    const one = await started(adding("1"));
    steps(one, 1);
    const refused: readonly (readonly [string, RegExp])[] = [
      [adding("1").replace("n = 0", "n = 0.0"), /Field n .* changed from i32 to f64/],
      [adding("1").replace('label = ""', "label = 1"), /Field label .* changed from str to i32/],
      [adding("1").replace("n = 0", "n = true"), /Field n .* changed from i32 to bool/],
      [
        adding("1", "", ", a = 1, b = 2, c = 3, d = 4, e = 5"),
        /Field c .* than the 2 spare columns of the kind i32 hold; give scripts.add .* \{ spare: \{ i32: 3 \} \}/,
      ],
      [
        adding("1", "", ', a = "a", b = "b", c = "c", d = "d", e = "e"'),
        /than the 2 spare columns of the kind str hold; .* \{ spare: \{ str: 3 \} \}/,
      ],
      [adding("1", "", ", a = true, b = true, c = true, d = true, e = true"), /of the kind bool hold/],
    ];
    for (const [code, why] of refused) {
      await one.reload(code);
      steps(one, 1);
      expect(one.reports.at(-1)).toMatchObject({ instances: 0, refused: expect.stringMatching(why) });
    }
    expect(values(one, "n")).toEqual([7, 7, 7, 7]);
  });
  test("replaces one of several scripts while another is refused, in one tick", async () => {
    const one = await started(adding("1"));
    const { scripts } = one;
    steps(one, 1);
    const bad = await scripts.provide({ name, code: adding("5", 'function onRestore() error("no") end') });
    const good = await scripts.provide({ name, code: adding("100") });
    one.game.input(ScriptReload, { script: name, hash: bad.hash });
    one.game.input(ScriptReload, { script: name, hash: good.hash });
    one.game.input(ScriptReload, { script: "Other", hash: bad.hash });
    steps(one, 1);
    // The last word counts.
    expect(values(one, "n")).toEqual([101, 101, 101, 101]);
    one.game.input(ScriptReload, { script: name, hash: "nobody knows" });
    steps(one, 1);
    expect(one.reports.at(-1)).toMatchObject({ refused: expect.stringMatching(/is not known here/) });
    expect(values(one, "n")).toEqual([201, 201, 201, 201]);
  });
  test("has the newer modules", async () => {
    const own = await luaEngine();
    own.addModule?.({ name: "steps", code: "return { by = 1 }" });
    const one = await killing(own, adding('require("steps").by'));
    steps(one, 2);
    own.addModule?.({ name: "steps", code: "return { by = 50 }" });
    steps(one, 1);
    expect(values(one, "n")).toEqual([3, 3, 3, 3]);
    await one.scripts.reload(one.game, { name, code: adding('require("steps").by') });
    steps(one, 1);
    expect(values(one, "n")).toEqual([53, 53, 53, 53]);
    one.scripts.dispose();
  });
});

describe("a version that is refused leaves no trace", () => {
  /** All that a hook of a reload can do. */
  const harm = `
    self.Position.x, self.State.n, self.State.label = 55, -7, "a label of the refused " .. self.id
    for _, other in ipairs(World.tagged("Position")) do Component.set(other, "Position", { y = 3 }) end
    World.spawn("Spark", { Position = { x = Random.float() } })
    Events.emit("Hit", { damage = Random.integer(1, 6) })
    World.despawn(World.tagged("Position")[3])
    Tasks.start(function() Tasks.wait(1) World.spawn("Spark") end)
    Tasks.after(1, "nothing")
    held = 1000
    if self.Position.x == 55 and self.id == World.tagged("Position")[4] then`;
  const before = adding(
    "1 + held",
    `function onStart(self) Tasks.start(function() while true do Tasks.wait(2) self.Position.x = self.Position.x + Random.float() end end) end
    function onSave(self) SAVE return held end`,
  );
  const cases: readonly (readonly [string, string, string])[] = [
    ["onSave fails", before.replace("SAVE", `${harm} error("no") end`), adding("1")],
    ["onSave never ends", before.replace("SAVE", `${harm} while true do end end`), adding("1")],
    ["onSave gives what does not cross", before.replace("SAVE", `${harm} return print end`), adding("1")],
    [
      "onRestore fails",
      before.replace("SAVE", ""),
      adding("1", `function onRestore(self) ${harm} error("no") end end`),
    ],
    [
      "onRestore uses up the memory",
      before.replace("SAVE", ""),
      adding("1", `function onRestore(self) ${harm} local t = {} for i = 1, 1e9 do t[i] = { i } end end end`),
    ],
    [
      "onRestore hangs",
      before.replace("SAVE", ""),
      adding(
        "1",
        `function onRestore(self) ${harm} local _ = (('a'):rep(40)):find(('a?'):rep(40) .. ('a'):rep(40) .. 'b') end end`,
      ),
    ],
    [
      "the top level fails",
      before.replace("SAVE", ""),
      `${adding("1")}\nif #tostring(held) > 0 and Time then error("no") end`,
    ],
  ];
  test.for(cases)("%s", async ([what, code, newer]) => {
    const options: KillOptions = { budget: { memoryBytes: 2 << 20, instructions: 1_000_000 } };
    const [tried, calm] = [await started(code, options), await started(code, options)];
    for (const one of [tried, calm]) steps(one, 5);
    await tried.reload(newer).catch((error: { code: string }) => expect(error.code).toMatch(/^script-/));
    for (const one of [tried, calm]) steps(one, 1);
    expect(differences(tried.world, calm.world)).toEqual([]);
    for (let tick = 0; tick < 10; tick++) {
      for (const one of [tried, calm]) steps(one, 1);
      expect([tick, tried.world.contentHash()]).toEqual([tick, calm.world.contentHash()]);
    }
    expect(tried.reports.length).toBe(what === "the top level fails" ? 0 : 1);
    for (const { instances, refused } of tried.reports) expect([instances, typeof refused]).toEqual([0, "string"]);
    expect(tried.world.core.strings.find(`a label of the refused ${tried.entities[0]}`)).toBe(-1);
    expect([tried.faults, calm.faults]).toEqual([[], []]);
    const spawned = [tried, calm].map(({ world }) => world.spawn(Position));
    expect(spawned[0]).toBe(spawned[1]);
  });
});
