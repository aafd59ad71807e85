import { describe, expect, expectTypeOf, it } from "vitest";
import {
  added,
  anyOf,
  array,
  bool,
  ChildOf,
  type Component,
  changed,
  component,
  createWorld,
  entity,
  f32,
  f64,
  i8,
  optional,
  prefab,
  type Row,
  type RowInit,
  related,
  relation,
  type Schema,
  str,
  system,
  u32,
  vec2,
  vec3,
  without,
  write,
} from "../../src/index.ts";

const Position = component("Position", { x: f32, y: f32 });
const Body = component("Body", { at: vec3(f64), grid: array(i8, 4), owner: entity, label: str, solid: bool });
const Frozen = component("Frozen");
const Likes = relation("Likes", { weight: f32 }, { exclusive: false });
const world = createWorld({ components: [Position, Body, Frozen, ChildOf, Likes] });
const one = world.spawn(Position);

/** What only the compiler looks at. */
const compiled = (_: () => void): void => {};

describe("types", () => {
  it("of rows follow the schema", () => {
    expectTypeOf<Row<(typeof Body)["schema"]>>().toEqualTypeOf<{
      at: { readonly x: number; readonly y: number; readonly z: number };
      grid: readonly number[];
      owner: number;
      label: string;
      solid: boolean;
    }>();
    expectTypeOf<RowInit<(typeof Position)["schema"]>>().toEqualTypeOf<{ readonly x?: number; readonly y?: number }>();
    expectTypeOf<{ at: { x: number }; grid: Int8Array; label: string }>().toExtend<RowInit<(typeof Body)["schema"]>>();
    expectTypeOf(world.get(one, Position)).toEqualTypeOf<{ x: number; y: number } | undefined>();
    expectTypeOf(world.get(one, ChildOf)).toEqualTypeOf<{ target: number } | undefined>();
    expectTypeOf<(typeof Position)["key"]>().toEqualTypeOf<"position">();
    expectTypeOf<(typeof Likes)["name"]>().toEqualTypeOf<"Likes">();
  });

  it("of rows whose schema is not known take what a field can be given", () => {
    expectTypeOf<{ at: { x: number; y: number }; grid: Int8Array; label: string }>().toExtend<RowInit<Schema>>();
    expectTypeOf<{ at: { x: number }; owner: number; solid: boolean }>().toExtend<RowInit<Schema>>();
    expectTypeOf<{ at: { r: number } }>().not.toExtend<RowInit<Schema>>();
    expectTypeOf<{ at: () => number }>().not.toExtend<RowInit<Schema>>();
  });

  it("of chunks: write hands out typed arrays, others cannot be written", () => {
    for (const chunk of world.query(write(Position), Body, without(Frozen), optional(ChildOf as never)).chunks()) {
      expectTypeOf(chunk.position.x).toEqualTypeOf<Float32Array>();
      expectTypeOf(chunk.body.at.z[0]!).toEqualTypeOf<number>();
      expectTypeOf(chunk.count).toEqualTypeOf<number>();
      // @ts-expect-error body is read only
      compiled(() => (chunk.body.grid[0] = 1));
      // @ts-expect-error and has no mutators
      compiled(() => chunk.body.owner.fill(1));
      // @ts-expect-error nor have entities
      compiled(() => (chunk.entities[0] = 1));
      // @ts-expect-error columns cannot be replaced
      compiled(() => (chunk.position.x = new Float32Array(1)));
      // @ts-expect-error a component that was not asked for
      compiled(() => chunk.frozen2);
      // @ts-expect-error a vector of three has no w
      compiled(() => chunk.body.at.w);
    }
  });

  it.each([0])("of chunks with every kind of term", () => {
    for (const chunk of world.query(
      Position,
      optional(write(Body)),
      changed(Position),
      anyOf(Frozen, Body),
      related(ChildOf, one),
      without(Frozen),
    ).matches.length < 0
      ? world.query(Position, optional(write(Body)), anyOf(Frozen)).chunks()
      : []) {
      compiled(() => chunk.position.x[0]);
      expectTypeOf(chunk.body).toEqualTypeOf<
        | {
            readonly at: { readonly x: Float64Array; readonly y: Float64Array; readonly z: Float64Array };
            readonly grid: Int8Array;
            readonly owner: Int32Array;
            readonly label: Int32Array;
            readonly solid: Uint8Array;
          }
        | undefined
      >();
      // @ts-expect-error it may be missing
      compiled(() => chunk.body.grid);
    }
    for (const chunk of world.query(added(Body)).chunks()) expectTypeOf(chunk.body.at.x[0]!).toEqualTypeOf<number>();
    for (const chunk of world.query(without(Frozen)).chunks()) expectTypeOf(chunk.count).toEqualTypeOf<number>();
    for (const chunk of world.query().chunks()) expectTypeOf(chunk.entities[0]!).toEqualTypeOf<number>();
  });

  it("of operations refuse unknown fields and wrong values", () => {
    compiled(() =>
      world.spawn([Position, { x: 1 }], Frozen, [
        Body,
        { at: { x: 1 }, grid: new Int8Array(4), label: "a", solid: true },
      ]),
    );
    // @ts-expect-error no such field
    compiled(() => world.spawn([Position, { z: 1 }]));
    // @ts-expect-error a text for a number
    compiled(() => world.spawn([Position, { x: "1" }]));
    // @ts-expect-error a number for a text
    compiled(() => world.set(one, Body, { label: 1 }));
    // @ts-expect-error a number for a truth
    compiled(() => world.add(one, Body, { solid: 1 }));
    // @ts-expect-error no such axis
    compiled(() => world.set(one, Body, { at: { w: 1 } }));
    // @ts-expect-error a schema is no component
    compiled(() => world.spawn({ x: f32 }));
    // @ts-expect-error a component is no relation
    compiled(() => world.relate(one, Position, one));
    // @ts-expect-error no such field of the pair
    compiled(() => world.relate(one, Likes, one, { height: 1 }));
    // @ts-expect-error relations with many targets are not parts
    compiled(() => component("Bad", { x: "f32" }));
    // @ts-expect-error arrays are of scalars
    compiled(() => component("Bad", { x: array(vec2(f32), 2) }));
    // @ts-expect-error the default of a number is a number
    compiled(() => component("Bad", { x: u32({ default: "0" }) }));
  });

  it("of bulk operations take one value, a list, a typed array or a function a field", () => {
    compiled(() =>
      world.spawnMany(
        2,
        [Position, { x: 1, y: [1, 2] }],
        [Body, { label: ["a", "b"], at: { x: (i) => i, y: 2, z: new Float64Array(2) }, solid: (i) => i > 0 }],
      ),
    );
    compiled(() => world.setMany([one], Position, { x: (row) => row, y: new Float32Array(1) }));
    // @ts-expect-error no such field
    compiled(() => world.spawnMany(2, [Position, { z: 1 }]));
    // @ts-expect-error a function of texts for numbers
    compiled(() => world.setMany([one], Position, { x: () => "1" }));
    // @ts-expect-error a list of texts for numbers
    compiled(() => world.addMany([one], Position, { x: ["1"] }));
  });

  it("of prefabs check their values", () => {
    compiled(() => prefab("Good", [[Position, { x: 1 }], Frozen]));
    // @ts-expect-error no such field
    compiled(() => prefab("Bad", [[Position, { z: 1 }], Frozen]));
  });

  it("of systems know their queries, and any of them can be stepped", () => {
    const move = system("Move", {
      query: [write(Position), without(Frozen)],
      queries: { bodies: [Body] },
      run: ({ query, queries, commands, tick }) => {
        for (const { position } of query.chunks()) expectTypeOf(position.x).toEqualTypeOf<Float32Array>();
        for (const { body } of queries.bodies.chunks()) expectTypeOf(body.owner[0]!).toEqualTypeOf<number>();
        expectTypeOf(tick).toEqualTypeOf<number>();
        // @ts-expect-error no such query
        compiled(() => queries.others);
        // @ts-expect-error commands check values too
        compiled(() => commands.set(one, Position, { z: 1 }));
      },
    });
    const idle = system("Idle", { run: () => {} });
    world.step([move, idle]);
    expect(world.tick).toBe(1);
  });

  it("are erased: a component of any schema is a component", () => {
    const list: readonly Component[] = [Position, Body, Frozen, ChildOf, Likes];
    expect(list.length).toBe(5);
  });
});
