import { spawnSync } from "node:child_process";
import { Worker } from "node:worker_threads";
import { afterAll, describe, expect, test } from "vitest";
import type { Jobs } from "../../src/native/jobs.ts";
import { referenceJobs } from "../../src/native/reference/index.ts";
import { addon, alone, expectBytes, jobSets, pages } from "./both.ts";
import { cases, noise, PAGES } from "./parts.ts";

/** Most threads that jobs have. */
const THREADS_MAX = 64;

afterAll(() => void addon?.threads(1));

describe.each(jobSets)("threads (%s)", (_, jobs) => {
  test.each([0, -1, 1.5, THREADS_MAX + 1, NaN, Infinity])("refuses %d of them", (count) => {
    expect(() => jobs.threads(count)).toThrow(expect.objectContaining({ code: "bad-argument", operands: { count } }));
  });

  test.each([0, 1.5, THREADS_MAX + 1])("does not wake %d of them", (count) => {
    expect(() => jobs.wake(count)).toThrow(expect.objectContaining({ code: "bad-argument", operands: { count } }));
  });

  test("says how many there are", () => {
    const most = jobs.name === "addon" ? THREADS_MAX : 1;
    for (const count of [1, 2, THREADS_MAX, 3, 1]) expect(jobs.threads(count)).toBe(Math.min(count, most));
  });

  test.each([0, 99, 100.5, 100_001, -1, NaN, Infinity])("have no time slice of %d microseconds", (microseconds) => {
    expect(() => jobs.timeSlice(microseconds)).toThrow(
      expect.objectContaining({ code: "bad-argument", operands: { microseconds } }),
    );
  });

  test("have the time slice that they ask for, where the system has such a thing", () => {
    const slices = [100, 4000, 100_000, 3000].map((microseconds) => jobs.timeSlice(microseconds));
    expect([[0, 0, 0, 0], jobs.name === "addon" && [100, 4000, 100_000, 3000]]).toContainEqual(slices);
  });

  test("may wake and rest at any time, in any order", () => {
    for (const count of [1, 2, 8]) {
      jobs.threads(count);
      jobs.rest();
      for (let again = 0; again < 2; again++) expect(jobs.wake(count)).toBe(jobs.threads(count));
      jobs.rest();
      jobs.rest();
    }
    jobs.threads(1);
  });
});

describe.skipIf(alone)("any number of threads gives the same bits", () => {
  const [expected, actual] = [pages(PAGES), pages(PAGES)];

  test.each(cases)("$name", ({ name, rows, prepare }) => {
    for (const [round, count] of [rows[0], rows[1], Math.floor(rows[1] * 0.7)].entries()) {
      expected.u8.fill(0);
      const job = prepare(expected, count, noise(name.length * 31 + round));
      const before = expected.u8.slice();
      const result = job(referenceJobs, expected);
      for (const threads of [1, 2, 3, 8]) {
        if (round === 1) addon!.threads(threads);
        else addon!.wake(threads);
        for (let again = 0; again < 2; again++) {
          actual.u8.set(before);
          expect(job(addon!, actual)).toEqual(result);
          expectBytes(actual.u8, expected.u8);
        }
        addon!.rest();
      }
    }
  });
});

/** What a worker of its own, or a process, runs: `jobs`, `memory` and the operands of a job that takes a while. */
const preamble = `
  const { addonJobs } = await import("${new URL("../../src/native/addon.ts", import.meta.url)}");
  const { Memory } = await import("${new URL("../../src/native/memory.ts", import.meta.url)}");
  const { parentPort } = await import("node:worker_threads");
  const jobs = addonJobs();
  const memory = new Memory({ bytesMax: 64 * 65_536 });
  memory.grow(64);
  for (let i = 0; i < 100_000; i++) memory.u32[i + 64] = i;
  const run = () => {
    jobs.random(memory, 2 ** 21, 256, 100_000, 1, 2, 3);
    memory.u32.set([2 ** 21, 200_000, 7], 0);
    jobs.hash(memory, 0, 1, 32);
    return memory.u32[8];
  };`;

function worker(code: string): Worker {
  return new Worker(new URL(`data:text/javascript,${encodeURIComponent(preamble + code)}`));
}

function ended(thread: Worker): Promise<unknown[]> {
  return new Promise((resolve, reject) => {
    const said: unknown[] = [];
    thread.on("message", (value) => said.push(value));
    thread.on("error", reject);
    thread.on("exit", () => resolve(said));
  });
}

const clean = { status: 0, signal: null, noise: "" };

/** How a process that runs `code` ends. */
function ends(code: string): object {
  const ran = spawnSync(process.execPath, ["--input-type=module", "--eval", code], { timeout: 30_000 });
  return { status: ran.status, signal: ran.signal, noise: String(ran.stderr) };
}

describe.skipIf(alone)("a pool", () => {
  test("serves whoever comes first; others work alone", async () => {
    const code = `
      const first = run();
      for (let i = 0; i < 300; i++) {
        if (i % 50 === 0) jobs.threads(1 + i / 50);
        if (i % 3 === 0) jobs.wake(1 + (i % 4));
        if (i % 7 === 0) jobs.rest();
        if (run() !== first) throw new Error("another hash");
      }
      parentPort.postMessage(first);`;
    const answers = Promise.all([ended(worker(code)), ended(worker(code)), ended(worker(code))]);
    const memory = pages(64);
    for (let i = 0; i < 100_000; i++) memory.u32[i + 64] = i;
    const run = (jobs: Jobs) => {
      jobs.random(memory, 2 ** 21, 256, 100_000, 1, 2, 3);
      memory.u32.set([2 ** 21, 200_000, 7], 0);
      jobs.hash(memory, 0, 1, 32);
      return memory.u32[8]!;
    };
    const expected = run(referenceJobs);
    let done = false;
    void answers.finally(() => {
      done = true;
    });
    for (let i = 0; !done; i++) {
      addon!.threads(1 + (i % 4));
      for (let k = 0; k < 20; k++) expect(run(addon!)).toBe(expected);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await answers).toEqual([[expected], [expected], [expected]]);
  });

  test("goes on for others when the environment that made it is gone", async () => {
    addon!.threads(1);
    const thread = worker("jobs.wake(3); parentPort.postMessage(run());");
    expect(await ended(thread)).toHaveLength(1);
    const terminated = worker("parentPort.postMessage(0); for (;;) { jobs.wake(2); run(); }");
    terminated.once("message", () => setTimeout(() => void terminated.terminate(), 20));
    expect(await ended(terminated)).toEqual([0]);
    expect(addon!.threads(2)).toBe(2);
    addon!.wake(2);
    addon!.rest();
  });

  test.each([
    ["by itself", "jobs.threads(8); run();"],
    ["by itself while threads spin", "jobs.wake(2); run();"],
    ["by process.exit", "jobs.wake(4); run(); process.exit(0);"],
  ])("lets the process end %s", (_, code) => {
    expect(ends(preamble + code)).toEqual(clean);
  });

  test("lets go of its threads before the addon is unloaded with the last worker that had it", () => {
    const url = `data:text/javascript,${encodeURIComponent(`${preamble} jobs.wake(4); run();`)}`;
    const code = `
      import { Worker } from "node:worker_threads";
      for (let i = 0; i < 5; i++) {
        await new Promise((resolve) => new Worker(new URL("${url}")).on("exit", resolve));
        await new Promise((resolve) => setTimeout(resolve, 5));
      }`;
    expect(ends(code)).toEqual(clean);
  });
});
