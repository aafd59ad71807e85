import { instructions, type Instruction as Opcode } from "../../tensor/format.ts";
import { readCholesky } from "./cholesky.ts";
import { readBranch, readLoop, readRows, readWhile } from "./control.ts";
import { readCumulate } from "./cumulate.ts";
import { readDot } from "./dot.ts";
import { readFuse } from "./fuse.ts";
import { readLu } from "./lu.ts";
import { readPut, readPutAlong } from "./put.ts";
import type { Instruction, Reader } from "./reader.ts";
import { readReduce } from "./reduce.ts";
import { readLoad, readStore } from "./segments.ts";
import { readSlice, readUpdate } from "./slice.ts";
import { readSort } from "./sort.ts";
import { readTake, readTakeAlong } from "./take.ts";
import { readTriangular } from "./triangular.ts";

/** Reads instructions as far as the reader goes. */
export function readInstructions(reader: Reader): Instruction[] {
  const list: Instruction[] = [];
  while (reader.at < reader.end) list.push(readInstruction(reader));
  return list;
}

function readInstruction(reader: Reader): Instruction {
  const index = reader.next();
  const opcode = instructions[reader.word()];
  reader.check(opcode !== undefined);
  const words = reader.word();
  reader.check(words >= 2);
  const outer = reader.enter(words - 2);
  const instruction = readers[opcode!](reader, readInstructions);
  reader.leave(outer);
  reader.instructions[index] = instruction;
  return instruction;
}

const readers: Readonly<Record<Opcode, (reader: Reader, body: typeof readInstructions) => Instruction>> = {
  fuse: (reader) => readFuse(reader),
  reduce: readReduce,
  cumulate: readCumulate,
  dot: readDot,
  take: readTake,
  takeAlong: readTakeAlong,
  put: readPut,
  putAlong: readPutAlong,
  sort: readSort,
  slice: readSlice,
  update: readUpdate,
  cholesky: readCholesky,
  lu: readLu,
  triangular: readTriangular,
  load: readLoad,
  store: readStore,
  rows: readRows,
  loop: readLoop,
  while: readWhile,
  branch: readBranch,
};
