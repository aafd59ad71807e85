import { afterEach, describe, expect, test } from "vitest";
import type { HostedWorld, HostOptions } from "../../src/index.ts";
import { codeOf, errorOf, open, runAlone, threadsLeft } from "./hosted/threads.ts";

const worlds: HostedWorld[] = [];
async function opened(options: Partial<HostOptions> = {}): Promise<HostedWorld> {
  const world = await open(options);
  worlds.push(world);
  return world;
}
async function told(what: string, options: Partial<HostOptions> = {}, ms = 0): Promise<HostedWorld> {
  const world = await opened(options);
  await world.input("Command", { what, ms }, { timeoutMs: 0 });
  return world;
}
afterEach(async () => {
  await Promise.all(worlds.splice(0).map((world) => world.close()));
  expect(threadsLeft()).toBe(0);
});

describe("opening fails", () => {
  test.for<[string, Partial<HostOptions>, string, RegExp]>([
    ["no such module", { module: new URL("./nothing.ts", import.meta.url) }, "module-failed", /cannot be loaded/],
    ["broken module", { module: "data:text/javascript,export default 1 +" }, "module-failed", /cannot be loaded/],
    ["no such export", { export: "nothing" }, "module-failed", /exports no function nothing/],
    ["no function", { export: "number" }, "module-failed", /exports no function number/],
    ["no simulation", { export: "noSimulation" }, "module-failed", /must return a simulation/],
    ["it throws", { export: "throws" }, "module-failed", /throws of module .* failed: no such world/],
    ["it throws a text", { export: "throwsText" }, "module-failed", /failed: a text/],
    ["it exits", { export: "exits" }, "host-failed", /ended with exit status 4/],
    [
      "it never returns",
      { export: "never", openMs: 50 },
      "host-timeout",
      /was not there within 50 ms, and its thread was ended/,
    ],
    ["it hangs", { export: "hangs", openMs: 50 }, "host-timeout", /was not there/],
    ["the time of a tick", { tickMs: -1 }, "bad-argument", /tickMs/],
  ])("%s", async ([, options, code, message]) => {
    const error = await errorOf(open(options));
    expect(error.message).toMatch(message);
    expect(error.code).toBe(code);
    expect(threadsLeft()).toBe(0);
  });

  test("with its cause", async () => {
    const error = await errorOf(open({ export: "throws" }));
    expect(error).toMatchObject({
      operands: { export: "throws" },
      cause: { code: "bad-argument", operands: { world: "no" } },
    });
  });
});

describe("a thread that ends", () => {
  test("rejects everything that is pending, and what follows", async () => {
    const errors: Error[] = [];
    const world = await told("exit", { onError: (error) => errors.push(error) });
    const ticks = world.ticks();
    const pending = [world.step(), world.hash(), world.snapshot()].map(errorOf);
    for (const error of await Promise.all(pending)) {
      expect(error).toMatchObject({ code: "host-failed", operands: { reason: "exit" } });
      expect(error.message).toMatch(/exit status 3/);
    }
    expect(await codeOf(ticks.next())).toBe("host-failed");
    expect(await codeOf(world.step())).toBe("host-failed");
    expect(await codeOf(world.ticks().next())).toBe("host-failed");
    expect(errors).toEqual([expect.objectContaining({ code: "host-failed" })]);
    expect(threadsLeft()).toBe(0);
    await world.close();
    expect(await codeOf(world.step())).toBe("host-failed");
  });

  test("by an error outside of ticks", async () => {
    const { promise, resolve } = Promise.withResolvers<Error>();
    const world = await told("throw later", { onError: resolve });
    // The error may overtake the answer.
    await world.step().catch(() => {});
    expect(await promise).toMatchObject({
      code: "host-failed",
      operands: { reason: "error" },
      cause: { message: "thrown later" },
    });
    expect(await codeOf(world.hash())).toBe("host-failed");
  });

  test("by hanging", async () => {
    const world = await told("hang", { hangMs: 300 });
    const error = await errorOf(world.step());
    expect(error).toMatchObject({ code: "host-failed", operands: { reason: "hung", calls: ["step"] } });
    await world.close();
    expect(threadsLeft()).toBe(0);
  });

  test("by hanging while it runs by itself, and nobody asked", async () => {
    const { promise, resolve } = Promise.withResolvers<Error>();
    const world = await told("hang", { hangMs: 300, tickMs: 1, onError: resolve });
    await world.start();
    expect(await promise).toMatchObject({ code: "host-failed", operands: { reason: "hung" } });
  });
});

describe("a thread that is slow", () => {
  test("is not taken for one that hangs: long calls, and a host that was held up itself", async () => {
    const world = await told("hold up", { hangMs: 400 }, 100);
    expect(await world.step()).toBe(1);
    for (let i = 0; i < 8; i++) {
      const [asked] = [world.step(400)];
      const until = performance.now() + 500;
      while (i % 4 === 0 && performance.now() < until);
      await asked;
    }
    expect(await world.step()).toBe(3202);
  });

  test("misses the time of a call, and does it all the same", async () => {
    const world = await told("hold up", { timeoutMs: 20 }, 1000);
    const error = await errorOf(world.step());
    expect(error).toMatchObject({ code: "host-timeout", operands: { call: "step", timeoutMs: 20 } });
    expect(await codeOf(world.hash({ timeoutMs: 1 }))).toBe("host-timeout");
    expect((await world.metrics({ timeoutMs: 0 })).tick).toBe(1);
  });
});

