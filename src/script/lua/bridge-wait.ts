import { add, and, type Code, constant, get, isZero, load, set, when } from "../../native/assembly.ts";
import { equals, give, I32, less, long, or, type Routine, read } from "./assembler.ts";
import { type Call, longAt, typeOf } from "./bridge-code.ts";
import { LUA, lua, tag, WAIT_MARK } from "./bridge-layout.ts";

/**
 * Functions that wait: Lua calls them with room for four values alone. `wait(ticks)` gives the mark and the ticks, 1 by default, to
 * whoever resumed; `waitFor(event, ticks)` the mark, the ticks, 0 by default, and the event. What these refuse they hand to their
 * upvalue, a function that says why. `yield` is `coroutine.yield`.
 */
export function waitRoutines(call: Call): readonly Routine[] {
  return [
    waiting(call, "wait", 1, 1),
    waiting(call, "waitFor", 2, 0),
    {
      name: "yield",
      parameters: [I32],
      results: [I32],
      locals: [],
      body: call("lua_yieldk", get(0), call("lua_gettop", get(0)), constant(0), constant(0)),
    },
  ];
}

/** `count` arguments, of which the ticks are the last one. */
function waiting(call: Call, name: string, count: 1 | 2, ticksDefault: number): Routine {
  const [state, first, ticks] = [0, 1, 2];
  const argument = (index: number): Code => add(get(first), constant(index * lua.valueBytes));
  const lacks = (index: number): Code => less(call("lua_gettop", get(state)), constant(index));
  const last = argument(count);
  // Behind the last argument there is always a slot that can be read.
  const isLeftOut = or(lacks(count), isZero(and(typeOf(last), constant(KIND_MASK))));
  const isTicks = and(
    equals(typeOf(last), constant(tag.integer)),
    and(isZero(long.below(longAt(last), long.constant(1n))), isZero(long.above(longAt(last), long.constant(WAIT_MAX)))),
  );
  const isName = or(
    equals(typeOf(argument(1)), constant(tag.longString)),
    and(equals(typeOf(argument(1)), constant(tag.string)), isZero(isZero(lengthOf(load(argument(1)))))),
  );
  return {
    name,
    parameters: [I32],
    results: [I32],
    locals: [I32, I32],
    body: [
      ...set(first, load(load(get(state), lua.call), lua.func)),
      ...set(ticks, constant(-1)),
      ...when(isTicks, set(ticks, long.toInt(longAt(last)))),
      ...when(isLeftOut, set(ticks, constant(ticksDefault))),
      ...(count === 1 ? [] : when(or(lacks(1), isZero(isName)), set(ticks, constant(-1)))),
      ...when(
        or(less(get(ticks), constant(0)), isZero(call("lua_isyieldable", get(state)))),
        call("lua_settop", get(state), constant(count)),
        call("lua_pushvalue", get(state), constant(UPVALUE)),
        ...Array.from({ length: count }, (_, i) => call("lua_pushvalue", get(state), constant(i + 1))),
        call("lua_callk", get(state), constant(count), constant(0), constant(0), constant(0)),
        give(constant(0)),
      ),
      ...call("lua_pushlightuserdata", get(state), constant(WAIT_MARK)),
      ...call("lua_pushinteger", get(state), long.fromInt(get(ticks))),
      ...(count === 1 ? [] : call("lua_pushvalue", get(state), constant(1))),
      ...call("lua_yieldk", get(state), constant(count + 1), constant(0), constant(0)),
    ],
  };
}

/** Of a short string. */
const lengthOf = (text: Code): Code => read(0x2d, LUA)(text, lua.shortLength);
/** The bits of a type that are not its variant. */
const KIND_MASK = 15;
/** Pseudo-index of a C function's first upvalue. */
const UPVALUE = -1_001_001;
/** Most ticks that a task can wait. */
const WAIT_MAX = 1_000_000_000n;
