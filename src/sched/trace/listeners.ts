import type { TickListener } from "../../ecs/tick.ts";

/** Several listeners that are told as one. */
export class Listeners implements TickListener {
  list: readonly TickListener[] = [];

  ran(system: string, startMs: number, endMs: number): void {
    const { list } = this;
    for (let l = 0; l < list.length; l++) list[l]!.ran(system, startMs, endMs);
  }
  applied(system: string, count: number, startMs: number, endMs: number): void {
    const { list } = this;
    for (let l = 0; l < list.length; l++) list[l]!.applied(system, count, startMs, endMs);
  }
  synced(stage: number, startMs: number, endMs: number): void {
    const { list } = this;
    for (let l = 0; l < list.length; l++) list[l]!.synced?.(stage, startMs, endMs);
  }
  /** One that throws keeps nobody from being told. */
  ended(tick: number, startMs: number, endMs: number, failed: boolean): void {
    const { list } = this;
    let failure: { readonly error: unknown } | undefined;
    for (let l = 0; l < list.length; l++) {
      try {
        list[l]!.ended?.(tick, startMs, endMs, failed);
      } catch (error) {
        failure ??= { error };
      }
    }
    if (failure !== undefined) throw failure.error;
  }
  hashed(startMs: number, endMs: number): void {
    const { list } = this;
    for (let l = 0; l < list.length; l++) list[l]!.hashed?.(startMs, endMs);
  }
}
