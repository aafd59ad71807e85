import { badArgument, expectInstance, expectOptions, type Known } from "../../core/argument.ts";
import { WorldloomError } from "../../core/errors.ts";
import type { Column } from "../../ecs/column.ts";
import type { Component } from "../../ecs/component.ts";
import type { Entity } from "../../ecs/entities.ts";
import type { Table } from "../../ecs/table.ts";
import { Simulation } from "../simulation.ts";
import { writersOf } from "./difference.ts";

export interface Fault {
  readonly tick: number;
  readonly entity: Entity;
  readonly component: Component;
  /** As a diff names it: `x`, or `origin.x` for the axis of a vector. */
  readonly field: string;
  /** From 0, the lowest, to the highest that the field has, such as 31 of an f32 and 63 of an f64; of the first element of an array. */
  readonly bit: number;
  /**
   * The name of the system after whose stage it happens. Default: the last one that declares to write the component, else the
   * last of all.
   */
  readonly after?: string;
}

const KNOWN: Known<Fault> = { tick: true, entity: true, component: true, field: true, bit: true, after: true };

export interface PlantedFault {
  /** How often it happened. */
  readonly happened: number;
  /** It will not happen any more. */
  remove(): void;
}

/**
 * Flips one bit of one cell in a tick to come, as a broken machine might: an aid for testing that replays find it. It
 * happens each time that the tick runs, until it is removed. An entity that does not exist then, or lacks the component,
 * is left alone. Throws `bad-argument`, `component-unknown`, `simulation-closed`.
 */
export function plantFault(simulation: Simulation, fault: Fault): PlantedFault {
  expectInstance(simulation, Simulation, "simulation", "a simulation");
  expectOptions(fault, "fault", KNOWN);
  const { tick, entity, component, field, bit, after } = fault;
  const { core } = simulation.world;
  const id = core.schema.idOf(component);
  const spec = component.columns.findIndex(({ path }) => path === field);
  if (spec < 0) throw badArgument("field", field, `one of ${component.columns.map(({ path }) => path).join(", ")}`);
  const bits = component.columns[spec]!.bytes * 8;
  if (!Number.isInteger(bit) || bit < 0 || bit >= bits)
    throw badArgument("bit", bit, `an integer from 0 to ${bits - 1}`);
  if (!Number.isInteger(tick)) throw badArgument("tick", tick, "the number of a tick");
  const stage = stageOf(simulation, component, after);
  let happened = 0;
  const remove = simulation.keep(
    {
      staged: (_, ended) => {
        if (core.store.tick !== tick || ended !== stage || !core.entities.isAlive(entity)) return;
        const table = core.store.tables[core.entities.check(entity)]!;
        const column = table.columns[table.columnOf[id] ?? -1];
        if (column === undefined) return;
        flip(table, column, spec, core.entities.row(entity), bit);
        happened++;
      },
    },
    { first: true },
  );
  return {
    get happened() {
      return happened;
    },
    remove,
  };
}

function flip(table: Table, column: Column, spec: number, row: number, bit: number): void {
  const k = row >> table.shift;
  table.own(column, k);
  const { bytes, lanes } = column.component.columns[spec]!;
  const start = table.blockOf(column, k) * 64 + table.layout(column, k).offsets[spec]!;
  const at = start + (row & ((1 << table.shift) - 1)) * bytes * lanes + (bit >> 3);
  table.arena.memory.u8[at]! ^= 1 << (bit & 7);
}

function stageOf({ schedule }: Simulation, component: Component, after: string | undefined): number {
  const systems = schedule.stages.flat();
  const name = after ?? writersOf(systems, component.name).at(-1) ?? systems.at(-1)?.name;
  const stage = schedule.stages.findIndex((list) => list.some((system) => system.name === name));
  if (stage >= 0) return stage;
  throw new WorldloomError("bad-argument", `There is no system ${name ?? "at all"} after which a fault could happen.`, {
    after,
  });
}
