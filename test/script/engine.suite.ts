import { afterEach, describe, expect, it } from "vitest";
import { type Budget, DEFAULT_BUDGET } from "../../src/script/budget.ts";
import type { ScriptDomain, ScriptEngine, ScriptSource } from "../../src/script/engine.ts";
import { FakeHost, ROWS } from "./fake-host.ts";

/**
 * The same small programs in the language of an engine. Each declares `Position` among what it writes and a state with the
 * number `n`, 0 at first. What an engine cannot do is left out.
 */
export interface SuiteSources {
  /** onStart: n = 100. onUpdate: Position.x += 1, Position.y += dt. */
  readonly counter: ScriptSource["code"];
  /** The same under a new version: onUpdate adds 10 to x. */
  readonly counter2: ScriptSource["code"];
  /** No hook at all. */
  readonly silent: ScriptSource["code"];
  /** onUpdate: x = 7, then fails on line 6 where n is 0. */
  readonly failing: ScriptSource["code"];
  /** onUpdate: x = 7, then never ends where n is 0. */
  readonly endless: ScriptSource["code"];
  /** onUpdate: calls Probe.note(n). onStart: Probe.refuse(). onDestroy: Probe.stop(). */
  readonly hosted: ScriptSource["code"];
  /** `echo(self, value)` gives the value back. */
  readonly echo?: ScriptSource["code"];
  /** onUpdate: a variable of its own, which is no state, grows by 1; n is what it holds. */
  readonly heap?: ScriptSource["code"];
  /** onStart: waits for 3 ticks, then n = 5. */
  readonly waits?: ScriptSource["code"];
  /** onStart: waits for the event Hit, then n = 6. */
  readonly listens?: ScriptSource["code"];
  /** Does not compile, because of line 2. */
  readonly malformed: ScriptSource["code"];
}

/** Why an engine has no program. */
export type SuiteGaps = Partial<Record<keyof SuiteSources, string>>;

