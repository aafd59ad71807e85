/** Kinds of tasks. */
export const CHUNKS = 1;
export const CALL = 2;

/** States of a task. */
const OPEN = 0;
const RUNNING = 1;
const DONE = 2;
const LOST = 3;

/** Words at the start of the board. */
const WORD = {
  signal: 0,
  state: 1,
  head: 2,
  tail: 3,
  done: 4,
  sleepers: 5,
  waiting: 6,
  root: 7,
  sync: 8,
  /** Which trace is kept, counted from 1; 0 for none. */
  tracing: 9,
} as const;
const TASKS_AT = 16;
/** Kind and the number of a name (above the lowest 8 bits), four operands, the lane that took it, state, 1 if it failed. */
const TASK_WORDS = 8;

/** Tasks that can wait at once: a power of two. */
export const TASKS_MAX = 4096;

/** What the lanes are to do: words of {@link Board.state}. */
export const RESTING = 0;
export const TICKING = 1;
export const CLOSING = 2;

/** `Atomics.pause` where the engine has it: tells the processor that this is a loop that waits. */
const pause: () => void = (Atomics as unknown as { pause?: () => void }).pause?.bind(Atomics) ?? (() => {});

/** Turns of a waiting loop that take about 50 microseconds. */
const SPINS = 2000;
/** How long a thread sleeps before it looks up by itself, in milliseconds. */
const NAP_MS = 1000;

/**
 * The list of tasks that the main thread writes and all threads take from, in shared memory. Counts only grow; a task is at
 * its number modulo {@link TASKS_MAX}.
 */
export class Board {
  readonly words: Int32Array<SharedArrayBuffer>;
  /** Turns before a thread that finds nothing goes to sleep: 0 where there are more threads than processors. */
  readonly #spins: number;

  constructor(words: Int32Array<SharedArrayBuffer>, spins: boolean) {
    this.words = words;
    this.#spins = spins ? SPINS : 0;
  }

  static bytes(): number {
    return (TASKS_AT + TASKS_MAX * TASK_WORDS) * 4;
  }

  // What the main thread does.

  /** Adds a task, known to traces by the number of a name. There must be room: see {@link open}. */
  publish(kind: number, name: number, a: number, b: number, c: number, d: number): void {
    const { words } = this;
    const tail = words[WORD.tail]!;
    const at = taskAt(tail);
    words[at] = kind | (name << 8);
    words[at + 1] = a;
    words[at + 2] = b;
    words[at + 3] = c;
    words[at + 4] = d;
    words[at + 5] = -1;
    words[at + 7] = 0;
    Atomics.store(words, at + 6, OPEN);
    Atomics.store(words, WORD.tail, tail + 1);
  }

  /** Tasks that have not ended. */
  get open(): number {
    return Atomics.load(this.words, WORD.tail) - Atomics.load(this.words, WORD.done);
  }

  /** Whether some task has not been taken yet. */
  get waiting(): boolean {
    return Atomics.load(this.words, WORD.head) !== Atomics.load(this.words, WORD.tail);
  }

  /** Tells sleeping threads that there is something to do. */
  call(): void {
    const { words } = this;
    Atomics.add(words, WORD.signal, 1);
    if (Atomics.load(words, WORD.sleepers) > 0) Atomics.notify(words, WORD.signal);
  }

  set state(state: number) {
    Atomics.store(this.words, WORD.state, state);
    // Who sleeps is woken by the first task: many ticks have none.
    if (state === CLOSING) this.call();
  }

  get state(): number {
    return Atomics.load(this.words, WORD.state);
  }

  /** Says at which root the world is, and that it has changed. */
  show(root: number): void {
    Atomics.store(this.words, WORD.root, root);
    Atomics.add(this.words, WORD.sync, 1);
  }

  /** Waits until another task has ended than `done`, or `ms` have passed. */
  awaitProgress(done: number, ms: number): void {
    const { words } = this;
    for (let spin = 0; spin < this.#spins; spin++) {
      if (Atomics.load(words, WORD.done) !== done) return;
      pause();
    }
    Atomics.store(words, WORD.waiting, 1);
    Atomics.wait(words, WORD.done, done, ms);
    Atomics.store(words, WORD.waiting, 0);
  }

  get done(): number {
    return Atomics.load(this.words, WORD.done);
  }

