import { addComponent, addEntity, createWorld as createBitecs, query } from "bitecs";
import { createEntitySystem, World as Piecs, type QueryBuilder } from "piecs";
import { entitiesAt } from "../../src/ecs/entity-list.ts";
import { type Commands, createWorld, type SystemContext, type Term, type World, write } from "../../src/index.ts";
import { type Side, WorkFault } from "../pairs.ts";
import type { NativeKernels } from "./addon.ts";
import { copyOf, emptyLike, IN_ORDER, nextOrder, type Order, put } from "./order.ts";
import type { Outcome } from "./outcome.ts";
import type { Columns, Loop, Rule } from "./rule.ts";

/** What all sides of one row share. */
export interface Setting {
  readonly rule: Rule;
  readonly count: number;
  readonly inputs: Columns;
  readonly outcome: Outcome;
}

/** Rows a chunk of a world for so many entities: more of them in huge worlds. */
export function chunkRowsOf(count: number): number {
  return count >= 1_000_000 ? 65_536 : 1024;
}

/** The kernels of the rule on a world of their own. */
export function kernelSide({ rule, count, inputs, outcome }: Setting): Side {
  const world = createWorld({ components: rule.components, chunkRows: chunkRowsOf(count) });
  world.spawnMany(count, ...rule.components);
  const found = emptyLike(inputs);
  const reset = resetting(rule, count, (order, all) => {
    const keys = all ? rule.components.map(({ key }) => key) : rule.changes;
    eachColumn(world, rule, keys, (column, key, name, first) =>
      put(column, inputs[key]![name]!, first, column.length, order),
    );
  });
  reset.now();
  const { uniforms } = rule;
  const kernels = rule.kernels();
  const options = rule.options?.(world) ?? {};
  for (const kernel of kernels) kernel.prepare(world);
  const exact = rule.exact.length > 0;
  const commands = world.commands();
  const on = rule.lists ? ({ world, commands } as unknown as SystemContext) : world;
  let turn = 0;
  return {
    reset() {
      reset.now();
      turn = 0;
    },
    run() {
      commands.clear();
      kernels[kernels.length === 1 ? 0 : turn++]!.run(on, uniforms, options);
      return count;
    },
    checksum() {
      eachColumn(world, rule, rule.changes, (column, key, name, first) => found[key]![name]!.set(column, first));
      const sum = outcome.check(found, exact, reset.order);
      return rule.lists ? sum + listSum(despawned(commands), count, reset.order) : sum;
    },
  };
}

/** A JavaScript loop over arrays of all entities. */
export function loopSide({ rule, count, inputs, outcome }: Setting, name: string): Side {
  const loop: Loop<Columns> = rule.loops[name]!;
  const columns = copyOf(inputs);
  const reset = resetting(rule, count, putting(columns, inputs, rule, 0));
  let turn = 0;
  return {
    reset() {
      reset.now();
      turn = 0;
    },
    run() {
      loop(columns, count, turn++);
      return count;
    },
    checksum: () =>
      outcome.check(columns, rule.exact.includes(name), reset.order) + listed(rule, columns, count, reset.order),
  };
}

/** Native code over the same arrays. */
export function nativeSide({ rule, count, inputs, outcome }: Setting, addon: NativeKernels, turns: number): Side {
  const { native } = rule;
  const columns = copyOf(inputs);
  const reset = resetting(rule, count, putting(columns, inputs, rule, 0));
  const bound = Array.from({ length: turns }, (_, turn) => {
    const bytes = native!.columns(columns, turn).map((c) => new Uint8Array(c.buffer, c.byteOffset, c.byteLength));
    return addon.bind(bytes);
  });
  let turn = 0;
  return {
    reset() {
      reset.now();
      turn = 0;
    },
    run() {
      addon.use(bound[turn++]!);
      native!.run(addon, count, columns);
      return count;
    },
    checksum: () => outcome.check(columns, false, reset.order) + listed(rule, columns, count, reset.order),
  };
}

