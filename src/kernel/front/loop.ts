import type { ForStatement } from "acorn";
import { condition, evaluate } from "./expression.ts";
import { ITERATIONS_MAX, type Lowering, REPETITIONS_MAX } from "./lowering.ts";
import { blockNames } from "./scope.ts";
import { block, declaration, declare, inScope } from "./statement.ts";

/** A `for` loop with constant bounds: its body as often as it runs. */
export function unroll(l: Lowering, node: ForStatement): void {
  inScope(l, () => {
    const { init } = node;
    if (init?.type === "VariableDeclaration") {
      for (const [name, constant] of blockNames([init])) declare(l, name, constant);
      declaration(l, init);
    } else if (init) evaluate(l, init);
    const outer = l.inside;
    l.inside = { breakable: true, loop: true };
    repeat(l, node);
    l.state.welcome("broken", l.never);
    l.inside = outer;
  });
}

function repeat(l: Lowering, { test, update, body, start }: ForStatement): void {
  const joins: (() => void)[] = [];
  for (let iteration = 0; ; iteration++) {
    if (test) {
      const goes = condition(l, test);
      if (goes.op !== "const") {
        l.source.fail(
          test.start,
          "the bounds of a loop must be constant",
          "loop up to a constant, and break when it is enough",
        );
      }
      if (goes.value === 0) break;
    }
    if (iteration >= ITERATIONS_MAX || l.repetitions++ >= REPETITIONS_MAX) {
      const most = (iteration >= ITERATIONS_MAX ? ITERATIONS_MAX : REPETITIONS_MAX).toLocaleString("en");
      l.source.fail(start, `loops are unrolled, at most ${most} times`, "loop less often");
    }
    block(l, [body]);
    l.state.welcome("continued", l.never);
    const gone = l.state.gone(l.graph);
    if (gone === l.always) break;
    if (gone !== l.never) joins.push(l.narrow(l.graph.op("not", gone)));
    if (update) evaluate(l, update);
  }
  for (const join of joins.reverse()) join();
}
