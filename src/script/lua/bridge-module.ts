import { unsigned } from "../../native/assembly.ts";
import { wasm } from "../../native/wasm.ts";
import { link } from "./assembler.ts";
import { accessNames, accessRoutines } from "./bridge-access.ts";
import { counters, imports, luaRoutines } from "./bridge-batch.ts";
import type { Call } from "./bridge-code.ts";

const modules = new Map<boolean, object>();

/** The module of the bridge, for worlds with shared memory or not; compiled once. */
export function bridgeModule(shared: boolean): object {
  const known = modules.get(shared);
  if (known !== undefined) return known;
  const module = new wasm.Module(bridgeBytes(shared));
  modules.set(shared, module);
  return module;
}

export function bridgeBytes(shared: boolean): Uint8Array<ArrayBuffer> {
  const numbers = new Map(imports.map(({ name }, i) => [name, i]));
  const call: Call = (name, ...operands) => [...operands.flat(), 0x10, ...unsigned(numbers.get(name)!)];
  for (const name of accessNames) numbers.set(name, numbers.size);
  return link({
    imports,
    memories: [
      { name: "lua", shared: false },
      { name: "world", shared },
      { name: "undo", shared: false },
      { name: "scratch", shared: false },
    ],
    globals: counters,
    functions: [...accessRoutines(call), ...luaRoutines(call)],
  });
}
