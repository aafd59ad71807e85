import type { Component } from "../../ecs/component.ts";
import { component } from "../../ecs/component.ts";
import type { Core } from "../../ecs/core.ts";
import { entity, f64, str, u32 } from "../../ecs/field.ts";
import type { Entity } from "../host.ts";

/** A call that a script asked for with `Tasks.after`: an entity of its own that ends when the call is made. */
export const ScriptCall = component(
  "ScriptCall",
  {
    owner: entity({ doc: "Whose function is to be called." }),
    script: str({ doc: "Name of the script." }),
    name: str({ doc: "Name of the function." }),
    tick: u32({ doc: "The tick in which it is called." }),
    task: f64({ doc: "Its number, an integer." }),
  },
  { doc: "A call of a script's function in a later tick.", category: "script" },
);

export interface DueCall {
  /** The entity that stands for the call. */
  readonly place: Entity;
  readonly owner: Entity;
  readonly name: string;
  readonly task: number;
}

/** The calls of a script that are due in a tick, in the order in which they were asked for; with no tick all of them. */
export function callsOf(core: Core, script: string, tick = Number.POSITIVE_INFINITY): DueCall[] {
  const { memory } = core.arena;
  const found: DueCall[] = [];
  const id = core.schema.find(ScriptCall as unknown as Component);
  const text = core.strings.find(script);
  for (const table of core.store.tables) {
    const c = id < 0 ? undefined : table.columnOf[id];
    if (table.kind !== "archetype" || c === undefined) continue;
    const column = table.columns[c]!;
    for (let k = 0; k < table.usedChunks; k++) {
      const layout = table.layout(column, k);
      const views = core.arena.views(table.blockOf(column, k), layout).arrays;
      const [owners, scripts, names, ticks] = views as unknown as readonly Int32Array[];
      const tasks = views[4] as unknown as Float64Array;
      const first = table.blockOf(table.columns[0]!, k) << 4;
      for (let i = 0, rows = table.rowsOf(k); i < rows; i++) {
        if (scripts![i] !== text || ticks![i]! > tick) continue;
        const name = core.strings.text(names![i]!);
        found.push({ place: memory.i32[first + i]!, owner: owners![i]!, name, task: tasks[i]! });
      }
    }
  }
  return found.sort((a, b) => a.task - b.task || a.place - b.place);
}
