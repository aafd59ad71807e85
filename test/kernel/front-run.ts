import { type Component, component } from "../../src/ecs/component.ts";
import { type EventType, event } from "../../src/ecs/event.ts";
import { array, bool, entity, f32, f64, i8, i32, str, u8, u32, vec2 } from "../../src/ecs/field.ts";
import { type Resource, resource } from "../../src/ecs/resource.ts";
import { evaluate } from "../../src/kernel/evaluate.ts";
import { lower } from "../../src/kernel/front/lower.ts";
import type { Declaration, Lowered } from "../../src/kernel/lowered.ts";
import type { Loop, Node } from "../../src/kernel/node.ts";

export const Body = component("Body", { x: f32, y: f32, big: f64, n: i32, m: u32, small: i8, byte: u8 });
export const Mind = component("Mind", {
  on: bool,
  target: entity,
  word: str,
  other: str,
  goal: vec2(f32),
  items: array(f32, 4),
  counts: array(i32, 3),
});
export const Other = component("Other", {
  x: f32,
  y: f32,
  on: bool,
  near: entity,
  goal: vec2(f32),
  items: array(i32, 2),
});
export const Tag = component("Tag");
export const Mark = component("Mark");
export const Hit: EventType = event("Hit", {
  amount: f32({ default: 7 }),
  at: vec2(f32, { y: 3 }),
  who: entity,
  list: array(u8, 3),
  hot: bool,
  word: str,
});
export const Worded: EventType = event("Worded", { word: str({ default: "a" }) });
export const Total: Resource = resource("Total", {
  sum: f64,
  least: f32,
  most: f32,
  count: i32,
  place: vec2(f64),
  flag: bool,
});

/** A declaration with two components that are written, one that is read, and some of everything else. */
export function declare(source: string, more: Partial<Declaration> = {}): Declaration {
  return {
    name: "test",
    source,
    parameters: [
      { component: Body, write: true },
      { component: Mind, write: true },
      { component: Other, write: false },
    ],
    uniforms: { dt: "f32", wide: "f64", steps: "i32", mask: "u32", flag: "bool" },
    constants: { LIMIT: 10, DEBUG: true, State: { Idle: 0, Walking: 1, Running: 2 } },
    components: [Tag, Mark],
    events: [Hit, Worded],
    resources: [Total],
    functions: [
      { name: "clamp", source: "(x, low, high) => (x < low ? low : x > high ? high : x)" },
      { name: "sign", source: "function sign(x) { if (x > 0) return 1; if (x < 0) return -1; return 0; }" },
      { name: "both", source: "(a, b) => { const c = clamp(a, 0, LIMIT); return c + clamp(b, 0, 1); }" },
      { name: "inside", source: "(x) => x >= 0 && x < LIMIT" },
    ],
    ...more,
  };
}

export function lowered(
  source: string | ((...parameters: never[]) => unknown),
  more: Partial<Declaration> = {},
): Lowered {
  return lower(declare(typeof source === "string" ? source : source.toString(), more));
}

/** What a row function is run with. Names of elements are as in programs: `body.x`, `mind.items` with a lane. */
export interface World {
  /** Elements of the row: `body.x`, `mind.items[2]`. */
  readonly row: Record<string, number>;
  readonly uniforms: Record<string, number>;
  readonly entity: number;
  /** Of other entities: `other.x`. */
  readonly others?: Record<number, Record<string, number>>;
  readonly self?: { readonly x: number; readonly y: number };
  readonly near?: readonly { readonly entity: number; readonly x: number; readonly y: number }[];
}

export interface Outcome {
  readonly row: Record<string, number>;
  readonly effects: string[];
  readonly folds: number[];
}

