/** The name of the script in which lines of the REPL run. */
export const REPL_SCRIPT = "Repl";

/**
 * Lua: runs a chunk in the environment of the instance. Gives `{ status, text }`: `ok` with what the chunk returned, `error`,
 * or `incomplete` where more lines must come. An expression needs no `return`; `_` is the latest result.
 */
export const replPrelude = String.raw`
script {}

local DEPTH_MAX, SHOWN_MAX, WIDTH = 6, 64, 100

local function before(a, b)
  if math.type(a) and math.type(b) then return a < b end
  if type(a) == type(b) and type(a) == "string" then return a < b end
  return type(a) < type(b)
end

local function isName(key)
  return type(key) == "string" and key:find("^[%a_][%w_]*$") ~= nil
end

local function show(value, indent, seen)
  if type(value) == "string" then return string.format("%q", value):gsub("\\\n", "\\n") end
  if type(value) ~= "table" or getmetatable(value) then return tostring(value) end
  if seen[value] then return "<itself>" end
  if #indent / 2 >= DEPTH_MAX then return "{...}" end
  seen[value] = true
  local keys, parts, inner = {}, {}, indent .. "  "
  for key in pairs(value) do keys[#keys + 1] = key end
  table.sort(keys, before)
  for index, key in ipairs(keys) do
    if index > SHOWN_MAX then
      parts[index] = "... (" .. #keys .. " in all)"
      break
    end
    local text = show(value[key], inner, seen)
    if key ~= index then text = (isName(key) and key or "[" .. show(key, inner, seen) .. "]") .. " = " .. text end
    parts[index] = text
  end
  seen[value] = nil
  if #parts == 0 then return "{}" end
  local line = "{ " .. table.concat(parts, ", ") .. " }"
  if #line + #indent <= WIDTH and not line:find("\n", 1, true) then return line end
  return "{\n" .. inner .. table.concat(parts, ",\n" .. inner) .. ",\n" .. indent .. "}"
end

local function isCut(message)
  return message:find("near '?<eof>'?$") ~= nil
end

-- The chunk, or why there is none, and whether more lines would help.
local function compile(code)
  local chunk, first = load("return " .. code, "=repl", "t")
  if chunk then return chunk end
  local message
  chunk, message = load(code, "=repl", "t")
  if chunk then return chunk end
  return nil, message, isCut(first) or isCut(message)
end

function replEval(self, code)
  _ENV.self = self
  local chunk, message, incomplete = compile(code)
  if not chunk then return { status = incomplete and "incomplete" or "error", text = message } end
  local results = table.pack(pcall(chunk))
  if not results[1] then
    local thrown = results[2]
    return { status = "error", text = type(thrown) == "string" and thrown or show(thrown, "", {}) }
  end
  if results.n > 1 then _ENV._ = results[2] end
  local texts = {}
  for i = 2, results.n do texts[i - 1] = show(results[i], "", {}) end
  return { status = "ok", text = table.concat(texts, "  ") }
end
`;
