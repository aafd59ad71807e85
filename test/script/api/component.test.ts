import { describe, expect, it } from "vitest";
import { Transform } from "../../../src/index.ts";
import { Body, Brain, type Call, Health, Stage } from "./stage.ts";

const at = (x: number) => [Transform, { translation: { x } }] as const;

describe("Component", () => {
  const wrong: readonly [what: string, body: (call: Call, who: number) => void, message: RegExp][] = [
    [
      "a text for a number",
      (call, who) => call("Component.set", who, "Health", { points: "x" }),
      /Health\.points \(i32\) must be an integer.*not "x"/,
    ],
    [
      "a number out of range",
      (call, who) => call("Component.set", who, "Health", { armour: 256 }),
      /from 0 to 255, not 256/,
    ],
    ["a broken integer", (call, who) => call("Component.set", who, "Health", { points: 1.5 }), /must be an integer/],
    [
      "a large integer",
      (call, who) => call("Component.set", who, "Health", { points: 2n ** 60n }),
      /must be an integer/,
    ],
    [
      "NaN",
      (call, who) => call("Component.set", who, "Transform", { translation: { x: Number.NaN } }),
      /must not be NaN/,
    ],
    [
      "a field that is not there",
      (call, who) => call("Component.set", who, "Health", { speed: 1 }),
      /has no field speed/,
    ],
    [
      "a wrong axis",
      (call, who) => call("Component.set", who, "Transform", { translation: { q: 1 } }),
      /has no field translation\.q/,
    ],
    ["a wrong length", (call, who) => call("Component.set", who, "Body", { slots: [1] }), /a list of 3 elements/],
    ["a ticket in a field", (call, who) => call("Component.set", who, "Body", { owner: -1 }), /an entity, or 0/],
    [
      "a ticket that is none",
      (call, who) => call("Component.add", who, "Body", { owner: -1 }),
      /an entity, or 0|no entity that/,
    ],
    [
      "__proto__",
      (call, who) => call("Component.set", who, "Health", JSON.parse('{"__proto__": 1}')),
      /has no field __proto__/,
    ],
    ["an unknown component", (call, who) => call("Component.get", who, "Nothing"), /know no component "Nothing"/],
    [
      "a component that is not for scripts",
      (call, who) => call("Component.get", who, "Secret"),
      /know no component "Secret"/,
    ],
    ["an event for a component", (call, who) => call("Component.get", who, "Hit"), /know no component "Hit"/],
    ["a component that it lacks", (call, who) => call("Component.set", who, "Enemy", {}), /has no Enemy; add it first/],
    ["an entity that is gone", (call) => call("Component.get", 99_999, "Health"), /Entity 99999 does not exist/],
    ["a negative entity", (call) => call("Component.set", -5, "Health", { points: 1 }), /Entity -5 does not exist/],
    ["its state", (call, who) => call("Component.add", who, "State"), /comes and goes/],
  ];
  it.for(wrong)("refuses %s", ([, body, message]) => {
    const [stage, idle] = [new Stage(), new Stage()];
    const [who] = [stage, idle].map(({ world }) => world.spawn(at(0), Health, Body, Brain));
    expect(stage.refusal(who!, (call) => body(call, who!))).toMatch(message);
    idle.tick();
    expect(stage.world.hash()).toBe(idle.world.hash());
  });
});

describe("a script that asks for more than the world may hold", () => {
  const floods: readonly [
    what: string,
    limits: object,
    body: (call: Call, who: number, i: number) => void,
    message: RegExp,
  ][] = [
    ["entities", { entities: 9 }, (call) => call("World.spawn", "Bullet"), /may have 9 entities/],
    ["later calls", { entities: 9 }, (call) => call("Tasks.after", 1, "x"), /may have 9 entities/],
    ["events", { events: 9 }, (call) => call("Events.emit", "Hit"), /as many events of Hit/],
    [
      "texts",
      { strings: 30 },
      (call, who, i) => call("Component.set", who, "Health", { label: `text ${i}` }),
      /as many texts/,
    ],
    [
      "texts of new entities",
      { strings: 30 },
      (call, _, i) => call("World.spawn", "Bullet", { Health: { label: `a ${i}` } }),
      /as many texts/,
    ],
    [
      "texts of events",
      { strings: 30 },
      (call, _, i) => call("Events.emit", "Hit", { note: `note ${i}` }),
      /as many texts/,
    ],
    [
      "texts of components",
      { strings: 30 },
      (call, who, i) => call("Component.add", who, "Health", { label: `b ${i}` }),
      /as many texts/,
    ],
  ];
  it.for(floods)("gets an error for %s, and the tick ends well", ([, limits, body, message]) => {
    const stage = new Stage({ limits });
    const who = stage.world.spawn(at(0), Health);
    let refused = "";
    for (let tick = 0; tick < 3; tick++)
      stage.tick(() => {
        const error = stage.call(who, (call) => {
          for (let i = 0; i < 50; i++) {
            try {
              body(call, who, tick * 100 + i);
            } catch (error) {
              refused = (error as Error).message;
            }
          }
        });
        expect(error).toBeUndefined();
      });
    expect(refused).toMatch(message);
    expect(stage.world.tick).toBe(3);
  });
});
