/** The report of clinic doctor, with the times of the systems. */
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runExternal } from "./external.ts";
import { hostScene } from "./host-scene.ts";
import { commandOf, Failure, readTarget, root, runTool } from "./target.ts";
import { Workplace } from "./workplace.ts";

const HELP = `usage: npm run doctor -- [--scene PATH] [--out FOLDER] [flags of the scene]

Runs a scene, examples/city unless told otherwise, tick by tick on an event loop that also does other things, as a server
does, under clinic doctor, which is fetched now. It leaves a page about processor, memory and delay of the event loop in a
folder (default profiles/doctor), and adds the times of the systems to it.
All other flags are those of the scene, and --ticks and --seed.
Exit status: 0 written, 1 no report, 2 not understood.`;

process.exitCode = await runTool(HELP, async (words) => {
  const target = readTarget(words, { out: "profiles/doctor", writes: "folder", switches: [] });
  // Flags are refused before anything is fetched and run.
  await hostScene(target.scene, target.words);
  const place = new Workplace();
  try {
    const before = new Set(pages(target.out));
    const times = place.at("times.json");
    const host = commandOf(target, [], join(root, "profiling", "host.ts"));
    const flags = ["doctor", "--open=false", "--dest", target.out];
    // Without NO_INSIGHT it asks whether it may report usage, and where nobody can answer it ends without a word.
    const env = place.env({ WORLDLOOM_PROFILE_TIMES: times, NO_INSIGHT: "1" });
    await runExternal(place, { package: "clinic@13.0.0", words: [...flags, "--", "node", ...host], env });
    const page = pages(target.out).find((name) => !before.has(name));
    if (page === undefined || !existsSync(times)) throw new Failure(`clinic left no report in ${target.out}.`);
    const samples = join(target.out, page.replace(/\.html$/, ""), page.replace(/\.html$/, "-processstat"));
    if (!existsSync(samples) || statSync(samples).size === 0)
      throw new Failure("clinic took no sample: its report is empty. Give the run more to do: --ticks 3000");
    addTimes(join(target.out, page), JSON.parse(readFileSync(times, "utf8")), place.systems());
    console.log(join(target.out, page));
  } finally {
    place.dispose();
  }
});

function pages(folder: string): string[] {
  return readdirSync(folder).filter((name) => name.endsWith(".html"));
}

/** Adds a table behind the report: milliseconds a tick for each system. */
function addTimes(page: string, times: Readonly<Record<string, number>>, systems: readonly string[]): void {
  const rows = Object.entries(times).map(([name, ms]) => {
    const shown = systems.includes(name) ? `system ${name}` : name;
    return `<tr><td>${shown}</td><td>${ms.toFixed(4)} ms a tick</td></tr>`;
  });
  const table = `<details style="position:fixed;right:8px;bottom:8px;z-index:99;background:#222;color:#eee;padding:6px 10px"><summary>Systems</summary><table>${rows.join("")}</table></details>`;
  const text = readFileSync(page, "utf8");
  const at = text.lastIndexOf("</body>");
  writeFileSync(page, at < 0 ? `${text}\n${table}\n` : `${text.slice(0, at)}${table}${text.slice(at)}`);
  const lost = systems.find((name) => !readFileSync(page, "utf8").includes(`system ${name}`));
  if (lost !== undefined) throw new Failure(`The report has no times of system ${lost}.`);
}
