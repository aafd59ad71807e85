import type { Core } from "./core.ts";
import type { Entity } from "./entities.ts";
import { exclusiveTarget, remove, unlink } from "./operations.ts";

/** Removes an entity, after those that end with it. Throws `entity-stale`. */
export function despawn(core: Core, entity: Entity): void {
  const table = core.store.tables[core.entities.check(entity)]!;
  if (!core.relations.any) {
    if (table.components.every((id) => core.observers.isQuiet(id)))
      core.structure.ways.listEnd(table, core.observers.version);
    removeRow(core, entity);
  } else if (hasPairs(core, entity)) core.atomicallyIf(core.guards === 0, () => despawnWithPairs(core, entity));
  else removeUnpaired(core, entity);
}

function hasPairs(core: Core, entity: Entity): boolean {
  return core.relations.all.some(({ id, relation }) => {
    if (core.relations.sources(id, entity).length > 0) return true;
    return !relation.relation.exclusive && core.relations.targets(id, entity).length > 0;
  });
}

/** An entity that is about to end: `next` of its `sources` in the relation `r` of all is looked at next. */
interface Ending {
  readonly entity: Entity;
  r: number;
  sources: Int32Array;
  next: number;
}

/** Despawns an entity that pairs point at: sources lose the pair, or end before it, lowest first; each once in a cycle. */
function despawnWithPairs(core: Core, first: Entity): void {
  const { relations } = core;
  const started = new Set<Entity>();
  const stack: Ending[] = [];
  const start = (entity: Entity): void => {
    started.add(entity);
    stack.push({ entity, r: -1, sources: new Int32Array(0), next: 0 });
  };
  start(first);
  for (let ending = stack.at(-1); ending !== undefined; ending = stack.at(-1)) {
    const { entity } = ending;
    if (ending.next < ending.sources.length) {
      const source = ending.sources[ending.next++]!;
      const { id, relation } = relations.all[ending.r]!;
      if (!core.entities.isAlive(source)) continue;
      if (relation.relation.onTargetDespawn === "despawn" && !started.has(source)) start(source);
      else if (relation.relation.exclusive) remove(core, source, id);
      else unlink(core, id, source, entity);
      continue;
    }
    ending.r++;
    ending.next = 0;
    if (ending.r < relations.all.length)
      ending.sources = Int32Array.from(relations.sources(relations.all[ending.r]!.id, entity));
    else {
      for (const { id, relation } of relations.all) {
        if (!relation.relation.exclusive)
          for (const target of relations.targets(id, entity)) unlink(core, id, entity, target);
      }
      removeUnpaired(core, entity);
      stack.pop();
    }
  }
}

/** Removes an entity without sources and without links; its exclusive pairs end with it. */
function removeUnpaired(core: Core, entity: Entity): void {
  const table = core.store.tables[core.entities.tableNumber(entity)]!;
  let targets: [id: number, target: Entity][] | undefined;
  for (const { id } of core.relations.all) {
    const target = exclusiveTarget(core, table, entity, id);
    if (target !== 0) targets = [...(targets ?? []), [id, target]];
  }
  removeRow(core, entity);
  if (targets !== undefined) for (const [id, target] of targets) core.relations.unlinked(id, entity, target);
}

function removeRow(core: Core, entity: Entity): void {
  const table = core.store.tables[core.entities.tableNumber(entity)]!;
  core.recorder?.despawning(entity, table);
  core.structure.despawn(entity, table);
  core.observers.noteAll("despawned", table.components, entity);
}
