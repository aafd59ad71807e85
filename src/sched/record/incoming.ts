import { WorldloomError } from "../../core/errors.ts";
import { applyCommands } from "../../ecs/apply.ts";
import { Commands } from "../../ecs/commands.ts";
import type { Component, RowInit, Schema } from "../../ecs/component.ts";
import type { InputType } from "../../ecs/event.ts";
import { checkValues } from "../../ecs/operations.ts";
import type { Simulation } from "../simulation.ts";
import type { ByteReader, ByteWriter } from "./bytes.ts";
import { badRecording } from "./frame.ts";

/** Commands that were applied together, or inputs that were queued one after the other. */
export type Group = readonly Commands[];

/** What came into a simulation between two ticks, in its order, kept as commands: inputs are commands, too. */
export class Incoming {
  readonly #simulation: Simulation;
  #groups: Commands[][] = [];
  /** The group of the inputs that came last, if nothing else came after them. */
  #inputs: Commands | undefined;

  constructor(simulation: Simulation) {
    this.#simulation = simulation;
  }

  get length(): number {
    return this.#groups.length;
  }

  input(type: InputType, values: RowInit<Schema> | undefined): void {
    this.#inputs ??= this.#begin();
    putInput(this.#inputs, type, values);
  }

  commands(buffers: readonly Commands[]): void {
    this.#inputs = undefined;
    this.#groups.push(buffers.map(copyOf));
  }

  /** What came since the last call. */
  take(): readonly Group[] {
    const groups = this.#groups;
    for (const group of groups) for (const buffer of group) buffer.offsets();
    this.#groups = [];
    this.#inputs = undefined;
    return groups;
  }

  #begin(): Commands {
    const buffer = new Commands(this.#simulation.world.core, 0);
    this.#groups.push([buffer]);
    return buffer;
  }
}

/** An input as a command. Throws what bad values throw, `component-unknown`. */
export function putInput(buffer: Commands, type: InputType, values: RowInit<Schema> | undefined): void {
  const component = type?.component as unknown as Component;
  const id = buffer.core.schema.idOfPart(type, "input");
  buffer.putInput({ id, values: checkValues(component, values) });
}

/** A buffer with the same commands. */
function copyOf(buffer: Commands): Commands {
  buffer.offsets();
  return made(buffer.core, buffer.source, buffer.tickets, buffer.words.slice(0, buffer.length), buffer.texts);
}

export function writeGroups(out: ByteWriter, groups: readonly Group[]): void {
  out.u32(groups.length);
  for (const group of groups) {
    out.u32(group.length);
    for (const buffer of group) {
      out.f64(buffer.source).u32(buffer.tickets).u32(buffer.length).f64s(buffer.words.subarray(0, buffer.length));
      out.u32(buffer.texts.length);
      for (const text of buffer.texts) out.text(text);
    }
  }
}

/** The groups for a world of the same schema. Throws `bad-file`. */
export function readGroups(from: ByteReader, core: Commands["core"]): readonly Group[] {
  return counted(from, () =>
    counted(from, () => {
      const [source, tickets, length] = [from.f64(), from.u32(), from.u32()];
      const words = from.f64s(length);
      return made(
        core,
        source,
        tickets,
        words,
        counted(from, () => from.text()),
      );
    }),
  );
}

/**
 * Applies groups that were read, by `apply`. Throws `bad-file` where they are not commands that a world has made, else what
 * commands throw.
 */
export function applyGroups(groups: readonly Group[], apply: (group: Group) => unknown): void {
  for (const group of groups) {
    for (const { words } of group) checkLengths(words);
    try {
      apply(group);
    } catch (cause) {
      if (cause instanceof WorldloomError) throw cause;
      throw damaged(cause);
    }
  }
}

/** Applies what has come in before; no observer is told again. */
export function applyAgain(core: Commands["core"], group: Group): void {
  const { noted } = core.observers;
  applyCommands(core, group, false);
  core.observers.drop(noted);
}

/** Each command says its length, so that who reads them comes to the end. */
function checkLengths(words: Float64Array): void {
  let at = 0;
  while (at < words.length) {
    const length = words[at + 1]!;
    if (!(length >= 2 && Number.isInteger(length))) throw damaged();
    at += length;
  }
  if (at !== words.length) throw damaged();
}

function damaged(cause?: unknown): WorldloomError {
  return badRecording("what came in is not what a world was given", {}, cause);
}

function counted<T>(from: ByteReader, read: () => T): T[] {
  const items: T[] = [];
  for (let left = from.u32(); left > 0; left--) items.push(read());
  return items;
}

/** A finished buffer: `count` stays 0, so nothing is written into its words when it is applied. */
function made(
  core: Commands["core"],
  source: number,
  tickets: number,
  words: Float64Array,
  texts: readonly string[],
): Commands {
  const buffer = new Commands(core, source);
  buffer.words = words;
  buffer.length = words.length;
  buffer.tickets = tickets;
  // One by one: as arguments of one call there may be too many.
  for (const text of texts) buffer.texts.push(text);
  return buffer;
}
