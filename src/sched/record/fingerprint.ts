import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { accessOf } from "../../ecs/context.ts";
import { describeTerm } from "../../ecs/replica.ts";
import { hashText, type SchemaSet } from "../../ecs/schema.ts";
import type { System } from "../../ecs/system.ts";
import type { Term } from "../../ecs/term.ts";
import { kernelOf } from "../../kernel/kernel.ts";
import type { Schedule } from "../schedule.ts";

/** The same for two schedules that run equally declared systems in the same order. 53 bits. */
export function scheduleFingerprint(schedule: Schedule, schema: SchemaSet): number {
  const described = schedule.stages.map((stage) => stage.map((system) => describe(system, schedule, schema)));
  return hashText(JSON.stringify([schedule.phases, described]));
}

/**
 * Says what each system runs: 53 bits of its function's source, of its kernel's declaration, or of the file of its module
 * with all files that it imports by relative paths, and of its `code`. What functions refer to outside themselves is not covered.
 */
export function codeFingerprints(systems: readonly System[]): Readonly<Record<string, number>> {
  return Object.fromEntries(systems.map((system) => [system.name, hashText(sourceOf(system))]));
}

function describe(system: System, schedule: Schedule, schema: SchemaSet): unknown {
  const { reads, writes, sets, gets, emits, hears } = accessOf(schema, system);
  const access = [reads, writes, sets, gets, emits, hears].map((ids) => [...ids].sort((a, b) => a - b));
  const { query = [], queries = {}, every = 1, offset = 0, exclusive = false } = system;
  // Access alone does not say which entities.
  const termsOf = (terms: readonly Term[]): unknown =>
    terms.map((term) => [describeTerm({ schema }, term), term.is === "related" ? term.target : 0]);
  const rows = [termsOf(query), Object.entries(queries).map(([name, terms]) => [name, termsOf(terms)])];
  return [system.name, schedule.phaseOf(system), access, rows, every, offset, exclusive];
}

function sourceOf(system: System): string {
  const { module, when, run, code = "" } = system;
  const kernel = kernelOf(system);
  const condition = (when === undefined ? "" : when.toString()) + code;
  if (kernel !== undefined) {
    const { source, uniforms, constants, functions, parameters } = kernel.declaration;
    const columns = parameters.map(({ component, write }) => [component.name, write]);
    return JSON.stringify([
      condition,
      source,
      uniforms,
      constants,
      functions.map((call) => [call.name, call.source]),
      columns,
    ]);
  }
  if (module !== undefined) return [condition, module.export, ...filesFrom(module.url)].join("\n");
  return `${condition}\n${run.toString()}`;
}

/** The texts of a module and of the modules that it imports, each once, in the order of their imports. */
function filesFrom(url: string, seen = new Set<string>()): string[] {
  if (seen.has(url) || !url.startsWith("file:")) return [];
  seen.add(url);
  let text: string;
  try {
    text = readFileSync(fileURLToPath(url), "utf8");
  } catch {
    // Whether it loads is for others to say.
    return [`? ${url.slice(url.lastIndexOf("/"))}`];
  }
  const imports = text.matchAll(/^\s*(?:import|export)\b[^"';]*?["'](\.{1,2}\/[^"']+)["']/gm);
  return [text, ...Array.from(imports, ([, path]) => filesFrom(new URL(path!, url).href, seen)).flat()];
}
