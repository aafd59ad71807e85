import { afterAll, beforeAll, describe } from "vitest";
import type { ScriptEngine } from "../../../src/script/engine.ts";
import { luaEngine } from "../../../src/script/lua/engine.ts";
import { conforms } from "../engine.suite.ts";

const head = `script { state = { n = 0.0 }, writes = { "Position" } }`;

describe("the Lua engine", () => {
  let engine: ScriptEngine;
  beforeAll(async () => {
    engine = await luaEngine();
  });
  afterAll(() => engine.dispose());

  conforms(() => shared(engine), {
    counter: `${head}
      function onStart(self) self.State.n = 100 end
      function onUpdate(self, dt)
        self.Position.x = self.Position.x + 1
        self.Position.y = self.Position.y + dt
      end`,
    counter2: `${head}
      function onUpdate(self, dt) self.Position.x = self.Position.x + 10 end`,
    silent: head,
    failing: `${head}
function onUpdate(self)
  self.Position.x = 7
  local n = self.State.n
  if n == 0 then
    error("n is 0")
  end
end`,
    endless: `${head}
      function onUpdate(self)
        self.Position.x = 7
        while self.State.n == 0 do end
      end`,
    hosted: `${head}
      function onUpdate(self) Probe.note(self.State.n) end
      function onStart() Probe.refuse() end
      function onDestroy() pcall(Probe.stop) end`,
    echo: `${head}
      function echo(self, value) return value end`,
    heap: `${head}
      local seen = 0
      function onUpdate(self)
        seen = seen + 1
        self.State.n = seen
      end`,
    waits: `${head}
      function onStart(self)
        Tasks.wait(3)
        self.State.n = 5
      end`,
    listens: `${head}
      function onStart(self)
        local event = Tasks.waitFor("Hit")
        self.State.n = event.damage * 2
      end`,
    malformed: `${head}
      function onUpdate(self`,
  });
});

/** The same engine for all tests: what they dispose of is nothing. */
function shared(engine: ScriptEngine): ScriptEngine {
  return {
    name: engine.name,
    version: engine.version,
    extensions: engine.extensions,
    compile: (source) => engine.compile(source),
    open: (options) => engine.open(options),
    dispose: () => undefined,
  };
}
