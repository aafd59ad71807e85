import { WorldloomError } from "../../core/errors.ts";
import type { EntityRow, Outcome, ScriptChunk, UpdateBatch } from "../engine.ts";
import type { ScriptFault } from "../fault.ts";
import type { Entity } from "../host.ts";
import type { ScriptValue } from "../value.ts";
import { ScriptReload } from "./events.ts";
import type { ChunkRows, Rows } from "./rows.ts";
import { firstValue, ledgerOf, type Run } from "./run.ts";
import type { ScopeMark } from "./scope-caller.ts";
import { book, type SpareField, status } from "./script.ts";
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
  slot.keep();
  let made: readonly Made[];
  try {
    const saved = new Map<Entity, ScriptValue>();
    if (before.chunk.manifest.hooks.includes("onSave"))
      each(before.rows, (row, own) =>
        saved.set(row.entity, undone.expectOk(run.call(row, own[book.instance]![row.row]!, "onSave", []))),
      );
    scripts.adopt(script, version);
    run.version = version;
    run.program = scripts.program(script, slot);
    made = remakeAll(run, undone.book);
    undone.fill(state.spares.filter(({ added }) => added));
    if (saved.size > 0 && chunk.manifest.hooks.includes("onRestore"))
      for (const { batch } of made)
        for (let row = 0; row < batch.count; row++) {
          if (batch.due[row] === 0 || !saved.has(batch.entities[row]!)) continue;
          const at = { entity: batch.entities[row]!, row, columns: batch.columns };
          undone.expectOk(run.call(at, batch.instances[row]!, "onRestore", [saved.get(at.entity)]));
        }
    if (slot.domain.broken === true)
      throw new WorldloomError("script-fault", "The machine broke.", { script: script.name });
  } catch (error) {
    undone.takeBack();
    scripts.adopt(script, before);
    run.version = before;
    slot.putBack(scripts.chunks(slot.domain.name));
    slot.domain.beginTick(context.tick);
    run.program = scripts.program(script, slot);
    throw error;
  }
  scope.commit();
  const instances = noteInstances(run, undone.book, made);
  context.commands.setResource(script.code, script.codeOf(chunk.hash, state.held));
  return instances;
}

/** The rows of a chunk, with the instances that were made for those that are due, and the run time's columns of the chunk. */
interface Made {
  readonly own: readonly ArrayLike<number>[];
  readonly batch: UpdateBatch;
}

/** Gives up all instances of the script, and makes one for each row that runs. Throws {@link Refusal}. */
function remakeAll(run: Run, all: Rows): readonly Made[] {
  const { slot, version } = run;
  const made = version.rows.chunks().map(({ count, entities, columns }): Made => {
    const own = columns[0]!;
    const due = new Uint8Array(count);
    for (let row = 0; row < count; row++) due[row] = own[book.status]![row] === status.running ? 1 : 0;
    const instances = (own[book.instance] as Int32Array).slice(0, count);
    const others = columns.slice(1) as UpdateBatch["columns"];
    return { own, batch: { count, entities, instances, due, columns: others } };
  });
  discardOthers(run, all, made);
  for (const { batch } of made) {
    if (slot.domain.remake === undefined) {
      for (let row = 0; row < batch.count; row++) {
        if (batch.due[row] === 0) continue;
        const outcome = run.instantiate({ entity: batch.entities[row]!, row, columns: batch.columns });
        if (!outcome.ok) throw new Refusal(outcome.fault);
        batch.instances[row] = Number(outcome.value);
      }
      continue;
    }
    run.remake(batch);
    if (slot.domain.fault !== undefined) throw new Refusal(slot.domain.fault);
  }
  return made;
}

/**
 * Gives up the instances that no other takes the place of: those of rows that lack what the script needs now. Those of entities
 * that are gone have their end to come.
 */
function discardOthers({ slot }: Run, all: Rows, made: readonly Made[]): void {
  const chunks = all.chunks();
  const replaced = slot.domain.remake === undefined ? [] : made.map(({ batch }) => batch);
  const instancesOf = (columns: ChunkRows["columns"]): ArrayLike<number> => columns[0]![book.instance]!;
  let left = 0;
  for (const { count, columns } of chunks)
    for (let row = 0; row < count; row++) left += instancesOf(columns)[row]! > 0 ? 1 : 0;
  for (const { count, due, instances } of replaced)
    for (let row = 0; row < count; row++) left -= due[row] === 1 && instances[row]! > 0 ? 1 : 0;
  if (left === 0) return;
  const others = new Set<number>();
  for (const { count, columns } of chunks) for (let row = 0; row < count; row++) others.add(instancesOf(columns)[row]!);
  for (const { count, due, instances } of replaced)
    for (let row = 0; row < count; row++) if (due[row] === 1) others.delete(instances[row]!);
  slot.discardMany([...others]);
}

/** Writes the new instances down, and that of rows which lack something none runs. Returns how many there are. */
function noteInstances(run: Run, all: Rows, made: readonly Made[]): number {
  const chunks = all.chunks();
  const waiting = run.scripts.tasks.chunks().length > 0;
  for (const { count, columns } of chunks) {
    const instances = columns[0]![book.instance] as Int32Array;
    if (waiting) for (let row = 0; row < count; row++) run.dropped.add(instances[row]!);
    instances.fill(0, 0, count);
  }
  let running = 0;
  for (const { own, batch } of made)
    for (let row = 0; row < batch.count; row++) {
      if (batch.due[row] === 0) continue;
      (own[book.instance] as Int32Array)[row] = batch.instances[row]!;
      running++;
    }
  for (const { count, columns } of chunks) {
    const [instances, state] = [columns[0]![book.instance]!, columns[0]![book.status] as Uint8Array];
    for (let row = 0; row < count; row++)
      if (instances[row] === 0 && state[row] === status.running) state[row] = status.waiting;
  }
  return running;
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

  /** Gives columns their first values in all rows. Throws `string-limit` where the world has no room for a text of them. */
  fill(fields: readonly SpareField[]): void {
    for (const { column, initial } of fields) {
      const first = firstValue(this.#scripts, initial);
      for (const chunk of this.book.chunks()) {
        const values = chunk.columns[0]![column] as Float64Array;
        this.#filled.push([values, values.slice()]);
        values.fill(first, 0, chunk.count);
      }
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
