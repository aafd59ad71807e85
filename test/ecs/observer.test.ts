import { describe, expect, it } from "vitest";
import { type ChangeKind, ChildOf, type Component, createWorld, type Entity } from "../../src/index.ts";
import { Frozen, Health, Likes, Position, Title } from "./model.ts";
import { refusal } from "./refusal.ts";

const kinds: readonly ChangeKind[] = ["added", "removed", "set", "despawned"];

/** A world whose every change to some components is written down: `added Position 1`. */
function watched(components: readonly Component[] = [Position, Health]) {
  const world = createWorld({ components: [Position, Health, Frozen, Title, ChildOf, Likes] });
  const log: string[] = [];
  const first = world.spawn();
  world.despawn(first);
  const index = (entity: Entity): number => entity % first;
  for (const part of components) {
    for (const kind of kinds) world.observe(kind, part, (entity) => log.push(`${kind} ${part.name} ${index(entity)}`));
  }
  return { world, log, flush: () => log.splice(0) };
}

describe("observers", () => {
  it("are told of every change, singly and in bulk, after it is complete", () => {
    const { world, flush } = watched();
    const a = world.spawn(Health, Position, Frozen);
    expect(flush()).toEqual(["added Position 0", "added Health 0"]);
    const [b, c] = world.spawnMany(2, Position) as unknown as [Entity, Entity];
    expect(flush()).toEqual(["added Position 1", "added Position 2"]);
    world.set(a, Position, { x: 1 });
    world.add(b, Position, { x: 1 });
    world.add(b, Health);
    world.add(b, Frozen);
    expect(flush()).toEqual(["set Position 0", "set Position 1", "added Health 1"]);
    world.addMany([c, b], Health);
    world.setMany([c, b], Position, { x: 2 });
    expect(flush()).toEqual(["added Health 2", "set Health 1", "set Position 2", "set Position 1"]);
    world.remove(a, Health);
    world.remove(a, Health);
    expect(world.removeMany([a, b, c], Health)).toBe(2);
    expect(flush()).toEqual(["removed Health 0", "removed Health 1", "removed Health 2"]);
    world.despawn(a);
    world.despawnMany([b, c]);
    expect(flush()).toEqual(["despawned Position 0", "despawned Position 1", "despawned Position 2"]);
  });

  it("are told of pairs by their source, and of a cascade from the leaves", () => {
    const { world, flush } = watched([ChildOf, Likes]);
    const [a, b, c] = world.spawnMany(3) as unknown as [Entity, Entity, Entity];
    world.relate(b, ChildOf, a);
    world.relate(b, ChildOf, c);
    world.relate(a, Likes, b);
    world.relate(a, Likes, b, { weight: 1 });
    expect(flush()).toEqual(["added ChildOf 1", "set ChildOf 1", "added Likes 0", "set Likes 0"]);
    world.despawn(c);
    expect(flush()).toEqual(["removed Likes 0", "despawned ChildOf 1"]);
  });

  it("hear in the order of registration; what they change is told afterwards", () => {
    const { world, log } = watched([]);
    const say = (what: string) => () => log.push(what);
    world.observe("added", Position, say("first"));
    world.observe("added", Position, (entity) => {
      log.push("second");
      world.add(entity, Health, { value: 1 });
      expect(world.get(entity, Health)).toEqual({ value: 1 });
      log.push("changed");
    });
    world.observe("added", Position, say("third"));
    world.observe("added", Health, (entity) => {
      log.push("health");
      if (world.entityCount < 3) world.spawn(Position);
      world.set(entity, Health, { value: 2 });
    });
    world.observe("set", Health, say("set"));
    world.spawn(Position);
    const round = ["first", "second", "changed", "third", "health"];
    expect(log).toEqual([
      ...round,
      "first",
      "second",
      "changed",
      "third",
      "set",
      "health",
      "first",
      "second",
      "changed",
      "third",
      "set",
      "health",
      "set",
    ]);
    expect(world.query(Health).count).toBe(3);
  });

  it("can leave while they are told, and others still hear; leaving twice does nothing", () => {
    const { world, log } = watched([]);
    const hear = (name: string) => () => log.push(name);
    const leave = world.observe("added", Position, () => {
      log.push("once");
      leave();
    });
    const shared = hear("shared");
    const leaveShared = world.observe("added", Position, shared);
    world.observe("added", Position, shared);
    const leaveLast = world.observe("added", Position, hear("last"));
    world.spawn(Position);
    expect(log.splice(0)).toEqual(["once", "shared", "shared", "last"]);
    leave();
    leaveShared();
    leaveShared();
    world.spawn(Position);
    expect(log.splice(0)).toEqual(["shared", "last"]);
    leaveLast();
    world.spawn(Position);
    expect(log).toEqual(["shared"]);
  });

  it("that join while others are told hear from the next change on", () => {
    const { world, log } = watched([]);
    let joined = false;
    world.observe("added", Position, () => {
      log.push("old");
      if (!joined) world.observe("added", Position, () => log.push("new"));
      joined = true;
    });
    world.spawnMany(2, Position);
    expect(log).toEqual(["old", "old", "new"]);
  });

  it("are not told of what was refused or taken back", () => {
    const { world, flush } = watched();
    const a = world.spawn(Position);
    flush();
    refusal(() => world.set(a, Position, { x: "1" } as never));
    refusal(() => world.spawn([Position, { z: 1 } as never]));
    refusal(() => world.despawnMany([a, 0]));
    refusal(() => world.addMany([a, a], Health, { value: [1, "2"] } as never));
    refusal(() => world.setMany([a, 5], Position, { x: 1 }));
    const commands = world.commands();
    commands.set(a, Position, { x: 1 });
    commands.set(a, Health, { value: 1 });
    refusal(() => world.apply(commands));
    expect(flush()).toEqual([]);
    expect(world.isAlive(a)).toBe(true);
  });

  it("that throw leave the change done, and the world usable", () => {
    const { world } = watched([]);
    let calls = 0;
    const leave = world.observe("added", Position, () => {
      calls++;
      throw new Error("observer");
    });
    expect(() => world.spawnMany(3, Position)).toThrow("observer");
    expect([world.query(Position).count, calls]).toEqual([3, 1]);
    leave();
    world.spawn(Position);
    expect(world.hash()).toMatch(/^[0-9a-f]{16}$/);
  });

  it("stay behind in forks, and stay through a restore", () => {
    const { world, flush } = watched();
    const snapshot = world.snapshot();
    const fork = world.fork();
    fork.spawn(Position);
    expect(flush()).toEqual([]);
    world.spawn(Position);
    world.restore(snapshot);
    expect(flush()).toEqual(["added Position 0"]);
    world.spawn(Position);
    expect(flush()).toEqual(["added Position 0"]);
    snapshot.dispose();
  });

  it("need a component of the world, a kind and a function", () => {
    const { world } = watched([]);
    expect(refusal(() => world.observe("added", undefined as never, () => {})).code).toBe("component-unknown");
    expect(refusal(() => world.observe("gone" as never, Position, () => {})).code).toBe("bad-argument");
    expect(refusal(() => world.observe("added", Position, undefined as never)).code).toBe("bad-argument");
  });
});
