import { afterEach, describe, expect, it } from "vitest";
import { createWorld, type RecordingSink, record, replay, simulate, type World } from "../../src/index.ts";
import {
  createScripts,
  luaEngine,
  type ReloadReport,
  type Script,
  type ScriptEngine,
  ScriptReload,
} from "../../src/script.ts";
import { toyEngine } from "./toy-engine.ts";
import { Hit, Position } from "./toy-world.ts";

/** The same scripts in the language of each engine. */
interface Sources {
  readonly engine: () => Promise<ScriptEngine>;
  /** onUpdate: x += 1, n += 1. */
  readonly one: string;
  /** onUpdate: x += 10. Another field, m = 7. */
  readonly ten: string;
  /** The field n is a text. */
  readonly text: string;
  /** onSave gives n; onUpdate: n += 1. */
  readonly saving: string;
  /** onRestore adds 1000 to what it gets, in n. */
  readonly restoring: string;
  /** onRestore: x = 500, emits nothing, then fails where n is above 2. */
  readonly failing: string;
  /** The top level fails. */
  readonly broken?: string;
}

const engines: Readonly<Record<string, Sources>> = {
  toy: {
    engine: async () => toyEngine(),
    one: "state n 0\nwrites Position\non onUpdate\nadd Position.x 1\nadd State.n 1",
    ten: "state n 0\nstate m 7\nwrites Position\non onUpdate\nadd Position.x 10",
    text: 'state n "text"\nwrites Position',
    saving: "state n 0\nwrites Position\non onSave\nreturn State.n\non onUpdate\nadd State.n 1",
    restoring: "state n 0\nwrites Position\non onRestore\nset State.n $0\nadd State.n 1000",
    failing: "state n 0\nwrites Position\non onRestore\nset Position.x 500\nunless Position.y\nfail no",
  },
  lua: {
    engine: () => luaEngine(),
    one: `script { state = { n = f64(0) }, writes = { "Position" } }
      function onUpdate(self) self.Position.x = self.Position.x + 1 self.State.n = self.State.n + 1 end`,
    ten: `script { state = { n = f64(0), m = f64(7) }, writes = { "Position" } }
      function onUpdate(self) self.Position.x = self.Position.x + 10 end`,
    text: `script { state = { n = "text" }, writes = { "Position" } }`,
    saving: `script { state = { n = f64(0) }, writes = { "Position" } }
      function onSave(self) return self.State.n end
      function onUpdate(self) self.State.n = self.State.n + 1 end`,
    restoring: `script { state = { n = f64(0) }, writes = { "Position" } }
      function onRestore(self, saved) self.State.n = saved + 1000 end`,
    failing: `script { state = { n = f64(0) }, writes = { "Position" } }
      function onRestore(self)
        self.Position.x = 500
        if self.Position.y == 0 then error("no") end
      end`,
    broken: `script { state = { n = f64(0) }, writes = { "Position" } }
      if math.random() then error("top level") end`,
  },
};

