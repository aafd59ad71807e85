import {
  Arena,
  array,
  bool,
  type Component,
  component,
  createWorld,
  entity,
  event,
  f32,
  f64,
  i8,
  i16,
  i32,
  type Kernel,
  kernel,
  kernelFunction,
  resource,
  SpatialIndex,
  u8,
  vec2,
  type World,
} from "../../src/index.ts";
import { Chance } from "./random-program.ts";

const M = component("M", {
  ...{ a: f32, d: f64, n: i32, s: i8, u: u8, on: bool, who: entity },
  ...{ at: vec2(f32), list: array(i16, 3) },
});
export const Place = component("Place", { x: f32, y: f32, n: i16, who: entity, at: vec2(f32) });
const Other = component("Other", { x: f32, d: f64, n: i16, on: bool, next: entity, at: vec2(f32) });
const [T, Apart] = [component("T"), component("Apart")];
const Hit = event("Hit", { amount: f32, who: entity });
const Total = resource("Total", { sum: f64, count: i32 });
const Mood = { Calm: 0, Wild: 2 };

export const UNIFORMS = { dt: 1.5, flag: true };

type Numbers = Record<string, unknown>;
interface Scope {
  limit(x: number, low: number, high: number): number;
  neighbours(radius: number, visit: (o: Near) => void): void;
  has(who: number, one: Component): boolean;
  at(who: number, one: Component): { x: number; on: boolean; n: number };
  readonly Other: Component;
}
interface Near {
  readonly entity: number;
  readonly x: number;
  readonly y: number;
  readonly dx: number;
  readonly dy: number;
  readonly distanceSquared: number;
}

const limit = kernelFunction("limit", (x: number, low: number, high: number) => (x < low ? low : x > high ? high : x));
const look = kernelFunction("look", (who: number, x: number, k: Scope) => {
  if (!k.has(who, k.Other)) return x;
  const other = k.at(who, k.Other);
  return other.on ? other.x : k.limit(other.n, -9, 9);
});
const crowding = kernelFunction("crowding", (radius: number, start: number, k: Scope) => {
  let crowd = start;
  k.neighbours(radius, (o) => {
    if (o.dx > 0) return;
    crowd = k.limit(crowd + o.distanceSquared, -500, 500);
  });
  return crowd;
});

export function ruleOf(source: string): Kernel<never> {
  const row = new Function(`return ${source}`)() as never;
  const uses = [Other, T, Hit, Total, limit, look, crowding];
  const uniforms = { dt: f32, flag: bool };
  return kernel(
    "rule",
    { write: [M], read: [Place], uniforms, constants: { Mood }, uses },
    row,
  ) as unknown as Kernel<never>;
}

/** Entities in some archetypes, some of which look at each other, at nobody, or at those that have gone. */
export function ruleWorld(seed: number): World {
  const chance = new Chance(seed);
  const components = [M, Place, Other, T, Apart];
  const arena = new Arena({ bytesMax: 1 << 26 });
  const world = createWorld({ components, events: [Hit], resources: [Total], seed, chunkRows: 32, arena });
  const half = (): number => (chance.below(17) - 8) / 2;
  const spot = chance.of([() => chance.below(17) / 2, () => chance.below(4), () => chance.below(31) - 9]);
  const small = (): number => chance.below(9) - 3;
  const mind = (): [typeof M, object] => [
    M,
    { a: half, d: half, n: small, s: small, u: () => chance.below(4), on: coin },
  ];
  const coin = (): boolean => chance.below(2) === 1;
  const place = (): [typeof Place, object] => [Place, { x: spot, y: spot, n: small }];
  const other = (): [typeof Other, object] => [Other, { x: half, d: half, n: small, on: coin }];
  const count = (): number => chance.of([1, 3, 8, 31, 32, 40]);
  world.spawnMany(32 + count(), place(), mind());
  world.spawnMany(count(), place(), mind(), other());
  world.spawnMany(count(), place(), mind(), other(), T);
  world.spawnMany(count(), place(), mind(), T);
  world.spawnMany(count(), place(), other());
  world.spawnMany(count(), mind(), other());
  world.despawnMany(world.spawnMany(2, place(), mind(), Apart));
  const all = [...world.query(Place).entities()];
  const who = (): number => (chance.below(9) === 0 ? 0 : chance.of(all));
  const at = (): object => ({ x: half(), y: half() });
  for (const id of all) {
    world.set(id, Place, { who: who(), at: at() });
    if (world.has(id, M)) world.set(id, M, { who: who(), at: at(), list: [small(), small(), small()] });
    if (world.has(id, Other)) world.set(id, Other, { next: who(), at: at() });
  }
  world.despawnMany(all.filter(() => chance.below(15) === 0));
  return world;
}