describe("ticks that fail while the world runs by itself", () => {
  test("pause it, and are told to whoever follows", async () => {
    const world = await told("throw", { tickMs: 1 });
    const [ticks, events] = [world.ticks(), world.events("Bounced")];
    await world.start();
    expect(await errorOf(ticks.next())).toMatchObject({ code: "tick-failed", cause: { message: "told to throw" } });
    expect(await codeOf(events.next())).toBe("tick-failed");
    expect(await world.metrics()).toMatchObject({ state: "paused", tick: 0 });
  });

  test("or to onError", async () => {
    const { promise, resolve } = Promise.withResolvers<Error>();
    const world = await told("throw coded", { tickMs: 1, onError: resolve });
    await world.start();
    expect(await promise).toMatchObject({ code: "tick-failed", cause: { code: "bad-value" } });
  });
});

test("what a module posts by itself is not heard", async () => {
  const world = await told("post null");
  expect(await world.step()).toBe(1);
  expect(await world.step()).toBe(2);
});

describe("closing", () => {
  test("answers what was asked, then refuses", async () => {
    const world = await told("keep a timer");
    const answers = [world.step(), world.step(50), world.hash()];
    const closed = world.close();
    expect(world.close()).toBeInstanceOf(Promise);
    expect(await codeOf(world.step())).toBe("simulation-closed");
    expect((await Promise.all(answers)).slice(0, 2)).toEqual([1, 51]);
    await closed;
    await world.close();
    expect(threadsLeft()).toBe(0);
    expect(await codeOf(world.hash())).toBe("simulation-closed");
  });

  test("a world that runs", async () => {
    const world = await opened({ tickMs: 1 });
    const ticks = world.ticks();
    await world.start();
    for await (const { tick } of ticks) if (tick === 3) break;
    await world.close();
  });

  test("a world that hangs, or does not end", async () => {
    const hung = await open({ closeMs: 200 });
    await hung.input("Command", { what: "hang" });
    const step = errorOf(hung.step());
    expect(await errorOf(hung.close())).toMatchObject({ code: "host-failed", operands: { reason: "close" } });
    expect((await step).message).toMatch(/did not end within 200 ms/);
    const never = await open({ export: "endsBadly", options: { how: "never" }, closeMs: 100 });
    expect(await codeOf(never.close())).toBe("host-failed");
    const throws = await open({ export: "endsBadly", options: { how: "throws" } });
    expect((await errorOf(throws.close())).message).toBe("cannot end");
    const threads = await open({ export: "makeParallel", options: { threads: 3 }, closeMs: 1 });
    await threads.step(5);
    await threads.close().catch(() => {});
    expect(threadsLeft()).toBe(0);
  });

  test("has no limit with closeMs 0", async () => {
    const world = await open({ closeMs: 0 });
    await world.input("Command", { what: "hold up", ms: 50 });
    const step = world.step();
    await world.close();
    expect(await step).toBe(1);
  });

  test("by the end of a block", async () => {
    {
      await using world = await open();
      await world.step();
      expect(threadsLeft()).toBe(1);
    }
    expect(threadsLeft()).toBe(0);
  });
});

describe("a process ends by itself", () => {
  test("after a world was closed, and after it failed", () => {
    const { status, lines } = runAlone(`
      const world = await openWorld({ module, hangMs: 1000, timeoutMs: 60000, tickMs: 2 });
      const ticks = world.ticks();
      await world.start();
      for await (const { tick } of ticks) if (tick === 3) break;
      console.log(left());
      await world.close();
      console.log(left() + ".");
      console.log(await codeOf(openWorld({ module, export: "throws", openMs: 60000 })), left());
      const bad = await openWorld({ module, hangMs: 1000, timeoutMs: 60000 });
      await bad.input("Command", { what: "exit" });
      console.log(await codeOf(bad.step()));
      await bad.close();
      console.log(left() + ".");
      const hung = await openWorld({ module, hangMs: 200 });
      await hung.input("Command", { what: "hang" });
      console.log(await codeOf(hung.step()));`);
    expect(lines).toEqual(["MessagePort,Timeout", ".", "module-failed ", "host-failed", ".", "host-failed"]);
    expect(status).toBe(0);
  });

  test("with an error that nobody gets", () => {
    const { status, lines } = runAlone(`
      process.on("uncaughtException", ({ code }) => console.log(code));
      const world = await openWorld({ module, tickMs: 1 });
      await world.input("Command", { what: "throw" });
      await world.start();
      await new Promise((resolve) => process.once("uncaughtException", resolve));
      console.log((await world.metrics()).state);
      await world.close();`);
    expect(lines).toEqual(["tick-failed", "paused"]);
    expect(status).toBe(0);
  });
});
