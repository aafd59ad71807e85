import {
  add,
  and,
  type Code,
  constant,
  differs,
  get,
  isZero,
  load,
  set,
  shl,
  shr,
  when,
} from "../../native/assembly.ts";
import { give, I32, long, mul, type Routine } from "./assembler.ts";
import { type Call, longAt, typeOf, word } from "./bridge-code.ts";
import { putRoutine, takeRoutine } from "./bridge-element.ts";
import { entry, lua, PROXY_MAGIC, proxy, result, SCRATCH, scratch, tag } from "./bridge-layout.ts";
import { noteRoutine } from "./bridge-note.ts";

/** Names of {@link accessRoutines}, in their order. */
export const accessNames = ["get", "set", "find", "place", "take", "put", "note"] as const;

/**
 * The functions that find a field and move its value between the world and a Lua value. Values are addresses of Lua
 * values, results those of {@link result}.
 * - `get(L, proxy, key, out)`, `set(L, proxy, key, value)`: the field of a proxy, in the current row.
 * - `take(entry, at, out)`, `put(entry, at, value)`: one element.
 */
export function accessRoutines(call: Call): readonly Routine[] {
  return [
    getRoutine(call),
    setRoutine(call),
    findRoutine(),
    placeRoutine(),
    takeRoutine(),
    putRoutine(call),
    noteRoutine(),
  ];
}

const P = { state: 0, proxy: 1, key: 2, value: 3, body: 4, entry: 5 } as const;

/** Sets `body` and `entry`, or returns {@link result.slow}. */
const lookUp = (call: Call): Code => [
  ...when(differs(typeOf(get(P.proxy)), constant(tag.userdata)), give(constant(result.slow))),
  ...set(P.body, add(load(get(P.proxy)), constant(lua.userdata))),
  ...set(P.entry, call("find", get(P.body), get(P.key))),
  ...when(isZero(get(P.entry)), give(constant(result.slow))),
];

const getRoutine = (call: Call): Routine => ({
  name: "get",
  parameters: [I32, I32, I32, I32],
  results: [I32],
  locals: [I32, I32],
  body: [...lookUp(call), ...call("take", get(P.entry), call("place", get(P.entry), get(P.key)), get(P.value))],
});

const setRoutine = (call: Call): Routine => ({
  name: "set",
  parameters: [I32, I32, I32, I32],
  results: [I32],
  locals: [I32, I32],
  body: [
    ...lookUp(call),
    ...when(isZero(load(get(P.body), proxy.writable)), give(constant(result.slow))),
    ...call("put", get(P.entry), call("place", get(P.entry), get(P.key)), get(P.value)),
  ],
});

/** `find(body, key)`: the entry of a key that is a string, or that of a list for an index in it; 0 if there is none. */
const findRoutine = (): Routine => {
  const [body, key, found] = [0, 1, 2];
  const slot = and(shr(mul(load(get(key)), load(get(body), proxy.factor)), load(get(body), proxy.shift)), constant(-4));
  return {
    name: "find",
    parameters: [I32, I32],
    results: [I32],
    locals: [I32],
    body: [
      ...when(differs(load(get(body), proxy.magic), constant(PROXY_MAGIC)), give(constant(0))),
      ...when(differs(load(get(body), proxy.program), word(SCRATCH)(constant(scratch.program))), give(constant(0))),
      ...when(
        load(get(body), proxy.list),
        set(found, add(get(body), load(get(body), proxy.entries))),
        when(differs(typeOf(get(key)), constant(tag.integer)), give(constant(0))),
        // Indexes start at 1: 0 and negative ones are large without a sign.
        when(
          long.reaches(long.sub(longAt(get(key)), long.constant(1n)), long.fromUnsigned(load(get(found), entry.lanes))),
          give(constant(0)),
        ),
        give(get(found)),
      ),
      // The low bits of the type: 4 is a string, short or long.
      ...when(differs(and(typeOf(get(key)), constant(15)), constant(4)), give(constant(0))),
      ...set(found, load(add(get(body), slot), proxy.slots)),
      ...when(isZero(get(found)), give(constant(0))),
      ...set(found, add(get(body), get(found))),
      ...when(differs(load(get(found), entry.key), load(get(key))), give(constant(0))),
      ...get(found),
    ],
  };
};

/** `place(entry, key)`: where in the world the element is. Keys matter for lists alone. */
const placeRoutine = (): Routine => {
  const [field, key, at] = [0, 1, 2];
  const column = word(SCRATCH)(shl(load(get(field), entry.column), constant(2)), scratch.bases);
  return {
    name: "place",
    parameters: [I32, I32],
    results: [I32],
    locals: [I32],
    body: [
      ...set(at, add(column, mul(word(SCRATCH)(constant(scratch.row)), load(get(field), entry.stride)))),
      ...when(differs(load(get(field), entry.key), constant(0)), give(get(at))),
      ...add(get(at), mul(long.toInt(long.sub(longAt(get(key)), long.constant(1n))), load(get(field), entry.bytes))),
    ],
  };
};