/** A spatial index over the places of a world, with points beyond its borders. */
export function ruleIndex(world: World, seed: number): SpatialIndex {
  const chance = new Chance(~seed);
  const shape = { cell: chance.of([0.5, 1, 2, 4]), width: chance.of([1, 4, 9]), height: chance.of([1, 8]), minX: -1 };
  return new SpatialIndex(world, shape);
}

/** What a world is after a rule. */
export function stateOf(world: World): object {
  const { sum, count } = world.resource(Total);
  const events = [...world.events(Hit)].map(({ amount, who }) => `${amount} ${who}`).sort();
  return { entities: world.contentHash(), events, sum: sum + 0, count };
}

const RANGES: Readonly<Record<string, readonly [number, number]>> = {
  i8: [-128, 127],
  u8: [0, 255],
  i16: [-32_768, 32_767],
  i32: [-(2 ** 31), 2 ** 31 - 1],
};

/** What a field of a kind holds of a value. */
function held(kind: string, value: unknown): unknown {
  const range = RANGES[kind];
  return range ? Math.max(range[0], Math.min(range[1], Math.trunc(Number(value)))) + 0 : value;
}

/** The values of a component as a row of a kernel has them. */
function rowOf(one: Component, values: Numbers): Numbers {
  const kinds = new Map(one.columns.map(({ field, kind }) => [field, kind]));
  const within = (of: object, kindOf: (key: string) => string): never =>
    new Proxy(of, { set: (to, key, value) => Reflect.set(to, key, held(kindOf(String(key)), value)) }) as never;
  const parts = Object.entries(values).map(([key, value]) => [
    key,
    typeof value === "object" ? within(value as object, () => kinds.get(key)!) : value,
  ]);
  return within(Object.fromEntries(parts), (key) => kinds.get(key)!);
}

/** Does to `world` what the rule says, run as JavaScript for each row; the index has the shape of `index`. */
export function runPlain(source: string, world: World, { options }: SpatialIndex): void {
  const row = new Function(`return ${source}`)() as (m: Numbers, p: Numbers, k: object) => void;
  const { cell, minX = 0, minY = 0, width, height } = options;
  const cellOf = (at: number, least: number, cells: number): number =>
    Math.max(0, Math.min(cells - 1, Math.floor((at - least) / cell)));
  const points = [...world.query(Place).entities()]
    .map((id) => ({ id, ...(world.get(id, Place) as { x: number; y: number }) }))
    .map((point) => ({ ...point, cell: cellOf(point.y, minY, height) * width + cellOf(point.x, minX, width) }))
    .sort((a, b) => a.cell - b.cell || a.id - b.id);
  const rows = points.filter(({ id }) => world.has(id, M));
  const has = (id: number, one: Component): boolean => id !== 0 && world.isAlive(id) && world.has(id, one);
  const nobody = { x: 0, d: 0, n: 0, on: false, next: 0, at: { x: 0, y: 0 } };
  const later: (() => void)[] = [];
  const [sums, counted]: [number[], number[]] = [[], []];
  const kind = /k\.(sum|min|max)\(/.exec(source)?.[1] ?? "sum";
  for (const self of rows) {
    const effects: { tag?: boolean; isDead?: boolean } = {};
    const fold = (_: object, _field: string, value: number): void => void sums.push(value);
    const k = {
      ...{ ...UNIFORMS, Mood, Other, T, Place, Hit, Total, limit, look, crowding, has },
      ...{ entity: self.id, tick: world.tick, sum: fold, min: fold, max: fold },
      count: (_: object, _field: string, holds: boolean) => counted.push(Number(holds)),
      at: (id: number, one: Component) => (has(id, one) ? world.get(id, one) : nobody),
      neighbours(radius: number, visit: (o: Near) => void) {
        for (const { id, x, y } of points) {
          const [dx, dy] = [self.x - x, self.y - y];
          const distanceSquared = dx * dx + dy * dy;
          if (id === self.id || radius < 0 || distanceSquared > radius * radius) continue;
          visit({ entity: id, x, y, dx, dy, distanceSquared });
        }
      },
      emit: (_: object, values: object) => later.push(() => world.emit(Hit, values)),
      addTag: () => (effects.tag = true),
      removeTag: () => (effects.tag = false),
      despawn: () => (effects.isDead = true),
    };
    const mind = rowOf(M, world.get(self.id, M) as Numbers);
    row(mind, world.get(self.id, Place) as Numbers, k);
    later.push(() => {
      world.set(self.id, M, { ...mind, at: { ...(mind["at"] as object) }, list: [...(mind["list"] as number[])] });
      if (effects.tag !== undefined) world[effects.tag ? "add" : "remove"](self.id, T);
      if (effects.isDead) world.despawn(self.id);
    });
  }
  for (const change of later) change();
  const sum = kind === "sum" ? sums.reduce((a, b) => a + b, 0) : Math[kind as "min" | "max"](...sums);
  world.setResource(Total, { sum, count: counted.reduce((a, b) => a + b, 0) });
}
