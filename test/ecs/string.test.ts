import { describe, expect, it } from "vitest";
import { component, createWorld, Name, str, write } from "../../src/index.ts";
import { Position, Title } from "./model.ts";
import { Random } from "./random.ts";
import { expectRefused, refusal } from "./refusal.ts";

const make = (chunkRows = 32) => createWorld({ components: [Title, Position], chunkRows });

describe("strings", () => {
  it("are stored once: equal texts have equal ids in columns", () => {
    const world = make();
    const ids = world.spawnMany(100, [Title, { text: (i) => `t${i % 5}` }]);
    const seen = new Map<number, string>();
    for (const { count, title } of world.query(Title).chunks())
      for (let i = 0; i < count; i++) seen.set(title.text[i]!, world.string(title.text[i]!));
    expect([...seen.values()].sort()).toEqual(["t0", "t1", "t2", "t3", "t4"]);
    world.set(ids[0]!, Title, { text: "" });
    expect(world.string(0)).toBe("");
    for (const id of [-1, 1.5, 1000, Number.NaN, undefined])
      expect(refusal(() => world.string(id as number)).code).toBe("bad-argument");
  });

  it("survive restores, forks and growth over many chunks", () => {
    const random = new Random(50);
    const world = make();
    const texts = Array.from(
      { length: 400 },
      (_, i) => `${i}:${String.fromCharCode(...Array.from({ length: random.below(90) }, () => random.below(65_536)))}`,
    );
    const ids = texts.map((text) => world.spawn([Title, { text }]));
    const read = (of: typeof world) => ids.map((id) => of.get(id, Title)!.text);
    expect(read(world)).toEqual(texts);
    const snapshot = world.snapshot();
    const hash = world.hash();
    const fork = world.fork();
    world.set(ids[0]!, Title, { text: "only here" });
    fork.set(ids[0]!, Title, { text: "only there" });
    expect([world.get(ids[0]!, Title), fork.get(ids[0]!, Title)]).toEqual([
      { text: "only here" },
      { text: "only there" },
    ]);
    world.restore(snapshot);
    expect(read(world)).toEqual(texts);
    expect(world.hash()).toBe(hash);
    // The same id goes to another text now: what the snapshot did not know is forgotten.
    world.set(ids[1]!, Title, { text: "later" });
    fork.restore(snapshot);
    expect(read(fork)).toEqual(texts);
    fork.set(ids[1]!, Title, { text: "later" });
    expect(fork.hash()).toBe(world.hash());
    snapshot.dispose();
  });

  it("can be written as ids that the world knows", () => {
    const world = make();
    const [a, b] = [world.spawn([Title, { text: "a" }]), world.spawn([Title, { text: "b" }])];
    for (const { title } of world.query(write(Title)).chunks()) title.text[0] = title.text[1]!;
    expect([world.get(a, Title), world.get(b, Title)]).toEqual([{ text: "b" }, { text: "b" }]);
  });

  it("of defaults are there from the start, and shared", () => {
    const One = component("One", { a: str({ default: "same" }), b: str({ default: "same" }) });
    const world = createWorld({ components: [One], limits: { strings: 1 } });
    expect(world.get(world.spawn(One), One)).toEqual({ a: "same", b: "same" });
  });
});

describe("names", () => {
  const named = () => createWorld({ components: [Name, Position] });

  it("find their entity, until it ends, is renamed or the world goes back", () => {
    const world = named();
    const [a, b] = [world.spawn([Name, { text: "ann" }]), world.spawn(Position)];
    expect([world.find("ann"), world.find("bob"), world.find("")]).toEqual([a, 0, 0]);
    world.name(b, "bob");
    const snapshot = world.snapshot();
    world.name(a, "eve");
    expect([world.find("ann"), world.find("eve")]).toEqual([0, a]);
    world.name(b, "ann");
    world.despawn(a);
    expect([world.find("ann"), world.find("eve")]).toEqual([b, 0]);
    world.restore(snapshot);
    expect([world.find("ann"), world.find("bob"), world.find("eve")]).toEqual([a, b, 0]);
    world.remove(b, Name);
    expect(world.find("bob")).toBe(0);
    snapshot.dispose();
  });

  it("are unique, however they are given", () => {
    const world = named();
    const [a, b] = [world.spawn([Name, { text: "ann" }]), world.spawn([Name, { text: "bob" }])];
    const bare = world.spawn(Position);
    const refused = (act: () => unknown) => expectRefused(world, act, "name-taken", /is called "\w+" already/);
    refused(() => world.spawn([Name, { text: "ann" }]));
    refused(() => world.name(bare, "bob"));
    refused(() => world.set(a, Name, { text: "bob" }));
    refused(() => world.add(bare, Name, { text: "ann" }));
    refused(() => world.spawnMany(2, [Name, { text: ["new", "bob"] }]));
    refused(() => world.spawnMany(2, [Name, { text: "twins" }]));
    refused(() => world.addMany([bare], Name, { text: "ann" }));
    refused(() => world.setMany([a, b], Name, { text: "both" }));
    const snapshot = world.snapshot();
    const restored = (act: () => unknown) =>
      refused(() => {
        world.restore(snapshot);
        act();
      });
    restored(() => world.spawnMany(1, [Name, { text: "bob" }]));
    restored(() => world.addMany([bare], Name, { text: "bob" }));
    restored(() => world.setMany([a], Name, { text: "bob" }));
    snapshot.dispose();
    world.setMany([a], Name, { text: "ann" });
    world.addMany([bare], Name, { text: "new" });
    const [made] = world.spawnMany(1, [Name, { text: "cat" }]);
    expect([world.find("ann"), world.find("bob"), world.find("new"), world.find("cat")]).toEqual([a, b, bare, made]);
    world.setMany([a, b], Name, { text: ["dog", "ann"] });
    expect([world.find("ann"), world.find("bob"), world.find("dog")]).toEqual([b, 0, a]);
    world.spawnMany(3, Name);
    world.name(a, "");
    expect([world.find("dog"), world.find("")]).toEqual([0, 0]);
  });
});
