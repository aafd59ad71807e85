import { describe, expect, it } from "vitest";
import { type Component, component, f32, Name, Transform } from "../../../src/index.ts";
import { scriptApi } from "../../../src/script/api/index.ts";
import { functionsOf } from "../../../src/script/api.ts";
import { ScriptStop } from "../../../src/script/fault.ts";
import { callsOf } from "../../../src/script/systems/component-call.ts";
import { Sound } from "../../../src/script/systems/component-sound.ts";
import { Collider, KinematicBody } from "../../../src/script/systems/physics-components.ts";
import { Body, Brain, type Call, Enemy, Health, Hit, Press, Stage } from "./stage.ts";

const at = (x: number, y = 0, z = 0) => [Transform, { translation: { x, y, z } }] as const;
const used = new Set<string>();
/** Notes which functions the tests below call. */
const noting =
  (call: Call): Call =>
  (name, ...values) => {
    used.add(name);
    return call(name, ...values);
  };
const run = <T>(stage: Stage, who: number, body: (call: Call) => T): T => stage.run(who, (call) => body(noting(call)));
const near = (value: unknown, wanted: Record<string, number>) => {
  for (const [axis, number] of Object.entries(wanted))
    expect((value as Record<string, number>)[axis]).toBeCloseTo(number, 6);
};

describe("Transform", () => {
  it("moves and turns", () => {
    const stage = new Stage();
    const who = stage.world.spawn(at(1, 2, 3));
    const other = stage.world.spawn(at(1, 2, 7));
    run(stage, who, (call) => {
      expect(call("Transform.position")).toEqual({ x: 1, y: 2, z: 3 });
      expect(call("Transform.distance", other)).toBe(4);
      expect(call("Transform.forward")).toEqual({ x: 0, y: 0, z: -1 });
      call("Transform.setPosition", { x: 5, y: 6 });
      call("Transform.move", { x: 1, y: 0, z: 2 });
      expect(call("Transform.position")).toEqual({ x: 6, y: 6, z: 2 });
      call("Transform.rotate", { x: 0, y: 3, z: 0 }, Math.PI / 2);
      near(call("Transform.forward"), { x: -1, y: 0, z: 0 });
      near(call("Transform.right"), { x: 0, y: 0, z: -1 });
      near(call("Transform.up"), { x: 0, y: 1, z: 0 });
      call("Transform.setRotation", { x: 0, y: 0, z: 0, w: 2 });
      expect(call("Transform.rotation")).toEqual({ x: 0, y: 0, z: 0, w: 1 });
      for (const target of [
        { x: 6, y: 6, z: 9 },
        { x: 9, y: 6, z: 2 },
        { x: 6, y: 99, z: 2 },
        { x: 1, y: 2, z: 3 },
      ]) {
        call("Transform.lookAt", target);
        const forward = call("Transform.forward") as Record<string, number>;
        const from = { x: 6, y: 6, z: 2 };
        const way = ["x", "y", "z"].map((axis) => target[axis as "x"] - from[axis as "x"]);
        const length = Math.sqrt(way.reduce((sum, one) => sum + one * one, 0));
        near(forward, { x: way[0]! / length, y: way[1]! / length, z: way[2]! / length });
      }
      call("Transform.setScale", { x: 2, y: 3 });
      expect(call("Transform.scale")).toEqual({ x: 2, y: 3, z: 0 });
      call("Transform.setPosition", { x: 0, y: 0, z: 0 }, other);
    });
    expect(stage.world.get(other, Transform)!.translation).toEqual({ x: 0, y: 0, z: 0 });
    expect(stage.world.get(who, Transform)!.translation).toEqual({ x: 6, y: 6, z: 2 });
  });

  it("works over a component of the game's", () => {
    const Position = component("Position", { x: f32, y: f32 }) as unknown as Component;
    const stage = new Stage({ place: { component: Position }, components: [Position] });
    const who = stage.world.spawn([Position, { x: 3, y: 4 }]);
    run(stage, who, (call) => {
      call("Transform.move", { x: 1, y: 1, z: 9 });
      expect(call("Transform.position")).toEqual({ x: 4, y: 5, z: 0 });
      expect(call("Transform.rotation")).toEqual({ x: 0, y: 0, z: 0, w: 1 });
      expect(call("Transform.scale")).toEqual({ x: 1, y: 1, z: 1 });
      expect(call("World.near", { x: 3, y: 4 }, 0.1)).toEqual([who]);
    });
    expect(stage.refusal(who, (call) => call("Transform.rotate", { x: 1, y: 0 }, 1))).toMatch(/no rotation/);
    expect(stage.refusal(who, (call) => call("Transform.setScale", { x: 1, y: 0 }))).toMatch(/no scale/);
  });
});

