import { type Code, constant } from "../../native/assembly.ts";
import { read, write } from "./assembler.ts";
import { LUA, lua } from "./bridge-layout.ts";

/** `call(name, ...operands)` of functions in the module. */
export type Call = (name: string, ...operands: readonly Code[]) => Code;

/** An i32 in one of the memories. */
export const word = (memory: number) => read(0x28, memory);
export const setWord = (memory: number) => write(0x36, memory);
/** Parts of a Lua value. */
export const typeOf = (value: Code): Code => read(0x2d, LUA)(value, lua.type);
export const setType = (value: Code, type: number): Code => write(0x3a, LUA)(value, constant(type), lua.type);
export const setTypeTo = (value: Code, type: Code): Code => write(0x3a, LUA)(value, type, lua.type);
export const longAt = read(0x29, LUA);
export const doubleAt = read(0x2b, LUA);
export const putLong = write(0x37, LUA);
export const putDouble = write(0x39, LUA);
export const NAN: Code = [0x44, 0, 0, 0, 0, 0, 0, 0xf8, 0x7f];
