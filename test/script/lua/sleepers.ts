import { createHash } from "node:crypto";
import type { Wait } from "../../../src/script/engine.ts";
import { type LuaEngine, luaEngine } from "../../../src/script/lua/engine.ts";
import { LuaStage } from "./lua-stage.ts";

const code = `
  local sum, names = 0, {}
  function begin(self)
    for i = 1, 1000 do
      Tasks.start(function()
        local mine = { i }
        for step = 1, 5 do
          Tasks.wait(1 + (i + step) % 3)
          mine[#mine + 1] = step * i
          sum = sum + mine[#mine]
          names["k" .. (i * step) % 50] = mine
          self.State.n = sum
        end
      end)
    end
  end
  function told()
    local text = ""
    for key, value in pairs(names) do text = text .. key .. "=" .. #value .. "," end
    return text .. sum
  end`;

/** A machine in which 1,000 tasks wait. */
export async function sleepers(engine: LuaEngine): Promise<{ stage: LuaStage; waits: readonly Wait[] }> {
  const stage = new LuaStage(engine);
  await stage.load(code);
  stage.expectStarted(stage.start());
  stage.value("begin");
  return { stage, waits: stage.domain.takeWaits() };
}

/** Runs until no task is left; what the script saw, tick by tick. */
export function wakeAll(stage: LuaStage, first: readonly Wait[]): string[] {
  const { domain, host, program } = stage;
  const seen: string[] = [];
  let waits = [...first];
  for (let tick = 2; waits.length > 0; tick++) {
    domain.beginTick(tick);
    const due = waits.filter((wait) => wait.tick <= tick);
    waits = waits.filter((wait) => wait.tick > tick);
    for (const { task, instance } of due) {
      const outcome = domain.resume(program, task, instance, host.row(0), undefined);
      if (!outcome.ok) throw new Error(outcome.fault.message);
    }
    waits.push(...domain.takeWaits());
    seen.push(`${tick} ${host.n[0]} ${stage.value("told")}`);
  }
  return seen;
}

if (process.argv[1]?.endsWith("sleepers.ts")) {
  const engine = await luaEngine();
  const { stage, waits } = await sleepers(engine);
  const hash = (): string => createHash("sha256").update(stage.domain.bytes).digest("hex");
  console.log([hash(), ...wakeAll(stage, waits), hash()].join("\n"));
  stage.domain.dispose();
  engine.dispose();
}
