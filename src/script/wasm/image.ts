import { WorldloomError } from "../../core/errors.ts";
import { PAGE_BYTES } from "../../native/memory.ts";

/** What the image holds of a program besides its memory. */
export interface ImageProgram {
  readonly name: string;
  /** 32 hexadecimal digits. */
  readonly hash: string;
  readonly pages: number;
  readonly globals: number;
  /** Where the guest's lists are, and how long that memory is; 0 for none. */
  readonly listsAt: number;
  readonly listsBytes: number;
}

/** Bytes that a name takes at most. */
const NAME_MAX = 64;
/** Most mutable globals of a module. */
export const GLOBALS_MAX = 4096;

/**
 * All that decides what the guests of a domain will do: their memories, globals and instances in one piece of memory, as they
 * were after the last call that succeeded. Everything is in the bytes; whoever overwrites them has the domain of then.
 */
export class Image {
  #bytes: Uint8Array<ArrayBuffer>;
  #words: Int32Array<ArrayBuffer>;
  /** By program; undefined where they were not counted since instances came or went. */
  #counts: Int32Array | undefined;

  constructor(bytes = 0) {
    const length = bytes || imageBytes(PROGRAMS, INSTANCES);
    this.#bytes = new Uint8Array(length);
    this.#words = new Int32Array(this.#bytes.buffer);
    this.#words.set([MAGIC, 0, PROGRAMS, INSTANCES, 0, 0, 0]);
  }

  get bytes(): Uint8Array<ArrayBuffer> {
    return this.#bytes;
  }

