import type { DomainInspection } from "../engine.ts";
import { book, status } from "./script.ts";
import type { WorldScripts } from "./world-scripts.ts";

/** How the scripts of a domain do. */
export interface DomainHealth extends DomainInspection {
  readonly domain: string;
  /** 1 is well: the least of the mean health of its scripts, and of the share of memory that is left. */
  readonly health: number;
  readonly scripts: readonly ScriptHealth[];
}

export interface ScriptHealth {
  readonly script: string;
  /** The mean over its instances; 1 if there are none. */
  readonly health: number;
  readonly running: number;
  readonly waiting: number;
  readonly paused: number;
  readonly quarantined: number;
}

/** How all domains of a world do that are open. */
export function healthOf(scripts: WorldScripts): DomainHealth[] {
  const found: DomainHealth[] = [];
  for (const slot of scripts.open()) {
    const { domain } = slot;
    const list = scripts.scripts.list
      .filter((script) => script.domain === domain.name)
      .map((script): ScriptHealth => {
        const counts = [0, 0, 0, 0, 0];
        let [health, count] = [0, 0];
        for (const chunk of scripts.version(script).book.chunks()) {
          const own = chunk.columns[0]!;
          for (let row = 0; row < chunk.count; row++) {
            counts[own[book.status]![row]!]!++;
            health += own[book.health]![row]!;
            count++;
          }
        }
        return {
          script: script.name,
          health: count === 0 ? 1 : health / count,
          running: counts[status.running]!,
          waiting: counts[status.waiting]! + counts[status.fresh]!,
          paused: counts[status.paused]!,
          quarantined: counts[status.quarantined]!,
        };
      });
    const inspection = domain.inspect();
    const left = 1 - inspection.memoryBytes / scripts.scripts.budget.memoryBytes;
    const health = Math.max(0, Math.min(left, ...list.map((script) => script.health)));
    found.push({ ...inspection, domain: domain.name, health, scripts: list });
  }
  return found;
}
