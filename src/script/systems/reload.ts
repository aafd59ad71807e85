import { WorldloomError } from "../../core/errors.ts";
import type { EntityRow, Outcome, ScriptChunk } from "../engine.ts";
import type { ScriptFault } from "../fault.ts";
import type { Entity } from "../host.ts";
import type { ScriptValue } from "../value.ts";
import { ScriptReload } from "./events.ts";
import type { Rows } from "./rows.ts";
import { ledgerOf, type Run } from "./run.ts";
import type { ScopeMark } from "./scope-caller.ts";
import { book, status } from "./script.ts";
import type { WorldScripts } from "./world-scripts.ts";

/** What became of a reload. */
export interface ReloadReport {
  readonly script: string;
  readonly hash: string;
  readonly tick: number;
  /** Instances that run the new version; 0 where it was refused. */
  readonly instances: number;
  /** Why the version before was kept. */
  readonly refused: string | undefined;
}

/**
 * Brings the script to the version that an input of this tick asks for: every instance is made again, from what `onSave` of
 * the old one gives to `onRestore` of the new one, and from its state, which stays where it is. On any failure all of it is
 * taken back, and the version before goes on.
 */
export function changeVersion(run: Run): void {
  const { script, scripts, context } = run;
  const asked = scripts.world.inputs(ScriptReload).findLast((input) => input.script === script.name);
  if (asked === undefined || asked.hash === run.version.chunk.hash) return;
  const { hash } = asked;
  const report = (instances: number, refused?: string): void =>
    scripts.scripts.reloaded({ script: script.name, hash, tick: context.tick, instances, refused }, scripts.world);
  let refused: string;
  try {
    const instances = change(run, scripts.scripts.chunkOf(script, hash));
    return report(instances);
  } catch (error) {
    if (error instanceof Refusal)
      refused = `${error.fault.message}${error.fault.line > 0 ? `, line ${error.fault.line}` : ""}`;
    else if (error instanceof WorldloomError) refused = error.message;
    else throw error;
  }
  report(0, refused);
}

/** Ends a change of version: a call of the new one failed. */
class Refusal extends Error {
  readonly fault: ScriptFault;
  constructor(fault: ScriptFault) {
    super(fault.message);
    this.fault = fault;
  }
}

function change(run: Run, chunk: ScriptChunk): number {
  const { script, scripts, slot, version: before, context } = run;
  const { world, scope } = scripts;
  const state = script.stateOf(chunk, script.held(world.resource(script.code) as Record<string, unknown>));
  const version = scripts.versionOf(script, chunk, state);
  const undone = new Undone(run);
  const image = slot.keep();
  const instances = new Map<Entity, number>();
  try {
    const saved = new Map<Entity, ScriptValue>();
    if (before.chunk.manifest.hooks.includes("onSave"))
      each(before.rows, (row, own) =>
        saved.set(row.entity, undone.expectOk(run.call(row, own[book.instance]![row.row]!, "onSave", []))),
      );
    scripts.adopt(script, version);
    run.version = version;
    run.program = scripts.program(script, slot);
    // Those of entities that are gone have their end to come.
    for (const { count, columns } of undone.book.chunks())
      slot.discardMany(Array.from({ length: count }, (_, row) => columns[0]![book.instance]![row]!));
    undone.fill(state.spares.filter(({ added }) => added));
    const restores = chunk.manifest.hooks.includes("onRestore");
    each(version.rows, (row) => {
      const instance = Number(undone.expectOk(run.instantiate(row)));
      instances.set(row.entity, instance);
      if (restores && saved.has(row.entity))
        undone.expectOk(run.call(row, instance, "onRestore", [saved.get(row.entity)]));
    });
    if (slot.domain.broken === true)
      throw new WorldloomError("script-fault", "The machine broke.", { script: script.name });
  } catch (error) {
    undone.takeBack();
    scripts.adopt(script, before);
    run.version = before;
    slot.putBack(image, scripts.chunks(slot.domain.name));
    slot.domain.beginTick(context.tick);
    run.program = scripts.program(script, slot);
    throw error;
  }
  scope.commit();
  for (const { count, entities, columns } of undone.book.chunks())
    for (let row = 0; row < count; row++) {
      const own = columns[0] as readonly Int32Array[];
      run.dropped.add(columns[0]![book.instance]![row]!);
      own[book.instance]![row] = instances.get(entities[row]!) ?? 0;
      if (own[book.instance]![row] === 0 && own[book.status]![row] === status.running)
        own[book.status]![row] = status.waiting;
    }
  context.commands.setResource(script.code, script.codeOf(chunk.hash, state.held));
  return instances.size;
}

/** What the calls of a change do to the world, to be taken back together. */
class Undone {
  /** The script's own columns of all entities that have it, those that lack what it needs included. */
  readonly book: Rows;
  readonly #scripts: WorldScripts;
  readonly #mark: ScopeMark;
  readonly #written: Uint8Array[] = [];
  readonly #filled: (readonly [column: { set(values: ArrayLike<number>): void }, before: ArrayLike<number>])[] = [];

  constructor({ scripts, script }: Run) {
    this.#scripts = scripts;
    this.book = ledgerOf(scripts.world, script);
    this.#mark = scripts.scope.mark();
  }

  /** The value of a call. Throws {@link Refusal} where it was stopped. */
  expectOk(outcome: Outcome): ScriptValue {
    const { undo } = this.#scripts;
    if (undo.count > 0) this.#written.push(undo.keep());
    if (outcome.ok) return outcome.value;
    throw new Refusal(outcome.fault);
  }

  /** Gives columns their first values in all rows. */
  fill(columns: readonly { readonly column: number; readonly initial: number }[]): void {
    for (const { column, initial } of columns)
      for (const chunk of this.book.chunks()) {
        const values = chunk.columns[0]![column] as Float64Array;
        this.#filled.push([values, values.slice()]);
        values.fill(initial, 0, chunk.count);
      }
  }

  takeBack(): void {
    const { scope, undo, world } = this.#scripts;
    scope.takeBack(this.#mark);
    for (const entries of this.#written.reverse()) {
      undo.putBack(entries);
      undo.revert(world.arena.memory.u8);
    }
    for (const [values, before] of this.#filled) values.set(before);
  }
}

/** Visits the instances that run, with their rows. */
function each(rows: Rows, visit: (row: EntityRow, own: readonly ArrayLike<number>[]) => void): void {
  for (const { count, entities, columns } of rows.chunks()) {
    const own = columns[0]!;
    const others = columns.slice(1);
    for (let row = 0; row < count; row++)
      if (own[book.status]![row] === status.running) visit({ entity: entities[row]!, row, columns: others }, own);
  }
}
