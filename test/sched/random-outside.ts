import { randomBelow } from "../../src/core/prng.ts";
import type { DurableLog, Simulation, Stored } from "../../src/index.ts";
import { Child, Energy, Follows, Position, Tired, Velocity, Weather } from "./bodies.ts";
import { Likes, Shove } from "./random-schedule.ts";

/** Numbers that depend on (seed, draw) alone. */
export class Draws {
  readonly #seed: number;
  readonly #at: number;
  #count = 0;

  constructor(seed: number, at = 0) {
    this.#seed = seed;
    this.#at = at;
  }
  below(n: number): number {
    return randomBelow(n, this.#seed, 9, this.#at, this.#count++);
  }
}

type Act = (simulation: Simulation) => void;
export type ShoveValues = { x: number; who: number; name: string };

/** What comes in before a tick, and the shoves behind it, which may come late. */
export interface Outside {
  readonly acts: readonly Act[];
  readonly shoves: readonly ShoveValues[];
}

/** Inputs and commands of all kinds. What does not ask the world is the same in all states of it. */
export function outside(seed: number, tick: number, asks: boolean): Outside {
  const draws = new Draws(seed, tick);
  const some = (): number => ((1 + draws.below(3)) << 16) | draws.below(300);
  const acts = Array.from({ length: draws.below(4) }, () => {
    const kind = draws.below(asks ? 9 : 5);
    const [x, y, who, name] = [draws.below(9) - 4, draws.below(100), some(), `name ${draws.below(50)}`];
    const list = new Set(Array.from({ length: draws.below(40) }, some));
    return (simulation: Simulation): void => {
      const { world } = simulation;
      if (kind < 2) return simulation.input(Shove, { x, who, name });
      const commands = world.commands();
      if (kind === 2) {
        const made = commands.spawn([Position, { x }], [Child, { name }]);
        commands.add(made, Tired);
        commands.set(made, Position, { y });
        if (y > 60) commands.despawn(made);
      } else if (kind === 3) commands.setResource(Weather, { wind: x / 8 });
      else if (kind === 4)
        commands.spawnMany(
          y,
          [Position, { x: (i) => i }],
          [Velocity, { x }],
          [Energy, { left: (i) => i * 3 }],
          [Child, { name: (i) => `${name} ${i % 5}` }],
        );
      else {
        const alive = [...list].filter((one) => world.isAlive(one));
        if (kind === 5) commands.despawnMany(alive);
        if (kind === 6) commands.addMany(alive, Child, { name: alive.map((one) => `${name} ${one % 7}`) });
        if (kind === 7) for (const one of alive) commands.remove(one, Tired);
        if (kind === 8) {
          const others = world.commands();
          for (const one of alive.slice(1)) commands.relate(alive[0]!, Likes, one);
          for (const one of alive) commands.add(one, Follows, { whom: alive[0]! });
          if (alive[1] !== undefined) others.despawn(alive[1]);
          simulation.apply([commands, others]);
          return;
        }
      }
      simulation.apply(commands);
    };
  });
  const shoves = Array.from({ length: draws.below(4) === 0 ? 2 : draws.below(2) }, () => ({
    x: draws.below(5),
    who: some(),
    name: `late ${draws.below(9)}`,
  }));
  return { acts, shoves };
}

/** A log in memory that keeps at once, or later; what was not kept when it was killed is lost. */
export class MemoryLog implements DurableLog {
  readonly #later: boolean;
  #stored: Stored | undefined;
  #killed = false;

  constructor(later: boolean, stored?: Stored) {
    this.#later = later;
    this.#stored = stored;
  }
  load(): Stored | undefined {
    return this.#stored;
  }
  append(record: Uint8Array): void | Promise<void> {
    return this.#keep(({ snapshot, records }) => ({ snapshot, records: [...records, record] }));
  }
  snapshot(snapshot: Uint8Array): void | Promise<void> {
    return this.#keep(() => ({ snapshot, records: [] }));
  }
  close(): void {}

  /** A log with what this one has kept. This one keeps nothing more. */
  killed(): MemoryLog {
    this.#killed = true;
    return new MemoryLog(this.#later, this.#stored);
  }

  #keep(next: (stored: Stored) => Stored): void | Promise<void> {
    const keep = (): void => {
      if (!this.#killed) this.#stored = next(this.#stored ?? { snapshot: new Uint8Array(0), records: [] });
    };
    if (!this.#later) return keep();
    return new Promise((resolve) =>
      setImmediate(() => {
        keep();
        resolve();
      }),
    );
  }
}
