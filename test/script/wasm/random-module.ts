import { op } from "../../../src/script/wasm/opcode.ts";
import { constant, f64, get, i32, moduleOf, type Routine, real, set } from "./assemble.ts";

/** Locals of each function: parameters (i32, f64), then two i32, an f64, and counters of loops by depth. */
const LOCALS = [i32, i32, f64, i32, i32, i32, i32];
const COUNTER = 5;
const DEPTH_MAX = 3;
export const FUNCTIONS = 4;

/** A module that does what the choices say, of a memory, two globals, a table and functions that call those before them. */
export function randomModule(choices: readonly number[]): Uint8Array<ArrayBuffer> {
  let next = 0;
  const choose = (count: number): number => (choices[next++] ?? 0) % count;
  const routines: Routine[] = [];
  for (let index = 0; index < FUNCTIONS; index++) {
    const code = routine(choose, index);
    routines.push({ name: `f${index}`, parameters: [i32, f64], results: [i32], locals: LOCALS, code });
  }
  return moduleOf({
    routines,
    memories: [{ initial: 1, maximum: 5 }],
    globals: [
      { type: i32, mutable: true, init: constant(3) },
      { type: f64, mutable: true, init: real(0.5) },
    ],
    table: routines.slice(0, 2).map((_, i) => i),
  });
}

type Choose = (count: number) => number;

function routine(choose: Choose, index: number): number[] {
  let depth = 0;
  const integers = [0, 2, 3];
  const reals = [1, 4];

  function integer(size: number): number[] {
    const a = () => integer(size - 1);
    const binary = (code: number) => [...a(), ...a(), code];
    switch (size <= 0 ? choose(4) : choose(20)) {
      case 0:
        return [...constant(choose(256) - 128)];
      case 1:
      case 2:
        return [...get(integers[choose(3)]!)];
      case 3:
        return [op.globalGet, 0];
      case 4:
        return binary(op.i32Add);
      case 5:
        return binary(op.i32Sub);
      case 6:
        return binary(op.i32Mul);
      case 7:
        return binary(op.i32And);
      case 8:
        return binary(op.i32ShrU);
      case 9:
        return binary(op.i32DivU);
      case 10:
        return binary(op.i32LtS);
      case 11:
        return [...a(), op.i32Eqz];
      case 12:
        return [...float(size - 1), ...float(size - 1), op.f64Eq];
      case 13:
        return [...address(size), op.i32Load, 2, choose(128)];
      case 14:
        return [...a(), ...a(), ...a(), op.select];
      case 15:
        return [...a(), op.if, i32, ...a(), op.else, ...a(), op.end];
      case 16:
        return [op.block, i32, ...a(), ...a(), op.brIf, 0, ...a(), op.i32Add, op.end];
      case 17:
        return index === 0 ? [op.memorySize, 0] : [...a(), ...float(size - 1), op.call, choose(index)];
      case 18:
        return index < 2
          ? a()
          : [...a(), ...float(size - 1), ...constant(choose(9) === 8 ? 2 : choose(2)), ...indirect];
      default:
        return [...float(size - 1), 0xfc, 0x02];
    }
  }

  function address(size: number): number[] {
    return [...integer(size - 1), ...constant(0x3fff), op.i32And];
  }

  function float(size: number): number[] {
    const a = () => float(size - 1);
    switch (size <= 0 ? choose(3) : choose(9)) {
      case 0:
        return [...real((choose(256) - 128) / 4)];
      case 1:
        return [...get(reals[choose(2)]!)];
      case 2:
        return [op.globalGet, 1];
      case 3:
        return [...a(), ...a(), 0xa0];
      case 4:
        return [...a(), ...a(), 0xa2];
      case 5:
        return [...a(), ...a(), 0xa3];
      case 6:
        return [...integer(size - 1), 0xb7];
      case 7:
        return [...a(), 0x9f];
      default:
        return [...integer(size - 1), op.if, f64, ...a(), op.else, ...a(), op.end];
    }
  }

  function statement(size: number): number[] {
    switch (choose(13)) {
      case 0:
        return [...integer(3), ...set(integers[choose(3)]!)];
      case 1:
        return [...float(3), ...set(reals[choose(2)]!)];
      case 2:
        return [...integer(2), op.globalSet, 0];
      case 3:
        return [...float(2), op.globalSet, 1];
      case 4:
        return [...address(2), ...integer(2), 0x36, 2, 0];
      case 5:
        return [...integer(2), op.if, 0x40, ...some(size - 1), op.end];
      case 6:
        return [...integer(2), op.if, 0x40, ...some(size - 1), op.else, ...some(size - 1), op.end];
      case 7:
        return loop(size);
      case 8:
        return [
          op.block,
          0x40,
          op.block,
          0x40,
          ...integer(2),
          op.brTable,
          2,
          0,
          1,
          0,
          op.end,
          ...some(size - 1),
          op.end,
        ];
      case 9:
        return [
          op.block,
          0x40,
          ...some(size - 1),
          ...integer(2),
          op.brIf,
          0,
          ...some(size - 1),
          op.br,
          0,
          op.nop,
          op.end,
        ];
      case 10:
        return [...integer(1), ...integer(1), op.if, 0x40, ...integer(1), op.return, op.end, op.drop];
      case 11:
        return [...address(1), ...integer(1), ...integer(1), ...constant(0x3fff), op.i32And, 0xfc, 0x0b, 0];
      default:
        return [...integer(1), ...constant(1), op.i32And, op.memoryGrow, 0, op.drop];
    }
  }

  function loop(size: number): number[] {
    if (depth >= DEPTH_MAX - 1) return [op.nop];
    const counter = COUNTER + depth;
    const head = [...constant(1 + choose(5)), ...set(counter), op.loop, 0x40];
    depth++;
    const body = some(size - 1);
    depth--;
    return [...head, ...body, ...get(counter), ...constant(1), op.i32Sub, op.localTee, counter, op.brIf, 0, op.end];
  }

  function some(size: number): number[] {
    if (size <= 0) return [];
    const code: number[] = [];
    for (let count = choose(4); count > 0; count--) code.push(...statement(size));
    return code;
  }
  return [...some(DEPTH_MAX), ...some(DEPTH_MAX), ...integer(3)];
}

const indirect = [op.callIndirect, 0, 0];
