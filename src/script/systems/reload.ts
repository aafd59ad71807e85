import { WorldloomError } from "../../core/errors.ts";
import type { EntityRow, ScriptChunk } from "../engine.ts";
import type { ScriptFault } from "../fault.ts";
import type { ScriptValue } from "../value.ts";
import { ScriptReload } from "./events.ts";
import type { Run } from "./run.ts";
import { book, status } from "./script.ts";

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
  const { script, scripts, slot, version: before } = run;
  const { world } = scripts;
  const values = world.resource(script.code) as Record<string, unknown>;
  const state = script.stateOf(chunk, script.held(values));
  const version = scripts.versionOf(script, chunk, state);
  const image = slot.keep();
  const saves = before.chunk.manifest.hooks.includes("onSave");
  const restores = chunk.manifest.hooks.includes("onRestore");
  const saved: ScriptValue[] = [];
  if (saves)
    each(before, (row, own) => saved.push(expectOk(run.call(row, own[book.instance]![row.row]!, "onSave", []))));
  const instances: number[] = [];
  try {
    scripts.adopt(script, version);
    run.version = version;
    run.program = scripts.program(script, slot);
    each(version, (row, own) => slot.domain.discard(own[book.instance]![row.row]!));
    each(version, (row) => {
      instances.push(Number(expectOk(run.instantiate(row))));
      if (restores && saves) expectOk(run.call(row, instances.at(-1)!, "onRestore", [saved[instances.length - 1]]));
    });
  } catch (error) {
    scripts.scope.rollback(0);
    scripts.adopt(script, before);
    run.version = before;
    slot.putBack(image, scripts.chunks(slot.domain.name));
    run.program = scripts.program(script, slot);
    throw error;
  }
  let i = 0;
  each(version, (row, own) => {
    (own[book.instance] as Int32Array)[row.row] = instances[i++]!;
    run.dropped.add(row.entity);
  });
  for (const { column, initial } of state.added)
    for (const { count, columns } of version.rows.chunks())
      (columns[0]![column] as Float64Array).fill(initial, 0, count);
  run.context.commands.setResource(script.code, script.codeOf(chunk.hash, state.held));
  return i;
}

/** Visits the instances that run, with their rows. */
function each({ rows }: Run["version"], visit: (row: EntityRow, own: readonly ArrayLike<number>[]) => void): void {
  for (const { count, entities, columns } of rows.chunks())
    for (let row = 0; row < count; row++)
      if (columns[0]![book.status]![row] === status.running)
        visit({ entity: entities[row]!, row, columns: columns.slice(1) }, columns[0]!);
}

function expectOk(outcome: ReturnType<Run["call"]>): ScriptValue {
  if (outcome.ok) return outcome.value;
  throw new Refusal(outcome.fault);
}
