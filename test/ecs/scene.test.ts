import { readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  array,
  ChildOf,
  component,
  createWorld,
  entity,
  f32,
  f64,
  i32,
  Name,
  prefab,
  relation,
  type SceneFile,
  spawnScene,
  toScene,
  u8,
  vec2,
  WorldloomError,
} from "worldloom";
import { violations } from "./json-schema.ts";
import {
  errorOf,
  Follows,
  Frozen,
  Health,
  Label,
  Likes,
  Position,
  rng,
  runChanges,
  seedOf,
  Target,
  Weather,
  worldOfEverything,
} from "./persist.ts";

const schema = JSON.parse(readFileSync(new URL("../../docs/scene.schema.json", import.meta.url), "utf8"));

test("a scene reads as one would write it", () => {
  const world = worldOfEverything();
  const parent = world.spawn([Name, { text: "root" }], Frozen);
  const child = world.spawn([Position, { x: 0.1, y: -0, from: { z: 1e300 } }]);
  world.relate(child, ChildOf, parent);
  world.relate(child, Likes, parent, { much: Number.POSITIVE_INFINITY, why: "kin" });
  world.setResource(Weather, { wind: 0.3 });
  expect(toScene(world)).toEqual({
    format: "worldloom-scene",
    version: 1,
    resources: { Weather: { wind: 0.3, name: "calm", grid: [0, 0, 0, 0] } },
    entities: [
      { id: parent, name: "root", components: { Frozen: {} } },
      {
        id: child,
        components: { Position: { x: 0.1, y: "-0", from: { x: 0, y: 0, z: 1e300 } } },
        relations: { ChildOf: { target: parent }, Likes: [{ target: parent, much: "Infinity", why: "kin" }] },
      },
    ],
  });
});

test("a round trip through text keeps the content", () => {
  const seed = seedOf(61);
  for (let round = 0; round < 20; round++) {
    const world = worldOfEverything();
    runChanges(world, rng(seed + round), 50 + round * 20);
    const scene = toScene(world);
    expect(violations(schema, scene)).toEqual([]);
    const copy = worldOfEverything({ chunkRows: 1024 });
    const { ids, entities } = spawnScene(copy, JSON.stringify(scene));
    expect(copy.contentHash(), `seed ${seed} round ${round}`).toBe(world.contentHash());
    expect(toScene(copy)).toEqual(scene);
    expect(Array.from(entities)).toEqual(Array.from(world.query().entities()).sort((a, b) => a - b));
    for (const [id, made] of ids) expect(made).toBe(id);
  }
});

test("every f32 and f64 comes back as it was, in the shortest decimal", () => {
  const Floats = component("Floats", {
    a: f32({ nan: true }),
    b: f64({ nan: true }),
    c: vec2(f32),
    d: array(f64, 1),
    e: array(u8, 1),
  });
  const floats = fc.record({
    a: fc.float({ noNaN: false }),
    b: fc.double(),
    c: fc.float({ noNaN: true }),
    d: fc.double({ noNaN: true }),
  });
  fc.assert(
    fc.property(floats, ({ a, b, c, d }) => {
      const world = createWorld({ components: [Floats] });
      world.spawn([Floats, { a, b, c: { x: c, y: -c }, d: [d], e: [7] }]);
      const copy = createWorld({ components: [Floats] });
      spawnScene(copy, JSON.stringify(toScene(world)));
      expect(copy.contentHash()).toBe(world.contentHash());
      world.dispose();
      copy.dispose();
    }),
    { seed: seedOf(71), numRuns: 400 },
  );
  const world = createWorld({ components: [Floats] });
  const one = world.spawn([Floats, { a: 0.1, b: 0.1 }]);
  const { entities } = toScene(world);
  expect(entities[0]).toMatchObject({ id: one, components: { Floats: { a: 0.1, b: 0.1 } } });
});

test("prefabs by name with overrides, texts as ids, references forward and to nothing", () => {
  const Orc = prefab("Orc", [[Health, { left: 30, shield: 2 }], Frozen]);
  const world = worldOfEverything();
  const scene: SceneFile = {
    $schema: "node_modules/worldloom/docs/scene.schema.json",
    format: "worldloom-scene",
    version: 1,
    doc: "Two orcs",
    resources: { Weather: { name: "storm" } },
    entities: [
      {
        id: "grunt",
        prefab: "Orc",
        components: { Health: { left: 10 } },
        relations: { Follows: { target: "boss", distance: 2 }, Likes: [{ target: "boss" }] },
      },
      {
        id: "boss",
        name: "Boss",
        prefab: "Orc",
        components: { Target: { who: null }, Label: {} },
        relations: { Follows: { target: null } },
      },
      { components: { Target: { who: "grunt" } } },
      {},
    ],
  };
  expect(violations(schema, scene)).toEqual([]);
  const { ids, entities } = spawnScene(world, scene, { prefabs: [Orc] });
  const [grunt, boss] = [ids.get("grunt")!, ids.get("boss")!];
  expect(Array.from(entities.subarray(0, 2))).toEqual([grunt, boss]);
  expect(world.get(grunt, Health)).toEqual({ left: 10, shield: 2, immune: false });
  expect(world.get(boss, Health)).toEqual({ left: 30, shield: 2, immune: false });
  expect([world.has(boss, Frozen), world.find("Boss"), world.targets(grunt, Follows)]).toEqual([true, boss, [boss]]);
  expect([world.sources(Likes, boss), world.targets(boss, Follows)]).toEqual([[grunt], []]);
  expect(world.get(entities[2]!, Target)!.who).toBe(grunt);
  expect(world.get(boss, Label)!.text).toBe("nobody");
  expect(world.resource(Weather)).toMatchObject({ wind: 0, name: "storm" });
});

