import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ManualClock, type World } from "../../src/index.ts";
import { type ScriptWatch, type WatchFiles, type WatchReport, watchFiles, watchScripts } from "../../src/script.ts";
import { type ToyScript, type ToyWorld, toyWorld } from "./toy-world.ts";

const step = (x: number, more = ""): string => `state n 0\nwrites Position\n${more}on onUpdate\nadd Position.x ${x}\n`;

let folder: string;
let watch: ScriptWatch | undefined;
let reports: WatchReport[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "worldloom-watch-"));
  reports = [];
});
afterEach(async () => {
  await watch?.close();
  watch = undefined;
  rmSync(folder, { recursive: true, force: true });
});

const path = (name: string): string => join(folder, name);
const save = (name: string, code: string): string => {
  writeFileSync(path(name), code);
  return path(name);
};

/** A world of scripts in files of the folder, and a watch that is told of changes by hand. */
async function watched(files: Readonly<Record<string, string>>, modules: Readonly<Record<string, string>> = {}) {
  const sources: Record<string, ToyScript> = {};
  for (const [name, code] of Object.entries(files)) sources[name] = { code, file: save(`${name}.toy`, code) };
  for (const [name, code] of Object.entries(modules)) save(`${name}.toy`, code);
  const toy = await toyWorld(sources, { modules });
  const clock = new ManualClock();
  let tell: (file: string) => void = () => undefined;
  const changes: WatchFiles = (_, changed) => {
    tell = changed;
    return { close: () => (tell = () => undefined) };
  };
  watch = watchScripts(toy.scripts, toy.game, folder, {
    clock,
    files: changes,
    onReport: (report) => reports.push(report),
  });
  const changed = (...names: string[]): void => {
    for (const name of names) tell(path(name));
  };
  /** Lets the debounce pass, and the compiling after it. */
  const settle = async (ms = 30): Promise<void> => {
    clock.advance(ms);
    await watch!.idle();
  };
  const x = (name: string): number => Number(toy.rows(toy.scripts.script(name))[0]!["x"]);
  return { ...toy, clock, changed, settle, x };
}

const told = (): string[] => reports.map(({ what, name }) => `${what} ${name}`);

