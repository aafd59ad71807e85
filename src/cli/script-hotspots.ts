import type { LuaEngine } from "../script/lua/engine.ts";
import { profileScripts, type ScriptProfiler } from "../script/profile/profiler.ts";
import { hottestLines, profilePage } from "../script/profile/report.ts";
import { checkWritable, writeWhole } from "./run-files.ts";
import type { ScriptStage } from "./script-stage.ts";
import { readText } from "./script-text.ts";
import { formatCount, textTable } from "./text.ts";

/** Lines that are printed. */
const PRINTED = 15;

/** Begins to count what each line of the scripts in Lua uses. Throws `file-io` where the file for it cannot be written. */
export function beginHotspots({ scripts }: ScriptStage, path: string): ScriptProfiler {
  checkWritable(path);
  return profileScripts(scripts.engines.filter(({ name }) => name === "lua") as LuaEngine[]);
}

/** Writes what was counted, as a page where the file's name ends in `.html`, else as JSON. Returns the hottest lines as text. */
export function endHotspots(profiler: ScriptProfiler, path: string): string {
  const profile = profiler.end();
  writeWhole(path, path.endsWith(".html") ? profilePage(profile, readText) : `${JSON.stringify(profile, null, 2)}\n`);
  const header = ["line", "begun", "instructions", "share", "ms", "bytes", "host calls"];
  const rows = hottestLines(profile, PRINTED).map((row) =>
    row.map((cell) => (/^\d+$/.test(cell) ? formatCount(Number(cell)) : cell)),
  );
  return `${textTable(header, rows)}\n\nAll lines are in ${path}.`;
}
