import {
  add,
  type Code,
  constant,
  differs,
  either,
  get,
  isZero,
  load,
  reaches,
  set,
  shl,
  shr,
  store,
  sub,
  when,
} from "../../native/assembly.ts";
import { UndoLog } from "../undo.ts";
import {
  block,
  drop,
  equals,
  F64,
  getGlobal,
  give,
  I32,
  I64,
  leave,
  leaveIf,
  less,
  long,
  loop,
  mul,
  type Routine,
  read,
  type Signature,
  setGlobal,
  trap,
  write,
} from "./assembler.ts";
import type { Call } from "./bridge-code.ts";
import { lua, operation, result, SCRATCH, scratch, UNDO } from "./bridge-layout.ts";
import { waitRoutines } from "./bridge-wait.ts";

/** What the module calls: `ask` and `call` are JavaScript, the rest is of Lua. */
export const imports: readonly Signature[] = [
  { name: "ask", parameters: [I32, I32, I32], results: [I32] },
  { name: "call", parameters: [I32, I32], results: [I32] },
  { name: "look", parameters: [], results: [] },
  { name: "lua_error", parameters: [I32], results: [I32] },
  { name: "lua_settop", parameters: [I32, I32], results: [] },
  { name: "lua_pushvalue", parameters: [I32, I32], results: [] },
  { name: "lua_pushnumber", parameters: [I32, F64], results: [] },
  { name: "lua_rawget", parameters: [I32, I32], results: [I32] },
  { name: "lua_rawgeti", parameters: [I32, I32, I64], results: [I32] },
  { name: "lua_callk", parameters: [I32, I32, I32, I32, I32], results: [] },
  { name: "lua_pushinteger", parameters: [I32, I64], results: [] },
  { name: "lua_tointegerx", parameters: [I32, I32, I32], results: [I64] },
  { name: "lua_gettop", parameters: [I32], results: [I32] },
  { name: "lua_isyieldable", parameters: [I32], results: [I32] },
  { name: "lua_pushlightuserdata", parameters: [I32, I32], results: [] },
  { name: "lua_yieldk", parameters: [I32, I32, I32, I32], results: [I32] },
];

/** Globals of the build of Lua that count. */
export const counters = ["fuel", "fuelMore", "work", "workMore"] as const;
const [FUEL, FUEL_MORE, WORK, WORK_MORE] = [0, 1, 2, 3];

const TYPE_TABLE = 5;

/** Functions that Lua calls: each gets the state and returns how many results are on the stack. */
export function luaRoutines(call: Call): readonly Routine[] {
  return [
    accessRoutine(call, "index", "get", 1),
    accessRoutine(call, "newindex", "set", 0),
    ...(["length", "pairs", "next", "name"] as const).map((name) =>
      asking(call, name, call("ask", get(0), constant(operation[name]), constant(0))),
    ),
    asking(call, "host", call("call", get(0), upvalue(0))),
    rowsRoutine(call, "batch", updates),
    rowsRoutine(call, "each", visits),
    ...waitRoutines(call),
  ];
}

/** A function with JavaScript behind it: a negative count is an error, its value on top of the stack. */
function asking(call: Call, name: string, count: Code): Routine {
  return {
    name,
    parameters: [I32],
    results: [I32],
    locals: [I32],
    body: [...set(1, count), ...when(less(get(1), constant(0)), drop(call("lua_error", get(0)))), ...get(1)],
  };
}

/** `__index` and `__newindex` of proxies. */
function accessRoutine(call: Call, name: "index" | "newindex", through: "get" | "set", results: number): Routine {
  const [state, first, outcome] = [0, 1, 2];
  const slot = (index: number): Code => add(get(first), constant(index * lua.valueBytes));
  const value = name === "index" ? load(get(state), lua.top) : slot(3);
  const push = store(get(state), add(load(get(state), lua.top), constant(lua.valueBytes)), lua.top);
  return {
    name,
    parameters: [I32],
    results: [I32],
    locals: [I32, I32],
    body: [
      ...set(first, load(load(get(state), lua.call), lua.func)),
      ...set(outcome, call(through, get(state), slot(1), slot(2), value)),
      ...when(equals(get(outcome), constant(result.done)), results === 0 ? [] : push, give(constant(results))),
      ...set(outcome, call("ask", get(state), constant(operation[name]), get(outcome))),
      ...when(less(get(outcome), constant(0)), drop(call("lua_error", get(state)))),
      ...get(outcome),
    ],
  };
}

/** What there is of a row: its entity and its instance, and where the number of the instance is put. */
interface RowParts {
  readonly state: Code;
  readonly entity: Code;
  readonly instance: Code;
  readonly setInstance: (value: Code) => Code;
  /** The call of the function and the `count` values on the stack, with what the row may use. */
  readonly run: (count: number, results: number) => Code;
}

/** Code for a row in a block that it may leave; the stack is emptied after it. */
type RowCode = (call: Call, parts: RowParts) => readonly Code[];