describe("a watch", () => {
  it("has worlds run what a file holds from the next tick on", async () => {
    const { game, changed, settle, x, world } = await watched({ Mover: step(1) });
    game.step();
    save("Mover.toy", step(10));
    changed("Mover.toy");
    await settle();
    expect(x("Mover")).toBe(1);
    game.step();
    expect(x("Mover")).toBe(11);
    expect(told()).toEqual(["asked Mover", "done Mover"]);
    expect(reports[1]).toMatchObject({ tick: 2, instances: 3, hash: reports[0]!.hash, file: path("Mover.toy") });
    expect(reports[1]!.world === world).toBe(true);
  });

  it("waits until changes pause", async () => {
    const { changed, settle, clock } = await watched({ Mover: step(1) });
    save("Mover.toy", step(2));
    for (let change = 0; change < 5; change++) {
      changed("Mover.toy");
      clock.advance(29);
    }
    expect(reports).toEqual([]);
    await settle(1);
    expect(told()).toEqual(["asked Mover"]);
    expect(reports[0]!.afterMs).toBe(146);
  });

  it("does not wait for ever", async () => {
    const { changed, clock } = await watched({ Mover: step(1) });
    save("Mover.toy", step(2));
    for (let change = 0; change < 60 && clock.nowMs() < 1_010; change++) {
      changed("Mover.toy");
      clock.advance(20);
    }
    await new Promise((done) => setImmediate(done));
    expect(told()).toEqual(["asked Mover"]);
  });

  it("takes several files as one batch, for one tick", async () => {
    const { game, changed, settle, x } = await watched({ A: step(1), B: step(1), C: step(1) });
    for (const name of ["A", "B", "C"]) save(`${name}.toy`, step(100));
    changed("C.toy", "A.toy", "B.toy");
    await settle();
    game.step();
    expect(["A", "B", "C"].map(x)).toEqual([100, 100, 100]);
    expect(reports.filter(({ what }) => what === "done").map(({ tick }) => tick)).toEqual([1, 1, 1]);
  });

  it("keeps the version before on an error, and says where it is", async () => {
    const { game, changed, settle, x } = await watched({ Bad: step(1), Good: step(1) });
    save("Bad.toy", `${step(2)}nonsense\n`);
    save("Good.toy", step(2));
    changed("Bad.toy", "Good.toy");
    await settle();
    game.step();
    expect([x("Bad"), x("Good")]).toEqual([1, 2]);
    expect(reports[0]).toMatchObject({ what: "refused", name: "Bad", file: path("Bad.toy"), line: 5 });
    expect(reports[0]!.message).toMatch(/Bad\.toy:5: there is no instruction nonsense/);
    save("Bad.toy", step(3));
    changed("Bad.toy");
    await settle();
    game.step();
    expect(x("Bad")).toBe(4);
  });

  it("reports a version that the world refuses", async () => {
    const restoring = `${step(1)}on onSave\nreturn 1\n`;
    const { game, changed, settle, x, scripts, world } = await watched({ Mover: restoring });
    game.step();
    save("Mover.toy", `${step(5)}on onRestore\nadd Position.x 1000\nfail cannot carry this over\n`);
    changed("Mover.toy");
    await settle();
    game.step();
    expect(x("Mover")).toBe(2);
    expect(told()).toEqual(["asked Mover", "refused Mover"]);
    expect(reports[1]).toMatchObject({ tick: 2, instances: 0, line: 7 });
    expect(reports[1]!.message).toMatch(/keeps the version that it runs: cannot carry this over/);
    expect(world.resource(scripts.script("Mover").code)).toMatchObject({
      hash: scripts.script("Mover").first.hash,
    });
  });

  it("reloads what needs a module that changes, and nothing else", async () => {
    const lib = "on main\nadd Position.x 1\n";
    const user = "requires lib\nwrites Position\non onUpdate\ndo lib.main\n";
    const { game, changed, settle, x } = await watched({ User: user, Other: step(1) }, { lib });
    game.step();
    save("lib.toy", "on main\nadd Position.x 50\n");
    changed("lib.toy");
    await settle();
    game.step();
    expect([x("User"), x("Other")]).toEqual([51, 2]);
    expect(told()).toEqual(["module lib", "asked User", "done User"]);
  });

  it("compiles scripts after the modules that change with them", async () => {
    const lib = "on main\nadd Position.x 1\n";
    const user = "requires lib\nwrites Position\non onUpdate\ndo lib.main\n";
    const { game, changed, settle, x } = await watched({ AUser: user }, { lib });
    save("lib.toy", "on other\nadd Position.x 7\n");
    save("AUser.toy", user.replace("lib.main", "lib.other"));
    changed("AUser.toy", "lib.toy");
    await settle();
    game.step();
    expect(x("AUser")).toBe(7);
  });

  it("knows modules in folders by their path", async () => {
    const user = "requires deep.lib\nwrites Position\non onUpdate\ndo deep.lib.main\n";
    mkdirSync(path("deep"));
    save("deep/lib.toy", "on main\nadd Position.x 1\n");
    const modules = { "deep.lib": "on main\nadd Position.x 1\n" };
    const { game, changed, settle, x } = await watched({ User: user }, modules);
    save("deep/lib.toy", "on main\nadd Position.x 50\n");
    changed("deep/lib.toy");
    await settle();
    game.step();
    expect(x("User")).toBe(50);
  });

  it("keeps all that needs a module with an error", async () => {
    const lib = "on main\nadd Position.x 1\n";
    const user = "requires lib\nwrites Position\non onUpdate\ndo lib.main\n";
    const { game, changed, settle, x } = await watched({ User: user }, { lib });
    save("lib.toy", "on main\nnonsense\n");
    changed("lib.toy");
    await settle();
    game.step();
    expect(x("User")).toBe(1);
    expect(reports).toMatchObject([{ what: "refused", name: "lib", line: 2 }]);
  });

  it("reports files that come and go", async () => {
    const { game, changed, settle, x } = await watched({ Mover: step(1) });
    save("Fresh.toy", step(1));
    changed("Fresh.toy");
    await settle();
    save("Mover.toy", step(2));
    changed("Mover.toy");
    await settle();
    rmSync(path("Mover.toy"));
    changed("Mover.toy");
    await settle();
    expect(told()).toEqual(["new Fresh", "asked Mover", "gone Mover"]);
    game.step();
    expect(x("Mover")).toBe(2);
  });

  it("says nothing where nothing changed", async () => {
    const { changed, settle } = await watched({ Mover: step(1) });
    save("Mover.toy", step(2));
    changed("Mover.toy");
    await settle();
    reports.length = 0;
    changed("Mover.toy", "notes.txt");
    await settle();
    save("Mover.toy", "");
    changed("Mover.toy");
    await settle();
    expect(reports).toEqual([]);
  });

  it("can be asked for the version before again before the tick", async () => {
    const { game, changed, settle, x } = await watched({ Mover: step(1) });
    for (const by of [2, 1]) {
      save("Mover.toy", step(by));
      changed("Mover.toy");
      await settle();
    }
    game.step();
    expect(x("Mover")).toBe(1);
    expect(told()).toEqual(["asked Mover", "asked Mover"]);
  });

  it("is followed with for await", async () => {
    const { changed, settle } = await watched({ Mover: step(1) });
    const stream = watch!.follow();
    save("Mover.toy", step(2));
    changed("Mover.toy");
    await settle();
    await watch!.close();
    const seen: string[] = [];
    for await (const { what } of stream) seen.push(what);
    expect(seen).toEqual(["asked"]);
  });

  it("does nothing after it was closed", async () => {
    const { game, changed, clock, x } = await watched({ Mover: step(1) });
    save("Mover.toy", step(2));
    changed("Mover.toy");
    await watch!.close();
    expect(clock.waiting).toBe(0);
    clock.advance(1000);
    game.step();
    expect(x("Mover")).toBe(1);
    expect(reports).toEqual([]);
  });

  it.each([[-1], [10_001], [Number.NaN]])("refuses to wait for %s ms", async (debounceMs) => {
    const { scripts, world } = await toyWorld({});
    expect(() => watchScripts(scripts, world, folder, { debounceMs })).toThrow(/debounceMs/);
  });
});

