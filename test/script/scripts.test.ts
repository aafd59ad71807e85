import { afterAll, describe, expect, it } from "vitest";
import { component, createWorld, event, f32, input, loadWorld, prefab, resource } from "../../src/index.ts";
import { createScripts, luaEngine } from "../../src/script.ts";

const Position = component("Position", { x: f32 });
const Secret = component("Secret", { x: f32 });
const Hit = event("Hit", { damage: f32 });
const Brief = event("Brief", { damage: f32 }, { lifetime: 1 });
const Move = input("Move", { x: f32 });
const Score = resource("Score", { points: f32 });
const Orc = prefab("Orc", [Position]);

const lua = await luaEngine();
afterAll(() => lua.dispose());
const known = { components: [Position], prefabs: [Orc], events: [Hit, Brief], inputs: [Move] };
const scriptsOf = () => createScripts({ engines: [lua], ...known });

describe("the types of a world", () => {
  it("are those of scripts, of the run time and of the game, each once", async () => {
    const scripts = scriptsOf();
    const code = `script { state = { n = 0 } } function onUpdate(self) self.State.n = self.State.n + 1 end`;
    const walker = await scripts.add({ name: "Walker", code });
    const types = scripts.worldTypes({ components: [Secret, Position], resources: [Score] });
    const names = (list: readonly { readonly name: string }[] = []) => list.map(({ name }) => name);
    expect(names(types.components)).toEqual(["Secret", "Position", "Walker", "ScriptTask", "ScriptCall"]);
    expect(names(types.resources)).toEqual(["Score", "WalkerCode"]);
    expect(names(types.events)).toEqual(["Hit", "Brief", "ScriptFaulted"]);
    expect(names(types.inputs)).toEqual(["Move", "ScriptReload", "ScriptResume"]);

    const world = createWorld({ ...types, seed: 3 });
    const who = world.spawn(Position, walker.component);
    for (let tick = 0; tick < 3; tick++) world.step(scripts.systems());
    const loaded = loadWorld(world.save(), scripts.worldTypes({ components: [Secret, Position], resources: [Score] }));
    loaded.step(scripts.systems());
    world.step(scripts.systems());
    expect([loaded.hash(), loaded.get(who, walker.component)?.["n"]]).toEqual([world.hash(), 4]);
    createWorld(scriptsOf().worldTypes()).dispose();
  });
});

describe("a script that is refused", () => {
  const cases: readonly [what: string, name: string, code: string, error: { code: string; message: RegExp }][] = [
    [
      "is called like a component",
      "position",
      "script {}",
      { code: "name-taken", message: /^Script position becomes .* too much like the component Position; give/ },
    ],
    ["is called like an event", "Hit", "script {}", { code: "name-taken", message: /like the event Hit; give/ }],
    ["is called like an input", "move", "script {}", { code: "name-taken", message: /like the input Move; give/ }],
    ["is called like a script", "guard", "script {}", { code: "name-taken", message: /like the script Guard; give/ }],
    [
      "misspells a component",
      "Walker",
      'script { writes = { "Positon" } }',
      {
        code: "script-invalid",
        message: /component Positon, .* \(did you mean Position\?\); add it to the components/,
      },
    ],
    [
      "knows none of its components",
      "Walker",
      'script { reads = { "Secret" } }',
      { code: "script-invalid", message: /component Secret, .* \(there are: Position\); add/ },
    ],
    [
      "hears what nobody tells",
      "Walker",
      'script { hears = { "Bell.target" } }',
      { code: "script-invalid", message: /event Bell, .* \(there are: Hit, Brief\); add it to the events/ },
    ],
    [
      "hears what is gone too soon",
      "Walker",
      'script { hears = { "Brief" } }',
      { code: "script-invalid", message: /give the event a lifetime of 2/ },
    ],
  ];
  it.for(cases)("%s", async ([, name, code, error]) => {
    const scripts = scriptsOf();
    await scripts.add({ name: "Guard", code: "script {}" });
    await expect(scripts.add({ name, code })).rejects.toMatchObject({
      code: error.code,
      message: expect.stringMatching(error.message) as string,
    });
  });
});

it("state is read by its fields, those that a reload added among them", async () => {
  const scripts = scriptsOf();
  const walker = await scripts.add({ name: "Walker", code: `script { state = { n = 1, name = "a", old = 2.5 } }` });
  const world = createWorld(scripts.worldTypes());
  const [who, other] = [world.spawn([walker.component, { n: 7 }]), world.spawn(Position)];
  world.step(scripts.systems());
  expect(scripts.state(world, who, "Walker")).toEqual({ n: 7, name: "a", old: 2.5 });
  await scripts.reload(world, { name: "Walker", code: `script { state = { rage = 3, n = 1, name = "b" } }` });
  world.step(scripts.systems());
  expect(scripts.state(world, who, walker)).toEqual({ rage: 3, n: 7, name: "a" });
  expect(scripts.state(world, other, walker)).toBeUndefined();
  expect(() => scripts.state(world, who, "Runner")).toThrow(/There is no script Runner; there are: Walker/);
});

