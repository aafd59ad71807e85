import type { TickListener } from "../../ecs/tick.ts";

/** Several listeners that are told as one. */
export class Listeners implements TickListener {
  readonly list: TickListener[] = [];

  ran(system: string, startMs: number, endMs: number): void {
    for (let l = 0; l < this.list.length; l++) this.list[l]!.ran(system, startMs, endMs);
  }
  applied(system: string, count: number, startMs: number, endMs: number): void {
    for (let l = 0; l < this.list.length; l++) this.list[l]!.applied(system, count, startMs, endMs);
  }
  synced(stage: number, startMs: number, endMs: number): void {
    for (let l = 0; l < this.list.length; l++) this.list[l]!.synced?.(stage, startMs, endMs);
  }
  ended(tick: number, startMs: number, endMs: number, failed: boolean): void {
    for (let l = 0; l < this.list.length; l++) this.list[l]!.ended?.(tick, startMs, endMs, failed);
  }
  hashed(startMs: number, endMs: number): void {
    for (let l = 0; l < this.list.length; l++) this.list[l]!.hashed?.(startMs, endMs);
  }
}