describe("a watch over a real folder", () => {
  async function real(files: Readonly<Record<string, string>>): Promise<ToyWorld> {
    const sources: Record<string, ToyScript> = {};
    for (const [name, code] of Object.entries(files)) sources[name] = { code, file: save(`${name}.toy`, code) };
    const toy = await toyWorld(sources);
    watch = watchScripts(toy.scripts, toy.world, folder, { debounceMs: 5, onReport: (report) => reports.push(report) });
    return toy;
  }
  /** The file system tells when it likes to. */
  const until = async (what: string): Promise<void> => {
    for (let tries = 0; !told().includes(what); tries++) {
      if (tries > 500) throw new Error(`no "${what}" among: ${told().join(", ")}`);
      await new Promise((done) => setTimeout(done, 10));
    }
  };
  const x = ({ rows, scripts }: ToyWorld, name = "Mover"): unknown => rows(scripts.script(name))[0]!["x"];

  it("sees files that are written, and files that others replace", async () => {
    const toy = await real({ Mover: step(1) });
    save("Mover.toy", step(2));
    await until("asked Mover");
    toy.game.step();
    expect(x(toy)).toBe(2);
    reports.length = 0;
    save("Mover.tmp", step(3));
    renameSync(path("Mover.tmp"), path("Mover.toy"));
    await until("asked Mover");
    toy.game.step();
    expect(x(toy)).toBe(5);
  });

  it("sees folders that come, and what is in them go with them", async () => {
    await real({ Mover: step(1) });
    mkdirSync(path("more/deep"), { recursive: true });
    save("more/deep/Fresh.toy", step(1));
    await until("new more.deep.Fresh");
    rmSync(path("more"), { recursive: true });
    await until("gone more.deep.Fresh");
  });

  it("watches single files", async () => {
    const seen: string[] = [];
    const file = save("One.toy", "a");
    save("Two.toy", "a");
    const files = watchFiles([file], (changed) => seen.push(changed));
    save("Two.toy", "b");
    save("One.toy", "b");
    for (let tries = 0; seen.length === 0 && tries < 500; tries++) await new Promise((done) => setTimeout(done, 10));
    files.close();
    expect([...new Set(seen)]).toEqual([file]);
  });

  it("refuses what does not exist", async () => {
    const { scripts, world } = await toyWorld({});
    expect(() => watchScripts(scripts, world as World, path("nothing"))).toThrow(/nothing cannot be watched/);
  });
});
