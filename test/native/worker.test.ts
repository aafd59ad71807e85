import { Worker } from "node:worker_threads";
import { expect, test } from "vitest";
import { alone, jobSets, pages } from "./both.ts";

/** Loads the addon in a thread of its own, runs a job, and ends in the way that `end` says. */
function runWorker(end: "return" | "terminate"): Promise<number> {
  const source = (path: string) => new URL(`../../src/native/${path}`, import.meta.url).href;
  const code = `
    const { addonJobs } = await import("${source("addon.ts")}");
    const { Memory } = await import("${source("memory.ts")}");
    const { parentPort } = await import("node:worker_threads");
    const jobs = addonJobs();
    const memory = new Memory({ bytesMax: 65_536 });
    memory.u32.set([64, 128, 1], 0);
    memory.f32[32] = 2;
    jobs.integrate(memory, 0, 1, 3);
    parentPort.postMessage(memory.f32[16]);
    ${end === "terminate" ? "setInterval(() => jobs.integrate(memory, 0, 1, 3), 0);" : ""}`;
  const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(code)}`));
  return new Promise((resolve, reject) => {
    let answer = Number.NaN;
    worker.on("message", (value: number) => {
      answer = value;
      if (end === "terminate") setTimeout(() => void worker.terminate(), 20);
    });
    worker.on("error", reject);
    worker.on("exit", () => resolve(answer));
  });
}

test.skipIf(alone)("each thread has its own addon, and may end while others go on", async () => {
  const answers = await Promise.all([runWorker("return"), runWorker("terminate"), runWorker("terminate")]);
  expect(answers).toEqual([6, 6, 6]);
  const memory = pages(1);
  memory.u32.set([64, 128, 1], 0);
  memory.f32[32] = 1;
  for (const [, jobs] of jobSets) jobs.integrate(memory, 0, 1, 1);
  expect(memory.f32[16]).toBe(2);
});
