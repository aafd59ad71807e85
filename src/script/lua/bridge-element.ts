import {
  and,
  type Code,
  constant,
  differs,
  either,
  get,
  isZero,
  load,
  set,
  shr,
  store,
  when,
} from "../../native/assembly.ts";
import { CANONICAL_NAN_F32 } from "../../native/element.ts";
import {
  block,
  choose,
  double,
  F64,
  give,
  I32,
  I64,
  leave,
  leaveIf,
  long,
  type Routine,
  read,
  write,
} from "./assembler.ts";
import {
  type Call,
  doubleAt,
  longAt,
  NAN,
  putDouble,
  putLong,
  setType,
  setTypeTo,
  setWord,
  typeOf,
} from "./bridge-code.ts";
import { entry, type Kind, kinds, result, tag, WORLD } from "./bridge-layout.ts";

/** `take(entry, at, out)`. */
export const takeRoutine = (): Routine => {
  const [field, at, out, number] = [0, 1, 2, 3];
  const float = (value: Code): Code => [
    ...putDouble(get(out), value),
    ...setType(get(out), tag.float),
    ...give(constant(result.done)),
  ];
  // The bits of a NaN are those of the processor that made it, so it is written anew.
  const floatOrNan = (value: Code): Code => [
    ...set(number, value),
    ...when(double.differs(get(number), get(number)), set(number, NAN)),
    ...float(get(number)),
  ];
  const integer = (value: Code): Code => [
    ...putLong(get(out), value),
    ...setType(get(out), tag.integer),
    ...give(constant(result.done)),
  ];
  const small = (opcode: number): Code => integer(read(opcode, WORLD)(get(at)));
  const cases: Record<Kind, Code> = {
    f32: float(double.fromFloat(read(0x2a, WORLD)(get(at)))),
    f64: float(read(0x2b, WORLD)(get(at))),
    i8: small(0x30),
    u8: small(0x31),
    i16: small(0x32),
    u16: small(0x33),
    i32: small(0x34),
    u32: small(0x35),
    bool: [
      ...setTypeTo(get(out), either(read(0x2d, WORLD)(get(at)), constant(tag.yes), constant(tag.no))),
      ...give(constant(result.done)),
    ],
    entity: small(0x34),
    f32nan: floatOrNan(double.fromFloat(read(0x2a, WORLD)(get(at)))),
    f64nan: floatOrNan(read(0x2b, WORLD)(get(at))),
    str: give(constant(result.slow)),
    part: [
      ...store(get(out), load(get(field), entry.part)),
      ...setType(get(out), tag.userdata),
      ...give(constant(result.done)),
    ],
  };
  return {
    name: "take",
    parameters: [I32, I32, I32],
    results: [I32],
    locals: [F64],
    body: [
      ...choose(
        load(get(field), entry.kind),
        kinds.map((kind) => cases[kind]),
        constant(result.slow),
      ),
    ],
  };
};

/** `put(entry, at, value)`: checks the value, notes what was there and writes. */
export const putRoutine = (call: Call): Routine => {
  const [field, at, value, number, integer] = [0, 1, 2, 3, 4];
  const note: Code = when(isZero(call("note", get(field), get(at))), give(constant(result.full)));
  const done: Code = give(constant(result.done));
  const type = typeOf(get(value));
  const takeNumber: Code = [
    ...block(
      ...[
        block(leaveIf(0, differs(type, constant(tag.float))), set(number, doubleAt(get(value))), leave(1)),
        when(differs(type, constant(tag.integer)), give(constant(result.type))),
        set(number, double.fromLong(longAt(get(value)))),
      ],
    ),
  ];
  const isNan = double.differs(get(number), get(number));
  const strict: Code = [...takeNumber, ...when(isNan, give(constant(result.nan))), ...note];
  const loose: Code = [...takeNumber, ...note];
  const storeFloat: Code = [...write(0x38, WORLD)(get(at), double.toFloat(get(number))), ...done];
  const storeDouble: Code = [...write(0x39, WORLD)(get(at), get(number)), ...done];
  const whole = (low: bigint, high: bigint, opcode: number): Code => [
    ...block(
      block(leaveIf(0, differs(type, constant(tag.integer))), set(integer, longAt(get(value))), leave(1)),
      when(differs(type, constant(tag.float)), give(constant(result.type))),
      set(number, doubleAt(get(value))),
      set(integer, long.fromDouble(get(number))),
      when(double.differs(double.fromLong(get(integer)), get(number)), give(constant(result.range))),
    ),
    ...when(long.below(get(integer), long.constant(low)), give(constant(result.range))),
    ...when(long.above(get(integer), long.constant(high)), give(constant(result.range))),
    ...note,
    ...write(opcode, WORLD)(get(at), get(integer)),
    ...done,
  ];
  const cases: Record<Kind, Code> = {
    f32: [...strict, ...storeFloat],
    f64: [...strict, ...storeDouble],
    i8: whole(-128n, 127n, 0x3c),
    u8: whole(0n, 255n, 0x3c),
    i16: whole(-32_768n, 32_767n, 0x3d),
    u16: whole(0n, 65_535n, 0x3d),
    i32: whole(-2_147_483_648n, 2_147_483_647n, 0x3e),
    u32: whole(0n, 4_294_967_295n, 0x3e),
    bool: [
      // true and false differ in the bit above the low four.
      ...when(differs(and(type, constant(15)), constant(tag.no)), give(constant(result.type))),
      ...note,
      ...write(0x3a, WORLD)(get(at), shr(type, constant(4))),
      ...done,
    ],
    entity: whole(0n, 2_147_483_647n, 0x3e),
    f32nan: [...loose, ...when(isNan, setWord(WORLD)(get(at), constant(CANONICAL_NAN_F32)), done), ...storeFloat],
    f64nan: [...loose, ...when(isNan, set(number, NAN)), ...storeDouble],
    str: give(constant(result.slow)),
    part: give(constant(result.slow)),
  };
  return {
    name: "put",
    parameters: [I32, I32, I32],
    results: [I32],
    locals: [F64, I64],
    body: [
      ...choose(
        load(get(field), entry.kind),
        kinds.map((kind) => cases[kind]),
        constant(result.slow),
      ),
    ],
  };
};
