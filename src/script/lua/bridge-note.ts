import { add, type Code, constant, differs, get, load, set, shl, sub, when } from "../../native/assembly.ts";
import { UNDO_ENTRY_BYTES } from "../undo.ts";
import {
  aboveUnsigned,
  block,
  equals,
  give,
  I32,
  leave,
  leaveIf,
  lessUnsigned,
  loop,
  memoryPages,
  mul,
  type Routine,
  read,
  write,
} from "./assembler.ts";
import { setWord, word } from "./bridge-code.ts";
import { entry, SCRATCH, scratch, UNDO, WORLD } from "./bridge-layout.ts";

/**
 * `note(entry, at)`: the old value of an element goes to the undo log the first time that a call writes to its column, with the
 * whole row of a list, so that no call notes more than its row holds. 0 if the log is full.
 */
export const noteRoutine = (): Routine => {
  const [field, at, end, mark, bytes, left] = [0, 1, 2, 3, 4, 5];
  const serial = word(SCRATCH)(constant(scratch.serial));
  const column = word(SCRATCH)(shl(load(get(field), entry.column), constant(2)), scratch.bases);
  return {
    name: "note",
    parameters: [I32, I32],
    results: [I32],
    locals: [I32, I32, I32, I32],
    body: [
      ...set(mark, shl(load(get(field), entry.column), constant(2))),
      ...when(equals(word(SCRATCH)(get(mark), scratch.noted), serial), give(constant(1))),
      ...set(bytes, load(get(field), entry.bytes)),
      ...set(left, load(get(field), entry.stride)),
      ...when(
        differs(get(left), get(bytes)),
        set(at, add(column, mul(word(SCRATCH)(constant(scratch.row)), get(left)))),
        set(bytes, constant(8)),
      ),
      ...set(end, word(UNDO)(constant(0))),
      ...loop(
        when(
          aboveUnsigned(add(get(end), constant(UNDO_ENTRY_BYTES)), shl(memoryPages(UNDO), constant(16))),
          give(constant(0)),
        ),
        when(lessUnsigned(get(left), get(bytes)), set(bytes, load(get(field), entry.bytes))),
        setWord(UNDO)(get(end), get(at)),
        setWord(UNDO)(get(end), get(bytes), 4),
        copyOld(get(end), get(at), get(bytes)),
        set(end, add(get(end), constant(UNDO_ENTRY_BYTES))),
        set(at, add(get(at), get(bytes))),
        set(left, sub(get(left), get(bytes))),
        leaveIf(0, get(left)),
      ),
      ...setWord(UNDO)(constant(0), get(end)),
      ...setWord(SCRATCH)(get(mark), serial, scratch.noted),
      ...constant(1),
    ],
  };
};

/** Copies 1, 2, 4 or 8 bytes of the world into an entry of the undo log. */
function copyOld(end: Code, at: Code, bytes: Code): Code {
  const unless = (size: number): Code => leaveIf(0, differs(bytes, constant(size)));
  const OLD = 8;
  return block(
    block(unless(4), write(0x36, UNDO)(end, read(0x28, WORLD)(at), OLD), leave(1)),
    block(unless(8), write(0x37, UNDO)(end, read(0x29, WORLD)(at), OLD), leave(1)),
    block(unless(2), write(0x3b, UNDO)(end, read(0x2f, WORLD)(at), OLD), leave(1)),
    write(0x3a, UNDO)(end, read(0x2d, WORLD)(at), OLD),
  );
}