/** Runs a program for one row, one node after the other. */
export function run({ program, effects, folds }: Lowered, world: World): Outcome {
  const values = new Map<Node, number>();
  const results = new Map<Loop, number[]>();
  const nameOf = (name: string, lanes: number, lane: number): string => (lanes > 1 ? `${name}[${lane}]` : name);
  const of = (node: Node): number => {
    const known = values.get(node);
    if (known !== undefined) return known;
    const value = compute(node);
    values.set(node, value);
    return value;
  };
  const candidates = (loop: Loop): number[] => {
    let carried = loop.starts.map(of);
    for (const other of world.near ?? []) {
      for (const node of values.keys()) if (node.loop === loop) values.delete(node);
      const given = {
        other: other.entity,
        otherX: other.x,
        otherY: other.y,
        selfX: world.self!.x,
        selfY: world.self!.y,
      };
      for (const node of program.nodes) {
        if (node.loop !== loop || node.args.length > 0) continue;
        const value = node.op === "phi" ? carried[node.value] : given[node.op as keyof typeof given];
        if (value !== undefined) values.set(node, value);
      }
      carried = loop.nexts.map(of);
    }
    return carried;
  };
  const look = (node: Node): Record<string, number> | undefined => {
    const found = world.others?.[of(node.args[0]!)];
    const owner = program.gathers[node.value]!.name.split(".")[0]!.toLowerCase();
    return of(node.args[1]!) !== 0 && found && Object.keys(found).some((key) => key.startsWith(owner))
      ? found
      : undefined;
  };
  const compute = (node: Node): number => {
    const { op, type, value, args } = node;
    switch (op) {
      case "const":
        return value;
      case "load": {
        const { name, lanes } = program.buffers[value >>> 16]!;
        return world.row[nameOf(name, lanes, value & 0xffff)] ?? 0;
      }
      case "uniform":
        return world.uniforms[program.uniforms[value]!.name]!;
      case "entity":
        return world.entity;
      case "alive":
        return look(node) === undefined ? 0 : 1;
      case "fetch": {
        const { name, lanes, lane } = program.gathers[value]!;
        return look(node)?.[nameOf(name, lanes, lane)] ?? 0;
      }
      case "result": {
        const loop = node.of!;
        let made = results.get(loop);
        if (made === undefined) {
          made = candidates(loop);
          results.set(loop, made);
        }
        return made[value]!;
      }
      default: {
        const [a = 0, b = 0, c = 0] = args.map(of);
        return evaluate(op, args[0]!.type, type)(a, b, c);
      }
    }
  };
  const row = { ...world.row };
  for (const { buffer, lane, value } of program.stores) {
    const { name, lanes, element } = program.buffers[buffer]!;
    const range = { i8: [-128, 127], u8: [0, 255] }[element as string];
    const raw = of(value);
    row[nameOf(name, lanes, lane)] = range === undefined ? raw : Math.min(Math.max(raw, range[0]!), range[1]!);
  }
  const happened = program.appends.flatMap(({ mask, values }, i) => {
    if (of(mask) === 0) return [];
    const effect = effects[i]!;
    const what = effect.kind === "emit" ? effect.event.name : effect.kind === "despawn" ? "" : effect.component.name;
    return [`${effect.kind} ${what} ${values.map(of).join()}`.replace("  ", " ")];
  });
  return {
    row,
    effects: happened,
    folds: folds.map((_, i) => (of(program.folds[i]!.mask) === 0 ? Number.NaN : of(program.folds[i]!.value))),
  };
}

/** The value that a function of `(body, mind, other, k)` leaves in an element. */
export function result(source: string, element: string, world: Partial<World> = {}): number {
  const made = run(lowered(source), { row: {}, uniforms: {}, entity: 5, ...world });
  return made.row[element]!;
}

/** `{ row }` as an object of the function itself, run by JavaScript: `body.goal.x` and so on. */
export function objectOf(of: Component, row: Record<string, number>): Record<string, unknown> {
  const made: Record<string, unknown> = {};
  for (const { path, field, axis, kind, lanes } of of.columns) {
    const read = (key: string): number | boolean => (kind === "bool" ? row[key] === 1 : (row[key] ?? 0));
    if (axis !== undefined) {
      made[field] ??= {};
      (made[field] as Record<string, unknown>)[axis] = read(`${of.key}.${path}`);
    } else if (lanes > 1) made[field] = Array.from({ length: lanes }, (_, i) => read(`${of.key}.${path}[${i}]`));
    else made[field] = read(`${of.key}.${path}`);
  }
  return made;
}

/** The inverse of {@link objectOf}. */
export function rowOf(of: Component, object: Record<string, unknown>): Record<string, number> {
  const row: Record<string, number> = {};
  for (const { path, field, axis, lanes } of of.columns) {
    const value = axis === undefined ? object[field] : (object[field] as Record<string, unknown>)[axis];
    if (lanes > 1)
      for (const [i, element] of (value as unknown[]).entries()) row[`${of.key}.${path}[${i}]`] = Number(element);
    else row[`${of.key}.${path}`] = Number(value);
  }
  return row;
}
