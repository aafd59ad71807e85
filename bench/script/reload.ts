import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nowMs } from "../../src/core/clock.ts";
import { createWorld, loop, simulate } from "../../src/index.ts";
import { createScripts, luaEngine, type ScriptEngine, wasmEngine, watchScripts } from "../../src/script.ts";
import { WorkFault } from "../pairs.ts";
import type { Workload } from "../workload.ts";
import { COUNT, driftInLua, driftInWasm, Position } from "./drift.ts";

const INSTANCES = COUNT;
const TICK_MS = 1000 / 60;
const RELOADS = 60;
const WARM_UP = 5;
/** A reload that takes longer has failed. */
const GIVE_UP_MS = 10_000;

interface Source {
  readonly ending: string;
  /** The script's n-th version. */
  version(n: number): string | Uint8Array;
}

/** Versions differ in a constant. */
const inLua: Source = {
  ending: "lua",
  version: (n) => `${driftInLua.code}local version = ${n}\n`,
};

/** Versions differ in a section of their own. */
const inWasm: Source = {
  ending: "wasm",
  version: (n) => new Uint8Array([...(driftInWasm().code as Uint8Array), 0, 3, 1, 0x76, n & 127]),
};

/** Milliseconds from each write of the file to the end of the tick in which all instances run the new version. */
async function latencies(make: () => Promise<ScriptEngine>, { ending, version }: Source): Promise<number[]> {
  const folder = mkdtempSync(join(tmpdir(), "worldloom-bench-"));
  const file = join(folder, `Reloaded.${ending}`);
  writeFileSync(file, version(0));
  const scripts = createScripts({ engines: [await make()], components: [Position] });
  const code = ending === "wasm" ? new Uint8Array(readFileSync(file)) : readFileSync(file, "utf8");
  const script = await scripts.add({ name: "Reloaded", file, code });
  const { resources, events, inputs } = scripts;
  const world = createWorld({ components: [Position, ...scripts.components], resources, events, inputs });
  world.spawnMany(INSTANCES, Position, script.component);
  const game = await simulate(world, scripts.systems());
  const refused: string[] = [];
  let done = 0;
  let endedMs = 0;
  const watch = watchScripts(scripts, game, folder, {
    onReport({ what, instances, message }) {
      if (what === "refused" || (what === "done" && instances !== INSTANCES)) refused.push(message);
      if (what === "done") done++;
    },
  });
  const ticks = loop(
    {
      get tick() {
        return game.tick;
      },
      step() {
        const before = done;
        game.step();
        if (done > before) endedMs = nowMs();
      },
    },
    { tickMs: TICK_MS },
  );
  const found: number[] = [];
  try {
    ticks.start();
    for (let n = 1; n <= WARM_UP + RELOADS; n++) {
      // At another moment of the tick each time.
      await wait(60 + ((n * 7) % 17));
      const beganMs = nowMs();
      writeFileSync(file, version(n));
      while (done < n && refused.length === 0 && nowMs() - beganMs < GIVE_UP_MS) await wait(1);
      if (done < n) throw new WorkFault(`was not reloaded: ${refused[0] ?? "no report"}`);
      if (n > WARM_UP) found.push(endedMs - beganMs);
    }
  } finally {
    ticks.stop();
    await watch.close();
    await game.close();
    scripts.dispose();
    rmSync(folder, { recursive: true });
  }
  return found.sort((a, b) => a - b);
}

function wait(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms));
}

function row(name: string, mostMs: number, make: () => Promise<ScriptEngine>, source: Source): Workload {
  return {
    name,
    item: "reload",
    unit: "ms, p99",
    peers: ["the limit"],
    target: { text: `<= ${mostMs} ms`, met: ({ ours }) => ours <= mostMs },
    async measure() {
      const found = await latencies(make, source);
      const p99 = found[Math.ceil(found.length * 0.99) - 1]!;
      return { ours: p99, peer: mostMs, ratio: mostMs / p99 };
    },
  };
}

export const reloadWorkloads: readonly Workload[] = [
  row("a file in Lua, written until 10,000 instances run it, at 60 Hz", 80, () => luaEngine(), inLua),
  row("a file in WebAssembly, written until 10,000 instances run it, at 60 Hz", 100, async () => wasmEngine(), inWasm),
];
