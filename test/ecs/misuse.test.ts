import { describe, expect, it } from "vitest";
import {
  Arena,
  array,
  ChildOf,
  component,
  createWorld,
  type ErrorCode,
  f32,
  type Query,
  u8,
  vec2,
  type World,
} from "../../src/index.ts";
import { Flags, Frozen, Grid, Health, Likes, Position, Title } from "./model.ts";
import { expectRefused, refusal } from "./refusal.ts";

const Axes = component("Axes", { at: vec2(f32), list: array(u8, 3) });
const Alien = component("Alien", { x: f32 });
const make = () => createWorld({ components: [Position, Health, Title, Flags, Grid, Frozen, ChildOf, Likes, Axes] });

type Misuse = [what: string, act: (world: World, a: number, b: number) => unknown, code: ErrorCode, hint: RegExp];
/** `loose` is a world of which the compiler knows nothing: what JavaScript can write. */
const loose = (world: World) =>
  world as unknown as Record<
    | "spawn"
    | "spawnMany"
    | "set"
    | "add"
    | "despawnMany"
    | "addMany"
    | "setMany"
    | "removeMany"
    | "restore"
    | "observe"
    | "string",
    (...operands: unknown[]) => unknown
  >;

const table: Misuse[] = [
  ["spawn a component of another world", (w) => w.spawn(Alien), "component-unknown", /Alien.*createWorld/],
  [
    "spawn nothing",
    (w) => loose(w).spawn(undefined),
    "bad-argument",
    /components, \[component, values\] pairs and prefabs/,
  ],
  [
    "read a component as a resource",
    (w) => w.resource(Position as never),
    "component-unknown",
    /^Position is a component, not a resource/,
  ],
  ["set a component as a resource", (w) => w.setResource(Position as never, {}), "component-unknown", /not a resource/],
  [
    "set a component as a resource by a command",
    (w) => w.commands().setResource(Position as never, {}),
    "component-unknown",
    /^Position is a component, not a resource/,
  ],
  [
    "emit a component",
    (w) => w.emit(Position as never, {}),
    "component-unknown",
    /^Position is a component, not an event/,
  ],
  [
    "emit components",
    (w) => w.emitMany(Position as never, 2),
    "component-unknown",
    /^Position is a component, not an event/,
  ],
  ["emit by a command", (w) => w.commands().emit(Position as never), "component-unknown", /component, not an event/],
  ["emit many by a command", (w) => w.commands().emitMany(Position as never, 2), "component-unknown", /not an event/],
  ["read a component as events", (w) => w.events(Position as never), "component-unknown", /component, not an event/],
  ["read a component as event chunks", (w) => w.eventChunks(Position as never), "component-unknown", /not an event/],
  ["give a component as an input", (w) => w.input(Position as never), "component-unknown", /component, not an input/],
  [
    "read a relation as inputs",
    (w) => w.inputs(Likes as never),
    "component-unknown",
    /^Likes is a relation, not an input/,
  ],
  ["read a resource that is none", (w) => w.resource(undefined as never), "component-unknown", /undefined is not reg/],
  ["spawn a number", (w) => loose(w).spawn(5), "bad-argument", /pairs and prefabs/],
  [
    "spawn a list of components",
    (w) => loose(w).spawn([Position, Health]),
    "bad-argument",
    /no field|object of its fields/,
  ],
  ["spawn values that are none", (w) => loose(w).spawn([Position, 5]), "bad-argument", /object of its fields/],
  ["spawn a list of values", (w) => loose(w).spawn([Position, []]), "bad-argument", /object of its fields/],
  ["spawn null values", (w) => loose(w).spawn([Position, null]), "bad-argument", /object of its fields/],
  [
    "spawn an unknown field",
    (w) => loose(w).spawn([Position, { x: 1, z: 1 }]),
    "bad-argument",
    /no field z; it has x, y/,
  ],
  [
    "spawn fields of a tag",
    (w) => loose(w).spawn([Frozen, { x: 1 }]),
    "bad-argument",
    /no field x; it has none: it is a tag/,
  ],
  [
    "spawn a good part before a bad one",
    (w) => loose(w).spawn([Title, { text: "new" }], [Position, { x: "1" }]),
    "bad-value",
    /Position\.x \(f32\) must be a number, not "1"/,
  ],
  ["spawn an unknown axis", (w) => loose(w).spawn([Grid, { at: { z: 1 } }]), "bad-argument", /no field at\.z/],
  ["spawn -1 entities", (w) => w.spawnMany(-1), "bad-argument", /count must be/],
  ["spawn half an entity", (w) => w.spawnMany(0.5), "bad-argument", /count must be/],
  ["spawn no number of entities", (w) => loose(w).spawnMany("3"), "bad-argument", /count must be/],
  ["spawn 2^40 entities", (w) => w.spawnMany(2 ** 40), "entity-limit", /limits\.entities/],
  ["bulk values in a list", (w) => loose(w).spawnMany(2, [Position, []]), "bad-argument", /object of its fields/],
  ["bulk values that are none", (w) => loose(w).spawnMany(2, [Position, 5]), "bad-argument", /object of its fields/],
  ["a list too short", (w) => w.spawnMany(3, [Position, { x: [1, 2] }]), "bad-argument", /Position\.x needs 3 values/],
  ["a list too long", (w) => w.spawnMany(1, [Position, { x: new Float32Array(2) }]), "bad-argument", /needs 1 values/],
  [
    "a vector that is a number",
    (w) => w.spawn([Axes, { at: 5 as never }]),
    "bad-value",
    /^Axes\.at \(f32\) must be an object of axes, not 5/,
  ],
  [
    "vectors that are none",
    (w) => w.spawnMany(2, [Axes, { at: null as never }]),
    "bad-value",
    /^Axes\.at \(f32\) must be an object of axes, not null/,
  ],
  [
    "an array of too many",
    (w) => w.spawn([Axes, { list: [1, 2, 3, 4] }]),
    "bad-value",
    /^Axes\.list \(u8\) must be a list of 3 elements, not a list of 4/,
  ],
  ["a list for a number", (w) => w.spawn([Position, { x: [1] as never }]), "bad-value", /a number, not a list of 1/],
  [
    "an array's list of a wrong length",
    (w) => w.spawnMany(3, [Grid, { cells: [1, 2, 3, 4] }]),
    "bad-argument",
    /Grid\.cells needs 15 values/,
  ],
  ["one value for an array", (w) => loose(w).spawnMany(2, [Grid, { cells: 1 }]), "bad-argument", /Grid\.cells needs/],
  [
    "a bad value in the middle",
    (w) => loose(w).spawnMany(3, [Title, { text: ["new 1", 2, "new 3"] }]),
    "bad-value",
    /Title\.text/,
  ],
  [
    "a bad value from a function",
    (w) => w.spawnMany(3, [Health, { value: (i) => i / 2 }]),
    "bad-value",
    /Health\.value \(i32\) must be an integer.*not 0\.5/,
  ],
  ["an unknown axis in bulk", (w) => loose(w).spawnMany(3, [Grid, { at: { z: 1 } }]), "bad-argument", /no field at\.z/],
  [
    "a typed array with NaN",
    (w) => w.spawnMany(2, [Position, { x: new Float32Array([0, Number.NaN]) }]),
    "nan-forbidden",
    /Position\.x/,
  ],
  [
    "a typed array out of range",
    (w) => w.spawnMany(1, [Flags, { level: new Uint16Array([256]) }]),
    "bad-value",
    /level \(u8\).*0 to 255/,
  ],
  ["set what is missing", (w, a) => w.set(a, Health, { value: 1 }), "component-missing", /has no Health; add it first/],
  [
    "set many where one misses it",
    (w, a, b) => w.setMany([a, b], Position, { x: 1 }),
    "component-missing",
    /has no Position; add it first/,
  ],
  ["set without values", (w, a) => loose(w).set(a, Position, 5), "bad-argument", /object of its fields/],
  ["add a component of another world", (w, a) => w.add(a, Alien), "component-unknown", /Alien/],
  ["add something else", (w, a) => loose(w).add(a, "Position"), "component-unknown", /not registered/],
  ["add nothing", (w, a) => loose(w).add(a), "component-unknown", /not registered/],
  ["emit a name", (w) => w.emit("Hit" as never), "component-unknown", /give what component, .* or input returned/],
  ["emit a component", (w) => w.emit({ component: Position } as never), "bad-argument", /a component, not an event/],
  ["remove a component of another world", (w, a) => w.remove(a, Alien), "component-unknown", /Alien/],
  ["ask for a component of another world", (w, a) => w.has(a, Alien), "component-unknown", /Alien/],
  ["read a component of another world", (w, a) => w.get(a, Alien), "component-unknown", /Alien/],
  ["despawn no list", (w) => loose(w).despawnMany(5), "bad-argument", /list of entities/],
  ["despawn undefined", (w) => loose(w).despawnMany(undefined), "bad-argument", /list of entities/],
  ["add to no list", (w) => loose(w).addMany(undefined, Frozen), "bad-argument", /list of entities/],
  ["set in no list", (w) => loose(w).setMany(5, Position, { x: 1 }), "bad-argument", /list of entities/],
  ["remove from no list", (w) => loose(w).removeMany(null, Position), "bad-argument", /list of entities/],
  [
    "record what adds to no list",
    (w) => w.commands().addMany(undefined as never, Frozen),
    "bad-argument",
    /list of ent/,
  ],
  ["record a spawn of 2^53", (w) => w.commands().spawnMany(2 ** 53, Position), "entity-limit", /limits\.entities/],
  ["record no event", (w) => w.commands().emit(undefined as never), "component-unknown", /give what component/],
  [
    "record no resource",
    (w) => w.commands().setResource(null as never, {}),
    "component-unknown",
    /give what component/,
  ],
  ["add what has no name", (w, a) => loose(w).add(a, Object.create(null)), "component-unknown", /an object is/],
  ["observe what has no name", (w) => loose(w).observe(Object.create(null), Position), "bad-argument", /told of added/],
  ["no string", (w) => loose(w).string(Object.create(null)), "bad-argument", /No string has the id an object/],
  ["restore nothing", (w) => loose(w).restore(undefined), "bad-argument", /snapshot/],
  ["restore a world", (w) => loose(w).restore(w), "bad-argument", /snapshot/],
];

