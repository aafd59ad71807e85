import {
  Arena,
  type Component,
  component,
  createWorld,
  type Executor,
  FlowGrid,
  f32,
  f64,
  kernel,
  type Resource,
  randomBelow,
  resource,
  Simulation,
  SpatialIndex,
  type System,
  schedule,
  serial,
  steer,
  streamOf,
  system,
  u8,
  u32,
  type World,
  WorldloomError,
  write,
} from "../../src/index.ts";
import type { CityMap } from "./map.ts";
import { chooseGoals, largestArea } from "./places.ts";

export const Position = component("Position", { x: f32, y: f32 }, { doc: "In cells." });
export const Velocity = component("Velocity", { x: f32, y: f32 }, { doc: "In cells per second." });
export const Goal = component("Goal", { field: u8 }, { doc: "The flow field that the agent follows." });
/** What has happened since the start, and which map it happened on. */
export const Traffic = resource("Traffic", { arrived: f64, map: u32 });

/** Destinations, each with a flow field of its own. */
export const GOALS = 16;
/** What became of an agent in a tick, as `steer` says it; 2 is lost. */
const MOVING = 0;
const ARRIVED = 1;
/** Seconds a tick. */
const DT = 1 / 30;
/** Cells per second along the flow field. */
const SPEED = 4;
/** Velocity per unit of push, and its limit, in cells per second. */
const STRENGTH = 2.5;
const PUSH_MAX = 4;

const move = kernel("move", { write: [Position], read: [Velocity], constants: { DT } }, (position, velocity, k) => {
  position.x += velocity.x * k.DT;
  position.y += velocity.y * k.DT;
});

/** What a part of a city is made of: components that all agents get. */
export interface PartTypes {
  readonly components: readonly Component[];
  readonly resources: readonly Resource[];
}

/** What a city can have besides. */
export interface CityPart {
  readonly types: PartTypes;
  /** They run behind `follow`, which says where agents want to go. */
  systems(): readonly System[];
  dispose(): void;
}

export interface CityOptions {
  readonly map: CityMap;
  readonly agents: number;
  readonly seed: number;
  /** How far agents keep apart, in cells. */
  readonly radius: number;
  /** Share of agents that despawn and respawn each tick. */
  readonly churn: number;
  /** Their components and resources must be those of a given world. */
  readonly parts?: readonly CityPart[];
  /** A world to continue with. */
  readonly world?: World;
  /** Default: everything on the main thread. */
  readonly executor?: Executor | undefined;
}

/** Agents that walk a street map to destinations, keep apart, arrive and start again. */
export class City {
  readonly world: World;
  readonly simulation: Simulation;
  readonly grid: FlowGrid;
  readonly index: SpatialIndex;
  readonly timings = new Map<string, number>();
  readonly options: CityOptions;
  /** Cells in which agents start: the largest connected area. */
  readonly #area: Uint32Array;
  /** What became of each agent in the last tick, by running row. */
  #flags: Uint8Array = new Uint8Array(0);
  /** Who has arrived or is lost, and all who leave in this tick; the memory is kept for the next. */
  readonly #ended = new Set<number>();
  #leaving = new Int32Array(0);
  /** 0, 1, 2, ...: of each new agent which one it is in its tick. */
  #numbers = new Int32Array(0);

