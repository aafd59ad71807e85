import type { LaneCalls, Lanes } from "../../src/ecs/lanes.ts";
import type { World } from "../../src/index.ts";
import { wasm } from "../../src/native/wasm.ts";
import { Chance } from "./random-program.ts";

type Code = (list: number, count: number, frame: number) => void;

/** Makes the calls on this thread, in any order: that of a seed. */
export class ShuffledLanes implements Lanes {
  readonly count: number;
  readonly eager: boolean;
  /** Calls of each piece of work so far. */
  readonly made: number[] = [];
  readonly modules = new Map<object, Code>();
  readonly #chance: Chance;
  readonly #memory: object;

  constructor(world: World, seed: number, count = 3, eager = true) {
    this.count = count;
    this.eager = eager;
    this.#chance = new Chance(seed);
    this.#memory = world.arena.memory.wasm;
  }

  runCalls({ module, calls, count }: LaneCalls, meanwhile?: () => void): void {
    meanwhile?.();
    let code = this.modules.get(module);
    if (code === undefined) {
      code = new wasm.Instance(module, { m: { m: this.#memory } }).exports["run"] as Code;
      this.modules.set(module, code);
    }
    const order = Array.from({ length: count }, (_, i) => i);
    for (let i = count - 1; i > 0; i--) {
      const j = this.#chance.below(i + 1);
      [order[i], order[j]] = [order[j]!, order[i]!];
    }
    for (const i of order) code(calls[i * 3]!, calls[i * 3 + 1]!, calls[i * 3 + 2]!);
    this.made.push(count);
  }
}
