import { describe } from "vitest";
import { conforms } from "./engine.suite.ts";
import { toyEngine } from "./toy-engine.ts";

const head = "state n 0\nwrites Position\n";

describe("an engine of somebody else's", () => {
  conforms(toyEngine, {
    counter: `${head}on onStart\nset State.n 100\non onUpdate\nadd Position.x 1\nadd Position.y $0`,
    counter2: `${head}on onUpdate\nadd Position.x 10`,
    silent: head,
    failing: `${head}on onUpdate\nset Position.x 7\nunless State.n\nfail broken`,
    endless: `${head}on onUpdate\nset Position.x 7\nunless State.n\nloop`,
    hosted: `${head}on onUpdate\ncall Probe.note State.n\non onStart\ncall Probe.refuse\non onDestroy\ncall Probe.stop`,
    echo: `${head}on echo\nreturn $0`,
    heap: `${head}on onUpdate\nadd heap.1 1\nset State.n heap.1`,
    waits: `${head}on onStart\nwait 3\nset State.n 5`,
    listens: `${head}on onStart\nwaitFor Hit\nset State.n 6`,
    malformed: "state n 0\nwhat is this",
  });
});