/**
 * `batch(environments, selves, name)`: calls the function of that name in the environment of each row that is due, with
 * its self and the step.
 */
const updates: RowCode = (call, { state, instance, run }) => [
  leaveIf(0, isZero(instance)),
  leaveIf(0, differs(call("lua_rawgeti", state, constant(1), long.fromInt(instance)), constant(TYPE_TABLE))),
  call("lua_pushvalue", state, constant(3)),
  leaveIf(0, isZero(call("lua_rawget", state, constant(-2)))),
  drop(call("lua_rawgeti", state, constant(2), long.fromInt(instance))),
  call("lua_pushnumber", state, read(0x2b, SCRATCH)(constant(scratch.delta))),
  run(2, 0),
];

/** `each(f, program, unused)`: calls f with the instance and the entity of each row that is due, and the program; the instance is what it gives then. */
const visits: RowCode = (call, { state, entity, instance, setInstance, run }) => [
  call("lua_pushvalue", state, constant(1)),
  call("lua_pushinteger", state, long.fromInt(instance)),
  call("lua_pushinteger", state, long.fromInt(entity)),
  call("lua_pushvalue", state, constant(2)),
  run(3, 1),
  setInstance(long.toInt(call("lua_tointegerx", state, constant(-1), constant(0)))),
];

/** A function of three values that does something for each row that is due. Ends early if the tick has nothing left. */
function rowsRoutine(call: Call, name: string, code: RowCode): Routine {
  const [state, row, instance, granted] = [0, 1, 2, 3];
  const field = (offset: number): Code => read(0x28, SCRATCH)(constant(offset));
  const keep = (offset: number, value: Code): Code => write(0x36, SCRATCH)(constant(offset), value);
  const count = field(scratch.count);
  const place = (part: number): Code => add(shl(mul(count, constant(part)), constant(2)), shl(get(row), constant(2)));
  const ofRow = (part: number): Code => read(0x28, SCRATCH)(place(part), scratch.rows);
  const due = read(0x2d, SCRATCH)(add(shl(count, constant(3)), get(row)), scratch.rows);
  const left = field(scratch.left);
  const least = (a: Code, b: Code): Code => either(less(a, b), a, b);
  /** Gives a counter at most a slice of an amount. */
  const grant = (counter: number, more: number, amount: Code, slice: Code): Code => [
    ...setGlobal(counter, least(amount, slice)),
    ...setGlobal(more, sub(amount, getGlobal(counter))),
  ];
  const fuelLeft = add(getGlobal(FUEL), getGlobal(FUEL_MORE));
  const worked = sub(field(scratch.work), add(getGlobal(WORK), getGlobal(WORK_MORE)));
  const run = (values: number, results: number): Code => [
    ...set(granted, least(left, field(scratch.perCall))),
    ...keep(scratch.granted, get(granted)),
    ...grant(FUEL, FUEL_MORE, get(granted), field(scratch.fuelSlice)),
    ...grant(WORK, WORK_MORE, field(scratch.work), field(scratch.workSlice)),
    ...call("lua_callk", get(state), constant(values), constant(results), constant(0), constant(0)),
    // A refusal of memory that was caught in C: no instruction came after it to be stopped.
    ...when(less(fuelLeft, constant(0)), trap),
    ...keep(scratch.left, sub(left, sub(get(granted), fuelLeft))),
    ...keep(scratch.granted, constant(0)),
    ...keep(scratch.tally, add(field(scratch.tally), add(sub(get(granted), fuelLeft), shr(worked, constant(2))))),
    ...when(less(field(scratch.fuelSlice), field(scratch.tally)), keep(scratch.tally, constant(0)), call("look")),
  ];
  const parts: RowParts = {
    state: get(state),
    entity: ofRow(0),
    instance: get(instance),
    setInstance: (value) => write(0x36, SCRATCH)(place(1), value, scratch.rows),
    run,
  };
  return {
    name,
    parameters: [I32],
    results: [I32],
    locals: [I32, I32, I32],
    body: [
      ...set(row, field(scratch.row)),
      ...block(
        loop(
          leaveIf(1, reaches(get(row), count)),
          set(instance, ofRow(1)),
          block(
            leaveIf(0, isZero(due)),
            when(less(left, constant(1)), keep(scratch.exhausted, constant(1)), leave(3)),
            keep(scratch.row, get(row)),
            keep(scratch.entity, ofRow(0)),
            keep(scratch.serial, add(field(scratch.serial), constant(1))),
            write(0x36, UNDO)(constant(0), constant(UndoLog.start)),
            block(...code(call, parts)),
            call("lua_settop", get(state), constant(3)),
          ),
          set(row, add(get(row), constant(1))),
          leave(0),
        ),
      ),
      ...keep(scratch.row, get(row)),
      ...constant(0),
    ],
  };
}

/** An upvalue of the function that was called, as an i32. */
function upvalue(index: number): Code {
  const closure = load(load(load(get(0), lua.call), lua.func));
  return load(closure, lua.upvalue + index * lua.valueBytes);
}
