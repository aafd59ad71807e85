import { WorldloomError } from "../../core/errors.ts";
import { Writer } from "../wasm/binary.ts";
import { decodeModule, encodeModule, importCount, instructionsOf, type WasmModule } from "../wasm/module.ts";
import { op, type } from "../wasm/opcode.ts";
import { rewrite } from "../wasm/rewrite.ts";

const [TRY, CATCH, THROW] = [0x06, 0x07, 0x08];

/**
 * The build with `setjmp` and `longjmp` as exceptions of WebAssembly's own, a third faster than those of JavaScript, and
 * without a call there and back: `invoke_vii(slot, a, b)` of the build calls `slot` inside, and a `longjmp` ends there. Then
 * `_emscripten_throw_longjmp` is called to say so. What else is thrown goes through.
 */
export function withThrows(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const module = decodeModule(bytes);
  const functions = module.imports.filter(({ kind }) => kind === "function");
  const invoke = functions.findIndex(({ name }) => name === "invoke_vii");
  const jump = functions.findIndex(({ name }) => name === "_emscripten_throw_longjmp");
  const [saved, restored] = [exported(module, "stackSave"), exported(module, "stackRestore")];
  const setThrew = exported(module, "setThrew");
  const called = taking(module, 2);
  const nothing = taking(module, 0);
  const inside = importCount(module, "function") + module.bodies.length;
  let calls = 0;
  for (const [index, body] of module.bodies.entries()) {
    const at = instructionsOf(body, "throws");
    let throws = false;
    while (at.next()) throws ||= at.code === op.call && (at.first === invoke || at.first === jump);
    if (!throws) continue;
    module.bodies[index] = rewrite(body, "throws", [], (to) => {
      if (to.at.code !== op.call) return;
      if (to.at.first === invoke) to.instead().byte(op.call).u32(inside);
      else if (to.at.first === jump) to.instead().byte(THROW).u32(0);
      else return;
      calls++;
    });
  }
  if (calls !== 2 || invoke < 0 || called < 0 || nothing < 0)
    throw new WorldloomError(
      "script-invalid",
      "this build of Lua is not known (its jumps): install wasmoon 1.16.0",
      {},
    );
  const out = new Writer(64).byte(op.call).u32(saved).byte(op.localSet).u32(3).byte(TRY).byte(type.none);
  for (const local of [1, 2, 0]) out.byte(op.localGet).u32(local);
  out.byte(op.callIndirect).u32(called).u32(0);
  out.byte(CATCH).u32(0).byte(op.localGet).u32(3).byte(op.call).u32(restored);
  out.byte(op.i32Const).s32(1).byte(op.i32Const).s32(0).byte(op.call).u32(setThrew);
  out.byte(op.call).u32(jump).byte(op.end).byte(op.end);
  module.functions.push(functions[invoke]!.type);
  module.bodies.push({ locals: [[1, type.i32]], bytes: out.written, at: 0, end: out.length });
  return encodeModule({ ...module, tags: [nothing] });
}

/** The type of functions that take so many integers and give nothing. */
function taking(module: WasmModule, count: number): number {
  return module.types.findIndex(
    ({ parameters, results }) =>
      parameters.length === count && results.length === 0 && parameters.every((each) => each === type.i32),
  );
}

function exported(module: WasmModule, name: string): number {
  return module.exports.find((item) => item.name === name)!.index;
}
