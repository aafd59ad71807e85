import { addComponent, addEntity, createWorld as createBitecs, query, removeEntity } from "bitecs";
import { createEntitySystem, World as Piecs, type QueryBuilder } from "piecs";
import { createWorld, type World, write } from "../../src/index.ts";
import type { Side } from "../pairs.ts";
import type { Workload } from "../workload.ts";
import { Armour, despawnRule, Health, Luck, type Mortals, strike, uniforms } from "./despawn.ts";
import { nextOrder, put } from "./order.ts";
import { chunkRowsOf } from "./sides.ts";

/** Values of the entities that a side has now, each a column. */
type Values = Pick<Mortals, "health" | "armour" | "luck">;
const KEYS = ["health", "armour", "luck"] as const;

/** Fills the columns of `count` rows with the inputs, in an order that is new each time. */
function filling(inputs: Mortals, count: number): (fill: (values: Values) => void) => void {
  const seed = { value: 1 };
  const value = () => ({ value: new Float32Array(count) });
  const values = { health: value(), armour: value(), luck: value() };
  return (fill) => {
    const order = nextOrder(count, seed);
    for (const key of KEYS) put(values[key].value, inputs[key].value, 0, count, order);
    fill(values);
  };
}

/** What does not depend on the order of rows. */
class Sum {
  #sum = 1;
  add(health: number, armour: number): void {
    this.#sum += health * 8 + armour * 64;
  }
  get value(): number {
    return this.#sum;
  }
}

type Run = (world: World) => void;

/** A world whose despawned entities come back outside the clock. */
function worldSide(inputs: Mortals, count: number, run: Run): Side {
  const world = createWorld({ components: [Health, Armour, Luck], chunkRows: chunkRowsOf(count) });
  const all = world.query(write(Health), write(Armour), write(Luck));
  const refill = filling(inputs, count);
  return {
    reset() {
      world.spawnMany(count - world.entityCount, Health, Armour, Luck);
      refill((values) => {
        let first = 0;
        for (const chunk of all.chunks()) {
          for (const key of KEYS) chunk[key].value.set(values[key].value.subarray(first, first + chunk.count));
          first += chunk.count;
        }
      });
    },
    run() {
      run(world);
      return count;
    },
    checksum() {
      const sum = new Sum();
      for (const { health, armour, count: rows } of all.chunks())
        for (let i = 0; i < rows; i++) sum.add(health.value[i]!, armour.value[i]!);
      return sum.value;
    },
  };
}

function kernelRun(): Run {
  const kernel = strike();
  return (world) => kernel.run(world, uniforms);
}

/** The same world without a kernel: a loop over its columns, and one call that despawns what the loop found. */
function loopRun(count: number): Run {
  const found = new Int32Array(count);
  return (world) => {
    let n = 0;
    for (const { health, armour, luck, entities, count: rows } of world.query(write(Health), Armour, Luck).chunks()) {
      for (let i = 0; i < rows; i++) {
        if (luck.value[i]! >= uniforms.chance) continue;
        const left = health.value[i]! - Math.max(uniforms.least, uniforms.strength - armour.value[i]!);
        health.value[i] = left;
        if (left <= 0) found[n++] = entities[i]!;
      }
    }
    world.despawnMany(found.subarray(0, n));
  };
}

/** A list of ids in a library, and how entities come and go there. */
interface Herd {
  ids(): ArrayLike<number>;
  add(): void;
  remove(id: number): void;
}

function herdSide(inputs: Mortals, count: number, columns: Values, herd: Herd): Side {
  const found = { of: new Int32Array(count + 16), length: new Int32Array(1) };
  const refill = filling(inputs, count);
  return {
    reset() {
      for (let n = herd.ids().length; n < count; n++) herd.add();
      const ids = herd.ids();
      refill((values) => {
        for (const key of KEYS) for (let i = 0; i < count; i++) columns[key].value[ids[i]!] = values[key].value[i]!;
      });
    },
    run() {
      const ids = herd.ids();
      strikeListed(columns, ids, found);
      for (let i = 0, n = found.length[0]!; i < n; i++) herd.remove(found.of[i]!);
      return count;
    },
    checksum() {
      const sum = new Sum();
      const ids = herd.ids();
      for (let i = 0; i < ids.length; i++) sum.add(columns.health.value[ids[i]!]!, columns.armour.value[ids[i]!]!);
      return sum.value;
    },
  };
}

function strikeListed(columns: Values, ids: ArrayLike<number>, found: Mortals["list"]): void {
  const [health, armour, luck] = [columns.health.value, columns.armour.value, columns.luck.value];
  let n = 0;
  for (let i = 0, count = ids.length; i < count; i++) {
    const id = ids[i]!;
    if (luck[id]! >= uniforms.chance) continue;
    const left = health[id]! - Math.max(uniforms.least, uniforms.strength - armour[id]!);
    health[id] = left;
    if (left <= 0) found.of[n++] = id;
  }
  found.length[0] = n;
}

function emptyColumns(count: number): Values {
  const value = () => ({ value: new Float32Array(count + 2) });
  return { health: value(), armour: value(), luck: value() };
}

function bitecsHerd(columns: Values): Herd {
  const world = createBitecs();
  const terms = KEYS.map((key) => columns[key]);
  return {
    ids: () => query(world, terms),
    add() {
      const id = addEntity(world);
      for (const term of terms) addComponent(world, id, term);
    },
    remove: (id) => removeEntity(world, id),
  };
}

function piecsHerd(): Herd {
  const world = new Piecs();
  const ids = KEYS.map(() => world.createComponentId());
  let seen: ArrayLike<number> = [];
  const look = (entities: ArrayLike<number>): void => {
    seen = entities;
  };
  world.registerSystem(createEntitySystem(look, (builder: QueryBuilder) => builder.every(...ids)));
  world.initialize();
  const whole = world.prefabricate([...ids]);
  return {
    ids() {
      world.update();
      return seen;
    },
    add() {
      world.createEntity(whole);
    },
    remove: (id) => world.deleteEntity(id),
  };
}

const LOOP = "loop and despawnMany";
const makers: Readonly<Record<string, (inputs: Mortals, count: number) => Side>> = {
  [LOOP]: (inputs, count) => worldSide(inputs, count, loopRun(count)),
  "bitecs 0.4"(inputs, count) {
    const columns = emptyColumns(count);
    return herdSide(inputs, count, columns, bitecsHerd(columns));
  },
  piecs: (inputs, count) => herdSide(inputs, count, emptyColumns(count), piecsHerd()),
};

function workload(count: number): Workload {
  return {
    name: `damage that despawns 10 %, applied, ${count.toLocaleString("en-US")} entities`,
    item: "entity",
    peers: Object.keys(makers),
    async pair(peer) {
      const inputs = despawnRule.inputs(count);
      return { ours: worldSide(inputs, count, kernelRun()), peer: makers[peer]!(inputs, count), work: count };
    },
  };
}

export const appliedWorkloads: readonly Workload[] = [workload(10_000), workload(1_000_000)];
