import { createWorld, event, i32, simulate } from "../../../src/index.ts";
import { createScripts, luaEngine } from "../../../src/script.ts";

const Bell = event("Bell", { loud: i32 }, { lifetime: 2 });
const engine = await luaEngine();

/**
 * Runs code as the `onStart` of a script named script, and then as many ticks; a Bell rings in the third. What it printed, a
 * line each, with spaces for tabs.
 */
export async function runLua(code: string, ticks = 0): Promise<string[]> {
  const scripts = createScripts({ engines: [engine], events: [Bell] });
  const lines: string[] = [];
  scripts.onLog(({ level, text }) => {
    const line = level === "info" ? text : `${level}: ${text}`;
    lines.push(...line.replaceAll("\t", " ").split("\n"));
  });
  scripts.onFault(({ kind, message }) => lines.push(`${kind}: ${message}`));
  const script = await scripts.add({ name: "script", code: `function onStart(self) ${code}\nend` });
  const world = createWorld({
    components: scripts.components,
    resources: scripts.resources,
    events: [Bell, ...scripts.events],
    inputs: scripts.inputs,
  });
  world.spawn(script.component);
  const game = await simulate(world, scripts.systems());
  for (let tick = 0; tick <= ticks; tick++) {
    if (tick === 2) world.emit(Bell, { loud: 3 });
    game.step();
  }
  await game.close();
  scripts.of(world).dispose();
  return lines;
}
