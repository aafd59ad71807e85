import { conditionsOf, touchesOf } from "./explain.ts";
import type { Schedule } from "./schedule.ts";

/** A flow chart in the language of Mermaid: a box for each phase, systems in them, reasons at the arrows. */
export function toMermaid(schedule: Schedule): string {
  const ids = new Map(schedule.systems.map((system, s) => [system, `s${s}`]));
  const lines = ["flowchart LR"];
  schedule.phases.forEach((phase, p) => {
    lines.push(`  subgraph p${p}["${escapeMermaid(phase)}"]`);
    for (const system of schedule.systems) {
      if (schedule.phaseOf(system) !== phase) continue;
      const text = [system.name, touchesOf(system), conditionsOf(system)].filter((part) => part !== "");
      lines.push(`    ${ids.get(system)}["${text.map(escapeMermaid).join("<br/>")}"]`);
    }
    lines.push("  end");
    if (p > 0) lines.push(`  p${p - 1} --> p${p}`);
  });
  for (const { from, to, reasons } of schedule.edges)
    lines.push(`  ${ids.get(from)} -->|"${escapeMermaid(reasons.join("; "))}"| ${ids.get(to)}`);
  return `${lines.join("\n")}\n`;
}

/** Everything that Mermaid or HTML might read, as the number of its character. */
function escapeMermaid(text: string): string {
  return text.replace(/[^\p{L}\p{N} _.,:;/-]/gu, (character) => `#${character.codePointAt(0)};`);
}
