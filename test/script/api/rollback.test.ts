import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Transform } from "../../../src/index.ts";
import { ScriptStop } from "../../../src/script/fault.ts";
import { Collider, KinematicBody } from "../../../src/script/systems/physics-components.ts";
import { Body, Brain, type Call, Enemy, Health, Hit, Press, Stage } from "./stage.ts";

const COUNT = 40;

function filled(): { stage: Stage; all: number[] } {
  const stage = new Stage();
  const all = Array.from({ length: COUNT }, (_, i) =>
    stage.world.spawn([Transform, { translation: { x: i * 3 } }], Health, Body, Brain, Collider, [
      KinematicBody,
      { gravity: 0 },
    ]),
  );
  return { stage, all };
}

type Step = (call: Call, who: number, other: number, n: number) => void;

/** Changes of every kind. */
const steps: readonly Step[] = [
  (call, _, __, n) => call("Transform.setPosition", { x: n, y: -n }),
  (call, _, other, n) => call("Transform.move", { x: n, y: 1 }, other),
  (call, _, other) => call("Transform.lookAt", { x: other, y: 0.5 }),
  (call, who, _, n) => call("Component.set", who, "Health", { points: n, label: `label ${n % 7}` }),
  (call, _, other, n) => call("Component.set", other, "Body", { slots: [n, 1, n], owner: other, reading: Number.NaN }),
  (call, _, other) => call("Component.add", other, "Enemy"),
  (call, who) => call("Component.remove", who, "Body"),
  (call, _, __, n) => {
    const ticket = call("World.spawn", "Bullet", { Health: { label: `fresh ${n}` } }) as number;
    call("Component.add", ticket, "Body", { owner: ticket });
    if (n % 3 === 0) call("World.despawn", ticket);
  },
  (call, _, other) => call("World.despawn", other),
  (call, who, _, n) => call("Events.emit", "Hit", { who, note: `note ${n}` }),
  (call, _, __, n) => call("State.set", "mood", `mood ${n}`),
  (call, _, __, n) => call("State.set", "anger", n),
  (call) => call("Random.float"),
  (call, _, __, n) => call("Tasks.after", 1 + (n % 5), `task ${n}`),
  (call) => call("Audio.play", "bang"),
  (call, _, __, n) => call("Physics.applyForce", { x: n, y: 0 }),
  (call, _, __, n) => call("World.near", { x: n, y: 0 }, 10),
  (call, _, __, n) => call("Physics.overlapSphere", { x: n, y: 0 }, 10),
];

interface Plan {
  readonly who: number;
  readonly fails: boolean;
  readonly steps: readonly (readonly [step: number, other: number, n: number])[];
}

const plans = fc.array(
  fc.array(
    fc.record({
      who: fc.nat(COUNT - 1),
      fails: fc.boolean(),
      steps: fc.array(fc.tuple(fc.nat(steps.length - 1), fc.nat(COUNT - 1), fc.nat(100)), { maxLength: 8 }),
    }),
    { maxLength: 6 },
  ),
  { minLength: 1, maxLength: 5 },
);

/** Runs plans; calls that fail are left out where not `withFailed`. Errors of the script end a call that fails, too. */
function play(ticks: readonly (readonly Plan[])[], withFailed: boolean, twice = false): string[] {
  const { stage, all } = filled();
  return ticks.map((calls) => {
    stage.tick(() => {
      for (const { who, fails, steps: list } of calls) {
        const entity = all[who]!;
        if (!stage.world.isAlive(entity) || (fails && !withFailed)) continue;
        stage.call(entity, (call) => {
          for (const [step, other, n] of list) {
            try {
              steps[step]!(call, entity, all[other]!, n);
            } catch (error) {
              if (error instanceof ScriptStop) throw error;
            }
          }
          if (fails) throw new ScriptStop("instructions", "enough");
        });
      }
    }, twice);
    return stage.world.hash();
  });
}

describe("a call that fails", () => {
  it("leaves the world as if it had not been made, draws and numbers of sounds aside", () => {
    const neutral = (ticks: readonly (readonly Plan[])[]) =>
      ticks.map((calls) => calls.map((plan) => ({ ...plan, steps: plan.steps.filter(([step]) => !counts.has(step)) })));
    fc.assert(
      fc.property(plans, (ticks) => {
        expect(play(neutral(ticks), true)).toEqual(play(neutral(ticks), false));
      }),
      { seed: 51, numRuns: 150 },
    );
  });

  it("gives the same hashes again, also where each tick runs twice", () => {
    fc.assert(
      fc.property(plans, (ticks) => {
        expect(play(ticks, true)).toEqual(play(ticks, true, true));
      }),
      { seed: 52, numRuns: 40 },
    );
  });
});

/** Steps whose numbers go on after a failure, so that a script cannot draw until it likes what comes. */
const counts = new Set([12, 13, 14]);

