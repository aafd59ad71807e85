import {
  add,
  and,
  assemble,
  type Code,
  constant,
  differs,
  get,
  isZero,
  type Limits,
  load,
  type Routine,
  reaches,
  repeat,
  set,
  store,
  sub,
  when,
} from "./assembly.ts";
import type { Memory } from "./memory.ts";
import { type WasmMemory, wasm } from "./wasm.ts";

/**
 * Pages of another WebAssembly memory beside this one: lists are `count` triples of u32 at byte offset `list` of this memory
 * (offset outside, offset here, bytes, a multiple of 64). All of it must exist.
 */
export interface PageFunctions {
  /** Sets the bytes of triples whose pages are equal to 0; returns how many differ. */
  compare(list: number, count: number): number;
  /**
   * The same, and of the pages that differ copies from outside to here those that only one holds, by their {@link PageHead}:
   * in their triples the offset here becomes 0.
   */
  update(list: number, count: number): number;
  /** Copies pages from outside to here. */
  bring(list: number, count: number): void;
  /** Copies pages from here to outside. */
  send(list: number, count: number): void;
}

/** What lies in front of each page here. */
export interface PageHead {
  /** Bytes from its start to the page. */
  readonly bytes: number;
  /** Where in it the word is that counts who holds the page. */
  readonly holders: number;
  /** Where the words are that become 0 when the page is written. */
  readonly cleared: readonly number[];
}

/** The functions over both memories; undefined where the engine has no modules of several memories, or `outside` other limits. */
export function pageFunctions(
  memory: Memory,
  outside: WasmMemory,
  limits: Limits,
  head: PageHead,
): PageFunctions | undefined {
  const bytes = assemble(
    [
      comparing("compare", []),
      comparing("update", copyAlone(head)),
      moving("bring", copy(0, 1)),
      moving("send", copy(1, 0)),
    ],
    memory.pagesMax,
    memory.shared,
    limits,
  );
  if (!wasm.validate(bytes)) return undefined;
  try {
    const { exports } = new wasm.Instance(new wasm.Module(bytes), { m: { m: memory.wasm, o: outside } });
    return exports as unknown as PageFunctions;
  } catch {
    return undefined;
  }
}

const [LIST, COUNT, HERE, THERE, END, FLAG, FOUND] = [0, 1, 2, 3, 4, 5, 6];
/** 16 bytes here and outside. */
const here = (offset: number): Code => [...get(HERE), 0xfd, 0, 4, offset];
const there = (offset: number): Code => [...get(THERE), 0xfd, 0, 0x44, 1, offset];
const unlike = (offset: number): Code => [...here(offset), ...there(offset), 0xfd, 0x51];
const either = (a: Code, b: Code): Code => [...a, ...b, 0xfd, 0x50];
const anyBit = (a: Code): Code => [...a, 0xfd, 0x53];

/** Compares, and does `found` for pages that differ. */
function comparing(name: string, found: Code): Routine {
  return {
    name,
    parameters: 2,
    locals: 5,
    body: [
      ...when(
        get(COUNT),
        repeat(
          get(COUNT),
          set(THERE, load(get(LIST))),
          set(HERE, load(get(LIST), 4)),
          set(END, add(get(HERE), load(get(LIST), 8))),
          set(FLAG, constant(0)),
          repeat(
            and(isZero(get(FLAG)), isZero(reaches(get(HERE), get(END)))),
            set(FLAG, anyBit(either(either(unlike(0), unlike(16)), either(unlike(32), unlike(48))))),
            set(HERE, add(get(HERE), constant(64))),
            set(THERE, add(get(THERE), constant(64))),
          ),
          when(get(FLAG), found),
          when(isZero(get(FLAG)), store(get(LIST), constant(0), 8)),
          set(FOUND, add(get(FOUND), differs(get(FLAG), constant(0)))),
          set(LIST, add(get(LIST), constant(12))),
          set(COUNT, sub(get(COUNT), constant(1))),
        ),
      ),
      ...get(FOUND),
    ],
  };
}

/** Copies a page between memories: 0 is here, 1 is outside. */
function copy(to: number, from: number): Code {
  const places = [load(get(LIST), 4), load(get(LIST))];
  return [...places[to]!, ...places[from]!, ...load(get(LIST), 8), 0xfc, 0x0a, to, from];
}

/** Copies a page from outside that only one holds here. */
function copyAlone({ bytes, holders, cleared }: PageHead): Code {
  const start = sub(load(get(LIST), 4), constant(bytes));
  return when(
    isZero(sub(load(start, holders), constant(1))),
    copy(0, 1),
    cleared.flatMap((at) => store(start, constant(0), at)),
    store(get(LIST), constant(0), 4),
  );
}

function moving(name: string, move: Code): Routine {
  return {
    name,
    parameters: 2,
    locals: 0,
    body: [
      ...when(
        get(COUNT),
        repeat(get(COUNT), move, set(LIST, add(get(LIST), constant(12))), set(COUNT, sub(get(COUNT), constant(1)))),
      ),
      ...constant(0),
    ],
  };
}
