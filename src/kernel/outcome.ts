import { WorldloomError } from "../core/errors.ts";
import type { Commands } from "../ecs/commands.ts";
import type { Component } from "../ecs/component.ts";
import { integerRange } from "../ecs/field.ts";
import { arrayOver } from "../ecs/views.ts";
import { elementCode } from "../native/element.ts";
import type { Call } from "./call.ts";
import type { Effect } from "./lowered.ts";
import type { FoldKind } from "./program.ts";

/** An effect in one world: what it is about is known by id. */
export interface Target {
  readonly kind: Effect["kind"];
  /** Of a tag: the component. */
  readonly component: Component | undefined;
  /** Of an event: its id, and its fields. */
  readonly id: number;
  readonly fields: Component | undefined;
}

/**
 * Turns what the appends of a call hold into commands, in the order of the appends; NaN in events is let pass if `isLenient`.
 * Throws what they throw.
 */
export function putEffects(call: Call, targets: readonly Target[], commands: Commands, isLenient: boolean): void {
  for (let a = 0; a < targets.length; a++) {
    const count = call.count(a);
    if (count === 0) continue;
    const { kind, component, id, fields } = targets[a]!;
    const first = call.lists[a]![0]! >>> 2;
    const { i32 } = call.core.arena.memory;
    if (kind === "despawn") commands.putDespawns(i32, first, count);
    else if (kind !== "emit") commands.putTag(kind === "add", component!, i32, first, count);
    else putEvents(call, a, count, { id, fields: fields!, isLenient }, commands);
  }
}

/** What rows give to the fields of an event, one list a field; the memory is kept. */
let room = new Float64Array(256);

function putEvents(
  call: Call,
  append: number,
  count: number,
  { id, fields, isLenient }: { id: number; fields: Component; isLenient: boolean },
  commands: Commands,
): void {
  const { memory } = call.core.arena;
  const lists = call.lists[append]!;
  const { values } = call.unit.lowered.program.appends[append]!;
  // The first list is the entities.
  let v = 1;
  let start = 0;
  if (room.length < count * (values.length - 1)) room = new Float64Array(count * values.length * 2);
  const columns = fields.columns.map(({ kind, lanes, nan, path }) => {
    const column = room.subarray(start, (start += count * lanes));
    for (let lane = 0; lane < lanes; lane++, v++) {
      const { type } = values[v]!;
      const code = elementCode[type === "bool" ? "i32" : type];
      const list = arrayOver(memory, code, lists[v]!, count);
      for (let i = 0; i < count; i++) column[i * lanes + lane] = list[i]!;
    }
    if (kind === "str") putTexts(call, column, commands);
    else if (kind === "f32" || kind === "f64") {
      if (!nan && !isLenient) checkNumbers(column, fields.name, path);
    } else if (integerRange[kind] !== undefined)
      for (let i = 0; i < column.length; i++) column[i] = inRange(kind, column[i]!);
    return column;
  });
  commands.putEmits({ id, columns }, count);
}

/** Throws `nan-forbidden`. */
function checkNumbers(column: Float64Array, event: string, path: string): void {
  for (let i = 0; i < column.length; i++) {
    const value = column[i]!;
    if (value === value) continue;
    throw new WorldloomError(
      "nan-forbidden",
      `A kernel emits ${event} with NaN as ${path}; mend the value, or declare the field with { nan: true }.`,
      { event, field: path },
    );
  }
}

/** A kernel knows texts by their ids, commands by their places in the list of them. Throws `bad-argument`. */
function putTexts(call: Call, column: Float64Array, commands: Commands): void {
  const { strings } = call.core;
  const places = new Map<number, number>();
  for (let i = 0; i < column.length; i++) {
    const id = column[i]!;
    let place = places.get(id);
    if (place === undefined) places.set(id, (place = commands.putText(strings.text(id))));
    column[i] = place;
  }
}

/** Integers saturate, as they do when a kernel stores them. */
export function inRange(kind: string, value: number): number {
  const range = integerRange[kind as keyof typeof integerRange];
  if (range === undefined) return value;
  const whole = value === value ? Math.trunc(value) : 0;
  return whole < range[0] ? range[0] : whole > range[1] ? range[1] : whole + 0;
}

const NEUTRAL: Readonly<Record<FoldKind, number>> = {
  sum: 0,
  count: 0,
  min: Number.POSITIVE_INFINITY,
  max: Number.NEGATIVE_INFINITY,
};

/** The result of fold `f`: the partial results, in their order, one after the other. */
export function folded(call: Call, f: number): number {
  const { folds } = call.unit.lowered.program;
  const { kind } = folds[f]!;
  const { f64 } = call.core.arena.memory;
  let result = NEUTRAL[kind];
  for (let k = 0; k < call.results; k++) {
    const partial = f64[(call.partials >>> 3) + k * folds.length + f]!;
    if (kind === "min") result = Math.min(result, partial);
    else if (kind === "max") result = Math.max(result, partial);
    else result += partial;
  }
  return result;
}