describe("World", () => {
  it("finds, makes and ends entities", () => {
    const stage = new Stage();
    const { world } = stage;
    const who = world.spawn(at(0));
    const foes = [3, 1, 2].map((x) => world.spawn(at(x), Enemy, Health));
    const named = world.spawn(at(50), [Name, { text: "anna" }]);
    let ticket = 0;
    run(stage, who, (call) => {
      expect(call("World.find", "anna")).toBe(named);
      expect(call("World.find", "nobody")).toBeUndefined();
      expect(call("World.tagged", "Enemy")).toEqual(foes);
      expect(call("World.tagged", "Enemy", 2)).toEqual(foes.slice(0, 2));
      expect(call("World.having", ["Enemy", "Health"])).toEqual(foes);
      expect(call("World.near", { x: 0, y: 0 }, 2)).toEqual([who, foes[1], foes[2]]);
      expect(call("World.near", { x: 0, y: 0 }, Infinity, 1)).toEqual([who]);
      expect(call("World.nearest", { x: 0, y: 0 }, 10)).toBe(foes[1]);
      expect(call("World.nearest", { x: 2.9, y: 0 }, 10, "Enemy")).toBe(foes[0]);
      expect(call("World.nearest", { x: 90, y: 0 }, 10, "Enemy")).toBeUndefined();
      ticket = call("World.spawn", "Bullet", { Health: { points: 5, label: "new text" } }) as number;
      expect(ticket).toBeLessThan(0);
      expect(call("World.isAlive", ticket)).toBe(false);
      call("Component.add", ticket, "Body", { owner: ticket });
      call("Component.set", ticket, "Health", { armour: 3 });
      call("World.despawn", foes[0]!);
      expect(call("World.isAlive", foes[0]!)).toBe(true);
    });
    expect(world.isAlive(foes[0]!)).toBe(false);
    const [made] = world.query(Body).entities();
    expect(world.get(made!, Health)).toEqual({ points: 5, armour: 3, alive: false, label: "new text" });
    expect(world.get(made!, Body)!.owner).toBe(made);
    expect(stage.refusal(who, (call) => call("Component.get", ticket, "Health"))).toMatch(/Entity -1 does not exist/);
    expect(stage.refusal(who, (call) => call("World.spawn", "Named"))).toMatch(/name/);
    expect(stage.refusal(who, (call) => call("World.spawn", "Nothing"))).toMatch(
      /^Scripts here know no prefab "Nothing" \(there are: /,
    );
    run(stage, made!, (call) => call("World.despawn"));
    expect(world.isAlive(made!)).toBe(false);
  });

  it("orders what is near by distance, then entity, as a scan would", () => {
    const stage = new Stage();
    const places = Array.from({ length: 300 }, (_, i) => ({ x: (i * 37) % 23, y: (i * 11) % 7, z: (i * 5) % 13 }));
    const all = places.map(({ x, y, z }) => stage.world.spawn(at(x, y, z)));
    run(stage, all[0]!, (call) => {
      for (const [x, radius] of [
        [4, 3],
        [10, 0],
        [3, 5.5],
        [-20, 30],
        [11, 1],
      ] as const) {
        const square = (i: number) => (places[i]!.x - x) ** 2 + (places[i]!.y - 2) ** 2 + (places[i]!.z - 6) ** 2;
        const wanted = all
          .map((entity, i) => ({ entity, square: square(i) }))
          .filter((one) => one.square <= radius * radius)
          .sort((a, b) => a.square - b.square || a.entity - b.entity)
          .map(({ entity }) => entity);
        expect(call("World.near", { x, y: 2, z: 6 }, radius)).toEqual(wanted);
      }
    });
  });

  it("sees along a ray", () => {
    const stage = new Stage();
    const who = stage.world.spawn(at(0), Collider);
    const box = stage.world.spawn(at(5), [Collider, { shape: 1, half: { x: 1, y: 1, z: 1 } }]);
    stage.world.spawn(at(3), [Collider, { trigger: true, layer: 2 }]);
    run(stage, who, (call) => {
      expect(call("World.ray", { x: 0, y: 0 }, { x: 9, y: 0 }, 20)).toEqual({
        entity: box,
        distance: 4,
        point: { x: 4, y: 0, z: 0 },
        normal: { x: -1, y: 0, z: 0 },
      });
      expect(call("World.ray", { x: 0, y: 0 }, { x: 0, y: 1 }, 20)).toBeUndefined();
      expect(call("World.ray", { x: 0, y: 0 }, { x: 1, y: 0 }, 3)).toBeUndefined();
    });
  });
});

describe("Component", () => {
  it("reads, writes, gives and takes", () => {
    const stage = new Stage();
    const { world } = stage;
    const who = world.spawn(at(0), [Health, { label: "old" }], Body);
    run(stage, who, (call) => {
      expect(call("Component.get", who, "Health")).toEqual({ points: 10, armour: 0, alive: false, label: "old" });
      call("Component.set", who, "Health", { points: -3, alive: true, label: "brand new" });
      call("Component.set", who, "Body", { origin: { y: 2 }, slots: [1, 2, 3], owner: who, reading: Number.NaN });
      expect(call("Component.get", who, "Health")).toEqual({ points: -3, armour: 0, alive: true, label: "brand new" });
      expect(call("Component.get", who, "Body")).toEqual({
        origin: { x: 0, y: 2, z: 0 },
        slots: [1, 2, 3],
        owner: who,
        reading: Number.NaN,
      });
      expect(call("Component.get", who, "Enemy")).toBeUndefined();
      call("Component.add", who, "Enemy");
      expect(call("Component.has", who, "Enemy")).toBe(false);
    });
    run(stage, who, (call) => {
      expect(call("Component.has", who, "Enemy")).toBe(true);
      expect(call("Component.get", who, "Enemy")).toEqual({});
      call("Component.remove", who, "Enemy");
    });
    expect(world.has(who, Enemy)).toBe(false);
    expect(world.get(who, Health)!.label).toBe("brand new");
  });
});

describe("Input, Time, Events, Log, State, Random", () => {
  it("tells what came", () => {
    const stage = new Stage();
    const who = stage.world.spawn(at(0));
    stage.world.input(Press, { who, key: "a" });
    stage.world.input(Press, { who: 0, key: "b" });
    run(stage, who, (call) => {
      expect(call("Input.count", "Press")).toBe(2);
      expect(call("Input.last", "Press")).toMatchObject({ key: "b" });
      expect(call("Input.mine", "Press", "who")).toMatchObject({ key: "a" });
      expect((call("Input.all", "Press") as unknown[]).length).toBe(2);
      expect(call("Time.tick")).toBe(1);
      expect(call("Time.delta")).toBe(1 / 60);
      expect(call("Time.total")).toBe(1 / 60);
    });
    run(stage, who, (call) => expect(call("Input.last", "Press")).toBeUndefined());
  });

  it("emits and reads events", () => {
    const stage = new Stage();
    const who = stage.world.spawn(at(0));
    run(stage, who, (call) => call("Events.emit", "Hit", { who, note: "first note" }));
    run(stage, who, (call) => {
      expect(call("Events.recent", "Hit")).toEqual([{ who, damage: 1, note: "first note", tick: 1 }]);
      call("Events.emit", "Hit");
    });
    expect(stage.world.events(Hit).length).toBe(2);
    expect(stage.refusal(who, (call) => call("Events.emit", "Hit", { who: "x" }))).toMatch(/Hit\.who/);
    expect(stage.refusal(who, (call) => call("Events.emit", "Health"))).toMatch(/know no event "Health"/);
  });

  it("logs, also what failed", () => {
    const stage = new Stage();
    const who = stage.world.spawn(at(0));
    run(stage, who, (call) => {
      for (const level of ["debug", "info", "warn", "error"]) call(`Log.${level}`, level);
    });
    stage.refusal(who, (call) => {
      call("Log.info", "before");
      call("World.find", 3 as never);
    });
    expect(stage.lines.map(({ text }) => text)).toEqual(["debug", "info", "warn", "error", "before"]);
    expect(stage.lines[0]).toEqual({ level: "debug", text: "debug", script: "tester", entity: who, tick: 1 });
  });

  it("keeps state", () => {
    const stage = new Stage();
    const who = stage.world.spawn(at(0), Brain);
    run(stage, who, (call) => {
      expect(call("State.get", "mood")).toBe("calm");
      call("State.set", "mood", "very angry");
      call("State.set", "target", who);
      expect(call("State.all")).toEqual({ mood: "very angry", anger: 0, target: who });
      expect(call("Text.get", call("Text.id", "very angry"))).toBe("very angry");
    });
    expect(stage.world.get(who, Brain)!.mood).toBe("very angry");
    expect(stage.refusal(who, (call) => call("State.get", "book"))).toMatch(/declares no field "book"/);
    expect(stage.refusal(who, (call) => call("State.set", "book", 1))).toMatch(/declares no field "book"/);
    expect(stage.refusal(who, (call) => call("Component.set", who, "State", { book: 1 }))).toMatch(/no field book/);
    expect(stage.refusal(who, (call) => call("State.set", "anger", "x"))).toMatch(/Brain\.anger/);
    expect(stage.refusal(stage.world.spawn(at(1)), (call) => call("State.all"))).toMatch(/declares no state/);
  });

  it("draws the same numbers in every run, others for each draw, entity and tick", () => {
    const draw = () => {
      const stage = new Stage();
      const [a, b] = [stage.world.spawn(at(0)), stage.world.spawn(at(1))];
      const drawn: unknown[] = [];
      for (let tick = 0; tick < 2; tick++) {
        stage.tick(() => {
          for (const who of [a, b, a])
            stage.call(who, (raw) => {
              const call = noting(raw);
              drawn.push(call("Random.float"), call("Random.float", 5, 6), call("Random.integer", 1, 6));
              drawn.push(
                call("Random.pick", [1, 2, 3]),
                call("Random.shuffle", [1, 2, 3, 4]),
                call("Random.chance", 0.5),
              );
              drawn.push(call("Random.direction"));
            });
        });
      }
      return drawn;
    };
    const first = draw();
    expect(draw()).toEqual(first);
    const floats = first.filter((_, i) => i % 7 === 0);
    expect(new Set(floats).size).toBe(6);
    const stage = new Stage();
    const who = stage.world.spawn(at(0));
    run(stage, who, (call) => {
      const faces = Array.from({ length: 600 }, () => call("Random.integer", 1, 6) as number);
      expect([...new Set(faces)].sort()).toEqual([1, 2, 3, 4, 5, 6]);
      expect([call("Random.chance", 0), call("Random.chance", 1)]).toEqual([false, true]);
      expect(call("Random.pick", [])).toBeUndefined();
      const { x, y, z } = call("Random.direction") as { x: number; y: number; z: number };
      expect(x * x + y * y + z * z).toBeCloseTo(1, 12);
    });
    expect(stage.refusal(who, (call) => call("Random.integer", 6, 1))).toMatch(/at least low \(6\), got 1/);
    expect(stage.refusal(who, (call) => call("Random.float", 6, 1))).toMatch(/at least low \(6\), got 1/);
  });
});

describe("Audio", () => {
  it("tells the host what to play", () => {
    const stage = new Stage();
    const who = stage.world.spawn(at(4));
    const [first, second] = run(stage, who, (call) => {
      const handle = call("Audio.play", "boom");
      call("Audio.volume", handle, 0.5);
      call("Audio.pitch", handle, 2);
      call("Audio.position", handle, { x: 1, y: 2 });
      call("Audio.stop", handle);
      return [handle, call("Audio.play", "bang", 2, 0.5, { x: 9, y: 9, z: 9 })];
    });
    expect(first).not.toBe(second);
    const sounds = stage.world.events(Sound);
    expect(sounds.map(({ action }) => action)).toEqual(["play", "volume", "pitch", "position", "stop", "play"]);
    expect(sounds[0]).toMatchObject({ entity: who, handle: first, sound: "boom", volume: 1, position: { x: 4 } });
    expect(sounds[5]).toMatchObject({ handle: second, volume: 2, pitch: 0.5, position: { x: 9, y: 9, z: 9 } });
  });
});

describe("Physics", () => {
  it("pushes bodies and asks what is where", () => {
    const stage = new Stage();
    const { world } = stage;
    const who = world.spawn(at(0), [KinematicBody, { mass: 2, gravity: 0 }], Collider);
    const wall = world.spawn(at(10), [Collider, { shape: 1, layer: 4 }]);
    run(stage, who, (call) => {
      call("Physics.setVelocity", { x: 1, y: 0 });
      call("Physics.applyImpulse", { x: 2, y: 0, z: 4 });
      expect(call("Physics.velocity")).toEqual({ x: 2, y: 0, z: 2 });
      call("Physics.applyForce", { x: 60, y: 0 });
      call("Physics.applyForce", { x: 60, y: 0 });
      expect(call("Physics.ray", { x: 0, y: 0 }, { x: 1, y: 0 }, 50, 4)).toMatchObject({ entity: wall, distance: 9.5 });
      expect(call("Physics.ray", { x: 0, y: 0 }, { x: 1, y: 0 }, 50)).toMatchObject({ entity: who, distance: 0 });
      expect(call("Physics.overlapSphere", { x: 9, y: 0 }, 1)).toEqual([wall]);
      expect(call("Physics.overlapSphere", { x: 9, y: 0 }, 0.4)).toEqual([]);
      expect(call("Physics.overlapBox", { x: 5, y: 0 }, { x: 6, y: 1, z: 1 })).toEqual([who, wall]);
      expect(call("Physics.overlapBox", { x: 5, y: 0 }, { x: 6, y: 1, z: 1 }, 4)).toEqual([wall]);
    });
    const { velocity, force } = world.get(who, KinematicBody)!;
    expect(velocity).toEqual({ x: 3, y: 0, z: 2 });
    expect(force).toEqual({ x: 0, y: 0, z: 0 });
    const near = world.spawn(at(0.05), Collider);
    stage.tick();
    run(stage, who, (call) => expect(call("Physics.touching")).toEqual([near]));
    expect(stage.refusal(wall, (call) => call("Physics.velocity"))).toMatch(/has no KinematicBody/);
    expect(stage.refusal(who, (call) => call("Physics.overlapBox", { x: 0, y: 0 }, { x: -1, y: 0 }))).toMatch(
      /at least 0/,
    );
  });
});

describe("Tasks", () => {
  it("asks for a call later and takes it back", () => {
    const stage = new Stage();
    const who = stage.world.spawn(at(0));
    const { core } = stage.world;
    const tasks = run(stage, who, (call) => {
      const [first, second, third] = [1, 2, 3].map((ticks) => call("Tasks.after", ticks, "later") as number);
      expect(call("Tasks.cancelAfter", second!)).toBe(true);
      return [first!, second!, third!];
    });
    expect(callsOf(core, "tester").map(({ task }) => task)).toEqual([tasks[0], tasks[2]]);
    expect(callsOf(core, "tester", 2)).toMatchObject([{ owner: who, name: "later", task: tasks[0] }]);
    const other = stage.world.spawn(at(0));
    run(stage, other, (call) => expect(call("Tasks.cancelAfter", tasks[2]!)).toBe(false));
    run(stage, who, (call) => expect(call("Tasks.cancelAfter", tasks[2]!)).toBe(true));
    expect(callsOf(core, "tester").length).toBe(1);
  });
});

it("every function was called", () => {
  expect(functionsOf(scriptApi).flatMap(({ fullName }) => (used.has(fullName) ? [] : [fullName]))).toEqual([]);
});

describe("budgets", () => {
  const limits: readonly [kind: string, budget: object, body: (call: Call) => void][] = [
    ["hostCalls", { hostCalls: 3 }, (call) => call("Time.tick")],
    ["spawns", { spawns: 3 }, (call) => call("World.spawn", "Bullet")],
    ["spawns", { spawns: 3 }, (call) => call("Tasks.after", 1, "x")],
    ["events", { events: 3 }, (call) => call("Events.emit", "Hit")],
    ["outputBytes", { outputBytes: 15 }, (call) => call("Log.info", "äöü€")],
  ];
  it.for(limits)("%s is a stop that takes the call back", ([kind, budget, body]) => {
    const stage = new Stage({ budget });
    const who = stage.world.spawn(at(0));
    let stopped: unknown;
    stage.tick(() => {
      const fine = stage.call(who, (call) => {
        for (let i = 0; i < (kind === "outputBytes" ? 1 : 3); i++) body(call);
        stage.scope.rollback(who);
      });
      expect(fine).toBeUndefined();
      stopped = stage.call(who, (call) => {
        for (let i = 0; i < 4; i++) body(call);
      });
    });
    expect(stopped).toBeInstanceOf(ScriptStop);
    expect((stopped as ScriptStop).kind).toBe(kind);
    expect(stage.world.entityCount).toBe(1);
    expect(stage.world.events(Hit).length).toBe(0);
  });
});
