import { WorldloomError } from "../../core/errors.ts";
import type { AccessLayout } from "../engine.ts";
import type { Bridge } from "./bridge.ts";
import type { LuaChunk } from "./compile.ts";
import { withoutDeclaration } from "./declaration.ts";
import type { LuaModuleChunk } from "./modules.ts";
import { SLOT_COUNT, slots } from "./prelude/index.ts";
import { ENVIRONMENT_ARGUMENT, loadText } from "./template.ts";
import type { LuaVm } from "./vm.ts";

/** A chunk as a machine holds it. */
export interface Program {
  readonly number: number;
  /** Number of this version among all: what its proxies are made for. */
  readonly version: number;
  readonly name: string;
  readonly hash: string;
  readonly file: string;
  /** The layout of its columns, as JSON. */
  readonly layout: string;
}

/** Compiles modules that the machine does not have, and runs those that are shared. Throws `script-fault`. */
export function loadModules(vm: LuaVm, modules: readonly LuaModuleChunk[]): void {
  for (const { hash, name, version, code, shared, requires } of modules) {
    const needed = modules.filter((module) => requires.includes(module.name)).map((module) => module.hash);
    vm.pushSlot(slots.addModule);
    vm.values.push(vm.main, hash);
    vm.values.push(vm.main, name);
    vm.values.push(vm.main, version);
    compile(vm, code, name);
    vm.values.push(vm.main, needed);
    vm.values.push(vm.main, shared);
    vm.run(6);
    vm.clear();
  }
}

/** Compiles a chunk and makes it the program of that number. Throws `script-fault`. */
export function loadProgram(
  vm: LuaVm,
  bridge: Bridge,
  program: Program,
  { code, modules }: LuaChunk,
  access: readonly AccessLayout[],
): void {
  const defers =
    modules.some(({ name, code: text }) => name === "promise" || text.includes(DEFER)) || code.includes(DEFER);
  vm.pushSlot(slots.addProgram);
  vm.pushInteger(program.number);
  compile(vm, withoutDeclaration(code), program.name);
  bridge.declare(vm.main, program.version, access);
  vm.values.push(
    vm.main,
    modules.map(({ hash }) => hash),
  );
  vm.values.push(vm.main, defers);
  vm.run(5);
  vm.clear();
  // Where the file lies decides nothing, and is not the same everywhere.
  vm.values.push(vm.main, JSON.stringify({ ...program, file: program.name }));
  vm.lua.lua_rawseti(vm.main, slots.records, BigInt(program.number));
}

/** The programs that a machine holds, read from its memory alone. */
export function readPrograms(vm: LuaVm): readonly Program[] {
  const found: Program[] = [];
  vm.each(slots.records, (_, value, raw) => found.push(JSON.parse(raw.text(value)) as Program));
  return found.sort((a, b) => a.number - b.number);
}

const DEFER = "defer";

/** Pushes a chunk onto the main thread. */
function compile(vm: LuaVm, code: string, name: string): void {
  if (loadText(vm.machine, vm.main, ENVIRONMENT_ARGUMENT + code, name) === 0) return;
  const message = vm.values.text(vm.main, -1);
  vm.lua.lua_settop(vm.main, SLOT_COUNT);
  throw new WorldloomError("script-fault", message, { name });
}
