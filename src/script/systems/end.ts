import type { SystemContext } from "../../ecs/system.ts";
import { Run } from "./run.ts";
import { book } from "./script.ts";
import type { WorldScripts } from "./world-scripts.ts";

/**
 * Ends the instances whose entity is gone or has lost the script: `onDestroy` is called, with no row any more, and the heap
 * is given up. Costs a count unless there are some.
 */
export function endInstances(scripts: WorldScripts, context: SystemContext): void {
  for (const script of scripts.scripts.list) {
    const slot = scripts.slotOf(script.domain);
    if (slot === undefined) continue;
    const run = new Run(scripts, script, context);
    if (!run.isWhole()) sweep(run);
    run.finish();
  }
}

function sweep(run: Run): void {
  const { slot, program, version } = run;
  const all = slot.domain.instances();
  for (let i = 0; i < all.length; i += 3) {
    const [instance, entity] = [all[i]!, all[i + 1]!];
    if (all[i + 2] !== program) continue;
    const row = version.book.rowOf(entity);
    if (row !== undefined && row.columns[0]![book.instance]![row.row] === instance) continue;
    if (version.chunk.manifest.hooks.includes("onDestroy") && slot.domain.broken !== true) {
      const ended = run.call({ entity, row: -1, columns: [] }, instance, "onDestroy", []);
      if (!ended.ok) {
        run.scripts.scope.rollback(entity);
        run.wear(ended.fault);
        run.report(ended.fault);
      }
    }
    slot.discard(instance);
    run.dropped.add(instance);
  }
}