describe.each(Object.entries(engines))("a reload with the %s engine", (_, sources) => {
  const ends: (() => void)[] = [];
  afterEach(() => {
    for (const end of ends.splice(0).reverse()) end();
  });

  /** A world with three entities that have a script; the y of the last one is 0, of the others 1. */
  async function start(code: string) {
    const scripts = createScripts({ engines: [await sources.engine()], components: [Position], events: [Hit] });
    const script = await scripts.add({ name: "Mover", code }, { profile: "trusted" });
    const reports: ReloadReport[] = [];
    scripts.onReload((report) => reports.push(report));
    const world = createWorld({
      components: [Position, ...scripts.components],
      resources: scripts.resources,
      events: [Hit, ...scripts.events],
      inputs: scripts.inputs,
      seed: 7,
    });
    const game = await simulate(world, scripts.systems());
    ends.push(
      () => world.dispose(),
      () => scripts.dispose(),
    );
    return { scripts, script, world, game, reports };
  }
  const fill = (world: World, script: Script): void => {
    for (const y of [1, 1, 0]) world.spawn([Position, { y }], script.component);
  };
  const column = (world: World, script: Script, name: string): unknown[] =>
    [...world.query(script.component, Position).entities()].map(
      (entity) =>
        (({ ...world.get(entity, Position), ...world.get(entity, script.component) }) as Record<string, unknown>)[name],
    );

  it("keeps the state and changes the code at a tick boundary", async () => {
    const { scripts, script, world, game, reports } = await start(sources.one);
    fill(world, script);
    game.step();
    game.step();
    const { hash } = await scripts.reload(world, { name: "Mover", code: sources.ten });
    expect(column(world, script, "x")).toEqual([2, 2, 2]);
    game.step();
    expect(column(world, script, "x")).toEqual([12, 12, 12]);
    expect(column(world, script, "n")).toEqual([2, 2, 2]);
    expect(reports).toEqual([{ script: "Mover", hash, tick: 3, instances: 3, refused: undefined }]);
  });

  it("gives new fields their first value, in worlds that exist and for entities that come", async () => {
    const { scripts, script, world, game } = await start(sources.one);
    fill(world, script);
    game.step();
    await scripts.reload(world, { name: "Mover", code: sources.ten });
    game.step();
    const { state } = scripts.of(world).version(script);
    const m = state.access.fields.findIndex(({ name }) => name === "m");
    const { path } = script.component.columns[state.picked[m]!]!;
    expect(column(world, script, path)).toEqual([7, 7, 7]);
    world.spawn(Position, script.component);
    game.step();
    expect(column(world, script, path)).toEqual([7, 7, 7, 7]);
  });

  it("goes back to the version before", async () => {
    const { scripts, script, world, game } = await start(sources.one);
    fill(world, script);
    for (const code of [sources.ten, sources.one]) {
      await scripts.reload(world, { name: "Mover", code });
      game.step();
    }
    expect(column(world, script, "x")).toEqual([11, 11, 11]);
    expect(column(world, script, "n")).toEqual([1, 1, 1]);
  });

  it("hands what onSave gives to onRestore", async () => {
    const { scripts, script, world, game } = await start(sources.saving);
    fill(world, script);
    game.step();
    game.step();
    await scripts.reload(world, { name: "Mover", code: sources.restoring });
    game.step();
    expect(column(world, script, "n")).toEqual([1002, 1002, 1002]);
  });

  it.each(["failing", "text", "broken"] as const)(
    "is as if it had not been where it is refused: %s",
    async (version) => {
      const code = sources[version];
      if (code === undefined) return;
      const [tried, calm] = [await start(sources.saving), await start(sources.saving)];
      for (const { world, script, game } of [tried, calm]) {
        fill(world, script);
        game.step();
        game.step();
      }
      const asked = tried.scripts.reload(tried.world, { name: "Mover", code });
      if (version === "broken") await expect(asked).rejects.toThrow();
      else await asked;
      for (let tick = 0; tick < 5; tick++) for (const { game } of [tried, calm]) game.step();
      if (version !== "broken")
        expect(tried.reports).toMatchObject([{ tick: 3, instances: 0, refused: expect.any(String) }]);
      expect(column(tried.world, tried.script, "x")).toEqual([0, 0, 0]);
      expect(column(tried.world, tried.script, "n")).toEqual([7, 7, 7]);
      expect(tried.world.contentHash()).toBe(calm.world.contentHash());
    },
  );

  it("is undone with the world, and done again", async () => {
    const { scripts, script, world, game } = await start(sources.one);
    fill(world, script);
    game.step();
    const before = world.snapshot();
    await scripts.reload(world, { name: "Mover", code: sources.ten });
    game.step();
    game.step();
    const after = world.snapshot();
    const hash = world.hash();
    world.restore(before);
    game.step();
    game.step();
    expect(column(world, script, "x")).toEqual([3, 3, 3]);
    world.restore(after);
    expect(world.hash()).toBe(hash);
    game.step();
    expect(column(world, script, "x")).toEqual([31, 31, 31]);
    before.dispose();
    after.dispose();
  });

  it("is an input of a recording, which replays where the version is known", async () => {
    const { scripts, script, world, game } = await start(sources.one);
    fill(world, script);
    game.step();
    const sink = new Bytes();
    const recorder = record(game, sink, { hashEvery: 1 });
    for (let tick = 0; tick < 10; tick++) {
      if (tick === 4) {
        const { hash } = await scripts.provide({ name: "Mover", code: sources.ten });
        game.input(ScriptReload, { script: "Mover", hash });
      }
      game.step();
    }
    recorder.close();
    const other = await start(sources.one);
    await other.scripts.provide({ name: "Mover", code: sources.ten });
    const result = await replay(sink.all, () => other.game, { verify: true });
    expect(result).toMatchObject({ difference: undefined, hash: world.hash(), tick: world.tick });
    const unknown = await start(sources.one);
    const refused = await replay(sink.all, () => unknown.game, { verify: true }).catch((error) => error);
    expect(refused.difference ?? refused).toBeDefined();
    const changed = await start(sources.saving);
    const mismatch = await replay(sink.all, () => changed.game, { verify: true }).catch((error) => error);
    expect(mismatch.code).toBe("code-mismatch");
  });
});

/** A recording in memory. */
class Bytes implements RecordingSink {
  readonly #parts: Uint8Array[] = [];
  write(bytes: Uint8Array): void {
    this.#parts.push(bytes.slice());
  }
  close(): void {}
  get all(): Uint8Array<ArrayBuffer> {
    return new Uint8Array(Buffer.concat(this.#parts));
  }
}
