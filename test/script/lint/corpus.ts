import type { Lcg } from "./lcg.ts";

/** Code that uses all of Lua 5.4 and what scripts do. */
export const corpus: readonly string[] = [
  `script { state = { hp = 100, name = "x", target = entity(), speed = f32(1.5) }, reads = { "Velocity" }, writes = { "Position" }, hears = { "Hit" } }
local vec = require("vec")
function onStart(self)
  self.State.hp = 100
  Tasks.start(function()
    while true do
      Tasks.wait(10)
      if not World.isAlive(self.State.target) then self.State.target = 0 end
    end
  end)
end
function onUpdate(self, dt)
  local p, v = self.Position, self.Velocity
  p.x = p.x + v.x * dt
  p.y = p.y + v.y * dt
  if p.x > 10 then
    World.spawn("spark", { Position = { x = p.x } })
  elseif p.x < -10 then
    p.x = 0.0
  else
    local near = World.near({ x = p.x, y = p.y }, 5.0, 8)
    for _, other in ipairs(near) do print(other, vec.length(p)) end
  end
end
function onEvent(self, name, event)
  if name == "Hit" then self.State.hp = self.State.hp - event.damage end
end
`,
  `local Account <const> = {}
Account.__index = Account
function Account.new(balance) return setmetatable({ balance = balance or 0 }, Account) end
function Account:deposit(amount)
  if amount <= 0 then error("amount: " .. amount, 2) end
  self.balance = self.balance + amount
  return self
end
local function fold(list, f, ...)
  local sum, extra <const> = 0, select("#", ...)
  for i = #list, 1, -1 do
    if list[i] == nil then goto continue end
    sum = f(sum, list[i], ...) + extra
    ::continue::
  end
  return sum
end
do
  local file <close> = setmetatable({}, { __close = function() print "closed" end })
  print(fold({ 1, 2, 3; n = 3, [10] = 0x1F, ["k"] = 1e3 }, function(a, b) return a ~ b & 7 | 1 << 2 end), file)
end
repeat local done = Account.new(3):deposit(4).balance // 2 >= 3.5e-1 until done
local text = [==[ long ]] string ]==] .. 'esc\\n\\x41\\u{48}\\z
   aped \\065' .. "don't"
--[[ a comment
over lines ]] return text, -2 ^ 2, not (1 ~= 2), #text % 3, ~5 >> 1
`,
  `local t = {}
for k, v in next, { a = 1, b = 2 }, nil do t[#t + 1] = k .. v end
while #t > 0 do
  local last = table.remove(t)
  if last then break end
end
goto done
::done:: ;;
local a, b = (function(...) return ... end)(1, 2), t.x
return a, b and t["y"] or t[1], function() end
`,
];

/** A text with a few random changes: letters and words removed, doubled, swapped, or those of others put in. */
export function mutated(text: string, random: Lcg): string {
  let now = text;
  const changes = 1 + random.below(3);
  for (let i = 0; i < changes; i++) {
    const tokens = now.match(/\w+|\s+|[^\w\s]/g) ?? [];
    const at = random.below(tokens.length);
    const other = random.below(tokens.length);
    const kind = random.below(6);
    if (kind === 0) tokens.splice(at, 1);
    else if (kind === 1) tokens.splice(at, 0, tokens[other] ?? "");
    else if (kind === 2) [tokens[at], tokens[other]] = [tokens[other] ?? "", tokens[at] ?? ""];
    else if (kind === 3) tokens.splice(at, 1, STRANGE[random.below(STRANGE.length)]!);
    else if (kind === 4) tokens.splice(at, random.below(12));
    now = tokens.join("");
    if (kind === 5) {
      const place = random.below(now.length);
      now = now.slice(0, place) + STRANGE[random.below(STRANGE.length)]! + now.slice(place + random.below(2));
    }
  }
  return now;
}

/** A text with a few other names, numbers and lines, so that it is often Lua still. */
export function varied(text: string, random: Lcg): string {
  const changes = 1 + random.below(4);
  let now = text;
  for (let i = 0; i < changes; i++) {
    const kind = random.below(5);
    if (kind < 3) {
      const words = [
        ...now.matchAll(
          /\b(?!(?:end|do|then|if|else|elseif|local|function|return|for|in|while|until|repeat|goto|break)\b)[A-Za-z_]\w*|\b\d+\b/g,
        ),
      ];
      const word = words[random.below(words.length)]!;
      const other = kind === 0 ? ODD[random.below(ODD.length)]! : words[random.below(words.length)]![0];
      now = now.slice(0, word.index) + other + now.slice(word.index + word[0].length);
    } else {
      const lines = now.split("\n");
      const at = random.below(lines.length);
      if (kind === 3) lines.splice(at, 0, lines[random.below(lines.length)]!);
      else lines.splice(at, 1);
      now = lines.join("\n");
    }
  }
  return now;
}

const ODD =
  'os.time() io.write("a") true false nil 0 1000000 0/0 math.huge unpack _G.x self State Position World.near World.spawn("a") World:find("a") {} "text" function()end ({}).x #t -1 ... _ print math.pow(2,3)'.split(
    " ",
  );

const STRANGE =
  "end|do|then|if |else|elseif |while |for |in|local |function |return |goto |break|nil|not |and |or |until |repeat |(|)|[|]|{|}|=|==|~=|!=|<|>|..|...|.|:|::|,|;|#|\"|'|\\|--|--[[|]]|[[|0x|1e|3.|.5|1..2|x|continue|é|\u{1f600}|\0|+=|&&|<const>|<close>|<foo>|\\q|\n|\r\n|~|^|%|//".split(
    "|",
  );
