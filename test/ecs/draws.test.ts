import { describe, expect, it } from "vitest";
import { component, createWorld, f32, system } from "../../src/index.ts";
import { refusal } from "./refusal.ts";

const Position = component("Position", { x: f32 });

describe("random numbers of a system", () => {
  it("are the same one by one and for many entities", () => {
    const world = createWorld({ components: [Position], seed: 77 });
    const ids = world.spawnMany(300, Position);
    let compared = 0;
    const draw = system("draw", {
      run({ randomBelow, randomBelowMany, tick }) {
        for (const n of [1, 2, 7, 1000, 65_536, 2 ** 31, 2 ** 32 - 1, 2 ** 32]) {
          const many = Array.from(randomBelowMany(n, ids, tick));
          expect(many).toEqual(Array.from(ids, (entity) => randomBelow(n, entity, tick)));
          compared += many.length;
        }
        expect(randomBelowMany(5, []).length).toBe(0);
      },
    });
    for (let tick = 0; tick < 3; tick++) world.step([draw]);
    expect(compared).toBe(3 * 8 * 300);
  });

  it.for([0, -1, 1.5, Number.NaN, 2 ** 33])("refuse %s as a bound", (n) => {
    const world = createWorld({ components: [Position] });
    const draw = system("draw", { run: ({ randomBelowMany }) => void randomBelowMany(n, [1]) });
    expect(refusal(() => world.step([draw]))).toMatchObject({ code: "tick-failed", cause: { code: "bad-argument" } });
  });
});

describe("lists of entities in commands", () => {
  it("take tickets among entities, and refuse what does not exist, wherever it stands", () => {
    const world = createWorld({ components: [Position] });
    const ids = Array.from(world.spawnMany(100, Position));
    world.despawn(ids[50]!);
    const commands = world.commands();
    const ticket = commands.spawn(Position);
    commands.addMany([ids[0]!, ticket, ids[99]!], Position, { x: [1, 2, 3] });
    const { entityOf } = world.apply(commands);
    expect(world.get(entityOf(ticket), Position)).toEqual({ x: 2 });
    for (const stale of [ids[50]!, 0, -1, 1.5, Number.NaN, 2 ** 40]) {
      for (const at of [0, 1, 3]) {
        const list = [ids[1]!, ids[2]!, ids[3]!];
        list.splice(at, 0, stale);
        expect(refusal(() => world.commands().despawnMany(list)).code).toBe("entity-stale");
      }
    }
  });
});

describe("flagged entities", () => {
  it("are those of the bytes that are not 0, over archetypes and chunks", () => {
    const Tag = component("Tag");
    const world = createWorld({ components: [Position, Tag], chunkRows: 32 });
    const ids = world.spawnMany(200, Position);
    world.addMany(
      ids.filter((_, i) => i % 3 === 0),
      Tag,
    );
    const query = world.query(Position);
    const all = Array.from(query.entities());
    for (let turn = 1; turn < 8; turn++) {
      const flags = Uint8Array.from(all, (_, i) => ((i * 7) % turn === 0 ? turn : 0));
      expect(Array.from(query.flagged(flags))).toEqual(all.filter((_, i) => flags[i] !== 0));
    }
    expect(Array.from(query.flagged(new Uint8Array(200)))).toEqual([]);
    for (const wrong of [new Uint8Array(199), new Uint8Array(201), [1], undefined])
      expect(refusal(() => query.flagged(wrong as Uint8Array)).code).toBe("bad-argument");
  });
});
