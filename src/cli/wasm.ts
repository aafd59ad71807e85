import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { WorldloomError } from "../core/errors.ts";
import { ComponentBuilder, isComponent, isModule, withManifest } from "../script/wasm/component.ts";
import type { Command } from "./command.ts";
import { type Flags, flagHelp, parseFlags } from "./flags.ts";
import { checkWritable, writeWhole } from "./run-files.ts";

const flags = {
  manifest: { kind: "file", summary: "JSON with state, reads, writes, hears and columns, to be put into the module" },
  out: {
    kind: "file",
    summary: "where the result goes; left out, beside FILE: NAME.wasm of a component, NAME.built.wasm of a module",
  },
  cache: {
    kind: "folder",
    summary: "where modules of components are kept by hash",
    default: join(".worldloom", "wasm"),
  },
} as const satisfies Flags;

/** `worldloom wasm build`. */
export const wasm: Command = {
  help: `usage: worldloom wasm build FILE [flags]

FILE is a component that was written against the WIT world (docs/api/worldloom.wit), or a module that only gets a manifest.
Components need the package @bytecodealliance/jco.

${flagHelp(flags)}`,
  async run([verb, path, ...words]) {
    if (verb !== "build") {
      throw new WorldloomError("usage", `After worldloom wasm comes build, not ${verb ?? "nothing"}.`, { verb });
    }
    if (path === undefined || path.startsWith("-")) {
      throw new WorldloomError("usage", "Say which file: worldloom wasm build FILE.", { path });
    }
    const { manifest, out, cache } = parseFlags(flags, words);
    const source = read(path);
    const sidecar = manifest === undefined ? undefined : read(manifest);
    if (!isComponent(source) && !isModule(source)) {
      throw new WorldloomError(
        "usage",
        `${path} is neither a component nor a module of WebAssembly; build it again, or give another file.`,
        { path },
      );
    }
    if (sidecar === undefined && !isComponent(source)) {
      throw new WorldloomError("usage", `${path} is a module already; give it a manifest with --manifest.`, { path });
    }
    const target = out ?? path.replace(/(\.component)?(\.\w+)?$/, isComponent(source) ? ".wasm" : ".built.wasm");
    if (target === path) throw new WorldloomError("usage", "Say with --out where the module goes.", { path });
    checkWritable(target);
    const builder = new ComponentBuilder({ cacheFolder: cache });
    try {
      const module = isComponent(source)
        ? await builder.build(basename(path), source, sidecar)
        : withManifest(basename(path), source, sidecar!);
      writeWhole(target, module);
      console.log(`${target}: ${module.length} bytes`);
    } finally {
      await builder.close();
    }
  },
};

function read(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new WorldloomError("usage", `${path} cannot be read; give a file that can.`, { path }, cause);
  }
}
