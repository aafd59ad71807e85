import {
  array,
  bool,
  type Component,
  component,
  createWorld,
  type EventType,
  entity,
  event,
  f32,
  f64,
  type InputType,
  i32,
  input,
  type Limits,
  Name,
  type Prefab,
  prefab,
  type System,
  str,
  system,
  Transform,
  u8,
  vec3,
  type World,
} from "../../../src/index.ts";
import { scriptApi } from "../../../src/script/api/index.ts";
import { functionsOf } from "../../../src/script/api.ts";
import { type Budget, DEFAULT_BUDGET } from "../../../src/script/budget.ts";
import { type Capability, capabilities } from "../../../src/script/capability.ts";
import { ScriptError } from "../../../src/script/host.ts";
import { ScriptCall } from "../../../src/script/systems/component-call.ts";
import type { PlaceOptions } from "../../../src/script/systems/component-place.ts";
import { Sound } from "../../../src/script/systems/component-sound.ts";
import { physicsSystem, physicsTypes } from "../../../src/script/systems/physics.ts";
import { WorldScope } from "../../../src/script/systems/scope.ts";
import type { Caller, LogLine } from "../../../src/script/systems/scope-caller.ts";
import { ScriptTypes } from "../../../src/script/systems/types.ts";
import type { ScriptValue } from "../../../src/script/value.ts";

export const Health = component("Health", { points: i32({ default: 10 }), armour: u8, alive: bool, label: str });
export const Body = component("Body", {
  origin: vec3(f32),
  slots: array(i32, 3),
  owner: entity,
  reading: f64({ nan: true }),
});
export const Enemy = component("Enemy");
export const Secret = component("Secret", { x: f32 });
export const Brain = component("Brain", {
  book: i32,
  mood: str({ default: "calm" }),
  anger: f64,
  target: entity,
  spare: f64,
});
export const Hit = event("Hit", { who: entity, damage: f32({ default: 1 }), note: str });
export const Press = input("Press", { who: entity, key: str });
export const Bullet = prefab("Bullet", [
  [Transform, { translation: { x: 1 } }],
  [Health, { points: 1, label: "shot" }],
]);
export const Named = prefab("Named", [Transform, [Name, { text: "only" }]]);

const numbers = new Map(functionsOf(scriptApi).map(({ fullName }, i) => [fullName, i]));

/** Functions by their full names, for one call of an entity. */
export type Call = (fullName: string, ...values: readonly ScriptValue[]) => ScriptValue;

export interface StageOptions {
  readonly capabilities?: readonly Capability[];
  readonly budget?: Partial<Budget>;
  readonly place?: PlaceOptions;
  readonly components?: readonly Component[];
  readonly checked?: boolean;
  readonly limits?: Partial<Limits>;
}

/** A world in which a system makes calls as scripts would. */
export class Stage {
  readonly world: World;
  readonly scope: WorldScope;
  readonly lines: LogLine[] = [];
  readonly caller: Caller;
  readonly physics: System;
  #body: (stage: Stage) => void = () => {};
  readonly #system: System;

  constructor(options: StageOptions = {}) {
    const known = [
      Transform,
      Health,
      Body,
      Enemy,
      ...physicsTypes.components,
      ...(options.components ?? []),
    ] as Component[];
    const events = [Hit, Sound, ...physicsTypes.events] as unknown as EventType[];
    const inputs = [Press] as unknown as InputType[];
    this.world = createWorld({
      components: [...known, Secret, Brain, ScriptCall, Name] as Component[],
      resources: [...physicsTypes.resources] as never,
      events,
      inputs,
      seed: 7,
      chunkRows: 32,
      checked: options.checked ?? true,
      ...(options.limits === undefined ? {} : { limits: options.limits }),
    });
    this.physics = physicsSystem();
    const types = new ScriptTypes({ components: known, prefabs: [Bullet, Named] as Prefab[], events, inputs });
    this.scope = new WorldScope(this.world, {
      types,
      delta: 1 / 60,
      log: (line) => this.lines.push(line),
      ...(options.place === undefined ? {} : { place: options.place }),
    });
    this.caller = {
      name: "tester",
      state: Brain as unknown as Component,
      layout: () => ({
        access: {
          name: "State",
          write: true,
          fields: ["mood", "anger", "target"].map((name) => ({ name, kind: "f64" as const, lanes: 1, nan: false })),
        },
        picked: [1, 2, 3],
      }),
      budget: { ...DEFAULT_BUDGET, ...options.budget },
      capabilities: new Set(options.capabilities ?? (Object.keys(capabilities) as Capability[])),
    };
    this.#system = system("scripts", {
      writes: [...known, Brain, ScriptCall] as Component[],
      exclusive: true,
      run: (context) => {
        this.scope.open(context);
        this.#body(this);
        this.scope.close();
      },
    }) as unknown as System;
  }

  static numberOf(fullName: string): number {
    return numbers.get(fullName)!;
  }

  /** A tick in which `body` runs; `twice` from the same state, with equal results. */
  tick(body: (stage: Stage) => void = () => {}, twice = false): void {
    this.#body = body;
    this.world.step([this.#system, this.physics], { twice });
  }

  /** A call that is kept, or taken back where it throws; then the error is returned. */
  call(who: number, body: (call: Call) => void): unknown {
    this.scope.start(this.caller, who);
    try {
      body((fullName, ...values) => this.scope.call(numbers.get(fullName)!, who, values));
      this.scope.commit();
      return undefined;
    } catch (error) {
      this.scope.rollback(who);
      return error;
    }
  }

  /** A tick with one call that must go well. */
  run<T>(who: number, body: (call: Call) => T): T {
    let result: T | undefined;
    this.tick(() => {
      const error = this.call(who, (call) => {
        result = body(call);
      });
      if (error !== undefined) throw error;
    });
    return result as T;
  }

  /** The message of the error that a call gives in a tick of its own. */
  refusal(who: number, body: (call: Call) => void): string {
    let message = "";
    this.tick(() => {
      const error = this.call(who, body);
      if (!(error instanceof ScriptError)) throw new Error(`no ScriptError but ${String(error)}`);
      message = error.message;
    });
    return message;
  }
}
