import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { component, createWorld, f32, type World } from "../../../src/index.ts";
import { createScripts, luaEngine, type ReloadReport } from "../../../src/script.ts";

const Position = component("Position", { x: f32, y: f32 });
const adding = (by: number, more = ""): string => `script { state = { n = 0 }, writes = { "Position" } }
  local held = { ${by} }
  function onUpdate(self) self.State.n = self.State.n + held[1] end
  function onSave(self) return self.id end
  ${more}`;

/** A machine with two scripts, the second of which is reloaded: in each tick it runs before that. */
async function started(count = 300) {
  const scripts = createScripts({ engines: [await luaEngine()], components: [Position] });
  const first = await scripts.add({ name: "First", code: adding(1) });
  const second = await scripts.add({ name: "Second", code: adding(1) });
  const world = createWorld(scripts.worldTypes());
  world.spawnMany(count, Position, first.component, second.component);
  const systems = scripts.systems();
  const reports: ReloadReport[] = [];
  scripts.onReload((report) => reports.push(report));
  const steps = (ticks: number, of: World = world): void => {
    for (let tick = 0; tick < ticks; tick++) of.step(systems);
  };
  const reload = async (code: string): Promise<void> => {
    await scripts.reload(world, { name: "Second", code });
  };
  const image = (of: World = world): string => {
    const { domain } = scripts.of(of).slotOf("main")!;
    return createHash("sha256").update(domain.bytes).update(domain.globals).digest("hex");
  };
  const bytes = (): number => scripts.of(world).slotOf("main")!.domain.bytes.length;
  return { world, second, steps, reload, reports, image, bytes };
}

describe("the heap of a machine", () => {
  test.each([
    ["its memory stays where it is", "", 20],
    ["its memory grows", "rows = {} for i = 1, 2000 do rows[i] = i end", 300],
  ])("is as it was where a reload is refused and %s", async (_, top, count) => {
    const [tried, calm] = [await started(count), await started(count)];
    for (const one of [tried, calm]) one.steps(5);
    await tried.reload(adding(5, `${top} function onRestore(self, id) if id > ${count - 3} then error("no") end end`));
    for (const one of [tried, calm]) one.steps(1);
    expect(tried.reports).toMatchObject([{ instances: 0, refused: expect.stringMatching(/^no/) }]);
    expect(tried.image()).toBe(calm.image());
    expect(tried.bytes()).toBe(calm.bytes());
    for (const one of [tried, calm]) one.steps(5);
    expect(tried.image()).toBe(calm.image());
    expect(tried.world.contentHash()).toBe(calm.world.contentHash());
    // And it can be reloaded, and refused, again.
    for (const by of [1, 2]) {
      await tried.reload(adding(by, 'function onRestore(self, id) if id == 2 then error("no") end end'));
      tried.steps(1);
    }
    await tried.reload(adding(100));
    tried.steps(1);
    expect(tried.reports.at(-1)).toMatchObject({ instances: count, refused: undefined });
  });

  test("goes on alike from a snapshot that was taken before it was tidied up, and in a fork", async () => {
    const { world, steps, reload, image, reports } = await started();
    steps(3);
    await reload(adding(2, "text = string.rep(tostring({}), 40)"));
    steps(1);
    await reload(adding(3, "rows = { {}, {}, {} }"));
    steps(2);
    const snapshot = world.snapshot();
    const fork = world.fork();
    const hashesOf = (of: World): unknown[] =>
      Array.from({ length: 20 }, () => {
        steps(1, of);
        return [of.hash(), image(of)];
      });
    const hashes = hashesOf(world);
    expect(hashesOf(fork)).toEqual(hashes);
    world.restore(snapshot);
    expect(hashesOf(world)).toEqual(hashes);
    expect(reports.map(({ instances }) => instances)).toEqual([300, 300]);
    snapshot.dispose();
    fork.dispose();
  });

  test("does not grow by reloads", async () => {
    const one = await started();
    const sizes: number[] = [];
    for (let n = 0; n < 40; n++) {
      await one.reload(adding(n, "rows = {} for i = 1, 50 do rows[i] = i end"));
      one.steps(1 + (n % 5));
      sizes.push(one.bytes());
    }
    expect(sizes.at(-1)).toBeLessThanOrEqual(1.5 * sizes[9]!);
  });
});
