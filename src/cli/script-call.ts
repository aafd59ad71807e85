import type { Entity } from "../ecs/entities.ts";
import { type System, type SystemContext, system } from "../ecs/system.ts";
import type { Outcome } from "../script/engine.ts";
import { Run } from "../script/systems/run.ts";
import { book, type Script, status } from "../script/systems/script.ts";
import { ScriptTask } from "../script/systems/tasks.ts";
import type { ScriptValue } from "../script/value.ts";
import type { ScriptStage } from "./script-stage.ts";

/** Calls functions of one entity's script, each in a tick in which nothing else runs. */
export class ScriptCaller {
  readonly #stage: ScriptStage;
  readonly #script: Script;
  readonly #entity: Entity;
  readonly #system: System;
  #name = "";
  #values: readonly ScriptValue[] = [];
  #keeps: (value: ScriptValue) => boolean = () => true;
  #outcome: Outcome | undefined;

  /** The entity has the script. */
  constructor(stage: ScriptStage, script: Script, entity: Entity) {
    const { scripts } = stage;
    this.#stage = stage;
    this.#script = script;
    this.#entity = entity;
    this.#system = system("call", {
      writes: [...scripts.types.components, ...scripts.list.map(({ component }) => component), ScriptTask],
      exclusive: true,
      run: (context) => this.#run(context),
    }) as unknown as System;
  }

  /**
   * Makes the instance if there is none, and calls a function of it. What the call did to the world is taken back where it
   * was stopped, and where `keeps` says no to its value; the instance is lost in the first case alone.
   */
  call(name: string, values: readonly ScriptValue[], keeps: (value: ScriptValue) => boolean = () => true): Outcome {
    this.#name = name;
    this.#values = values;
    this.#keeps = keeps;
    this.#outcome = undefined;
    this.#stage.world.step([this.#system]);
    return this.#outcome!;
  }

  #run(context: SystemContext): void {
    const { scripts, world } = this.#stage;
    const run = new Run(scripts.of(world), this.#script, context);
    const row = run.version.rows.rowOf(this.#entity)!;
    const own = row.columns[0]!;
    const at = { ...row, columns: row.columns.slice(1) };
    const ends = scripts.onFault((fault) => {
      this.#outcome = { ok: false, fault };
    });
    if (own[book.status]![row.row] === status.running || run.make(at, own, false)) {
      const outcome = run.call(at, own[book.instance]![row.row]!, this.#name, this.#values);
      if (!outcome.ok) run.fail(outcome.fault, own, row.row);
      else if (!this.#keeps(outcome.value)) run.scripts.scope.rollback(this.#entity);
      this.#outcome = outcome;
    }
    // Whoever calls next gets a new instance at once.
    if (own[book.status]![row.row] !== status.running) (own[book.status] as Uint8Array)[row.row] = status.fresh;
    ends();
    run.finish();
  }
}
