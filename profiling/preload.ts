/**
 * Loaded before anything else in a process that is profiled (`--import`), and in its workers: each system runs under a
 * frame with its name, and `WORLDLOOM_PROFILE_ADDON` is loaded in place of the usual addon.
 */
import { writeFileSync } from "node:fs";
import { registerHooks } from "node:module";
import { isMainThread } from "node:worker_threads";
import { frameOf } from "./frame.ts";

/** Where the names of the systems that were declared are written at exit, a JSON array. */
const NAMES = process.env["WORLDLOOM_PROFILE_NAMES"];
const ADDON = process.env["WORLDLOOM_PROFILE_ADDON"];
/** The module that declares systems: in the sources, and in the published package. */
const SYSTEM = /\/(?:src\/ecs\/system\.ts|dist\/ecs\/system\.js)$/;

const names = new Set<string>();

/** What `system()` made, with a body that runs under a frame of its own. */
function named(made: { readonly name: string; readonly run: (context: unknown) => void }): object {
  names.add(made.name);
  return { ...made, run: frameOf(`system ${made.name}`, made.run) };
}

Object.defineProperty(globalThis, "worldloomNamed", { value: named });

registerHooks({
  load(url, context, next) {
    if (!SYSTEM.test(url)) return next(url, context);
    const plain = JSON.stringify(`${url}?plain`);
    const source = `export * from ${plain};
import { system as plain } from ${plain};
export const system = (name, options) => globalThis.worldloomNamed(plain(name, options));
`;
    return { format: "module", source, shortCircuit: true };
  },
});

if (ADDON !== undefined && ADDON !== "") {
  const { dlopen } = process;
  process.dlopen = (module: object, file: string, ...flags: number[]): void =>
    dlopen.call(process, module, /worldloom\.node$/.test(file) ? ADDON : file, ...(flags as [number]));
}

if (NAMES !== undefined && NAMES !== "" && isMainThread)
  process.on("exit", () => writeFileSync(NAMES, JSON.stringify([...names])));
