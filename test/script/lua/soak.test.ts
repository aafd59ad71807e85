import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { randomBelow } from "../../../src/core/prng.ts";
import type { Outcome, Wait } from "../../../src/script/engine.ts";
import { LuaStage, stageEngine } from "./lua-stage.ts";

const code = (version: number) => `
  local promise, vec = require "promise", require "vec"
  local kept, total = {}, ${version}
  function onUpdate(self, dt)
    total = total + dt
    self.Position.x = total % 100
    if total % 7 > 6.5 then error("seven") end
    promise.resolve(total):andThen(function(x) kept[#kept % 20 + 1] = { x } end)
  end
  function grow(self, n) for i = 1, n do kept["k" .. i % 50] = ("x"):rep(i) end return total end
  function spin() local co = coroutine.wrap(function() while true do coroutine.yield() end end) while true do co() end end
  function deep(self, n) return n == 0 and error({ message = "deep" }) or 1 + deep(self, n - 1) end
  function sleep(self, n)
    for i = 1, n do
      local v = vec.vec2(i, total)
      Tasks.wait(1 + i % 3)
      self.State.n = (self.State.n + v.x) % 1000
    end
  end
  function start(self, n) for i = 1, n do Tasks.start(function() Tasks.wait(i) total = total + i end) end end
  function bomb() local t, s = {}, ("x"):rep(4000) for i = 1, 1e9 do t[i] = s .. i end end
  function ask(self, n) return Probe.note(n) + total end
  function onSave() return { total = total, kept = #kept } end`;

/** One machine, its instances and what waits; the same choices give the same history. */
class History {
  stage: LuaStage;
  instances: number[] = [];
  waits: Wait[] = [];
  readonly seen: string[] = [];
  readonly kinds = new Set<string>();
  constructor(stage: LuaStage) {
    this.stage = stage;
  }

  make(row: number): void {
    const made = this.stage.start(row);
    this.instances[row] = made.ok ? this.stage.instance : 0;
  }

  note(row: number, outcome: Outcome): void {
    const { host, domain } = this.stage;
    this.seen.push(JSON.stringify(outcome));
    if (outcome.ok) return;
    this.kinds.add(outcome.fault.kind);
    host.revert();
    domain.discard(this.instances[row]!);
    this.waits = this.waits.filter((wait) => wait.instance !== this.instances[row]);
    if (outcome.fault.kind === "memory" || outcome.fault.kind === "work") {
      domain.reset();
      this.waits = [];
      this.stage.program = domain.load(this.stage.chunk, host.access);
      for (let other = 0; other < 4; other++) this.make(other);
    } else this.make(row);
  }

  async step(tick: number): Promise<void> {
    const { stage } = this;
    const { domain, host } = stage;
    const draw = (n: number, what: number): number => randomBelow(n, 77, what, tick, 0);
    domain.beginTick(tick);
    if (draw(25, 1) === 0) {
      await stage.load(code(draw(3, 2)));
      for (const [row, instance] of this.instances.entries()) {
        domain.discard(instance);
        this.make(row);
      }
      this.waits = [];
    }
    const row = draw(4, 3);
    const names = ["grow", "spin", "deep", "sleep", "start", "ask", "onSave", "grow", "sleep", "bomb", "start", "grow"];
    const name = names[draw(tick % 10 === 0 ? names.length : 9, 4)]!;
    host.undo.clear();
    const values = name === "onSave" ? [] : [1 + draw(40, 5)];
    this.note(row, domain.call(stage.program, this.instances[row]!, host.row(row), name, values));
    for (let from = 0; from < 4; ) {
      from = domain.update(stage.program, host.batch(this.instances), from, 0.25);
      if (domain.fault !== undefined) this.note(from - 1, { ok: false, fault: domain.fault });
    }
    this.waits.push(...domain.takeWaits());
    const due = this.waits.filter((wait) => wait.tick <= tick);
    this.waits = this.waits.filter((wait) => wait.tick > tick);
    for (const { task, instance, entity } of due) {
      const at = entity - 101;
      if (this.instances[at] !== instance) continue;
      host.undo.clear();
      this.note(at, domain.resume(stage.program, task, instance, host.row(at), undefined));
    }
    this.waits.push(...domain.takeWaits());
  }

  get hash(): string {
    const { domain, host } = this.stage;
    return createHash("sha256").update(domain.bytes).update(host.bytes().slice(0, 8192)).digest("hex");
  }
}

describe("a long history of calls that fail in all ways", () => {
  it("is the same in a machine that is copied, looked at and put back all the time", async () => {
    const budget = { instructions: 20_000, memoryBytes: 3 << 20, stack: 2_000 };
    const engine = await stageEngine();
    const begin = async (): Promise<History> => {
      const history = new History(new LuaStage(engine, budget));
      await history.stage.load(code(0));
      for (let row = 0; row < 4; row++) history.make(row);
      return history;
    };
    const [calm, moved] = [await begin(), await begin()];
    for (let tick = 2; tick < 402; tick++) {
      await calm.step(tick);
      if (tick % 3 === 0) move(moved, new LuaStage(engine, budget));
      if (tick % 2 === 0) {
        moved.stage.domain.inspect();
        moved.stage.domain.instances();
      }
      if (tick % 5 === 0) await retry(moved, tick);
      await moved.step(tick);
      expect(moved.seen).toEqual(calm.seen);
      expect(moved.hash).toBe(calm.hash);
      calm.seen.length = moved.seen.length = 0;
    }
    expect([...calm.kinds].sort()).toEqual(["error", "instructions", "memory"]);
    expect(calm.stage.domain.bytes.length).toBeLessThanOrEqual(budget.memoryBytes);
  });
});

/** Goes on in another machine and another host. */
function move(history: History, to: LuaStage): void {
  const { stage } = history;
  to.program = stage.program;
  to.chunk = stage.chunk;
  if (to.domain.bytes.length !== stage.domain.bytes.length) to.domain.resize(stage.domain.bytes.length);
  to.domain.bytes.set(stage.domain.bytes);
  to.domain.globals.set(stage.domain.globals);
  new Uint8Array(to.host.memory.buffer).set(stage.host.bytes());
  to.domain.restored([stage.chunk]);
  stage.domain.dispose();
  history.stage = to;
}

/** Runs a tick and takes it back. */
async function retry(history: History, tick: number): Promise<void> {
  const { stage } = history;
  const { domain, host } = stage;
  const kept = { bytes: domain.bytes.slice(), globals: domain.globals.slice(), world: host.bytes() };
  const { seen } = history;
  const [instances, waits, chunk, before] = [[...history.instances], [...history.waits], stage.chunk, seen.length];
  await history.step(tick);
  if (domain.bytes.length !== kept.bytes.length) domain.resize(kept.bytes.length);
  domain.bytes.set(kept.bytes);
  domain.globals.set(kept.globals);
  new Uint8Array(host.memory.buffer).set(kept.world);
  stage.chunk = chunk;
  history.instances = instances;
  history.waits = waits;
  seen.length = before;
  domain.restored([chunk]);
}
