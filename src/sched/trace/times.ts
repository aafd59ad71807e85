import type { TickListener } from "../../ecs/tick.ts";
import { Histogram } from "./histogram.ts";

/** How long each system takes, for {@link Simulation.watch}; `commands` is what applying them takes in a tick, `hash` a hash. */
export class SystemTimes implements TickListener {
  /** By system, in the order in which they first ran. */
  readonly systems = new Map<string, Histogram>();
  #commandsMs = 0;
  #applied = false;

  ran(system: string, startMs: number, endMs: number): void {
    this.#of(system).record(endMs - startMs);
  }
  applied(_system: string, _count: number, startMs: number, endMs: number): void {
    this.#commandsMs += endMs - startMs;
    this.#applied = true;
  }
  ended(_tick: number, _startMs: number, _endMs: number, failed: boolean): void {
    if (this.#applied && !failed) this.#of("commands").record(this.#commandsMs);
    this.#commandsMs = 0;
    this.#applied = false;
  }
  hashed(startMs: number, endMs: number): void {
    this.#of("hash").record(endMs - startMs);
  }

  #of(name: string): Histogram {
    let histogram = this.systems.get(name);
    if (histogram === undefined) {
      histogram = new Histogram();
      this.systems.set(name, histogram);
    }
    return histogram;
  }
}
