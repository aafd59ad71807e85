/** The flamegraph of 0x, for those who know it. */
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { runExternal } from "./external.ts";
import { commandOf, Failure, readTarget, runTool } from "./target.ts";
import { Workplace } from "./workplace.ts";

const HELP = `usage: npm run flame:0x -- [--scene PATH] [--out FOLDER] [flags of the scene]

Runs a scene, examples/city unless told otherwise, under 0x, which is fetched now, and leaves its flamegraph in a folder
(default profiles/0x), where it replaces an older one. All other flags go to worldloom run.
Exit status: 0 written, 1 no flamegraph, 2 not understood.`;

process.exitCode = await runTool(HELP, async (words) => {
  const target = readTarget(words, { out: "profiles/0x", writes: "folder", switches: [] });
  const page = join(target.out, "flamegraph.html");
  const place = new Workplace();
  try {
    rmSync(page, { force: true });
    const flags = ["--output-dir", target.out, "--working-dir", place.folder];
    await runExternal(place, { package: "0x@6.0.0", words: [...flags, "--", "node", ...commandOf(target)] });
    const written = existsSync(page) ? readFileSync(page, "utf8") : "";
    if (!place.systems().some((name) => written.includes(`system ${name}`)))
      throw new Failure(`0x left no flamegraph with a system in ${target.out}; give the run more to do: --ticks 600`);
    console.log(page);
  } finally {
    place.dispose();
  }
});