/** bitecs 0.4: the arrays are the components. */
export function bitecsSide({ rule, count, inputs, outcome }: Setting): Side {
  const world = createBitecs();
  const columns = copyOf(inputs, 1);
  const terms = rule.components.map(({ key }) => columns[key]!);
  for (let i = 0; i < count; i++) {
    const id = addEntity(world);
    for (const term of terms) addComponent(world, id, term);
  }
  return listedSide(rule, count, inputs, columns, outcome, (turn) => {
    const ids = query(world, terms);
    rule.listed!(columns, ids, turn);
    return ids.length;
  });
}

/** piecs: a system that is given the entities of each archetype. */
export function piecsSide({ rule, count, inputs, outcome }: Setting): Side {
  const world = new Piecs();
  const columns = copyOf(inputs, 1);
  const ids = rule.components.map(() => world.createComponentId());
  let [now, worked] = [0, 0];
  const execute = (entities: ArrayLike<number>): void => {
    rule.listed!(columns, entities, now);
    worked += entities.length;
  };
  world.registerSystem(createEntitySystem(execute, (builder: QueryBuilder) => builder.every(...ids)));
  world.initialize();
  world.createEntity(world.prefabricate([])); // 0, so that ids start at 1
  const whole = world.prefabricate([...ids].sort((a, b) => a - b));
  for (let i = 0; i < count; i++) world.createEntity(whole);
  return listedSide(rule, count, inputs, columns, outcome, (turn) => {
    now = turn;
    worked = 0;
    world.update();
    return worked;
  });
}

function listedSide(
  rule: Rule,
  count: number,
  inputs: Columns,
  columns: Columns,
  outcome: Outcome,
  step: (turn: number) => number,
): Side {
  const reset = resetting(rule, count, putting(columns, inputs, rule, 1));
  let turn = 0;
  return {
    reset() {
      reset.now();
      turn = 0;
    },
    run: () => step(turn++),
    checksum: () => outcome.check(columns, false, reset.order, 1),
  };
}

/** The entities of the one command that was recorded. */
function despawned({ count, words }: Commands): Int32Array {
  if (count !== 1) throw new WorkFault(`recorded ${count} commands, not one`);
  return entitiesAt(words, 3, words[2]!);
}

function listed({ lists }: Rule, { list }: Columns, count: number, order: Order): number {
  return lists ? listSum(list!["of"]!.subarray(0, list!["length"]![0]!), count, order) : 0;
}

/** The same for the same entities, whatever their rows: the index of an entity is its row. */
function listSum(list: ArrayLike<number>, count: number, { stride, start }: Order): number {
  let sum = list.length;
  for (let i = 0; i < list.length; i++) {
    const entity = ((list[i]! & 0xf_ffff) * stride + start) % count;
    sum = (sum + Math.imul(entity + 1, 0x9e3779b1)) | 0;
  }
  return sum;
}

/** Puts inputs into arrays whose first entity is element `first`. */
function putting(columns: Columns, inputs: Columns, rule: Rule, first: number) {
  return (order: Order, all: boolean): void => {
    for (const key of all ? rule.components.map((component) => component.key) : rule.changes) {
      for (const name in inputs[key]) {
        const from = inputs[key]![name]!;
        put(columns[key]![name]!.subarray(first), from, 0, from.length, order);
      }
    }
  };
}

/** Resets that change the order of the entities where the rule wants that. */
function resetting(rule: Rule, count: number, fill: (order: Order, all: boolean) => void) {
  const seed = { value: 1 };
  let filled = false;
  const state = {
    order: IN_ORDER,
    now(): void {
      if (rule.shuffled) state.order = nextOrder(count, seed);
      fill(state.order, !filled || rule.shuffled === true);
      filled = true;
    },
  };
  return state;
}

function eachColumn(
  world: World,
  rule: Rule,
  keys: readonly string[],
  visit: (column: Columns[string][string], key: string, name: string, first: number) => void,
): void {
  let first = 0;
  const terms: Term[] = rule.components.map((component) => write(component));
  for (const chunk of world.query(...terms).chunks()) {
    const views = chunk as unknown as Columns & { count: number };
    for (const key of keys)
      for (const name in views[key]) visit(views[key]![name]!.subarray(0, views.count), key, name, first);
    first += views.count;
  }
}
