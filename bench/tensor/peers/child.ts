import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import type { Runner } from "../runner.ts";
import { type Floats, inputsOf, type Task } from "../task.ts";

/** What a child answers: a line of JSON, and as many bytes as that says. */
interface Answer {
  readonly bytes: number;
  readonly ms?: number;
}

/** OpenBLAS and OpenMP look at these when they are loaded. */
const ONE_THREAD = { OPENBLAS_NUM_THREADS: "1", OMP_NUM_THREADS: "1", MKL_NUM_THREADS: "1" };

/** Whether the processor has AVX-512. Known of Linux only. */
export function isWide(): boolean {
  try {
    return /\bavx512vl\b/.test(readFileSync("/proc/cpuinfo", "utf8"));
  } catch {
    return false;
  }
}

/** Environment in which OpenBLAS has its best kernels: releases older than the processor do not choose those for AVX-512. */
export function widest(): Readonly<Record<string, string>> {
  return isWide() ? { OPENBLAS_CORETYPE: "SkylakeX" } : {};
}

/** A runner in a process of its own, which gets the task, measures itself, and sleeps while others run. */
export async function childRunner(
  command: string,
  words: readonly string[],
  task: Task,
  environment: Readonly<Record<string, string>> = {},
): Promise<Runner> {
  const child = spawn(command, words, {
    stdio: ["pipe", "pipe", "pipe"],
    env: { ...process.env, ...ONE_THREAD, ...environment },
  });
  const asked: { resolve: (found: { answer: Answer; payload: Buffer }) => void; reject: (error: Error) => void }[] = [];
  let errors = "";
  let pieces: Buffer[] = [];
  child.stderr.on("data", (piece: Buffer) => (errors += piece.toString()));
  child.on("error", (error) => asked.shift()?.reject(error));
  child.on("exit", () => asked.shift()?.reject(new Error(errors.trim() || `${command} ended`)));
  child.stdin.on("error", () => {}); // told by its exit
  child.stdout.on("data", (piece: Buffer) => {
    pieces.push(piece);
    const all = Buffer.concat(pieces);
    pieces = [all];
    const end = all.indexOf(10);
    if (end < 0) return;
    const answer: Answer = JSON.parse(all.subarray(0, end).toString());
    if (all.length < end + 1 + answer.bytes) return;
    pieces = [];
    asked.shift()?.resolve({ answer, payload: all.subarray(end + 1) });
  });
  const ask = (request: object, payloads: readonly Uint8Array[] = []) =>
    new Promise<{ answer: Answer; payload: Buffer }>((resolve, reject) => {
      asked.push({ resolve, reject });
      child.stdin.write(`${JSON.stringify(request)}\n`);
      for (const payload of payloads) child.stdin.write(payload);
    });
  const arrays = inputsOf(task);
  const bytes = arrays.map(({ byteLength }) => byteLength);
  const dtype = arrays[0] instanceof Float64Array ? "f64" : "f32";
  const payloads = arrays.map(({ buffer }) => new Uint8Array(buffer));
  await ask({ do: "prepare", task, dtype, bytes }, payloads);
  return {
    async reset() {
      await ask({ do: "reset" });
    },
    async time(runs) {
      return (await ask({ do: "time", runs })).answer.ms!;
    },
    async result(): Promise<Floats> {
      const copy = Uint8Array.from((await ask({ do: "result" })).payload);
      return dtype === "f64" ? new Float64Array(copy.buffer) : new Float32Array(copy.buffer);
    },
    close: () => void child.kill(),
  };
}
