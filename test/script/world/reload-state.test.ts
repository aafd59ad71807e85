import { describe, expect, test } from "vitest";
import { loadWorld, Rollback, record, replay, simulate } from "../../../src/index.ts";
import { luaEngine, ScriptReload } from "../../../src/script.ts";
import { differences, type Killing, killing, Position } from "./kill.ts";
import { Bytes } from "./rich.ts";

const engine = await luaEngine();
const name = "Victim";
const before = `script { state = { n = 0 }, writes = { "Position" } }
  function onUpdate(self) self.State.n = self.State.n + 1 end`;

/** Fields of every kind that a state can have, first values included. */
const added = `label = "a first text", mood = "", brave = true, tired = false, whole = 7, real = 2.5,
  narrow = f32(0.1), wide = u32(4294967295), friend = entity()`;
const after = `script { state = { n = 0, ${added} }, writes = { "Position" } }
  function onUpdate(self)
    local s = self.State
    s.n = s.n + 10
    if s.brave and not s.tired and math.type(s.whole) == "integer" then
      s.label, s.mood = s.label .. "!", "mood " .. s.whole
      s.whole, s.narrow, s.wide, s.friend = s.whole + 1, s.narrow * 3, s.wide - 1, self.id
      s.tired, s.brave = s.whole % 3 == 0, s.whole % 5 ~= 0
    else
      s.tired, s.brave, s.whole = false, true, s.whole + 2
    end
  end`;

const started = (code = before) => killing(engine, code, { entities: 3 });

async function ask({ scripts, game }: Killing, code: string): Promise<void> {
  const { hash } = await scripts.provide({ name, code });
  game.input(ScriptReload, { script: name, hash });
}

/** The whole world after each of some ticks. */
function run({ game, world }: Pick<Killing, "game" | "world">, ticks: number): string[] {
  return Array.from({ length: ticks }, () => {
    game.step();
    return world.hash();
  });
}

const stateOf = ({ scripts, world, script }: Killing, entity: number) => scripts.state(world, entity, script);

describe("fields that a new version adds", () => {
  test("of every kind have their first values, and are of their kind", async () => {
    const one = await started();
    run(one, 2);
    await ask(one, after.replace("s.n + 10", "s.n + 10 do return end"));
    run(one, 1);
    const first = {
      ...{ n: 12, label: "a first text", mood: "", brave: true, tired: false, whole: 7, real: 2.5 },
      ...{ narrow: Math.fround(0.1), wide: 4294967295, friend: 0 },
    };
    for (const entity of one.entities) expect(stateOf(one, entity)).toEqual(first);
    const fresh = one.world.spawn(Position, one.script.component);
    run(one, 1);
    expect(stateOf(one, fresh)).toEqual({ ...first, n: 10 });
  });
  test("are what they are in a world that had them from the start", async () => {
    const [late, early] = [await started(), await started(after)];
    await ask(late, after);
    run(late, 20);
    run(early, 20);
    for (const [i, entity] of late.entities.entries())
      expect(stateOf(late, entity)).toEqual(stateOf(early, early.entities[i]!));
    expect(late.faults).toEqual([]);
  });
  test("stay through versions that keep them, and are new where one in between had none", async () => {
    const one = await started();
    await ask(one, after);
    run(one, 5);
    const kept = stateOf(one, one.entities[0]!)!["label"];
    expect(kept).toMatch(/^a first text!+$/);
    await ask(one, `script { state = { n = 0, label = "another" } }`);
    run(one, 1);
    expect(stateOf(one, one.entities[0]!)).toEqual({ n: 50, label: kept });
    await ask(one, `script { state = { n = 0, other = "", ready = true } }`);
    run(one, 1);
    await ask(one, `script { state = { n = 0, label = "another", other = "x", ready = false } }`);
    run(one, 1);
    expect(stateOf(one, one.entities[0]!)).toEqual({ n: 50, label: "another", other: "", ready: true });
  });
  test("are called by their names through State and Component", async () => {
    const one = await started();
    await ask(
      one,
      `script { state = { n = 0, label = "a", brave = false } }
      function onUpdate(self)
        State.set("label", State.get("label") .. "b")
        Component.set(self.id, "State", { brave = true })
        assert(State.all().brave == true)
        assert(not pcall(State.set, "brave", "yes"))
      end`,
    );
    run(one, 2);
    expect(one.faults).toEqual([]);
    expect(stateOf(one, one.entities[0]!)).toEqual({ n: 0, label: "abb", brave: true });
  });
  test("can be few where a script says so, and changes of kind are refused", async () => {
    const one = await killing(engine, before, { spare: { str: 1, bool: 0 } });
    const refused: (string | undefined)[] = [];
    one.scripts.onReload((report) => refused.push(report.refused));
    for (const more of ['a = "a"', 'a = "a", b = "b"', "c = true", "a = 1"]) {
      await ask(one, `script { state = { n = 0, ${more} } }`);
      run(one, 1);
    }
    expect(refused).toEqual([
      undefined,
      "Field b in the state of Victim is one more than the 1 spare columns of the kind str hold; give scripts.add more for new worlds, as { spare: { str: 2 } }. This world keeps the version that it runs.",
      "Field c in the state of Victim is one more than the 0 spare columns of the kind bool hold; give scripts.add more for new worlds, as { spare: { bool: 1 } }. This world keeps the version that it runs.",
      "Field a in the state of Victim changed from str to i32; give it another name for this world. This world keeps the version that it runs.",
    ]);
    const most = await killing(engine, before, { spare: { bool: 16 } });
    most.scripts.onReload((report) => refused.push(report.refused));
    const many = Array.from({ length: 17 }, (_, i) => `f${i} = true`).join();
    await ask(most, `script { state = { n = 0, ${many} } }`);
    run(most, 1);
    expect(refused.at(-1)).toMatch(/than the 16 spare columns of the kind bool hold; make a new world/);
  });
  test("have less room beside a state of many fields", async () => {
    const fields = (count: number) => Array.from({ length: count }, (_, i) => `f${i} = ${i}`).join();
    const full = await killing(engine, `script { state = { ${fields(57)} } }`);
    const one = await killing(engine, `script { state = { ${fields(54)} } }`);
    const reports: (string | undefined)[] = [];
    for (const { scripts } of [full, one]) scripts.onReload(({ refused }) => reports.push(refused));
    for (const each of [full, one]) {
      await ask(each, `script { state = { ${fields(54)}, more = 1.5 } }`);
      run(each, 1);
    }
    expect(reports).toEqual([expect.stringMatching(/than the 0 spare columns of the kind f64/), undefined]);
  });
  test("leave no trace where the version is refused", async () => {
    const saving = `${before} function onSave() return 1 end`;
    const [tried, calm] = [await started(saving), await started(saving)];
    for (const one of [tried, calm]) run(one, 3);
    const refused: unknown[] = [];
    tried.scripts.onReload((report) => refused.push(report.refused));
    const restore = `\n function onRestore(self) self.State.mood, self.State.brave = "of the refused", false error("no") end`;
    await ask(tried, after.replace("a first text", "first of the refused").concat(restore));
    for (const one of [tried, calm]) run(one, 1);
    expect(differences(tried.world, calm.world)).toEqual([]);
    expect(refused).toEqual([expect.stringMatching("no")]);
    for (const text of ["of the refused", "first of the refused"]) expect(tried.world.core.strings.find(text)).toBe(-1);
    for (let tick = 0; tick < 5; tick++) {
      for (const one of [tried, calm]) run(one, 1);
      expect(tried.world.contentHash()).toBe(calm.world.contentHash());
    }
  });
});