describe("misuse", () => {
  it.each(table)("is refused and changes nothing: %s", (_, act, code, hint) => {
    const world = make();
    const [a, b] = [world.spawn([Position, { x: 1 }]), world.spawn(Frozen)];
    expectRefused(world, () => act(world, a, b), code, hint);
    expect(world.get(a, Position)).toEqual({ x: 1, y: 1.5 });
    expect(world.spawn()).toBe(b + 1);
  });

  it("of functions in bulk values: what they throw goes through, what they change stays out of the way", () => {
    const world = make();
    const before = world.hash();
    const boom = new Error("boom");
    const throwing = () =>
      world.spawnMany(
        3,
        [Title, { text: (i) => `t${i}` }],
        [
          Position,
          {
            x: (i) => {
              if (i === 2) throw boom;
              return i;
            },
          },
        ],
      );
    expect(throwing).toThrow(boom);
    expect(world.hash()).toBe(before);
    const ids = world.spawnMany(2, [Position, { x: () => world.spawn(Frozen) % 2 }]);
    expect(world.entityCount).toBe(4);
    expect(Array.from(ids, (id) => world.get(id, Position)!.x)).toEqual([0, 1]);
  });

  it("of snapshots: of another arena, schema, limit of entities or size of chunks", () => {
    const world = make();
    world.spawn(Position);
    const parts = { components: [Position, Health, Title, Flags, Grid, Frozen, ChildOf, Likes, Axes] };
    const others = [
      createWorld({ ...parts, arena: new Arena() }),
      createWorld({ components: [...parts.components, Alien] }),
      createWorld({ components: [Position] }),
      createWorld({ ...parts, limits: { entities: 1 << 24 } }),
      createWorld({ ...parts, limits: { entities: 1000 } }),
      createWorld({ ...parts, chunkRows: 64 }),
    ];
    for (const other of others) {
      other.spawn(Position);
      expectRefused(world, () => world.restore(other.snapshot()), "schema-mismatch", /snapshot is of/);
    }
    const snapshot = createWorld({ ...parts, seed: 9 }).snapshot();
    world.restore(snapshot);
    expect(world.seed).toBe(9);
    snapshot.dispose();
    expectRefused(world, () => world.restore(snapshot), "world-disposed", /disposed; take another/);
  });

  it("of a disposed world: every operation says so", () => {
    const world = make();
    const a = world.spawn(Position);
    const query: Query = world.query(Position) as Query;
    const snapshot = world.snapshot();
    world.dispose();
    const acts: (() => unknown)[] = [
      () => world.spawn(),
      () => world.spawnMany(1),
      () => world.despawn(a),
      () => world.despawnMany([a]),
      () => world.add(a, Frozen),
      () => world.addMany([a], Frozen),
      () => world.remove(a, Position),
      () => world.removeMany([a], Position),
      () => world.set(a, Position, {}),
      () => world.setMany([a], Position, {}),
      () => world.get(a, Position),
      () => world.has(a, Position),
      () => world.query(Position),
      () => query.chunks(),
      () => query.entities(),
      () => world.relate(a, ChildOf, a),
      () => world.unrelate(a, ChildOf),
      () => world.targets(a, ChildOf),
      () => world.sources(ChildOf, a),
      () => world.snapshot(),
      () => world.restore(snapshot),
      () => world.fork(),
      () => world.hash(),
      () => world.contentHash(),
      () => world.commands(),
      () => world.step([]),
      () => world.find("a"),
      () => query.count,
      () => query.has(a),
      () => world.string(1),
      () => world.observe("added", Position, () => {}),
    ];
    for (const act of acts) expect([refusal(act).code, act.toString()]).toEqual(["world-disposed", act.toString()]);
    expect(world.isAlive(a)).toBe(false);
    snapshot.dispose();
    expect(refusal(() => snapshot.tick).code).toBe("world-disposed");
  });
});
