import { BRANCHES_MAX, ELEMENTS_MAX, NESTING_MAX } from "../../tensor/format.ts";
import type { Instruction, Reader, Run } from "./reader.ts";
import { BOOL, type Cut, I32, type View } from "./view.ts";

type Body = readonly Instruction[];
/** Reads instructions as far as the reader goes. */
type ReadBody = (reader: Reader) => Body;

export function readRows(reader: Reader, readBody: ReadBody): Instruction {
  const extent = reader.below(ELEMENTS_MAX + 1);
  const symbolic = reader.below(2) === 1;
  const block = reader.below(ELEMENTS_MAX + 1);
  reader.check(block > 0);
  const cut: Cut = { extent, block };
  reader.check(reader.cut === undefined);
  const instruction: { body: Body } & Instruction = {
    body: [],
    operands: [],
    fits(leading) {
      cut.extent = extent * (symbolic ? leading : 1);
      return cut.extent <= ELEMENTS_MAX;
    },
    run(run) {
      for (let first = 0; first < cut.extent; first += block) {
        const rows = Math.min(block, cut.extent - first);
        for (const { operands } of this.body) for (const view of operands) view.block(first, rows);
        execute(this.body, run);
      }
    },
  };
  const words = reader.word();
  reader.cut = cut;
  instruction.body = nested(reader, words, readBody);
  reader.cut = undefined;
  return instruction;
}

export function readLoop(reader: Reader, readBody: ReadBody): Instruction {
  reader.check(reader.cut === undefined);
  const count = reader.word();
  const words = reader.word();
  const counter = reader.output();
  const body = nested(reader, words, readBody);
  checkScalar(reader, counter, I32);
  return {
    operands: [counter],
    run(run) {
      for (let i = 0; i < count; i++) {
        counter.values[counter.at] = i;
        execute(body, run);
      }
    },
  };
}

export function readWhile(reader: Reader, readBody: ReadBody): Instruction {
  reader.check(reader.cut === undefined);
  const testWords = reader.word();
  const words = reader.word();
  const condition = reader.operand();
  const test = nested(reader, testWords, readBody);
  const body = nested(reader, words, readBody);
  checkScalar(reader, condition, BOOL);
  return {
    operands: [condition],
    run(run) {
      for (;;) {
        execute(test, run);
        if (condition.values[condition.at] === 0) return;
        execute(body, run);
      }
    },
  };
}

export function readBranch(reader: Reader, readBody: ReadBody): Instruction {
  reader.check(reader.cut === undefined);
  const count = reader.below(BRANCHES_MAX + 1);
  reader.check(count > 0);
  const words = Array.from({ length: count }, () => reader.word());
  const selector = reader.operand();
  const bodies = words.map((each) => nested(reader, each, readBody));
  checkScalar(reader, selector, I32);
  return {
    operands: [selector],
    run(run) {
      const choice = Math.max(0, Math.min(selector.values[selector.at]!, count - 1));
      execute(bodies[choice]!, run);
    },
  };
}

export function execute(body: Body, run: Run): void {
  for (let i = 0; i < body.length; i++) body[i]!.run(run);
}

/** Refuses what is no scalar of `dtype`: what bodies are about is looked at behind them. */
function checkScalar(reader: Reader, view: View, dtype: number): void {
  reader.check(view.rank === 0 && view.dtype === dtype);
}

/** The next `words` as a body. */
function nested(reader: Reader, words: number, readBody: ReadBody): Body {
  const { index } = reader;
  reader.check(reader.nesting < NESTING_MAX);
  const outer = reader.enter(words);
  reader.nesting++;
  const body = readBody(reader);
  reader.nesting--;
  reader.index = index;
  reader.leave(outer);
  return body;
}