test("ids that are taken, or too old, give way; references follow", () => {
  const Link = component("Link", { to: entity });
  const source = createWorld({ components: [Link] });
  const [a, b, c] = [source.spawn(Link), source.spawn(Link), source.spawn(Link)];
  source.set(a, Link, { to: b });
  source.set(b, Link, { to: c });
  source.despawn(c);
  const scene = toScene(source);
  expect(scene.entities[1]!.components).toEqual({ Link: { to: { raw: c } } });
  const world = createWorld({ components: [Link] });
  const used = world.spawn();
  const old = world.spawn();
  world.despawn(old);
  const { ids } = spawnScene(world, scene);
  expect([used === a, old === b]).toEqual([true, true]);
  expect(ids.get(a)).not.toBe(a);
  expect(ids.get(b)).not.toBe(b);
  expect(world.isAlive(old)).toBe(false);
  expect(world.get(ids.get(a)!, Link)!.to).toBe(ids.get(b));
  expect(world.get(ids.get(b)!, Link)!.to).toBe(c);
});

test("observers are told once all is there", () => {
  const world = worldOfEverything();
  const told: number[] = [];
  world.observe("added", Frozen, (entity) => told.push(world.targets(entity, Follows).length));
  spawnScene(
    world,
    sceneOf([{ id: 1, components: { Frozen: {} }, relations: { Follows: { target: "x" } } }, { id: "x" }]),
  );
  expect(told).toEqual([1]);
});