  /** Throws `script-state` if the bytes are no image. */
  verify(): void {
    this.#counts = undefined;
    if (this.#isWhole()) return;
    throw new WorldloomError(
      "script-state",
      "The image of the WebAssembly domain is damaged; start its scripts afresh.",
    );
  }

  get programs(): number {
    return this.#words[head.programs]!;
  }

  /** The number of the program of that name, from 1; 0 for none. */
  find(name: string): number {
    for (let program = 1; program <= this.programs; program++) if (this.program(program).name === name) return program;
    return 0;
  }

  program(program: number): ImageProgram {
    const at = this.#entry(program) >> 2;
    const words = this.#words;
    const bytes = this.#bytes.subarray(at * 4, at * 4 + ENTRY_BYTES);
    const name = String.fromCharCode(...bytes.subarray(entry.name * 4, entry.name * 4 + words[at + entry.nameBytes]!));
    const hash = Buffer.from(bytes.buffer, bytes.byteOffset + entry.hash * 4, HASH_BYTES).toString("hex");
    return {
      name,
      hash,
      pages: words[at + entry.pages]!,
      globals: words[at + entry.globals]!,
      listsAt: words[at + entry.listsAt]! >>> 0,
      listsBytes: words[at + entry.listsBytes]! >>> 0,
    };
  }

  /** Adds a program, or gives one other contents, with zeros for memory and globals. Returns its number. */
  place(program: number, contents: ImageProgram): number {
    const isNew = program === 0;
    const capacity = this.#words[head.programCapacity]!;
    const before = isNew ? undefined : this.program(program);
    if (isNew || before!.pages !== contents.pages || globalBytes(before!.globals) !== globalBytes(contents.globals)) {
      const count = this.programs + (isNew ? 1 : 0);
      this.#rebuild(count > capacity ? capacity * 2 : capacity, this.#words[head.instanceCapacity]!, program, contents);
    } else this.#bytes.fill(0, this.memoryAt(program), this.#slotEnd(program));
    const number = isNew ? this.programs : program;
    this.#describe(number, contents);
    return number;
  }

  /** Notes where lists are. */
  setLists(program: number, at: number, bytes: number): void {
    const words = this.#entry(program) >> 2;
    this.#words[words + entry.listsAt] = at;
    this.#words[words + entry.listsBytes] = bytes;
  }

  /** Gives the memory of a program another size; what was in it, and the globals, stay. */
  setPages(program: number, pages: number): void {
    const before = this.program(program);
    const memory = this.#bytes.slice(this.memoryAt(program), this.globalsAt(program));
    const globals = this.#bytes.slice(this.globalsAt(program), this.#slotEnd(program));
    this.place(program, { ...before, pages });
    this.#bytes.set(memory.subarray(0, pages * PAGE_BYTES), this.memoryAt(program));
    this.#bytes.set(globals, this.globalsAt(program));
  }

  /** Pages of the memory of a program. */
  pagesOf(program: number): number {
    return this.#words[(this.#entry(program) >> 2) + entry.pages]!;
  }

  /** Whether its lists are there. */
  hasLists(program: number, at: number, bytes: number): boolean {
    const words = this.#entry(program) >> 2;
    return this.#words[words + entry.listsAt]! >>> 0 === at && this.#words[words + entry.listsBytes]! >>> 0 === bytes;
  }

  /** Byte offset of the memory of a program. */
  memoryAt(program: number): number {
    return this.#words[(this.#entry(program) >> 2) + entry.slot]!;
  }

  /** Byte offset of its globals, 8 bytes each. */
  globalsAt(program: number): number {
    return this.memoryAt(program) + this.pagesOf(program) * PAGE_BYTES;
  }

  /** A number for an instance: the one that was given back last, or the next. */
  addInstance(program: number, entity: number): number {
    const free = this.#words[head.free]!;
    const instance = free === 0 ? this.#words[head.instances]! + 1 : free;
    const capacity = this.#words[head.instanceCapacity]!;
    if (instance > capacity) this.#rebuild(this.#words[head.programCapacity]!, capacity * 2);
    const at = this.#instance(instance);
    if (free === 0) this.#words[head.instances] = instance;
    else this.#words[head.free] = this.#words[at + 1]!;
    this.#words[at] = entity;
    this.#words[at + 1] = program;
    this.#counts = undefined;
    return instance;
  }

  removeInstance(instance: number): void {
    const at = this.#instance(instance);
    if (instance < 1 || instance > this.#words[head.instances]! || this.#words[at] === 0) return;
    this.#words[at] = 0;
    this.#words[at + 1] = this.#words[head.free]!;
    this.#words[head.free] = instance;
    this.#counts = undefined;
  }

  /** [instance, entity, program] triples, ascending. */
  instances(): Int32Array {
    const triples: number[] = [];
    for (let instance = 1; instance <= this.#words[head.instances]!; instance++) {
      const at = this.#instance(instance);
      if (this.#words[at] !== 0) triples.push(instance, this.#words[at]!, this.#words[at + 1]!);
    }
    return Int32Array.from(triples);
  }

  instancesOf(program: number): number {
    this.#counts ??= this.#count();
    return this.#counts[program] ?? 0;
  }

  #count(): Int32Array {
    const counts = new Int32Array(this.programs + 1);
    for (let instance = 1; instance <= this.#words[head.instances]!; instance++) {
      const at = this.#instance(instance);
      if (this.#words[at] !== 0) counts[this.#words[at + 1]!]!++;
    }
    return counts;
  }

  #instance(instance: number): number {
    return (instancesAt(this.#words[head.programCapacity]!) + (instance - 1) * INSTANCE_BYTES) >> 2;
  }

  #entry(program: number): number {
    return HEAD_BYTES + (program - 1) * ENTRY_BYTES;
  }

  #describe(program: number, { name, hash, pages, globals, listsAt, listsBytes }: ImageProgram): void {
    const at = this.#entry(program) >> 2;
    const words = this.#words;
    words[at + entry.pages] = pages;
    words[at + entry.globals] = globals;
    words[at + entry.listsAt] = listsAt;
    words[at + entry.listsBytes] = listsBytes;
    words[at + entry.nameBytes] = name.length;
    this.#bytes.fill(0, (at + entry.hash) * 4, (at + entry.name) * 4 + NAME_MAX);
    this.#bytes.set(Buffer.from(hash, "hex"), (at + entry.hash) * 4);
    this.#bytes.set(Buffer.from(name, "latin1"), (at + entry.name) * 4);
  }

  #slotEnd(program: number): number {
    const { pages, globals } = this.program(program);
    return this.memoryAt(program) + slotBytes(pages, globals);
  }

  #isWhole(): boolean {
    const words = this.#words;
    const [magic, programs, programCapacity, instanceCapacity, instances, free] = Array.from(words.subarray(0, 6));
    if (magic !== MAGIC || !within(programCapacity!, 1, PROGRAMS_MAX) || !within(programs!, 0, programCapacity!))
      return false;
    if (!within(instanceCapacity!, 1, this.#bytes.length) || !within(instances!, 0, instanceCapacity!)) return false;
    let at = imageBytes(programCapacity!, instanceCapacity!);
    if (at > this.#bytes.length || !within(free!, 0, instances!)) return false;
    for (let program = 1; program <= programs!; program++) {
      const first = this.#entry(program) >> 2;
      const [slot, pages, globals, listsAt, listsBytes, nameBytes] = Array.from(words.subarray(first, first + 6));
      if (slot !== at || !within(pages!, 0, PAGES_MAX) || !within(globals!, 0, GLOBALS_MAX)) return false;
      if ((listsAt! >>> 0) + (listsBytes! >>> 0) > pages! * PAGE_BYTES || !within(nameBytes!, 1, NAME_MAX))
        return false;
      at += slotBytes(pages!, globals!);
    }
    return at === this.#bytes.length;
  }

  /** Moves everything to memory with other capacities; `program` gets a slot for `contents`, a new one where it is 0. */
  #rebuild(programCapacity: number, instanceCapacity: number, program = -1, contents?: ImageProgram): void {
    const old = { bytes: this.#bytes, slots: [] as [from: number, to: number][], words: this.#words };
    for (let p = 1; p <= this.programs; p++) old.slots.push([this.memoryAt(p), this.#slotEnd(p)]);
    const oldInstances = instancesAt(old.words[head.programCapacity]!);
    const used = old.words[head.instances]! * INSTANCE_BYTES;
    const slots: { bytes: number; from?: [number, number] }[] = old.slots.map((from, p) =>
      p + 1 === program ? { bytes: slotBytes(contents!.pages, contents!.globals) } : { bytes: from[1] - from[0], from },
    );
    if (program === 0) slots.push({ bytes: slotBytes(contents!.pages, contents!.globals) });
    let at = imageBytes(programCapacity, instanceCapacity);
    this.#bytes = new Uint8Array(slots.reduce((sum, { bytes }) => sum + bytes, at));
    this.#words = new Int32Array(this.#bytes.buffer);
    this.#bytes.set(old.bytes.subarray(0, HEAD_BYTES + old.slots.length * ENTRY_BYTES));
    this.#bytes.set(old.bytes.subarray(oldInstances, oldInstances + used), instancesAt(programCapacity));
    this.#words[head.programs] = slots.length;
    this.#words[head.programCapacity] = programCapacity;
    this.#words[head.instanceCapacity] = instanceCapacity;
    slots.forEach(({ bytes, from }, p) => {
      this.#words[(this.#entry(p + 1) >> 2) + entry.slot] = at;
      if (from !== undefined) this.#bytes.set(old.bytes.subarray(...from), at);
      at += bytes;
    });
  }
}

const MAGIC = 0x6d736177;
/** What parts are rounded up to: the unit in which regions are compared. */
const PART_BYTES = 4096;
const HEAD_BYTES = 256;
const ENTRY_BYTES = 128;
const HASH_BYTES = 16;
const INSTANCE_BYTES = 8;
/** At first; they double. */
const PROGRAMS = 14;
const INSTANCES = 512;
const PROGRAMS_MAX = 1 << 16;
/** Pages of one memory of 32 bits. */
const PAGES_MAX = 1 << 16;

/** Words of the head. `free` is the instance that was given back last; each has the one before it behind its entity, 0. */
const head = { magic: 0, programs: 1, programCapacity: 2, instanceCapacity: 3, instances: 4, free: 5 } as const;
/** Words of a program's entry. */
const entry = { slot: 0, pages: 1, globals: 2, listsAt: 3, listsBytes: 4, nameBytes: 5, hash: 6, name: 10 } as const;

function within(value: number, least: number, most: number): boolean {
  return value >= least && value <= most;
}

function round(bytes: number): number {
  return Math.ceil(bytes / PART_BYTES) * PART_BYTES;
}

function instancesAt(programCapacity: number): number {
  return round(HEAD_BYTES + programCapacity * ENTRY_BYTES);
}

function imageBytes(programCapacity: number, instanceCapacity: number): number {
  return instancesAt(programCapacity) + round(instanceCapacity * INSTANCE_BYTES);
}

function globalBytes(globals: number): number {
  return round(globals * 8);
}

function slotBytes(pages: number, globals: number): number {
  return pages * PAGE_BYTES + globalBytes(globals);
}
