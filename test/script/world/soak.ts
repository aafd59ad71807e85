import {
  createWorld,
  type Prefab,
  prefab,
  randomBelow,
  type Simulation,
  simulate,
  streamOf,
  Transform,
  type World,
} from "../../../src/index.ts";
import {
  type Budget,
  createScripts,
  type LuaEngine,
  ScriptReload,
  type Scripts,
  ScriptTask,
} from "../../../src/script.ts";
import { program } from "./generator.ts";
import { Charm, Hit, Position, Rage } from "./kill.ts";

const SCRIPTS = 5;
export const ENTITIES = 50;
export const budget: Partial<Budget> = {
  instructions: 5_000,
  instructionsPerTick: 60_000,
  memoryBytes: 24 << 16,
  stack: 2_000,
  spawns: 4,
  hostCalls: 100,
  events: 4,
  outputBytes: 1_000,
  watchdogMs: 600_000,
};

/** A world of generated scripts on entities that come and go. */
export class Soak {
  readonly seed: number;
  readonly world: World;
  readonly game: Simulation;
  readonly scripts: Scripts;
  readonly faults: Record<string, number> = {};
  readonly reloads = { done: 0, refused: 0 };
  readonly #hashes: readonly (readonly string[])[];

  private constructor(seed: number, world: World, game: Simulation, scripts: Scripts, hashes: readonly string[][]) {
    this.seed = seed;
    this.world = world;
    this.game = game;
    this.scripts = scripts;
    this.#hashes = hashes;
    scripts.onFault(({ kind }) => {
      this.faults[kind] = (this.faults[kind] ?? 0) + 1;
    });
    scripts.onReload(({ refused }) => {
      this.reloads[refused === undefined ? "done" : "refused"]++;
    });
  }

  static async of(engine: LuaEngine, seed: number): Promise<Soak> {
    const prefabs: Prefab[] = [prefab("Spark", [Position])];
    const scripts = createScripts({
      engines: [engine],
      components: [Position, Rage, Charm],
      events: [Hit],
      prefabs,
      budget,
      policy: { backoffTicks: 2, backoffTicksMax: 30, healthLoss: 0.01, recoverTicks: 50 },
    });
    const hashes: string[][] = [];
    for (let s = 0; s < SCRIPTS; s++) {
      const name = `Soak${s}`;
      await scripts.add({ name, code: program(seed * 1000 + s) }, { domain: `vm${s % 2}`, profile: "trusted" });
      const versions = [scripts.script(name).first.hash];
      for (let v = 1; v < 3; v++)
        versions.push((await scripts.provide({ name, code: program(seed * 1000 + s + 100 * v) })).hash);
      hashes.push(versions);
    }
    const world = createWorld({
      components: [Transform, Position, Rage, Charm, ...scripts.components],
      resources: scripts.resources,
      events: [Hit, ...scripts.events],
      inputs: scripts.inputs,
      seed,
    });
    const game = await simulate(world, scripts.systems());
    return new Soak(seed, world, game, scripts, hashes);
  }

  /** One tick, and what comes before it: entities that come and go, scripts that are given and taken, new versions. */
  step(): void {
    const { world, game, scripts } = this;
    const tick = world.tick + 1;
    const draw = (n: number, what: number): number => randomBelow(n, this.seed, streamOf("soak"), tick, what);
    const some = (): number => {
      const all = [...world.query(Rage).entities()];
      return all[draw(Math.max(1, all.length), 1)] ?? 0;
    };
    const component = (): (typeof scripts.list)[number]["component"] => scripts.list[draw(SCRIPTS, 2)]!.component;
    if (world.query(Rage).count < ENTITIES) world.spawn([Position, { x: tick % 100 }], Rage, component());
    const what = draw(20, 3);
    const entity = some();
    if (entity !== 0) {
      if (what === 0) world.despawn(entity);
      else if (what === 1) world.add(entity, component());
      else if (what === 2) world.remove(entity, component());
      else if (what === 3) world.remove(entity, Position);
      else if (what === 4)
        for (const one of world.query(Rage).entities()) if (!world.has(one, Position)) world.add(one, Position);
      if (what === 5) scripts.resume(game, entity, scripts.list[draw(SCRIPTS, 4)]!);
    }
    if (tick % 37 === 0) {
      const s = draw(SCRIPTS, 5);
      game.input(ScriptReload, { script: `Soak${s}`, hash: this.#hashes[s]![draw(3, 6)]! });
    }
    // Those that scripts spawned.
    for (const spark of [...world.query(Position).entities()]) if (!world.has(spark, Rage)) world.despawn(spark);
    game.step();
  }

  /** What must not grow without end. */
  sizes(): { bytes: number; tasks: number; waits: number; instances: number; entities: number } {
    const { world, scripts } = this;
    const domains = ["vm0", "vm1"].flatMap((name) => scripts.of(world).slotOf(name)?.domain.inspect() ?? []);
    const sum = (of: (one: (typeof domains)[number]) => number): number =>
      domains.reduce((all, one) => all + of(one), 0);
    return {
      bytes: sum(({ memoryBytes }) => memoryBytes),
      tasks: sum(({ tasks }) => tasks),
      waits: world.query(ScriptTask).count,
      instances: sum(({ instances }) => instances),
      entities: world.entityCount,
    };
  }
}
