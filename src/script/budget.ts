import { badArgument, expectOptions } from "../core/argument.ts";
import { WorldloomError } from "../core/errors.ts";
import { PAGE_BYTES } from "../native/memory.ts";

/** What one call of a script may use, and what all calls of a tick may. All but the watchdog are deterministic, and uncatchable. */
export interface Budget {
  /** Instructions of one call: of Lua's virtual machine, or of WebAssembly. A batch has as many for each of its rows. */
  readonly instructions: number;
  /** Instructions of all calls of a tick in one domain. */
  readonly instructionsPerTick: number;
  /** Bytes of a virtual machine, code and stacks included; a multiple of 64 KiB, at most 1 GiB. */
  readonly memoryBytes: number;
  /** Depth: slots of the stack of one Lua coroutine, nested calls in WebAssembly. */
  readonly stack: number;
  /** Entities that a call spawns, and calls of `Tasks.after` that wait for one entity. */
  readonly spawns: number;
  /** Calls of functions of the host in one call; each 64 entities, events or values that they look at count as one more. */
  readonly hostCalls: number;
  /** Events that a call emits. */
  readonly events: number;
  /** Bytes that a call prints or logs. */
  readonly outputBytes: number;
  /** Milliseconds of a tick after which it is dropped as a whole. Not deterministic: a last resort. */
  readonly watchdogMs: number;
}

export const DEFAULT_BUDGET: Budget = {
  instructions: 1_000_000,
  instructionsPerTick: 20_000_000,
  memoryBytes: 64 << 20,
  stack: 100_000,
  spawns: 1_000,
  hostCalls: 100_000,
  events: 1_000,
  outputBytes: 65_536,
  watchdogMs: 2_000,
};

/** The default budget with what is given. Throws `bad-argument`. */
export function budgetOf(given: Partial<Budget> = {}): Budget {
  expectOptions(given, "budget");
  const budget: Record<string, number> = { ...DEFAULT_BUDGET };
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined) continue;
    if (!Object.hasOwn(DEFAULT_BUDGET, name))
      throw new WorldloomError(
        "bad-argument",
        `A budget has no ${name}; it has ${Object.keys(DEFAULT_BUDGET).join(", ")}.`,
        { name },
      );
    if (typeof value !== "number") throw badArgument(`budget.${name}`, value, "a number");
    budget[name] = value;
    if (name === "watchdogMs") {
      if (!(value >= 0)) throw wrong(name, value, "milliseconds of at least 0");
    } else if (name === "memoryBytes") {
      if (!(value > 0 && value <= MEMORY_BYTES_MAX && value % PAGE_BYTES === 0))
        throw wrong(name, value, `a multiple of ${PAGE_BYTES} up to ${MEMORY_BYTES_MAX}`);
    } else if (!(Number.isInteger(value) && value >= 0 && value <= COUNT_MAX))
      throw wrong(name, value, `an integer from 0 to ${COUNT_MAX}`);
  }
  return budget as unknown as Budget;
}

/** Addresses of engines are 32 bits with a sign, and memories that grow double. */
const MEMORY_BYTES_MAX = 1 << 30;
/** Engines count in 32 bits with a sign. */
const COUNT_MAX = 0x7fff_ffff;

function wrong(name: string, value: number, wanted: string): WorldloomError {
  return new WorldloomError("bad-argument", `budget.${name} must be ${wanted}, not ${value}.`, { [name]: value });
}
