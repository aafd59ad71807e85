import { wasm } from "../../native/wasm.ts";
import type { Writer } from "../wasm/binary.ts";
import { decodeModule, encodeModule, instructionsOf } from "../wasm/module.ts";
import { op, type } from "../wasm/opcode.ts";
import { rewrite } from "../wasm/rewrite.ts";
import { FIRST_SLOT, slotNames } from "./bridge-layout.ts";
import { DISPATCH_TARGETS, EXECUTE_LOCALS } from "./build.ts";
import type { ProbedCall } from "./probed-call.ts";

/**
 * What looks at machines instruction by instruction, such as a debugger or a profiler. Machines that are looked at run another
 * build of Lua, whose memory is the same at each instruction: as long as the probe writes nothing, no hash differs.
 */
export interface Probe {
  /** A call of scripts begins in the machine of `call`. */
  enter(call: ProbedCall): void;
  leave(): void;
  /** Before an instruction: the thread (a `lua_State`), its call (a `CallInfo`), the address of the instruction after it. */
  step(thread: number, call: number, next: number): void;
  /** An error, or what waits, is about to leave functions. */
  thrown(): void;
  /** A function of the host, by its number, is about to be called. */
  hostCall(index: number): void;
}

/** The slot of Lua's table through which the build asks the probe. */
export const PROBE_SLOT = FIRST_SLOT + slotNames.length;

/** The build that asks what is in {@link PROBE_SLOT} before each instruction, made of one with budgets. */
export function probedLua(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const module = decodeModule(bytes);
  const signature = module.types.push({ parameters: [type.i32, type.i32, type.i32], results: [] }) - 1;
  for (const [index, body] of module.bodies.entries()) {
    const at = instructionsOf(body, "probe");
    let dispatches = false;
    while (at.next()) if (at.code === op.brTable && at.targets.length === DISPATCH_TARGETS) dispatches = true;
    if (!dispatches) continue;
    module.bodies[index] = rewrite(body, "probe", [], (to) => {
      if (to.at.code !== op.brTable || to.at.targets.length !== DISPATCH_TARGETS) return;
      const out: Writer = to.before();
      for (const local of [EXECUTE_LOCALS.state, EXECUTE_LOCALS.call, EXECUTE_LOCALS.next])
        out.byte(op.localGet).u32(local);
      out.byte(op.i32Const).s32(PROBE_SLOT).byte(op.callIndirect).u32(signature).u32(0);
    });
  }
  return encodeModule(module);
}

/** A function of JavaScript as WebAssembly takes it into tables: three integers, no result. */
export function tableFunction(run: (a: number, b: number, c: number) => void): unknown {
  const instance = new wasm.Instance((wrapper ??= new wasm.Module(new Uint8Array(WRAPPER))), { e: { f: run } });
  return instance.exports["f"];
}

/** The same for a function without parameters. */
export function plainFunction(run: () => void): unknown {
  const instance = new wasm.Instance((plain ??= new wasm.Module(new Uint8Array(PLAIN))), { e: { f: run } });
  return instance.exports["f"];
}

let plain: object | undefined;
/** Imports `e.f` of type () -> () and exports it. */
const PLAIN = [
  0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00, 0x01, 0x04, 0x01, 0x60, 0x00, 0x00, 0x02, 0x07, 0x01, 0x01, 0x65,
  0x01, 0x66, 0x00, 0x00, 0x07, 0x05, 0x01, 0x01, 0x66, 0x00, 0x00,
];

let wrapper: object | undefined;
/** Imports `e.f` of type (i32, i32, i32) -> () and exports it. */
const WRAPPER = [
  0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00, 0x01, 0x07, 0x01, 0x60, 0x03, 0x7f, 0x7f, 0x7f, 0x00, 0x02, 0x07,
  0x01, 0x01, 0x65, 0x01, 0x66, 0x00, 0x00, 0x07, 0x05, 0x01, 0x01, 0x66, 0x00, 0x00,
];
