import { createWorld } from "../../../src/index.ts";
import { createScripts, luaEngine } from "../../../src/script.ts";

/** NaNs of all kinds, as texts and as bytes; what it finds is in its heap, and so in the hash. */
const code = `script { state = { zero = 0.0 } }
local texts = {}
function onUpdate(self)
  local zero = self.State.zero
  local a = zero / zero
  local b = -a
  local all = { a, b, a + b, b + a, a * b, b - a, a / b, a % 1.0, a ^ b, math.huge - math.huge, math.sqrt(-1.0), math.fmod(1.0, zero) }
  for i, nan in ipairs(all) do
    local bytes = string.pack("<d", nan)
    texts[#texts + 1] = tostring(nan) .. string.format(" %f %a ", nan, nan) .. string.unpack("<i8", bytes)
  end
  Log.info(texts[#texts - #all + 1 + Time.tick() % #all])
end`;

const scripts = createScripts({ engines: [await luaEngine()] });
const { component } = await scripts.add({ name: "Nans", code });
const { components, resources, events, inputs } = scripts;
const world = createWorld({ components, resources, events, inputs });
world.spawn(component);
const texts = new Set<string>();
scripts.onLog(({ text }) => texts.add(text));
scripts.onFault(({ message }) => texts.add(message));
const systems = scripts.systems();
for (let tick = 0; tick < 24; tick++) world.step(systems);
console.log(JSON.stringify({ texts: [...texts], hash: world.hash() }));