  constructor(options: CityOptions) {
    const { map } = options;
    this.options = options;
    this.#area = largestArea(map);
    this.world = options.world ?? cityWorld(options);
    checkMap(this.world, map);
    const goals = chooseGoals(this.#area, GOALS, this.world.seed);
    this.grid = new FlowGrid(this.world, { ...map, goals: goals.map((cell) => [cell]) });
    const cell = Math.max(options.radius, 0.25);
    this.index = new SpatialIndex(this.world, {
      cell,
      width: Math.ceil(map.width / cell),
      height: Math.ceil(map.height / cell),
    });
    const plan = schedule({ systems: this.#systems() });
    this.simulation = new Simulation(this.world, plan, options.executor ?? serial());
    if (options.world === undefined) this.#populate(options.agents);
  }

  /** One tick, with the hash that makes it comparable. */
  step(): string {
    this.simulation.step({ timings: this.timings });
    const start = performance.now();
    const hash = this.simulation.hash();
    this.timings.set("hash", (this.timings.get("hash") ?? 0) + performance.now() - start);
    return hash;
  }

  /** Keeps the city as it is now. The function that it gives goes back to that, and is called once. */
  keep(): () => void {
    const { world, timings } = this;
    const [snapshot, before] = [world.snapshot(), new Map(timings)];
    return () => {
      world.restore(snapshot);
      snapshot.dispose();
      timings.clear();
      for (const [name, ms] of before) timings.set(name, ms);
      this.#flags = new Uint8Array(0);
    };
  }

  /** Agents that were on their way in the last tick. */
  get moving(): number {
    let moving = 0;
    for (const flag of this.#flags) if (flag === MOVING) moving++;
    return moving;
  }

  /** Agents that reached their goals since the start. */
  get arrived(): number {
    return this.world.resource(Traffic).arrived;
  }

  /** Bytes of the world, its grid and its index. */
  get bytes(): number {
    return this.world.arena.usedBytes;
  }

  /** Neighbours of an agent in the last tick, on average. */
  get neighboursMean(): number {
    const counts = this.index.neighbourCounts;
    let sum = 0;
    for (const count of counts) sum += count;
    return counts.length === 0 ? 0 : sum / counts.length;
  }

  dispose(): void {
    for (const part of this.options.parts ?? []) part.dispose();
    this.index.dispose();
    this.grid.dispose();
    this.world.dispose();
  }

  #systems(): readonly System[] {
    const { grid, index, options } = this;
    const separate = system("separate", {
      query: [Position],
      doc: "Who is near whom, and how they push each other away.",
      run: ({ query }) => {
        index.build(query, Position);
        index.separate(options.radius);
      },
    });
    const follow = system("follow", {
      query: [Position, write(Velocity), Goal],
      after: ["separate"],
      doc: "The way to the goal, the pushes, and no way through walls.",
      run: ({ query }) => {
        this.#flags = steer(query, {
          grid,
          index,
          position: Position,
          velocity: Velocity,
          goal: Goal,
          speed: SPEED,
          strength: STRENGTH,
          pushMax: PUSH_MAX,
          dt: DT,
        });
      },
    });
    const turnover = system("turnover", {
      query: [Goal],
      sets: [Traffic],
      gets: [Traffic],
      after: ["follow"],
      doc: "Agents that arrived or gave up make room for new ones.",
      run: (context) => {
        const { query, commands, world } = context;
        const flags = this.#flags;
        const over = query.flagged(flags);
        const ended = this.#ended;
        ended.clear();
        for (let i = 0; i < over.length; i++) ended.add(over[i]!);
        let arrived = 0;
        // A buffer searches shared memory ten times as fast as an array does.
        const bytes = Buffer.from(flags.buffer, flags.byteOffset, flags.length);
        for (let at = bytes.indexOf(ARRIVED); at >= 0; at = bytes.indexOf(ARRIVED, at + 1)) arrived++;
        const picked = context.sample(query, options.churn);
        if (this.#leaving.length < flags.length) this.#leaving = new Int32Array(flags.length * 2);
        const leaving = this.#leaving;
        let count = 0;
        for (const entity of ended) leaving[count++] = entity;
        for (let i = 0; i < picked.length; i++) if (!ended.has(picked[i]!)) leaving[count++] = picked[i]!;
        if (count === 0) return;
        commands.despawnMany(leaving.subarray(0, count));
        while (this.#numbers.length < count) this.#numbers = Int32Array.from({ length: count * 2 }, (_, i) => i);
        const numbers = this.#numbers.subarray(0, count);
        this.#spawn(count, (n, draw) => context.randomBelowMany(n, numbers, draw), commands);
        commands.setResource(Traffic, { arrived: world.resource(Traffic).arrived + arrived });
      },
    });
    const parts = (options.parts ?? []).flatMap((part) => part.systems());
    return [separate, follow, ...parts, move.system({ after: ["follow"] }), turnover];
  }

  #populate(agents: number): void {
    const { world } = this;
    const commands = world.commands();
    const draws = (n: number, draw: number): Float64Array => {
      const stream = streamOf(`populate ${draw}`);
      return Float64Array.from({ length: agents }, (_, i) => randomBelow(n, world.seed, stream, 0, i));
    };
    this.#spawn(agents, draws, commands);
    commands.setResource(Traffic, { map: mapNumber(this.options.map) });
    world.apply(commands);
  }

  /** New agents somewhere in the streets, each with a goal. */
  #spawn(
    count: number,
    draws: (n: number, draw: number) => Float64Array,
    commands: ReturnType<World["commands"]>,
  ): void {
    const { width } = this.options.map;
    const x = new Float32Array(count);
    const y = new Float32Array(count);
    const field = new Uint8Array(count);
    // Drawn numbers are valid until the next ones are.
    const places = new Uint32Array(draws(this.#area.length, 0));
    // One draw for the place in the cell, 256 by 256, and the goal.
    const details = draws(GOALS << 16, 1);
    for (let i = 0; i < count; i++) {
      const cell = this.#area[places[i]!]!;
      const detail = details[i]!;
      x[i] = (cell % width) + ((detail & 255) + 0.5) / 256;
      y[i] = Math.floor(cell / width) + (((detail >>> 8) & 255) + 0.5) / 256;
      field[i] = detail >>> 16;
    }
    const more = (this.options.parts ?? []).flatMap(({ types }) => types.components);
    commands.spawnMany(count, [Position, { x, y }], Velocity, [Goal, { field }], ...more);
  }
}

/** What every city world is made of. */
export const cityTypes = { components: [Position, Velocity, Goal], resources: [Traffic] } as const;

/** What a city world with parts is made of. */
export function cityTypesWith(parts: readonly PartTypes[]): PartTypes {
  return {
    components: [...cityTypes.components, ...parts.flatMap(({ components }) => components)],
    resources: [...cityTypes.resources, ...parts.flatMap(({ resources }) => resources)],
  };
}

function cityWorld({ agents, seed, parts = [] }: CityOptions): World {
  return createWorld({
    ...cityTypesWith(parts.map(({ types }) => types)),
    arena: new Arena(),
    seed,
    // A tick writes nearly every row, so that small chunks save no copies. Of a large city they cost 5 % of a tick.
    chunkRows: agents < 50_000 ? 1024 : 4096,
    limits: { entities: Math.min(2 ** 24, Math.max(2 ** 16, agents * 2)) },
  });
}

function checkMap(world: World, map: CityMap): void {
  const expected = world.resource(Traffic).map;
  if (expected === 0 || expected === mapNumber(map)) return;
  throw new WorldloomError(
    "bad-argument",
    `This world was saved on another map than ${map.name}; give the same --map.`,
    { map: map.name },
  );
}

/** A number that tells maps apart; never 0. */
function mapNumber(map: CityMap): number {
  let hash = map.width;
  for (const cell of map.cells) hash = Math.imul(hash ^ cell, 0x01000193) + 1;
  return (hash >>> 1) + 1;
}
