import { readdirSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { type Entity, type EventType, Transform } from "../../src/index.ts";
import { Collider, KinematicBody, Sound } from "../../src/script.ts";
import { Chosen, endOf, Hit, Key, Move, Player, type Stage, stageOf } from "./stage.ts";

/** Steps, and returns the events of a type that came in the meantime, without their ticks. */
function steps(stage: Stage, ticks: number, type?: EventType): Record<string, unknown>[] {
  const { world, game } = stage;
  const seen: Record<string, unknown>[] = [];
  for (let i = 0; i < ticks; i++) {
    game.step();
    if (type === undefined) continue;
    for (const { tick, ...fields } of world.events(type)) if (tick === world.tick) seen.push(fields);
  }
  return seen;
}

const at = (x: number, y: number, z: number) => [Transform, { translation: { x, y, z } }] as const;

/** Plays of the example scripts: each checks as it goes, and is the same each time. */
const plays: Readonly<Record<string, Record<string, (stage: Stage) => void>>> = {
  player: {
    "runs where the input says, no faster askew, and comes to rest": (stage) => {
      const { world, game, script } = stage;
      const player = world.spawn(Transform, [KinematicBody, { gravity: 0 }], script.component);
      const other = world.spawn(Transform, [KinematicBody, { gravity: 0 }], script.component);
      const run = (ticks: number, x: number, z: number): { x: number; z: number; speed: number } => {
        for (let i = 0; i < ticks; i++) {
          game.input(Move, { entity: player, x, z });
          game.step();
        }
        const { velocity } = world.get(player, KinematicBody)!;
        return { ...velocity, speed: Math.hypot(velocity.x, velocity.z) };
      };
      expect(run(1, 0, 0).speed).toBe(0);
      expect(run(3, 1, 0).x).toBeCloseTo((3 * 40) / 60, 4);
      expect(run(30, 1, 0)).toMatchObject({ x: 6, z: 0 });
      expect(run(30, -1, 1).speed).toBeCloseTo(6, 4);
      expect(run(1, -1, 1).x).toBeLessThan(-4);
      expect(run(30, 0.5, 0).speed).toBeCloseTo(3, 4);
      steps(stage, 30);
      expect(world.get(player, KinematicBody)!.velocity).toMatchObject({ x: 0, z: 0 });
      expect(world.get(other, Transform)!.translation).toEqual({ x: 0, y: 0, z: 0 });
      expect(world.get(player, Transform)!.translation.x).not.toBe(0);
    },
    "jumps from the ground alone": (stage) => {
      const { world, game, script } = stage;
      world.spawn(at(0, -0.5, 0), [Collider, { shape: 1, half: { x: 50, y: 0.5, z: 50 } }]);
      const player = world.spawn(at(0, 0.5, 0), KinematicBody, Collider, script.component);
      steps(stage, 30);
      const height = () => world.get(player, Transform)!.translation.y;
      const rest = height();
      game.input(Move, { entity: player, jump: true });
      expect(steps(stage, 1, Sound)).toMatchObject([{ entity: player, action: "play", sound: "jump" }]);
      steps(stage, 10);
      expect(height()).toBeGreaterThan(rest + 0.4);
      game.input(Move, { entity: player, jump: true });
      expect(steps(stage, 1, Sound)).toEqual([]);
      expect(world.get(player, script.component)).toMatchObject({ jumps: 1 });
      steps(stage, 120);
      expect(height()).toBeCloseTo(rest, 1);
    },
  },
  enemy: {
    "wanders, chases whom it sees, strikes, and wanders again": (stage) => {
      const { world, script } = stage;
      const enemy = world.spawn(Transform, script.component);
      const mode = (): unknown => world.get(enemy, script.component)!["mode"];
      const place = (entity: Entity) => world.get(entity, Transform)!.translation;
      const far = (entity: Entity): number =>
        Math.hypot(place(entity).x - place(enemy).x, place(entity).z - place(enemy).z);

      steps(stage, 200);
      expect(mode()).toBe("wander");
      expect(place(enemy)).not.toEqual({ x: 0, y: 0, z: 0 });

      const hidden = world.spawn(at(place(enemy).x + 40, 0, 0), Player);
      steps(stage, 60);
      expect(mode()).toBe("wander");
      world.despawn(hidden);

      const player = world.spawn(at(place(enemy).x + 4, 0, place(enemy).z), Player);
      steps(stage, 31);
      expect([mode(), world.get(enemy, script.component)!["target"]]).toEqual(["chase", player]);
      const before = far(player);
      steps(stage, 20);
      expect(far(player)).toBeLessThan(before);

      const hits = steps(stage, 120, Hit);
      expect(mode()).toBe("strike");
      expect(far(player)).toBeLessThanOrEqual(1.5);
      expect(hits[0]).toEqual({ by: enemy, target: player, damage: 10 });
      expect(hits.length).toBeGreaterThanOrEqual(2);
      expect(hits.length).toBeLessThanOrEqual(6);

      world.despawn(player);
      steps(stage, 21);
      expect([mode(), world.get(enemy, script.component)!["target"]]).toEqual(["wander", 0]);
    },
    "one hundred of them each go their own way": (stage) => {
      const { world, script } = stage;
      const enemies = Array.from({ length: 100 }, (_, i) => world.spawn(at(i * 100, 0, 0), script.component));
      steps(stage, 60);
      const moved = enemies.map((enemy) => world.get(enemy, Transform)!.translation.z);
      expect(new Set(moved).size).toBe(100);
    },
  },
  camera: {
    "comes to rest behind and above its target, and looks at it": (stage) => {
      const { world, script } = stage;
      const target = world.spawn(at(10, 0, 5));
      const camera = world.spawn(Transform, [script.component, { target }]);
      steps(stage, 240);
      const { translation, rotation } = world.get(camera, Transform)!;
      expect(translation.x).toBeCloseTo(10, 2);
      expect(translation.y).toBeCloseTo(3, 2);
      // Forward is -z.
      expect(translation.z).toBeCloseTo(11, 2);
      const { x, y, z, w } = rotation;
      const forward = { x: -2 * (x * z + w * y), y: -2 * (y * z - w * x), z: -(1 - 2 * (x * x + y * y)) };
      const length = Math.hypot(3, 6);
      expect(forward.x).toBeCloseTo(0, 2);
      expect(forward.y).toBeCloseTo(-3 / length, 2);
      expect(forward.z).toBeCloseTo(-6 / length, 2);

      world.set(target, Transform, { translation: { x: 20, y: 0, z: 5 } });
      steps(stage, 10);
      const between = world.get(camera, Transform)!.translation.x;
      expect(between).toBeGreaterThan(12);
      expect(between).toBeLessThan(19);
    },
    "stays where it is without a target": (stage) => {
      const { world, script } = stage;
      const target = world.spawn(at(10, 0, 5));
      const camera = world.spawn(Transform, [script.component, { target }]);
      steps(stage, 20);
      const { x, y, z } = world.get(camera, Transform)!.translation;
      world.despawn(target);
      steps(stage, 20);
      expect(world.get(camera, Transform)!.translation).toEqual({ x, y, z });
      const idle = world.spawn(Transform, script.component);
      steps(stage, 5);
      expect(world.get(idle, Transform)!.translation).toEqual({ x: 0, y: 0, z: 0 });
    },
  },
  menu: {
    "goes up and down, and chooses": (stage) => {
      const { world, script } = stage;
      const menu = world.spawn(script.component);
      const other = world.spawn(script.component);
      const press = (...keys: string[]): Record<string, unknown>[] =>
        keys.flatMap((key) => {
          world.emit(Key, { menu, key });
          return steps(stage, 1, Chosen);
        });
      const state = (): unknown => world.get(menu, script.component);
      steps(stage, 1);
      expect(state()).toMatchObject({ open: true, index: 1, question: "" });
      press("down");
      expect(state()).toMatchObject({ index: 2 });
      press("up", "up");
      expect(state()).toMatchObject({ index: 3 });
      press("down", "down");
      expect(press("enter")).toEqual([{ menu, item: "options" }]);
      expect(state()).toMatchObject({ open: false });
      expect(press("enter", "down", "nothing")).toEqual([]);
      press("menu");
      expect(state()).toMatchObject({ open: true, index: 1 });
      press("escape");
      expect(state()).toMatchObject({ open: false });
      expect(world.get(other, script.component)).toMatchObject({ open: true, index: 1 });
    },
    "asks before it quits": (stage) => {
      const { world, script } = stage;
      const menu = world.spawn(script.component);
      const press = (...keys: string[]): Record<string, unknown>[] =>
        keys.flatMap((key) => {
          world.emit(Key, { menu, key });
          return steps(stage, 1, Chosen);
        });
      steps(stage, 1);
      expect(press("up", "enter")).toEqual([]);
      const asked = { open: true, question: "Quit without saving?" };
      expect(world.get(menu, script.component)).toMatchObject(asked);
      expect(press("down", "enter")).toEqual([]);
      expect(world.get(menu, script.component)).toMatchObject({ ...asked, index: 3 });
      expect(press("no")).toEqual([]);
      expect(world.get(menu, script.component)).toMatchObject({ open: true, question: "" });
      press("enter");
      expect(press("yes")).toEqual([{ menu, item: "quit" }]);
      expect(world.get(menu, script.component)).toMatchObject({ open: false, question: "" });
    },
    "asks again where its variables were lost": (stage) => {
      const { world, script } = stage;
      const menu = world.spawn([script.component, { index: 3, question: "Quit without saving?" }]);
      steps(stage, 1);
      world.emit(Key, { menu, key: "yes" });
      expect(steps(stage, 1, Chosen)).toEqual([{ menu, item: "quit" }]);
      expect(world.get(menu, script.component)).toMatchObject({ question: "" });
    },
  },
};

describe.for(Object.entries(plays))("%s.lua", ([name, scenes]) => {
  test.for(Object.entries(scenes))("%s", async ([, play]) => {
    const hashes: string[] = [];
    for (let run = 0; run < 2; run++) {
      const stage = await stageOf(name);
      play(stage);
      hashes.push(await endOf(stage));
    }
    expect(hashes[1]).toBe(hashes[0]);
  });
});

test("each example has a test", () => {
  const files = readdirSync(new URL("../../examples/scripts", import.meta.url));
  expect(files.sort()).toEqual(
    Object.keys(plays)
      .map((name) => `${name}.lua`)
      .sort(),
  );
});
