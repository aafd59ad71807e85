import { describe } from "vitest";
import { parallel, serial } from "../../src/index.ts";
import { conforms } from "./executor.suite.ts";

describe("serial", () => conforms(serial, serial));
describe.for([1, 2, 3])("parallel with %i threads", (threads) => {
  conforms(() => parallel({ threads, commandBytes: 1 << 20 }), serial);
});
describe.for([2, 8])("parallel with %i threads, whatever it takes", (threads) => {
  conforms(() => parallel({ threads, commandBytes: 1 << 20, eager: true }), serial);
});
