import { createHash } from "node:crypto";
import { WorldloomError } from "../../core/errors.ts";
import { wasm } from "../../native/wasm.ts";
import { functionsOf } from "../api.ts";
import { DEFAULT_BUDGET } from "../budget.ts";
import type { ScriptChunk, ScriptManifest, ScriptSource } from "../engine.ts";
import type { ScriptHost } from "../host.ts";
import { expectScriptName } from "../manifest.ts";
import { UndoLog } from "../undo.ts";
import type { ScriptValue } from "../value.ts";
import { Bridge } from "./bridge.ts";
import { HostCalls } from "./host-calls.ts";
import { manifestOf, type Said } from "./manifest.ts";
import { type LuaModuleChunk, type LuaModuleSource, type LuaModules, requiredBy } from "./modules.ts";
import type { Pool } from "./pool.ts";
import { slots } from "./prelude/index.ts";
import { loadModules } from "./programs.ts";
import { ENVIRONMENT_ARGUMENT, loadText } from "./template.ts";
import { ERRAND_FUEL, LuaVm } from "./vm.ts";

/** A chunk of Lua: its text, with the modules that it needs. */
export interface LuaChunk extends ScriptChunk {
  readonly code: string;
  readonly modules: readonly LuaModuleChunk[];
}

/** Learns what scripts say of themselves, by running their top level in a machine of its own that is thrown away. */
export class LuaCompiler {
  readonly #pool: Pool;
  readonly #modules: LuaModules;

  constructor(pool: Pool, modules: LuaModules) {
    this.#pool = pool;
    this.#modules = modules;
  }

  /** What decides what {@link compile} gives, as text. */
  key(source: ScriptSource): string {
    const modules = this.#modules.resolve(requiredBy(codeOf(source)));
    const parts = [
      source.name,
      source.file,
      codeOf(source),
      source.manifest,
      modules.map(({ name, hash }) => [name, hash]),
    ];
    return createHash("sha256").update(JSON.stringify(parts)).digest("hex");
  }

  /** Throws `script-syntax`, `script-invalid`. */
  compile(source: ScriptSource): LuaChunk {
    const { name, file = `${name}.lua` } = source;
    const code = codeOf(source);
    expectScriptName(name);
    const requires = requiredBy(code);
    const modules = this.#modules.resolve(requires);
    const probed = this.#probe(name, file, code, modules);
    const known = modules.map((module) => module.name);
    const needed = [...known, ...requires.filter((required) => !known.includes(required))];
    const manifest = manifestOf(file, { ...probed, requires: needed }, source.manifest);
    return { name, file, engine: "lua", hash: hashOf(name, code, manifest, modules), manifest, code, modules };
  }

  /** Throws `script-syntax` where a module is malformed. */
  checkModule({ name, code, file = `${name}.lua` }: LuaModuleSource): void {
    this.#inMachine((vm) => expectSyntax(vm, code, name, file));
  }

  #probe(name: string, file: string, code: string, modules: readonly LuaModuleChunk[]): Omit<Said, "requires"> {
    return this.#inMachine((vm) => {
      loadModules(vm, modules);
      vm.arm(DEFAULT_BUDGET.instructions);
      vm.pushSlot(slots.probe);
      expectSyntax(vm, code, name, file);
      vm.values.push(
        vm.main,
        modules.map(({ hash }) => hash),
      );
      vm.move(vm.runner, 3);
      const stop = vm.resume(vm.runner, 2, name);
      if (stop !== undefined) {
        const { kind, message, line, frames } = stop;
        const at = line > 0 && !message.startsWith(`${name}:`) ? `${name}:${line}: ` : "";
        throw problem("script-invalid", name, file, at + message, { kind, trace: frames });
      }
      const { said, names } = vm.values.read(vm.runner, -1) as { said: ScriptValue; names: object };
      return { said, names: Object.values(names) as string[] };
    });
  }

  /** Does something in a machine that nobody uses after it. */
  #inMachine<T>(use: (vm: LuaVm) => T): T {
    const machine = this.#pool.take();
    machine.limitBytes = DEFAULT_BUDGET.memoryBytes;
    try {
      const vm = new LuaVm(machine, this.#pool.template.words.slice(), DEFAULT_BUDGET);
      bindNothing(vm, this.#pool);
      vm.arm(ERRAND_FUEL);
      return use(vm);
    } finally {
      this.#pool.give(machine);
    }
  }
}

function codeOf({ name, code }: ScriptSource): string {
  if (typeof code !== "string")
    throw new WorldloomError("script-invalid", `Script ${name}: Lua is text, not bytes; read its file as "utf8".`, {
      name,
    });
  return code;
}

/** Compiles a chunk onto the main thread. Throws `script-syntax`. */
function expectSyntax(vm: LuaVm, code: string, name: string, file: string): void {
  if (code.startsWith("\x1b"))
    throw problem("script-syntax", name, file, `${name}:1: compiled chunks are not taken, only text`);
  if (loadText(vm.machine, vm.main, ENVIRONMENT_ARGUMENT + code, name) !== 0)
    throw problem("script-syntax", name, file, vm.values.text(vm.main, -1));
}

/** An error from a message of Lua's, which begins with the name of the chunk and the line. */
function problem(
  code: "script-syntax" | "script-invalid",
  name: string,
  file: string,
  message: string,
  more: object = {},
) {
  const [, line, text] = new RegExp(`^${name.replace(/\W/g, "\\$&")}:(\\d+): ([^]*)$`).exec(message) ?? [];
  const where = line === undefined ? file : `${file}:${line}`;
  return new WorldloomError(code, `${where}: ${text ?? message}`, { name, file, line: Number(line ?? 0), ...more });
}

function hashOf(name: string, code: string, manifest: ScriptManifest, modules: readonly LuaModuleChunk[]): string {
  const parts = [name, code, manifest, modules.map((module) => [module.name, module.hash])];
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 32);
}

/** Functions of the API find no world. */
function bindNothing(vm: LuaVm, { template }: Pool): void {
  const host: ScriptHost = {
    api: template.api,
    memory: new wasm.Memory({ initial: 1, maximum: 1 }),
    undo: new UndoLog(1),
    call: () => undefined,
    text: () => "",
    intern: () => 0,
  };
  const calls = new HostCalls(host, functionsOf(template.api), []);
  calls.starting = true;
  calls.bind(vm);
  new Bridge({
    lua: vm.lua as unknown as Readonly<Record<string, unknown>>,
    world: host.memory,
    undo: host.undo,
    call: (L, index) => calls.call(L, index),
    text: host.text,
    intern: host.intern,
  });
}
