import { WorldloomError } from "../../core/errors.ts";
import type { Commands } from "../../ecs/commands.ts";
import { Commands as Buffer } from "../../ecs/commands.ts";
import type { Core } from "../../ecs/core.ts";

/** What of each buffer comes before its words: system, chunk, count, last, tickets, words, bytes of its texts. */
const HEAD = 7;
/** Words at the start: how many are in use. */
const START = 1;

/** A buffer that a lane recorded: of which system and chunk. */
export interface Recorded {
  readonly system: number;
  readonly chunk: number;
  readonly commands: Commands;
}

/** Where a lane leaves its commands for the main thread: a fixed number of f64 words of shared memory. */
export class Segment {
  readonly words: Float64Array<SharedArrayBuffer>;
  /** Commands that were read before, for use again. */
  readonly #pool: Commands[] = [];

  constructor(words: Float64Array<SharedArrayBuffer>) {
    this.words = words;
    if (words[0]! < START) words[0] = START;
  }

  clear(): void {
    this.words[0] = START;
  }

  /** Copies a buffer into the segment. Throws `lane-full`. */
  put(system: number, chunk: number, commands: Commands): void {
    const { words } = this;
    const last = commands.seal();
    const texts = commands.texts.length === 0 ? NO_BYTES : new TextEncoder().encode(JSON.stringify(commands.texts));
    const textWords = (texts.length + 7) >>> 3;
    const at = words[0]!;
    const end = at + HEAD + commands.length + textWords;
    if (end > words.length) {
      throw new WorldloomError(
        "lane-full",
        `A thread has room for ${words.length * 8} bytes of commands in a stage and needs ${end * 8} or more; raise commandBytes of parallel(), or use the bulk forms of commands.`,
        { limit: words.length * 8, needed: end * 8 },
      );
    }
    words[at] = system;
    words[at + 1] = chunk;
    words[at + 2] = commands.count;
    words[at + 3] = last;
    words[at + 4] = commands.tickets;
    words[at + 5] = commands.length;
    words[at + 6] = texts.length;
    words.set(commands.words.subarray(0, commands.length), at + HEAD);
    new Uint8Array(words.buffer, words.byteOffset + (at + HEAD + commands.length) * 8).set(texts);
    words[0] = end;
  }

  /** The buffers in the segment, for a world. They are views of it. */
  take(core: Core): Recorded[] {
    const { words } = this;
    const found: Recorded[] = [];
    for (let at = START; at < words[0]!; ) {
      const length = words[at + 5]!;
      const bytes = words[at + 6]!;
      const commands = (this.#pool[found.length] ??= new Buffer(core, 0));
      const from = at + HEAD;
      commands.take(
        words.subarray(from, from + length),
        words[at + 2]!,
        words[at + 3]!,
        words[at + 4]!,
        this.#texts(from + length, bytes),
      );
      found.push({ system: words[at]!, chunk: words[at + 1]!, commands });
      at = from + length + ((bytes + 7) >>> 3);
    }
    return found;
  }

  #texts(word: number, bytes: number): readonly string[] {
    if (bytes === 0) return [];
    // A decoder refuses shared memory.
    const copy = new Uint8Array(this.words.buffer, this.words.byteOffset + word * 8, bytes).slice();
    return JSON.parse(new TextDecoder().decode(copy)) as string[];
  }
}

const NO_BYTES = new Uint8Array(0);