/** What every engine must do, seen from its host. */
export function conforms(make: () => ScriptEngine, sources: SuiteSources, gaps: SuiteGaps = {}): void {
  const opened: { dispose(): void }[] = [];
  afterEach(() => {
    for (const one of opened.splice(0).reverse()) one.dispose();
  });

  const engine = (): ScriptEngine => {
    const made = make();
    opened.push(made);
    return made;
  };
  const open = (from: ScriptEngine, host: FakeHost, budget: Partial<Budget> = {}): ScriptDomain => {
    const limits = { ...DEFAULT_BUDGET, ...budget };
    const domain = from.open({ name: "main", host, budget: limits, profile: "trusted" });
    opened.push(domain);
    domain.beginTick(1);
    return domain;
  };
  /** A domain with `rows` instances of a program. */
  const start = async (program: keyof SuiteSources, rows = ROWS, budget: Partial<Budget> = {}) => {
    const host = new FakeHost();
    const from = engine();
    const chunk = await from.compile({ name: "Suite", file: "suite.txt", code: sources[program]! });
    const domain = open(from, host, budget);
    const number = domain.load(chunk, host.access);
    const instances = Array.from({ length: rows }, (_, row) => {
      host.undo.clear();
      const made = domain.instantiate(number, host.row(row));
      expect(made).toEqual({ ok: true, value: expect.any(Number) });
      return Number(made.ok && made.value);
    });
    return { host, engine: from, chunk, domain, program: number, instances };
  };
  const test = (program: keyof SuiteSources, name: string, run: () => Promise<void>): void => {
    if (sources[program] !== undefined) it(name, run);
    else it.skip(`${name}: ${gaps[program] ?? "no program"}`);
  };

  describe("compile", () => {
    it("gives a chunk that says what the script declares", async () => {
      const chunk = await engine().compile({ name: "Suite", file: "suite.txt", code: sources.counter });
      const { name } = make();
      expect(chunk).toMatchObject({ name: "Suite", file: "suite.txt", engine: name });
      expect(chunk.manifest.state).toEqual({ n: { kind: "f64", default: 0 } });
      expect(chunk.manifest.writes).toEqual(["Position"]);
      expect([...chunk.manifest.hooks].sort()).toEqual(["onStart", "onUpdate"]);
    });
    it("gives equal hashes for equal sources alone", async () => {
      const from = engine();
      const hash = async (code: ScriptSource["code"]) => (await from.compile({ name: "Suite", code })).hash;
      expect(await hash(sources.counter)).toBe(await hash(sources.counter));
      expect(await hash(sources.counter)).not.toBe(await hash(sources.counter2));
    });
    it("refuses what is malformed, with a code", async () => {
      const refused = engine().compile({ name: "Suite", file: "suite.txt", code: sources.malformed });
      await expect(refused).rejects.toMatchObject({ code: expect.stringMatching(/^script-(syntax|invalid)$/) });
      await expect(refused).rejects.toThrow(/suite\.txt/);
    });
  });

  describe("instances", () => {
    it("have numbers from 1 and are listed in ascending order", async () => {
      const { domain, instances, program } = await start("counter");
      expect(new Set(instances).size).toBe(ROWS);
      expect(Math.min(...instances)).toBeGreaterThanOrEqual(1);
      const listed = instances.map((instance, row) => [instance, 101 + row, program]).sort((a, b) => a[0]! - b[0]!);
      expect([...domain.instances()]).toEqual(listed.flat());
      expect(domain.instancesOf(program)).toBe(ROWS);
      expect(domain.inspect()).toMatchObject({ instances: ROWS, tasks: 0, memoryBytes: expect.any(Number) });
    });
    it("are gone when they are discarded", async () => {
      const { domain, instances, program } = await start("counter");
      domain.discard(instances[1]!);
      expect(domain.instancesOf(program)).toBe(ROWS - 1);
      expect([...domain.instances()]).not.toContain(102);
    });
    it("may lack every hook", async () => {
      const { domain, host, instances, program } = await start("silent");
      const before = host.bytes();
      for (const hook of ["onStart", "onEvent", "onDestroy", "onSave", "onRestore", "nothingOfThatName"])
        expect(domain.call(program, instances[0]!, host.row(0), hook, [])).toEqual({ ok: true, value: undefined });
      expect(domain.update(program, host.batch(instances), 0, 0.5)).toBe(ROWS);
      expect(host.bytes()).toEqual(before);
    });
  });

  describe("calls", () => {
    it("onStart writes the state of its entity", async () => {
      const { domain, host, instances, program } = await start("counter");
      expect(domain.call(program, instances[2]!, host.row(2), "onStart", [])).toMatchObject({ ok: true });
      expect([...host.n]).toEqual([0, 0, 100, 0]);
    });
    it("updates are a batch; rows that are not due are left out", async () => {
      const { domain, host, instances, program } = await start("counter");
      host.x.set([1, 2, 3, 4]);
      expect(domain.update(program, host.batch(instances, [1, 0, 1, 1]), 0, 0.25)).toBe(ROWS);
      expect(domain.fault).toBe(undefined);
      expect([...host.x]).toEqual([2, 2, 4, 5]);
      expect([...host.y]).toEqual([0.25, 0, 0.25, 0.25]);
    });
    it("updates count instructions, the same each time", async () => {
      const spent: number[] = [];
      for (let run = 0; run < 2; run++) {
        const { domain, host, instances, program } = await start("counter");
        const before = domain.inspect().instructions;
        domain.update(program, host.batch(instances), 0, 1);
        spent.push(domain.inspect().instructions - before);
      }
      expect(spent[0]).toBeGreaterThan(0);
      expect(spent[1]).toBe(spent[0]);
    });
    test("echo", "other functions get values and give one", async () => {
      const { domain, host, instances, program } = await start("echo");
      for (const value of [true, 1.5, -3, "text", "", "ä€😀"])
        expect(domain.call(program, instances[0]!, host.row(0), "echo", [value])).toEqual({ ok: true, value });
    });
    it("functions of the host act for the entity of the call", async () => {
      const { domain, host, instances, program } = await start("hosted");
      host.n.set([5, 6, 7, 8]);
      domain.update(program, host.batch(instances), 0, 1);
      expect(host.notes.map(([, value]) => value)).toEqual([5, 6, 7, 8]);
      expect(host.notes.map(([entity]) => entity)).toEqual([101, 102, 103, 104]);
    });
  });

  describe("faults", () => {
    it("an error ends its unit, and what it wrote can be taken back", async () => {
      const { domain, host, instances, program } = await start("failing");
      host.n.set([1, 0, 1, 1]);
      const before = host.bytes();
      host.undo.clear();
      const next = domain.update(program, host.batch(instances), 0, 1);
      expect(domain.fault).toMatchObject({ engine: make().name, script: "Suite" });
      host.revert();
      if (domain.unit === "batch") return expect(host.bytes()).toEqual(before);
      expect(next).toBe(2);
      expect(domain.fault).toMatchObject({ kind: "error", entity: 102, line: 6 });
      expect([...host.x]).toEqual([7, 0, 0, 0]);
      host.undo.clear();
      expect(domain.update(program, host.batch(instances), next, 1)).toBe(ROWS);
      expect(domain.fault).toBe(undefined);
      expect([...host.x]).toEqual([7, 0, 7, 7]);
    });
    it.each([["instructions"], ["instructionsPerTick"]] as const)("%s end what never ends", async (kind) => {
      const most = 10_000;
      const { domain, host, instances, program } = await start("endless", ROWS, { [kind]: most });
      const before = host.bytes();
      const spent = domain.inspect().instructions;
      host.undo.clear();
      domain.beginTick(2);
      domain.update(program, host.batch(instances), 0, 1);
      expect(domain.fault).toMatchObject({ kind, script: "Suite" });
      const used = domain.inspect().instructions - spent;
      const rows = kind === "instructions" && domain.unit === "batch" ? ROWS : 1;
      expect(used).toBeLessThanOrEqual(most * rows);
      host.revert();
      expect(host.bytes()).toEqual(before);
    });
    it("instances that did not fail go on", async () => {
      const { domain, host, instances, program } = await start("endless", ROWS, { instructions: 10_000 });
      host.n.set([0, 1, 1, 1]);
      host.undo.clear();
      const next = domain.update(program, host.batch(instances), 0, 1);
      host.revert();
      domain.discard(instances[0]!);
      host.undo.clear();
      const due = [0, 1, 1, 1];
      expect(domain.update(program, host.batch(instances, due), domain.unit === "row" ? next : 0, 1)).toBe(ROWS);
      expect([...host.x]).toEqual([0, 7, 7, 7]);
      expect(domain.instancesOf(program)).toBe(ROWS - 1);
    });
    it("errors of the host are the script's; a stop ends the call", async () => {
      const { domain, host, instances, program } = await start("hosted");
      const refused = domain.call(program, instances[0]!, host.row(0), "onStart", []);
      expect(refused).toMatchObject({ ok: false, fault: { message: expect.stringMatching(/refused/) } });
      const stopped = domain.call(program, instances[0]!, host.row(0), "onDestroy", []);
      expect(stopped).toMatchObject({ ok: false, fault: { kind: "hostCalls" } });
    });
  });

  describe("memory", () => {
    it("goes on in another machine from its bytes", async () => {
      const {
        domain,
        engine: from,
        chunk,
        host,
        instances,
        program,
      } = await start(sources.heap === undefined ? "counter" : "heap");
      const other = open(from, host);
      for (let tick = 2; tick < 6; tick++) {
        domain.beginTick(tick);
        domain.update(program, host.batch(instances), 0, 1);
      }
      if (other.bytes.length !== domain.bytes.length) other.resize(domain.bytes.length);
      other.bytes.set(domain.bytes);
      other.globals.set(domain.globals);
      other.restored([chunk]);
      expect(other.load(chunk, host.access)).toBe(program);
      expect([...other.instances()]).toEqual([...domain.instances()]);
      const seen = [domain, other].map((machine) => {
        host.x.fill(0);
        machine.beginTick(6);
        expect(machine.update(program, host.batch(instances), 0, 1)).toBe(ROWS);
        return [[...host.x], [...host.n]];
      });
      expect(seen[1]).toEqual(seen[0]);
      expect(Buffer.compare(other.bytes, domain.bytes)).toBe(0);
    });
    it("is that of a new machine after a reset", async () => {
      const { domain, engine: from, host, instances, program, chunk } = await start("counter");
      domain.update(program, host.batch(instances), 0, 1);
      domain.reset();
      const fresh = from.open({ name: "main", host, budget: DEFAULT_BUDGET, profile: "trusted" });
      opened.push(fresh);
      expect(domain.bytes.length).toBe(fresh.bytes.length);
      expect(Buffer.compare(domain.bytes, fresh.bytes)).toBe(0);
      expect(Buffer.compare(domain.globals, fresh.globals)).toBe(0);
      expect(domain.instances().length).toBe(0);
      const again = domain.load(chunk, host.access);
      expect(domain.instantiate(again, host.row(0))).toMatchObject({ ok: true });
    });
  });

  describe("reload", () => {
    it("a newer version has the same number, and new instances run it", async () => {
      const { domain, engine: from, host, instances, program } = await start("counter");
      const chunk = await from.compile({ name: "Suite", file: "suite.txt", code: sources.counter2 });
      expect(domain.load(chunk, host.access)).toBe(program);
      for (const instance of instances) domain.discard(instance);
      const renewed = instances.map((_, row) => {
        const made = domain.instantiate(program, host.row(row));
        return Number(made.ok && made.value);
      });
      expect(domain.update(program, host.batch(renewed), 0, 1)).toBe(ROWS);
      expect([...host.x]).toEqual([10, 10, 10, 10]);
    });
  });

  describe("making all anew", () => {
    it("gives those that are due other instances, of the newer version", async () => {
      const { domain, engine: from, host, instances, program } = await start("counter");
      if (domain.remake === undefined) return;
      const chunk = await from.compile({ name: "Suite", file: "suite.txt", code: sources.counter2 });
      domain.load(chunk, host.access);
      const batch = host.batch(instances, [1, 0, 1, 1]);
      domain.remake(program, batch);
      expect(domain.fault).toBeUndefined();
      expect(batch.instances[1]).toBe(instances[1]);
      expect(domain.instancesOf(program)).toBe(ROWS);
      const owners = new Map<number, number>();
      const all = domain.instances();
      for (let i = 0; i < all.length; i += 3) owners.set(all[i]!, all[i + 1]!);
      expect([...batch.instances].map((instance) => owners.get(instance))).toEqual([101, 102, 103, 104]);
      expect(domain.update(program, { ...batch, due: new Uint8Array([1, 0, 1, 1]) }, 0, 1)).toBe(ROWS);
      expect([...host.x]).toEqual([10, 0, 10, 10]);
    });
  });

  describe("tasks", () => {
    test("waits", "wait and go on", async () => {
      const { domain, host, instances, program } = await start("waits");
      domain.beginTick(7);
      expect(domain.call(program, instances[1]!, host.row(1), "onStart", [])).toMatchObject({ ok: true });
      const waits = domain.takeWaits();
      expect(waits).toMatchObject([{ entity: 102, instance: instances[1], tick: 10, event: "" }]);
      expect(domain.takeWaits()).toEqual([]);
      expect(domain.inspect().tasks).toBe(1);
      expect([...host.n]).toEqual([0, 0, 0, 0]);
      domain.beginTick(10);
      const gone = domain.resume(program, waits[0]!.task, instances[1]!, host.row(1), undefined);
      expect(gone).toMatchObject({ ok: true });
      expect([...host.n]).toEqual([0, 5, 0, 0]);
      expect(domain.inspect().tasks).toBe(0);
    });
    test("listens", "wait for events", async () => {
      const { domain, host, instances, program } = await start("listens");
      domain.call(program, instances[0]!, host.row(0), "onStart", []);
      const waits = domain.takeWaits();
      expect(waits).toMatchObject([{ entity: 101, tick: 0, event: "Hit" }]);
      domain.resume(program, waits[0]!.task, instances[0]!, host.row(0), { damage: 3 });
      expect([...host.n]).toEqual([6, 0, 0, 0]);
    });
    test("waits", "end with their instance", async () => {
      const { domain, host, instances, program } = await start("waits");
      domain.call(program, instances[0]!, host.row(0), "onStart", []);
      domain.takeWaits();
      domain.discard(instances[0]!);
      expect(domain.inspect().tasks).toBe(0);
    });
  });
}
