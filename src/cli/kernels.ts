import { WorldloomError } from "../core/errors.ts";
import type { Kernel } from "../kernel/kernel.ts";
import type { Command } from "./command.ts";
import { type Flags, flagHelp, parseFlags } from "./flags.ts";
import { importFile } from "./import-file.ts";
import { textTable } from "./text.ts";

const flags = {
  form: { kind: "switch", summary: "print the intermediate form of each kernel" },
  code: { kind: "switch", summary: "print the WebAssembly of each kernel as text" },
  json: { kind: "switch", summary: "print a list of objects with all of it, and nothing else" },
} as const satisfies Flags;

export const kernels: Command = {
  help: `usage: worldloom kernels FILE [flags]

FILE is a module that exports kernels. Without flags a table: bytes loaded and stored per entity (of its own columns), and
what moving them takes from memory at 20 GB/s.

${flagHelp(flags)}`,
  async run([path, ...words]) {
    if (path === undefined || path.startsWith("-")) {
      throw new WorldloomError("usage", "Say first which module: worldloom kernels FILE.", { path });
    }
    const { form, code, json } = parseFlags(flags, words);
    const found = await kernelsOf(path);
    const explained = found.map((kernel) => kernel.explain());
    if (json) return console.log(JSON.stringify(explained));
    if (form || code) {
      for (const { name, form: nodes, code: text } of explained)
        console.log([`kernel ${name}`, ...(form ? [nodes] : []), ...(code ? [text] : [])].join("\n\n"), "\n");
      return;
    }
    const rows = explained.map(({ name, bytesLoaded, bytesStored, nanoseconds }, i) => [
      name,
      String(bytesLoaded),
      String(bytesStored),
      nanoseconds.toFixed(2),
      found[i]!.doc,
    ]);
    console.log(textTable(["kernel", "bytes in", "bytes out", "ns from memory", "does"], rows));
    console.log("\n--form and --code show what is run.");
  },
};

async function kernelsOf(path: string): Promise<Kernel[]> {
  const found = Object.values(await importFile(path)).filter(isKernel);
  if (found.length > 0) return found;
  throw new WorldloomError("usage", `${path} exports no kernels; export what kernel(...) returns.`, { path });
}

/** By its shape: the module may have been made with another copy of the package. */
function isKernel(value: unknown): value is Kernel {
  return (value as Partial<Kernel> | undefined)?.is === "kernel";
}
