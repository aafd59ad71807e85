/**
 * Loaded before anything else in a process that is profiled (`--import`), and in its workers: each system runs under a
 * frame with its name, and `WORLDLOOM_PROFILE_ADDON` is loaded in place of the usual addon.
 */
import { writeFileSync } from "node:fs";
import { registerHooks } from "node:module";
import { isMainThread } from "node:worker_threads";
import { type Body, frameOf } from "./frame.ts";

/** Where the names of the systems that were declared are written at exit, a JSON array. */
const NAMES = process.env["WORLDLOOM_PROFILE_NAMES"];
const ADDON = process.env["WORLDLOOM_PROFILE_ADDON"];

const names = new Set<string>();
/** Names of systems by where their bodies are. Workers get it with the environment. */
const owners: Record<string, string> = JSON.parse(process.env["WORLDLOOM_PROFILE_OWNERS"] ?? "{}");
const bodies = new WeakMap<Body, Body>();

interface Module {
  readonly url: string;
  readonly export: string;
}

/** What `system()` made, with a body that runs under a frame of its own. */
function namedSystem(made: { readonly name: string; readonly run: Body; readonly module?: Module }): object {
  const { name, run, module } = made;
  names.add(name);
  if (module !== undefined) {
    owners[keyOf(module)] = name;
    process.env["WORLDLOOM_PROFILE_OWNERS"] = JSON.stringify(owners);
  }
  return { ...made, run: frameOf(`system ${name}`, run) };
}

/** The body in a module, under the name of its system. */
function namedBody(module: Module, body: Body): Body {
  let named = bodies.get(body);
  if (named === undefined) {
    named = frameOf(`system ${owners[keyOf(module)] ?? module.export}`, body);
    bodies.set(body, named);
  }
  return named;
}

function keyOf(module: Module): string {
  return `${module.url} ${module.export}`;
}

Object.defineProperty(globalThis, "worldloomProfile", { value: { namedSystem, namedBody } });

/** What stands in for a module: all of it, with some exports wrapped. */
const wrappers: readonly (readonly [file: RegExp, exports: string])[] = [
  [
    /\/(?:src\/ecs\/system\.ts|dist\/ecs\/system\.js)$/,
    "export const system = (...words) => globalThis.worldloomProfile.namedSystem(plain.system(...words));",
  ],
  [
    /\/(?:src\/ecs\/module\.ts|dist\/ecs\/module\.js)$/,
    `const named = (module, body) => globalThis.worldloomProfile.namedBody(module, body);
export const bodyOf = (module) => named(module, plain.bodyOf(module));
export const loadBody = async (module) => named(module, await plain.loadBody(module));`,
  ],
];

registerHooks({
  load(url, context, next) {
    const exports = wrappers.find(([file]) => file.test(url))?.[1];
    if (exports === undefined) return next(url, context);
    const plain = JSON.stringify(`${url}?plain`);
    const source = `import * as plain from ${plain};\nexport * from ${plain};\n${exports}\n`;
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
