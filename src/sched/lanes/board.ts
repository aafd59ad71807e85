/** Kinds of tasks. */
export const CHUNKS = 1;
export const CALL = 2;

/** States of a task: the lowest 2 bits of a word, above which is the share it belongs to or the lane that took it. */
const OPEN = 0;
const RUNNING = 1;
const DONE = 2;
const LOST = 3;

/** Words at the start of the board. What one thread writes often is in another cache line than what others read. */
const WORD = {
  signal: 0,
  state: 1,
  sleepers: 2,
  root: 3,
  sync: 4,
  /** Which trace is kept, counted from 1; 0 for none. */
  tracing: 5,
  /** How many threads share the tasks. */
  shares: 6,
  /** No task before it is open. Tasks are counted on and on, past the largest number to the smallest: see {@link distance}. */
  head: 16,
  tail: 32,
  done: 48,
  waiting: 49,
} as const;
const TASKS_AT = 64;
/** Kind and the number of a name (above the lowest 8 bits), four operands, state; a cache line. */
const TASK_WORDS = 16;
const STATE = 5;

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
  /** Tasks that were written, of which others do not know yet. */
  #written = 0;

  constructor(words: Int32Array<SharedArrayBuffer>, spins: boolean) {
    this.words = words;
    this.#spins = spins ? SPINS : 0;
  }

  static bytes(): number {
    return (TASKS_AT + TASKS_MAX * TASK_WORDS) * 4;
  }

  // What the main thread does.

  set shares(count: number) {
    Atomics.store(this.words, WORD.shares, count);
  }

  /**
   * Writes a task, known to traces by the number of a name, for {@link call} to show. Share `share` of the threads takes it
   * unless it is late. There must be room: see {@link open}.
   */
  publish(kind: number, name: number, share: number, a: number, b: number, c: number, d: number): void {
    const { words } = this;
    const at = taskAt(words[WORD.tail]! + this.#written++);
    words[at] = kind | (name << 8);
    words[at + 1] = a;
    words[at + 2] = b;
    words[at + 3] = c;
    words[at + 4] = d;
    Atomics.store(words, at + STATE, OPEN | (share << 2));
  }

  /** Tasks that have not ended. */
  get open(): number {
    return distance(Atomics.load(this.words, WORD.done), Atomics.load(this.words, WORD.tail)) + this.#written;
  }

  /** Whether some task has not been taken yet. */
  get waiting(): boolean {
    return this.#firstOpen() !== Atomics.load(this.words, WORD.tail);
  }

  /** Shows what was written, and tells sleeping threads that there is something to do. */
  call(): void {
    const { words } = this;
    Atomics.add(words, WORD.tail, this.#written);
    this.#written = 0;
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

  /** Gives up the tasks that lanes have taken and not ended. Returns how many. */
  giveUp(lost: (lane: number) => boolean): number {
    let count = 0;
    this.#eachRunning((at, lane, state) => {
      if (!lost(lane) || Atomics.compareExchange(this.words, at + STATE, state, LOST) !== state) return;
      Atomics.add(this.words, WORD.done, 1);
      count++;
    });
    return count;
  }

  /** The lanes that have taken a task and not ended it. */
  running(): number[] {
    const lanes: number[] = [];
    this.#eachRunning((_, lane) => lanes.push(lane));
    return lanes;
  }

  /** The first operand of the task that a lane runs: the number of its system; -1 if there is none. */
  systemOf(lane: number): number {
    let system = -1;
    this.#eachRunning((at, other) => {
      if (other === lane && this.kindOf(at) === CHUNKS) system = this.words[at + 1]!;
    });
    return system;
  }

  #eachRunning(call: (at: number, lane: number, state: number) => void): void {
    for (let task = 0; task < TASKS_MAX; task++) {
      const state = Atomics.load(this.words, taskAt(task) + STATE);
      if ((state & 3) === RUNNING) call(taskAt(task), state >>> 2, state);
    }
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

  /**
   * Takes a task for `lane`: the word at which it is, or -1. A lane takes the first of its own share, so that it has the same
   * rows in system after system, and then the last of others.
   */
  claim(lane: number): number {
    const { words } = this;
    const tail = Atomics.load(words, WORD.tail);
    const head = this.#firstOpen();
    if (head === tail) return -1;
    const own = OPEN | ((lane % words[WORD.shares]!) << 2);
    const count = distance(head, tail);
    for (let i = 0; i < count; i++) {
      const at = taskAt(head + i) + STATE;
      if (Atomics.load(words, at) !== own) continue;
      if (Atomics.compareExchange(words, at, own, RUNNING | (lane << 2)) === own) return at - STATE;
    }
    for (let i = count - 1; i >= 0; i--) {
      const at = taskAt(head + i) + STATE;
      const state = Atomics.load(words, at);
      if ((state & 3) !== OPEN) continue;
      if (Atomics.compareExchange(words, at, state, RUNNING | (lane << 2)) === state) return at - STATE;
    }
    return -1;
  }

  /** The first task that nobody has taken; the end of the list if there is none. */
  #firstOpen(): number {
    const { words } = this;
    const tail = Atomics.load(words, WORD.tail);
    const start = Atomics.load(words, WORD.head);
    const count = distance(start, tail);
    let taken = 0;
    while (taken < count && (Atomics.load(words, taskAt(start + taken) + STATE) & 3) !== OPEN) taken++;
    const head = (start + taken) | 0;
    if (taken > 0) Atomics.compareExchange(words, WORD.head, start, head);
    return head;
  }

  /** Says that the task of `lane` at word `at` has ended; false if it was given up meanwhile: then the thread must end. */
  end(at: number, lane: number): boolean {
    const { words } = this;
    const running = RUNNING | (lane << 2);
    if (Atomics.compareExchange(words, at + STATE, running, DONE) !== running) return false;
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
      if (!this.waiting && Atomics.load(words, WORD.state) !== CLOSING)
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

/** How many tasks there are from one to another. */
function distance(from: number, to: number): number {
  return (to - from) | 0;
}

function taskAt(task: number): number {
  return TASKS_AT + (task & (TASKS_MAX - 1)) * TASK_WORDS;
}