describe("texts and booleans that a new version adds", () => {
  test("are part of snapshots and forks", async () => {
    const one = await started();
    const early = one.world.snapshot();
    run(one, 3);
    await ask(one, after);
    const middle = one.world.snapshot();
    const expected = run(one, 4);
    const late = one.world.snapshot();
    const more = run(one, 8);
    one.world.restore(late);
    expect(run(one, 8)).toEqual(more);
    one.world.restore(early);
    run(one, 3);
    one.world.restore(middle);
    await ask(one, after);
    expect(run(one, 4)).toEqual(expected);
    const fork = one.world.fork();
    const other = { world: fork, game: await simulate(fork, one.scripts.systems()) };
    expect(run(other, 8)).toEqual(more);
    expect(run(one, 8)).toEqual(more);
    fork.dispose();
  });
  test("are rolled back with inputs that come late", async () => {
    const [late, prompt] = [await started(), await started()];
    const rollback = new Rollback(late.game, { keep: 8 });
    const { hash } = await late.scripts.provide({ name, code: after });
    await prompt.scripts.provide({ name, code: after });
    for (let tick = 1; tick <= 30; tick++) {
      if (tick === 10) prompt.game.input(ScriptReload, { script: name, hash });
      for (const one of [late, prompt]) run(one, 1);
      if (tick === 15) rollback.lateInput(10, ScriptReload, { script: name, hash });
      rollback.resimulate();
      if (tick < 10 || tick >= 15) expect([tick, late.world.hash()]).toEqual([tick, prompt.world.hash()]);
    }
    rollback.dispose();
    const tested = await started();
    const test = new Rollback(tested.game, { keep: 5, syncTest: true });
    run(tested, 5);
    await ask(tested, after);
    run(tested, 20);
    test.dispose();
  });
  test("are in recordings and saves", async () => {
    const one = await started();
    run(one, 3);
    const sink = new Bytes();
    const recorder = record(one.game, sink, { hashEvery: 1 });
    run(one, 2);
    await ask(one, after);
    const hashes = run(one, 10);
    const save = one.world.save();
    const more = run(one, 10);
    recorder.close();
    const seen: string[] = [];
    const replayed = async () => {
      const other = await started();
      await other.scripts.provide({ name, code: after });
      return other.game;
    };
    const ticked = ({ simulation }: { simulation: Killing["game"] }) => void seen.push(simulation.world.hash());
    const result = await replay(sink.all, replayed, { verify: true, ticked });
    expect(result).not.toHaveProperty("desync.tick");
    expect(seen.slice(2)).toEqual([...hashes, ...more]);
    const other = await started();
    await other.scripts.provide({ name, code: after });
    const world = loadWorld(save, other.types);
    expect(run({ world, game: await simulate(world, other.scripts.systems()) }, 10)).toEqual(more);
  });
});
