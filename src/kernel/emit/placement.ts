import { locator } from "../frame.ts";
import { Code } from "./code.ts";
import { assemble } from "./module.ts";

/**
 * A module with a function `run(entities, count, parameters)` that writes a locator for each of `count` entities, whose ids
 * are at byte offset `entities`, in running rows. Parameters are words: where the locators are, the number of them less
 * one, the byte offset of the first row, and the bytes from one row to the next.
 */
export function emitPlacement(shared: boolean): Uint8Array<ArrayBuffer> {
  const code = new Code(["entities", "count", "parameters"], false);
  const [entities, count, parameters] = [0, 1, 2];
  const [locators, mask, row, bytes, at] = [0, 0, 0, 0, 0].map(() => code.local("i32")) as [
    number,
    number,
    number,
    number,
    number,
  ];
  for (const [word, local] of [locators, mask, row, bytes].entries()) {
    code.get(parameters);
    code.memory("i32.load", word * 4);
    code.set(local);
  }
  code.get(count);
  code.open("if");
  code.open("loop");
  code.get(entities);
  code.memory("i32.load", 0);
  code.get(mask);
  code.op("i32.and");
  code.i32(31 - Math.clz32(locator.words * 4));
  code.op("i32.shl");
  code.get(locators);
  code.op("i32.add");
  code.tee(at);
  code.get(entities);
  code.memory("i32.load", 0);
  code.memory("i32.store", locator.entity * 4);
  code.get(at);
  code.get(row);
  code.memory("i32.store", locator.row * 4);
  for (const [local, step] of [
    [entities, () => code.i32(4)],
    [row, () => code.get(bytes)],
    [count, () => code.i32(-1)],
  ] as const) {
    code.get(local);
    step();
    code.op("i32.add");
    code.set(local);
  }
  code.get(count);
  code.op("br_if", 0);
  code.end();
  code.end();
  return assemble([{ name: "run", body: code.body() }], shared, false);
}
