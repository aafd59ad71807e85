import { nowMs } from "../core/clock.ts";
import type { World } from "../ecs/world.ts";
import type { Kernel } from "./kernel.ts";
import { unitOf } from "./modules.ts";
import { scatter, trialOf } from "./trial.ts";

/** Runs between two looks at the clock. */
const RUNS = 40;
const LIMIT_MS = 120;
/** A round that takes less than this share of the fastest before it shows that the engine is still at work. */
const FASTER = 0.9;
/** So many rounds in a row that are not faster are enough. */
const SETTLED = 6;
/** Rows beyond half a chunk, which make it a full one, and in a smaller one, where results are compared. */
const ROWS = 200;
/** Runs after which a kernel that looks entities up has locators, if nothing moves. */
const LOCATED = 3;

/**
 * Engines compile in a hurry at first, and replace the code of what runs often, in another thread: this concerns what
 * calls a kernel, as its own code is the best from the start (see {@link Unit.improve}). Runs the kernel on a small world of its
 * own, with chunks and memory as in `world`, until it gets no faster. `world` stays as it is. Throws
 * `arena-unsupported`, `arena-full`.
 */
export function warm(kernel: Kernel, world: World): void {
  // More than half a chunk: so it is a full one, and another is not.
  using trial = trialOf(kernel, world, (1 << world.core.store.shift) / 2 + 1, 1);
  const values = uniformsOf(kernel, 0);
  const start = trial.world.snapshot();
  const round = (): number => {
    const before = nowMs();
    for (let i = 0; i < RUNS; i++) {
      kernel.run(trial.world, values as never, { index: trial.index, interpreted: false });
      if (kernel.hasCommands) trial.world.restore(start);
    }
    return nowMs() - before;
  };
  const began = nowMs();
  let fastest = Number.POSITIVE_INFINITY;
  for (let settled = 0; settled < SETTLED && nowMs() - began < LIMIT_MS; ) {
    const took = round();
    if (took < fastest * FASTER) settled = 0;
    else settled++;
    fastest = Math.min(fastest, took);
  }
  start.dispose();
}

/** Whether the compiled kernel and the interpreter do the same to a small world. `world` stays as it is. Throws `arena-unsupported`, `arena-full`. */
export function isExact(kernel: Kernel, world: World): boolean {
  if (!doesTheSame(kernel, world, ROWS, 1)) return false;
  // Locators want chunks of one size.
  return unitOf(kernel.declaration).lowered.gathers.length === 0 || doesTheSame(kernel, world, 0, LOCATED);
}

/** Whether both do, `runs` times, to a chunk that is full and `apart` rows in a smaller one. */
function doesTheSame(kernel: Kernel, world: World, apart: number, runs: number): boolean {
  using trial = trialOf(kernel, world, (1 << world.core.store.shift) / 2 + ROWS, apart);
  scatter(kernel, trial);
  const values = uniformsOf(kernel, 1);
  const start = trial.world.snapshot();
  const [compiled, expected] = [false, true].map((interpreted) => {
    for (let i = 0; i < runs; i++) kernel.run(trial.world, values as never, { index: trial.index, interpreted });
    const hash = trial.world.hash();
    trial.world.restore(start);
    return hash;
  });
  start.dispose();
  return compiled === expected;
}

function uniformsOf({ declaration }: Kernel, value: number): Readonly<Record<string, number | boolean>> {
  return Object.fromEntries(
    Object.entries(declaration.uniforms).map(([name, type]) => [name, type === "bool" ? value > 0 : value]),
  );
}