it("takes a batch back as one", () => {
  const { stage, all } = filled();
  const idle = filled().stage;
  stage.tick(() => {
    stage.scope.start(stage.caller, 0, true);
    for (const who of all)
      stage.scope.call(functionNumber("Component.set"), who, [who, "Health", { label: `x${who}` }]);
    stage.scope.call(functionNumber("World.spawn"), all[0]!, ["Bullet"]);
    stage.scope.rollback(0);
  });
  idle.tick();
  expect(stage.world.hash()).toBe(idle.world.hash());
});

it("takes one row of a batch back and keeps the others", () => {
  const { stage, all } = filled();
  const set = functionNumber("Component.set");
  stage.tick(() => {
    stage.scope.start(stage.caller, 0);
    for (const who of all.slice(0, 3)) {
      stage.scope.undo.clear();
      stage.scope.call(set, who, [who, "Health", { points: 77, label: `row ${who}` }]);
      stage.scope.call(functionNumber("Component.add"), who, [who, "Enemy"]);
      if (who === all[1]) stage.scope.rollback(who);
    }
    // A row that called nothing and fails: what others did stays.
    stage.scope.undo.clear();
    stage.scope.rollback(all[5]!);
  });
  expect(all.slice(0, 3).map((who) => stage.world.get(who, Health)!.points)).toEqual([77, 10, 77]);
  expect(all.slice(0, 3).map((who) => stage.world.has(who, Enemy))).toEqual([true, false, true]);
  expect(stage.world.get(all[2]!, Health)!.label).toBe(`row ${all[2]}`);
});

it("shares memory with forks and snapshots rightly", () => {
  const { stage, all } = filled();
  const before = stage.world.snapshot();
  const hash = stage.world.hash();
  const fork = stage.world.fork();
  stage.run(all[0]!, (call) => call("Component.set", all[1]!, "Health", { points: 1 }));
  expect(fork.get(all[1]!, Health)!.points).toBe(10);
  expect(fork.hash()).toBe(hash);
  stage.world.restore(before);
  expect(stage.world.hash()).toBe(hash);
  before.dispose();
  fork.dispose();
});

function functionNumber(name: string): number {
  return Stage.numberOf(name);
}

it("asks where entities are as they were before the call, whatever it wrote, and leaves its writes alone", () => {
  const { stage, all } = filled();
  const [first, second] = [all[0]!, all[1]!];
  stage.tick(() => {
    stage.call(first, (call) => {
      for (const x of [500, 600, 700]) call("Transform.setPosition", { x, y: 0 });
      expect(call("World.near", { x: 0, y: 0 }, 1)).toEqual([first]);
      expect(call("Physics.overlapSphere", { x: 700, y: 0 }, 1)).toEqual([]);
      expect(call("Transform.position")).toEqual({ x: 700, y: 0, z: 0 });
      throw new ScriptStop("instructions", "enough");
    });
    expect(stage.world.get(first, Transform)!.translation.x).toBe(0);
    stage.call(second, (call) => {
      call("Transform.setPosition", { x: 900, y: 0 });
      expect(call("World.near", { x: 0, y: 0 }, 4)).toEqual([first, second]);
    });
  });
  expect(stage.world.get(second, Transform)!.translation.x).toBe(900);
});

it("counts much that is looked at as more calls", () => {
  const heavy: readonly [calls: number, body: (call: Call, who: number) => void][] = [
    [1, (call, who) => call("Component.get", who, "Health")],
    [1, (call) => call("World.find", "a")],
    [1 + 100, (call) => call("World.find", "a".repeat(6400))],
    [1 + 10, (call) => call("Random.shuffle", new Array(640).fill(1))],
    [1 + 10, (call) => call("Random.pick", [new Array(640).fill({})])],
    [1 + 10, (call) => call("World.tagged", "Health", 1)],
    [1 + 10, (call) => call("World.near", { x: 0, y: 0 }, 1e6, 1)],
    [1 + 10, (call) => call("Physics.overlapSphere", { x: 0, y: 0 }, 1)],
    [1 + 10, (call) => call("Input.count", "Press")],
    [1 + 10, (call) => call("Events.recent", "Hit", 1)],
  ];
  for (const [calls, body] of heavy) {
    const stopped = [calls - 1, calls].map((hostCalls) => {
      const stage = new Stage({ budget: { hostCalls } });
      const { world } = stage;
      const all = Array.from({ length: 640 }, () => world.spawn(Transform, Health, Collider));
      for (let i = 0; i < 640; i++) {
        world.input(Press, {});
        world.emit(Hit, {});
      }
      let error: unknown;
      stage.tick(() => {
        error = stage.call(all[0]!, (call) => body(call, all[0]!));
      });
      world.dispose();
      return (error as ScriptStop | undefined)?.kind;
    });
    expect([calls, ...stopped]).toEqual([calls, "hostCalls", undefined]);
  }
});