test("a scene that fails changes nothing, and says where", () => {
  const Kin = relation("Kin", { since: i32 }, { exclusive: false });
  const world = createWorld({
    components: [Position, Health, Label, Target, Frozen, Name, ChildOf, Likes, Follows, Kin],
    resources: [Weather],
    limits: { entities: 100 },
  });
  world.spawn([Name, { text: "taken" }]);
  const hash = world.hash();
  const entity = (rest: object): SceneFile => sceneOf([{ id: 7 }, rest]);
  const cases: readonly [scene: unknown, code: string, start: string][] = [
    ["{", "bad-file", "The scene is not JSON"],
    [null, "bad-file", "$:"],
    [[], "bad-file", "$:"],
    [{}, "bad-file", "$.format:"],
    [{ ...sceneOf([]), version: 0 }, "bad-file", "$.version:"],
    [{ ...sceneOf([]), version: 2 }, "file-version", "$.version:"],
    [{ ...sceneOf([]), extra: 1 }, "bad-file", "$.extra:"],
    [{ ...sceneOf([]), doc: 1 }, "bad-file", "$.doc:"],
    [{ ...sceneOf([]), entities: {} }, "bad-file", "$.entities:"],
    [{ ...sceneOf([]), resources: { Weather: { wind: "x" } } }, "bad-value", "$.resources.Weather:"],
    [{ ...sceneOf([]), resources: { Health: {} } }, "component-unknown", "$.resources.Health:"],
    [entity([]), "bad-file", "$.entities[1]:"],
    [entity({ idd: 1 }), "bad-file", "$.entities[1].idd:"],
    [entity({ id: 7 }), "bad-file", "$.entities[1].id:"],
    [entity({ id: 0 }), "bad-file", "$.entities[1].id:"],
    [entity({ id: 1.5 }), "bad-file", "$.entities[1].id:"],
    [entity({ id: {} }), "bad-file", "$.entities[1].id:"],
    [entity({ name: 1 }), "bad-file", "$.entities[1].name:"],
    [entity({ name: "taken" }), "name-taken", "$.entities[1]:"],
    [entity({ name: "a", components: { Name: { text: "b" } } }), "bad-file", "$.entities[1].components.Name:"],
    [entity({ prefab: "Orc" }), "bad-file", "$.entities[1].prefab:"],
    [entity({ components: [] }), "bad-file", "$.entities[1].components:"],
    [entity({ components: { Nothing: {} } }), "component-unknown", "$.entities[1].components.Nothing:"],
    [entity({ components: { position: {} } }), "component-unknown", "$.entities[1].components.position:"],
    [entity({ components: { ChildOf: {} } }), "component-unknown", "$.entities[1].components.ChildOf:"],
    [entity({ components: { Position: 1 } }), "bad-file", "$.entities[1].components.Position:"],
    [entity({ components: { Position: { q: 1 } } }), "bad-file", "$.entities[1].components.Position.q:"],
    [entity({ components: { Position: { toString: 1 } } }), "bad-file", "$.entities[1].components.Position.toString:"],
    [entity({ components: { Position: { x: "NaN" } } }), "nan-forbidden", "$.entities[1].components.Position:"],
    [entity({ components: { Position: { x: "nan" } } }), "bad-value", "$.entities[1].components.Position:"],
    [entity({ components: { Position: { x: null } } }), "bad-value", "$.entities[1].components.Position:"],
    [entity({ components: { Position: { from: 1 } } }), "bad-file", "$.entities[1].components.Position.from:"],
    [entity({ components: { Position: { from: { q: 1 } } } }), "bad-argument", "$.entities[1].components.Position:"],
    [entity({ components: { Health: { left: -1 } } }), "bad-value", "$.entities[1].components.Health:"],
    [entity({ components: { Health: { left: "Infinity" } } }), "bad-value", "$.entities[1].components.Health:"],
    [entity({ components: { Label: { parts: ["a"] } } }), "bad-value", "$.entities[1].components.Label:"],
    [entity({ components: { Label: { parts: "abc" } } }), "bad-file", "$.entities[1].components.Label.parts:"],
    [entity({ components: { Target: { who: 8 } } }), "bad-file", "$.entities[1].components.Target.who:"],
    [entity({ components: { Target: { who: true } } }), "bad-file", "$.entities[1].components.Target.who:"],
    [entity({ components: { Target: { who: { raw: -1 } } } }), "bad-file", "$.entities[1].components.Target.who.raw:"],
    [entity({ relations: { Follows: {} } }), "bad-file", "$.entities[1].relations.Follows:"],
    [entity({ relations: { Follows: [] } }), "bad-file", "$.entities[1].relations.Follows:"],
    [entity({ relations: { Likes: { target: 7 } } }), "bad-file", "$.entities[1].relations.Likes:"],
    [entity({ relations: { Likes: [{ target: 7 }, { target: 7 }] } }), "bad-file", "$.entities[1].relations.Likes[1]:"],
    [entity({ relations: { Likes: [{ target: 8 }] } }), "bad-file", "$.entities[1].relations.Likes[0].target:"],
    [entity({ relations: { Likes: [{ target: null }] } }), "bad-file", "$.entities[1].relations.Likes[0].target:"],
    [entity({ relations: { Likes: [{ target: { raw: 99 } }] } }), "entity-stale", "$.entities[1].relations.Likes[0]:"],
    [entity({ relations: { Kin: [{ target: 7, since: 0.5 }] } }), "bad-value", "$.entities[1].relations.Kin[0]:"],
    [entity({ relations: { Position: { target: 7 } } }), "component-unknown", "$.entities[1].relations.Position:"],
    [entity({ id: 9, relations: { ChildOf: { target: 9 } } }), "hierarchy-cycle", "$.entities[1].relations.ChildOf:"],
    [sceneOf(Array.from({ length: 101 }, () => ({}))), "entity-limit", "$.entities["],
  ];
  for (const [scene, code, start] of cases) {
    const error = errorOf(() => spawnScene(world, scene as SceneFile), JSON.stringify(scene));
    expect([error.code, error.message.slice(0, start.length)], JSON.stringify(scene)).toEqual([code, start]);
    expect(world.hash()).toBe(hash);
  }
  for (const _ of world.query(Name).chunks())
    expect(errorOf(() => spawnScene(world, sceneOf([]))).code).toBe("structure-locked");
});

test("every truncation of a scene and random flips of its text give a coded error or a scene", () => {
  const source = worldOfEverything();
  const seed = seedOf(81);
  runChanges(source, rng(seed), 25);
  const text = JSON.stringify(toScene(source));
  const world = worldOfEverything();
  const hash = world.hash();
  for (let length = 0; length < text.length; length++)
    expect(errorOf(() => spawnScene(world, text.slice(0, length))).code).toBe("bad-file");
  expect(world.hash()).toBe(hash);
  const random = rng(seed);
  for (let round = 0; round < 1500; round++) {
    const at = random(text.length);
    const damaged =
      text.slice(0, at) + String.fromCharCode(text.charCodeAt(at) ^ (1 << random(7))) + text.slice(at + 1);
    const fork = world.fork();
    try {
      spawnScene(fork, damaged);
    } catch (error) {
      if (!(error instanceof WorldloomError)) throw new Error(`seed ${seed} round ${round}`, { cause: error });
      expect(fork.hash()).toBe(hash);
    }
    fork.dispose();
  }
});

test("the schema refuses what is not a scene", () => {
  for (const bad of [
    {},
    sceneOf([{ id: 0 }]),
    sceneOf([{ components: { "a b": {} } }]),
    sceneOf([{ components: { A: { x: { q: 1 } } } }]),
    sceneOf([{ relations: { A: { x: 1 } } }]),
    sceneOf([{ more: 1 }]),
    { ...sceneOf([]), version: 2 },
  ]) {
    expect(violations(schema, bad)).not.toEqual([]);
  }
});

function sceneOf(entities: readonly object[]): SceneFile {
  return { format: "worldloom-scene", version: 1, entities: entities as SceneFile["entities"] };
}
