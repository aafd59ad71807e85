import { WorldloomError } from "../../core/errors.ts";
import { Writer } from "../wasm/binary.ts";
import { type Body, importCount, instructionsOf, type WasmModule } from "../wasm/module.ts";
import { op, type } from "../wasm/opcode.ts";
import { FIRST_SLOT, lua, PROXY_MAGIC, proxy, result, slotNames, tag } from "./bridge-layout.ts";

/**
 * Lets Lua ask the bridge first when it indexes userdata, without the call of a C function: `luaT_callTMres(L, f, p1, p2, res)`
 * goes to the slot `get` where `f` is the slot `index`, and `luaV_finishset(L, t, key, value, slot)` to `set` where t is
 * a proxy. What these do not do takes the usual way, as do all errors. Nothing changes while no proxy exists.
 */
export function hookProxies(module: WasmModule): void {
  const five = module.types.findIndex(isFive);
  const four = module.types.findIndex(isFour);
  const imported = importCount(module, "function");
  const loops: number[] = [];
  for (const [index, body] of module.bodies.entries()) {
    if (isFive(module.types[module.functions[index]!]!) && countOf(body, op.i32Const, LOOP_MAX) > 0) loops.push(index);
  }
  const [finishGet, finishSet] = loops;
  if (four < 0 || loops.length !== 2 || finishGet === undefined || finishSet === undefined)
    throw unknown("its indexing");
  const called = new Set<number>();
  const at = instructionsOf(module.bodies[finishGet]!, "index");
  while (at.next()) {
    const body = at.first - imported;
    if (at.code === op.call && module.functions[body] === five) called.add(body);
  }
  const [callMethod, ...more] = called;
  if (callMethod === undefined || more.length > 0) throw unknown("its metamethods");
  const slot = (name: (typeof slotNames)[number]): number => FIRST_SLOT + slotNames.indexOf(name);

  const got = new Writer(64);
  got.byte(op.localGet).u32(1).byte(LOAD8_U).u32(0).u32(lua.type).byte(op.i32Const).s32(tag.function);
  got.byte(op.i32Eq).byte(op.if).byte(type.none);
  got.byte(op.localGet).u32(1).byte(op.i32Load).u32(2).u32(0).byte(op.i32Const).s32(slot("index"));
  got.byte(op.i32Eq).byte(op.if).byte(type.none);
  ask(got, [0, 2, 3, 4], slot("get"), four);
  got.byte(op.end).byte(op.end);
  module.bodies[callMethod] = prefixed(module.bodies[callMethod]!, got);

  const put = new Writer(64);
  put.byte(op.localGet).u32(1).byte(LOAD8_U).u32(0).u32(lua.type).byte(op.i32Const).s32(tag.userdata);
  put.byte(op.i32Eq).byte(op.if).byte(type.none);
  put
    .byte(op.localGet)
    .u32(1)
    .byte(op.i32Load)
    .u32(2)
    .u32(0)
    .byte(op.i32Load)
    .u32(2)
    .u32(lua.userdata + proxy.magic);
  put.byte(op.i32Const).s32(PROXY_MAGIC).byte(op.i32Eq).byte(op.if).byte(type.none);
  ask(put, [0, 1, 2, 3], slot("set"), four);
  put.byte(op.end).byte(op.end);
  module.bodies[finishSet] = prefixed(module.bodies[finishSet]!, put);
}

const LOAD8_U = 0x2d;
/** How often Lua follows `__index` before it gives up. */
const LOOP_MAX = 2000;

function isFive({ parameters, results }: WasmModule["types"][number]): boolean {
  return parameters.length === 5 && results.length === 0 && parameters.every((each) => each === type.i32);
}

function isFour({ parameters, results }: WasmModule["types"][number]): boolean {
  return (
    parameters.length === 4 && results.length === 1 && [...parameters, ...results].every((each) => each === type.i32)
  );
}

/** Calls the function of the slot, and returns if it says that it is done. */
function ask(out: Writer, locals: readonly number[], slot: number, signature: number): void {
  for (const local of locals) out.byte(op.localGet).u32(local);
  out.byte(op.i32Const).s32(slot).byte(op.callIndirect).u32(signature).u32(0);
  out.byte(op.i32Const).s32(result.done).byte(op.i32Eq).byte(op.if).byte(type.none).byte(op.return).byte(op.end);
}

function prefixed(body: Body, prefix: Writer): Body {
  const out = new Writer(256).bytes(prefix.written).part(body.bytes, body.at, body.end);
  return { locals: body.locals, bytes: out.written, at: 0, end: out.length };
}

function countOf(body: Body, code: number, first: number): number {
  const at = instructionsOf(body, "index");
  let count = 0;
  while (at.next()) if (at.code === code && at.first === first) count++;
  return count;
}

function unknown(what: string): WorldloomError {
  return new WorldloomError("script-invalid", `this build of Lua is not known (${what}): install wasmoon 1.16.0`, {
    what,
  });
}
