const NAME_BYTES = 32;
const HASH_BYTES = 32;
const PROGRAMS_MAX = 16;
const INSTANCES_MAX = 1024;
const TASKS_MAX = 256;
/** Numbers that an instance keeps for itself. */
export const HEAP_SLOTS = 4;
const INSTANCE_BYTES = 16 + HEAP_SLOTS * 8;
const TASK_BYTES = 16;
const INSTANCES_AT = 64 + PROGRAMS_MAX * (NAME_BYTES + HASH_BYTES);
const TASKS_AT = INSTANCES_AT + INSTANCES_MAX * INSTANCE_BYTES;
export const TOY_BYTES = Math.ceil((TASKS_AT + TASKS_MAX * TASK_BYTES) / 65_536) * 65_536;

/** A task that waits: where it goes on. */
export interface ToyTask {
  readonly task: number;
  readonly instance: number;
  /** Number of the function in its chunk, and of the instruction. */
  readonly fn: number;
  readonly at: number;
}

/** All that a toy machine keeps between calls, in bytes that can be copied anywhere. */
export class ToyMemory {
  readonly bytes = new Uint8Array(TOY_BYTES);
  readonly #view = new DataView(this.bytes.buffer);

  /** The number of a program by name, made if need be, and its version. */
  program(name: string, hash: string): number {
    const names = this.programs();
    let at = names.findIndex((known) => known.name === name);
    if (at < 0) {
      at = names.length;
      this.#view.setUint32(0, at + 1, true);
    }
    this.#write(64 + at * 64, NAME_BYTES, name);
    this.#write(64 + at * 64 + NAME_BYTES, HASH_BYTES, hash);
    return at;
  }

  programs(): { name: string; hash: string }[] {
    return Array.from({ length: this.#view.getUint32(0, true) }, (_, at) => ({
      name: this.#read(64 + at * 64, NAME_BYTES),
      hash: this.#read(64 + at * 64 + NAME_BYTES, HASH_BYTES),
    }));
  }

  /** The number of a new instance, from 1; 0 if there is no room. */
  instantiate(entity: number, program: number): number {
    for (let i = 1; i <= INSTANCES_MAX; i++) {
      const at = this.#instanceAt(i);
      if (this.#view.getUint32(at, true) !== 0) continue;
      this.#view.setUint32(at, 1, true);
      this.#view.setInt32(at + 4, entity, true);
      this.#view.setUint32(at + 8, program, true);
      return i;
    }
    return 0;
  }

  discard(instance: number): void {
    this.bytes.fill(0, this.#instanceAt(instance), this.#instanceAt(instance + 1));
    for (const { task, instance: owner } of this.tasks()) if (owner === instance) this.endTask(task);
  }

  /** [instance, entity, program] of all. */
  instances(): Int32Array {
    const found: number[] = [];
    for (let i = 1; i <= INSTANCES_MAX; i++) {
      const at = this.#instanceAt(i);
      if (this.#view.getUint32(at, true) !== 0)
        found.push(i, this.#view.getInt32(at + 4, true), this.#view.getUint32(at + 8, true));
    }
    return Int32Array.from(found);
  }

  heap(instance: number, slot: number): number {
    return this.#view.getFloat64(this.#instanceAt(instance) + 16 + slot * 8, true);
  }
  setHeap(instance: number, slot: number, value: number): void {
    this.#view.setFloat64(this.#instanceAt(instance) + 16 + slot * 8, value, true);
  }

  /** The number of a task, from 1. */
  addTask(instance: number, fn: number, at: number): number {
    for (let t = 1; t <= TASKS_MAX; t++) {
      const offset = TASKS_AT + (t - 1) * TASK_BYTES;
      if (this.#view.getUint32(offset, true) !== 0) continue;
      for (const [i, value] of [instance, fn, at].entries()) this.#view.setUint32(offset + i * 4, value, true);
      return t;
    }
    return 0;
  }

  tasks(): ToyTask[] {
    const found: ToyTask[] = [];
    for (let t = 1; t <= TASKS_MAX; t++) {
      const offset = TASKS_AT + (t - 1) * TASK_BYTES;
      const [instance, fn, at] = [0, 4, 8].map((more) => this.#view.getUint32(offset + more, true));
      if (instance !== 0) found.push({ task: t, instance: instance!, fn: fn!, at: at! });
    }
    return found;
  }

  endTask(task: number): void {
    this.bytes.fill(0, TASKS_AT + (task - 1) * TASK_BYTES, TASKS_AT + task * TASK_BYTES);
  }

  #instanceAt(instance: number): number {
    return INSTANCES_AT + (instance - 1) * INSTANCE_BYTES;
  }
  #write(at: number, bytes: number, text: string): void {
    this.bytes.fill(0, at, at + bytes);
    this.bytes.set(new TextEncoder().encode(text).subarray(0, bytes), at);
  }
  #read(at: number, bytes: number): string {
    return new TextDecoder().decode(this.bytes.subarray(at, at + bytes)).replaceAll("\0", "");
  }
}