describe("wrong arguments", () => {
  it("components that would hide a part of self are refused", () => {
    for (const name of ["State", "id"]) {
      const components = [component(name, { x: f32 })];
      expect(() => createScripts({ engines: [lua], components })).toThrow(/which every self has/);
    }
  });

  const cases: readonly [what: string, run: () => unknown, message: RegExp][] = [
    [
      "an engine without await",
      () => createScripts({ engines: [luaEngine() as never] }),
      /engines must be a list of engines that are there, such as \[await luaEngine\(\)\]/,
    ],
    [
      "an event for a component",
      () => createScripts({ engines: [lua], components: [Hit as never] }),
      /^components\[0\] must be a component, not "event Hit"/,
    ],
    [
      "nothing for a component",
      () => createScripts({ engines: [lua], components: [undefined as never] }),
      /^components\[0\] must be a component/,
    ],
    [
      "no policy",
      () => createScripts({ engines: [lua], policy: { actoin: "pause" } as never }),
      /A policy has no actoin; it has action,/,
    ],
    [
      "no action",
      () => createScripts({ engines: [lua], policy: { action: "stop" as never } }),
      /policy.action must be restart, pause, quarantine, not "stop"/,
    ],
    [
      "no number",
      () => createScripts({ engines: [lua], policy: { healthLoss: -1 } }),
      /policy.healthLoss must be a number of at least 0/,
    ],
    ["no source", () => scriptsOf().add(undefined as never), /name must be the name of a script/],
    ["no code", () => scriptsOf().add({ name: "A" } as never), /code must be a text, or bytes/],
    [
      "a policy of a script",
      () => scriptsOf().add({ name: "A", code: "" }, { policy: { action: "x" as never } }),
      /policy.action/,
    ],
    [
      "a file without its encoding",
      () => scriptsOf().add({ name: "A", code: new Uint8Array(3) }),
      /read its file as "utf8"/,
    ],
  ];
  it.for(cases)("%s", async ([, run, message]) => {
    await expect((async () => run())()).rejects.toThrow(message);
  });
});

it("names that nobody knows are told beside those that there are", async () => {
  const scripts = scriptsOf();
  const code = `script {} function onUpdate(self)
    print(select(2, pcall(World.spawn, "Org")))
    print(select(2, pcall(Events.emit, "Bell")))
    print(select(2, pcall(Input.last, "move")))
    print(select(2, pcall(Component.get, self.id, "Secret")))
  end`;
  const script = await scripts.add({ name: "Prober", code });
  const lines: string[] = [];
  scripts.onLog(({ text }) => lines.push(text));
  const world = createWorld(scripts.worldTypes());
  world.spawn(Position, script.component);
  world.step(scripts.systems());
  expect(lines).toEqual([
    'Scripts here know no prefab "Org" (did you mean Orc?)',
    'Scripts here know no event "Bell" (there are: Hit, Brief)',
    'Scripts here know no input "move" (did you mean Move?)',
    'Scripts here know no component "Secret" (there are: Position)',
  ]);
});

describe("a save whose scripts are newer now", () => {
  const code = (step: number): string =>
    `script { state = { n = 0 } } function onUpdate(self) self.State.n = self.State.n + ${step} end`;
  const walkers = async (step: number) => {
    const scripts = createScripts({ engines: [lua] });
    return { scripts, walker: await scripts.add({ name: "Walker", code: code(step) }) };
  };
  const saved = async () => {
    const { scripts, walker } = await walkers(1);
    const world = createWorld(scripts.worldTypes());
    const who = world.spawn(walker.component);
    for (let tick = 0; tick < 5; tick++) world.step(scripts.systems());
    return { bytes: world.save(), who };
  };

  it("asks for the version that it ran", async () => {
    const { bytes } = await saved();
    const { scripts } = await walkers(100);
    const world = loadWorld(bytes, scripts.worldTypes());
    expect(() => world.step(scripts.systems())).toThrow(
      /The world runs version [0-9a-f]+ of script Walker, .*provide\(\)/,
    );
  });

  it("goes on with it where it is provided, and changes to the newer one by a reload", async () => {
    const { bytes, who } = await saved();
    const { scripts, walker } = await walkers(100);
    await scripts.provide({ name: "Walker", code: code(1) });
    const world = loadWorld(bytes, scripts.worldTypes());
    const n = () => world.get(who, walker.component)?.["n"];
    world.step(scripts.systems());
    expect(n()).toBe(6);
    await scripts.reload(world, { name: "Walker", code: code(100) });
    world.step(scripts.systems());
    expect(n()).toBe(106);
  });

  it("takes what is there where no tick ran yet", async () => {
    const { scripts, walker } = await walkers(1);
    const world = createWorld(scripts.worldTypes());
    const who = world.spawn(walker.component);
    const newer = await walkers(100);
    const loaded = loadWorld(world.save(), newer.scripts.worldTypes());
    loaded.step(newer.scripts.systems());
    expect(loaded.get(who, newer.walker.component)?.["n"]).toBe(100);
  });

  it("names its version again after a restore to before it ran, and in forks", async () => {
    const { scripts, walker } = await walkers(1);
    const world = createWorld(scripts.worldTypes());
    world.spawn(walker.component);
    const start = world.snapshot();
    const run = () => {
      for (let tick = 0; tick < 3; tick++) world.step(scripts.systems());
      return world.hash();
    };
    const first = run();
    world.restore(start);
    using fork = world.fork();
    for (let tick = 0; tick < 3; tick++) fork.step(scripts.systems());
    expect([run(), fork.hash()]).toEqual([first, first]);
  });
});
