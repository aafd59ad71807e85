import { Lcg } from "../lint/lcg.ts";

/** The state that all generated scripts have, so that each can take another's place. */
const head = `
script {
  state = { a = 0.0, b = 0, word = "", friend = entity() },
  writes = { "Position" }, reads = { "Rage" }, hears = { "Hit.target" },
}
local keep, hoard, calls = {}, {}, 0
`;

/** A random script: loops, closures, coroutines, tasks, calls of the host, and many ways to go wrong. */
export function program(seed: number): string {
  return new Generator(new Lcg(seed)).program();
}

class Generator {
  readonly #random: Lcg;
  #names = 0;

  constructor(random: Lcg) {
    this.#random = random;
  }

  program(): string {
    const hook = (head: string, ...names: string[]): string => `${head}\n${this.#block(2, names)}\nend\n`;
    const parts = [head];
    parts.push(hook("local function helper(self, x)", "x"));
    parts.push(hook("function named(self)"));
    if (this.#below(2) > 0) parts.push(hook("function onStart(self)"));
    parts.push(hook("function onUpdate(self, dt)\n  calls = calls + 1", "dt", "calls"));
    if (this.#below(2) > 0) parts.push(hook("function onEvent(self, name, event)", "event.damage"));
    // The entity is gone: what it had cannot be reached.
    if (this.#below(3) > 0)
      parts.push(`function onDestroy(self)\n  Events.emit("Hit", { damage = calls })\n  ${this.#bad("0.2")}\nend\n`);
    if (this.#below(2) > 0) parts.push("function onSave(self) return { keep = #keep, calls = calls } end\n");
    if (this.#below(2) > 0)
      parts.push(`function onRestore(self, saved)\n  calls = saved and saved.calls or 0\n  ${this.#bad("0.1")}\nend\n`);
    return parts.join("");
  }

  #below(bound: number): number {
    return this.#random.below(bound);
  }

  #one<T>(...list: readonly T[]): T {
    return list[this.#below(list.length)]!;
  }

  #fresh(): string {
    return `v${this.#names++}`;
  }

  #block(depth: number, names: readonly string[]): string {
    const known = [...names];
    return Array.from({ length: 1 + this.#below(depth + 1) }, () => this.#statement(depth, known)).join("\n");
  }

  /** A number. */
  #value(names: readonly string[]): string {
    const simple = (): string =>
      this.#one(
        String(this.#below(100)),
        `${this.#below(1000) / 8}`,
        "self.State.a",
        "self.State.b",
        "self.Position.x",
        "Time.tick()",
        "#keep",
        "Random.integer(1, 9)",
        "Random.float()",
        names.length === 0 ? "calls" : this.#one(...names),
      );
    return this.#below(2) === 0
      ? simple()
      : `(${simple()} ${this.#one("+", "-", "*", "%", "/", "//")} (${simple()} + 1))`;
  }

  /** A call that goes wrong now and then. */
  #bad(chance = "0.02"): string {
    const ways = [
      'error("on purpose")',
      "error({ code = calls })",
      "local t = nil; t.x = 1",
      "while true do end",
      "pcall(function() while true do pcall(error) end end)",
      "local function deep(n) return 1 + deep(n + 1) end deep(0)",
      "for i = 1, 1e9 do hoard[#hoard + 1] = { i } end",
      'local s = "x" for i = 1, 40 do s = s .. s end',
      'while true do World.spawn("Spark") end',
      'while true do Events.emit("Hit", { damage = 1 }) end',
      'while true do print("again and again and again") end',
      "while true do Time.tick() end",
      "coroutine.wrap(function() error(setmetatable({}, { __tostring = function() return 'odd' end })) end)()",
      'self.State.b = "no number"',
      "self.Rage.now = true",
      'Component.set(self.id, "Nothing", {})',
      "local _ <close> = setmetatable({}, { __close = function() error('closing') end })",
      "for i = 1, 300 do Tasks.start(function() Tasks.wait(1000) end) end error('many tasks')",
      'self.State.word = ("w" .. calls):rep(30) error("after a text")',
      "if Random.chance(0.1) then local _ = (('a'):rep(60)):gsub(('a*'):rep(12) .. 'b', '') end",
    ];
    return `if Random.chance(${chance}) then ${this.#one(...ways)} end`;
  }

  #statement(depth: number, names: string[]): string {
    const value = (): string => this.#value(names);
    const inner = (...more: string[]): string =>
      depth > 0 ? this.#block(depth - 1, [...names, ...more]) : "calls = calls + 1";
    const name = this.#fresh();
    switch (this.#below(24)) {
      case 0:
      case 1:
        names.push(name);
        return `local ${name} = ${value()}`;
      case 2:
        return `self.State.a = (${value()}) % 1e6`;
      case 3:
        return `self.State.b = math.floor(${value()}) % 100000`;
      case 4:
        return `self.Position.${this.#one("x", "y")} = (${value()}) % 1000`;
      case 5:
        return `for ${name} = 1, ${1 + this.#below(12)} do\n${inner(name)}\nend`;
      case 6:
        return `local ${name} = 0 while ${name} < ${1 + this.#below(9)} do ${name} = ${name} + 1\n${inner(name)}\nend`;
      case 7:
        return `keep[#keep % 40 + 1] = function(x) return x + ${value()} end`;
      case 8:
        return `for _, f in ipairs(keep) do if type(f) == "function" then calls = (calls + f(1)) % 1e9 end end`;
      case 9:
        return `if ${value()} > ${value()} then\n${inner()}\nelse\n${inner()}\nend`;
      case 10:
        return `self.State.word = ("n" .. math.floor(${value()}) % 7):rep(2)`;
      case 11:
        return `local ${name} = coroutine.wrap(function() for i = 1, 5 do coroutine.yield(i + ${value()}) end end) ${name}() ${name}()`;
      case 12:
        return `pcall(function()\n${inner()}\n${this.#bad("0.2")}\nend)`;
      case 13:
        return `if Random.chance(0.2) then Tasks.start(function() for i = 1, ${1 + this.#below(4)} do Tasks.wait(i)\n${inner("i")}\nend end) end`;
      case 14:
        return `if Random.chance(0.2) then Tasks.after(${1 + this.#below(9)}, "named") end`;
      case 15:
        return `if Random.chance(0.1) then Tasks.start(function() local hit = Tasks.waitFor("Hit", ${5 + this.#below(20)}) self.State.b = hit and hit.damage or -1 end) end`;
      case 16:
        return `if Random.chance(0.05) then Events.emit("Hit", { target = self.id, damage = calls % 9 // 1 }) end`;
      case 17:
        return `if Random.chance(0.02) then World.spawn("Spark", { Position = { x = 1 } }) end`;
      case 18:
        return `local ${name} = World.tagged("Position", 20) self.State.friend = ${name}[Random.integer(1, #${name})]`;
      case 19:
        return `if World.isAlive(self.State.friend) then pcall(Component.set, self.State.friend, "Position", { y = calls % 50 }) end`;
      case 20:
        return `keep[${this.#below(40) + 1}] = { calls, tostring(${value()}), inner = { ${value()} } }`;
      case 21:
        return `if #hoard < 3000 then for i = 1, 30 do hoard[#hoard + 1] = "h" .. i .. calls end end`;
      case 22:
        return `table.sort(hoard, function(a, b) return #tostring(a) < #tostring(b) end)${this.#below(2) > 0 ? " hoard = {}" : ""}`;
      default:
        return this.#bad();
    }
  }
}
