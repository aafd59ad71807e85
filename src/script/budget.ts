/** What one call of a script may use, and what all calls of a tick may. All but the watchdog are deterministic, and uncatchable. */
export interface Budget {
  /** Instructions of one call: of Lua's virtual machine, or of WebAssembly. A batch has as many for each of its rows. */
  readonly instructions: number;
  /** Instructions of all calls of a tick in one domain. */
  readonly instructionsPerTick: number;
  /** Bytes of a virtual machine, code and stacks included; a multiple of 64 KiB. */
  readonly memoryBytes: number;
  /** Depth: slots of the stack of one Lua coroutine, nested calls in WebAssembly. */
  readonly stack: number;
  /** Entities that a call spawns. */
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