  /** Gives up the tasks that `lane` has taken and not ended, and those taken by nobody known. Returns how many. */
  giveUp(lost: (lane: number) => boolean): number {
    const { words } = this;
    let count = 0;
    for (let task = words[WORD.tail]! - TASKS_MAX; task < Atomics.load(words, WORD.head); task++) {
      if (task < 0) continue;
      const at = taskAt(task);
      const state = Atomics.load(words, at + 6);
      if (state !== OPEN && (state !== RUNNING || !lost(words[at + 5]!))) continue;
      if (Atomics.compareExchange(words, at + 6, state, LOST) !== state) continue;
      words[at + 7] = 1;
      Atomics.add(words, WORD.done, 1);
      count++;
    }
    return count;
  }

  /** The lanes that have taken a task and not ended it. */
  running(): number[] {
    const { words } = this;
    const lanes: number[] = [];
    const head = Atomics.load(words, WORD.head);
    for (let task = Math.max(0, head - TASKS_MAX); task < head; task++)
      if (Atomics.load(words, taskAt(task) + 6) === RUNNING) lanes.push(words[taskAt(task) + 5]!);
    return lanes;
  }

  /** The first operand of the task that a lane runs: the number of its system; -1 if there is none. */
  systemOf(lane: number): number {
    const { words } = this;
    const head = Atomics.load(words, WORD.head);
    for (let task = Math.max(0, head - TASKS_MAX); task < head; task++) {
      const at = taskAt(task);
      if (words[at + 5] === lane && Atomics.load(words, at + 6) === RUNNING && this.kindOf(at) === CHUNKS)
        return words[at + 1]!;
    }
    return -1;
  }

  // What every thread does.

  /** {@link CHUNKS} or {@link CALL}. */
  kindOf(at: number): number {
    return this.words[at]! & 255;
  }
  /** The number of the name of a task. */
  nameOf(at: number): number {
    return this.words[at]! >>> 8;
  }

  get tracing(): number {
    return Atomics.load(this.words, WORD.tracing);
  }
  set tracing(trace: number) {
    Atomics.store(this.words, WORD.tracing, trace);
  }

  /** Takes the next task for `lane`: the word at which it is, or -1. */
  claim(lane: number): number {
    const { words } = this;
    for (;;) {
      const head = Atomics.load(words, WORD.head);
      if (head === Atomics.load(words, WORD.tail)) return -1;
      if (Atomics.compareExchange(words, WORD.head, head, head + 1) !== head) continue;
      const at = taskAt(head);
      words[at + 5] = lane;
      if (Atomics.compareExchange(words, at + 6, OPEN, RUNNING) === OPEN) return at;
    }
  }

  /** Says that the task at word `at` has ended; false if it was given up meanwhile: then the thread must end. */
  end(at: number, failed: boolean): boolean {
    const { words } = this;
    if (failed) words[at + 7] = 1;
    if (Atomics.compareExchange(words, at + 6, RUNNING, DONE) !== RUNNING) return false;
    Atomics.add(words, WORD.done, 1);
    if (Atomics.load(words, WORD.waiting) !== 0) Atomics.notify(words, WORD.done);
    return true;
  }

  // What the other threads do.

  get root(): number {
    return Atomics.load(this.words, WORD.root);
  }
  get sync(): number {
    return Atomics.load(this.words, WORD.sync);
  }

  /** The next task of `lane`, as soon as there is one; -1 when the threads are to end. */
  next(lane: number): number {
    const { words } = this;
    for (let spin = 0; ; spin++) {
      const at = this.claim(lane);
      if (at >= 0) return at;
      const state = Atomics.load(words, WORD.state);
      if (state === CLOSING) return -1;
      if (state === TICKING && spin < this.#spins) {
        pause();
        continue;
      }
      const signal = Atomics.load(words, WORD.signal);
      Atomics.add(words, WORD.sleepers, 1);
      if (
        Atomics.load(words, WORD.head) === Atomics.load(words, WORD.tail) &&
        Atomics.load(words, WORD.state) !== CLOSING
      )
        Atomics.wait(words, WORD.signal, signal, NAP_MS);
      Atomics.sub(words, WORD.sleepers, 1);
      spin = 0;
    }
  }
}

/** Chunks of the task at word `at`. */
export function partOf(words: Int32Array, at: number): number {
  return (words[at]! & 255) === CHUNKS ? words[at + 3]! - words[at + 2]! : words[at + 3]!;
}

function taskAt(task: number): number {
  return TASKS_AT + (task & (TASKS_MAX - 1)) * TASK_WORDS;
}
