import { parentPort, workerData } from "node:worker_threads";
import type { TranspileAnswer, TranspileTask } from "./component.ts";

/** What is used of jco. */
interface Jco {
  transpile(
    component: Uint8Array,
    options: Readonly<Record<string, unknown>>,
  ): Promise<{ files: Readonly<Record<string, Uint8Array>>; imports: readonly string[] }>;
}

/** Loaded once: that takes most of a second. */
let jco: Promise<Jco> | undefined;

parentPort!.on("message", async ({ id, component }: TranspileTask) => {
  parentPort!.postMessage(await answer(id, component));
});

async function answer(id: number, component: Uint8Array): Promise<TranspileAnswer> {
  let loaded: Jco;
  try {
    jco ??= import((workerData as { jco: string }).jco) as Promise<Jco>;
    loaded = await jco;
  } catch (error) {
    return { id, failure: "missing", message: String(error) };
  }
  try {
    const { files, imports } = await loaded.transpile(component, {
      name: "guest",
      instantiation: "sync",
      noTypescript: true,
    });
    const modules = Object.entries(files).flatMap(([name, bytes]) => (name.endsWith(".wasm") ? [bytes] : []));
    return { id, modules, imports };
  } catch (error) {
    return { id, failure: "refused", message: error instanceof Error ? error.message : String(error) };
  }
}
