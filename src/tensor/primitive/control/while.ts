import { WorldloomError } from "../../../core/errors.ts";
import { bind } from "../../bind.ts";
import { evaluate, type Graph } from "../../graph.ts";
import { strictScope } from "../../scope.ts";
import { Tensor } from "../../tensor.ts";
import { concrete } from "../../trace/concrete.ts";
import { batchedGraph, closed, type Derived, dualGraph } from "../../trace/derive.ts";
import type { Value } from "../../value.ts";
import { op, reduce, repeatFirst } from "../exact.ts";
import type { Batched, Dual, Primitive, SomeBatched } from "../primitive.ts";
import { filled, held, reordered, repeated, resultsOf, wide } from "./body.ts";

export interface WhileParams {
  /** Inputs: constants, state. One result: whether there is another pass (bool scalar). */
  readonly test: Graph;
  /** The same inputs. Results: the next state. */
  readonly body: Graph;
  readonly constants: number;
}

/** The state after as many passes of a body as a test says. */
export const whileRow: Primitive<WhileParams> = {
  name: "whileLoop",
  shapes: (_, { body }) => resultsOf(body),
  execute: (inputs, { test, body, constants }) => {
    const known = inputs.slice(0, constants);
    return strictScope(() => {
      let state = inputs.slice(constants).map(held);
      while (isTrue(test, [...known, ...state])) {
        const next = strictScope(() => evaluate(body, [...known, ...state]).map(held));
        for (const value of state) if (value instanceof Tensor) value.dispose();
        state = next;
      }
      return state;
    });
  },
  lower: (emit, inputs, outputs, { test, body, constants }) => {
    const operands = [...inputs.slice(0, constants), ...outputs];
    outputs.forEach((output, i) => {
      emit.copy(inputs[constants + i]!, output);
    });
    const condition = emit.temporary("bool", []);
    emit.while(
      condition,
      () => emit.graph(test, operands, [condition]),
      () => emit.graph(body, operands, outputs),
    );
  },
  jvp: "none",
  dual: dualWhile,
  split: () => {
    throw new WorldloomError(
      "tensor-gradient",
      "whileLoop has no reverse mode, because how many passes it makes is not known before; use scan() with a length, jvp(), or stopGradient() on its inputs.",
      { operation: "whileLoop" },
    );
  },
  transpose: "never",
  batchSome: batchWhile,
  batch: repeated(batchWhile),
};

function dualWhile({ primals, tangents, params }: Dual<WhileParams>) {
  const { test, body, constants } = params;
  const count = primals.length;
  const joint = settled(
    tangents.map((tangent) => tangent !== undefined),
    constants,
    (flags) => dualGraph(body, flags, flags.slice(constants)),
  );
  const changes = filled(tangents, primals, joint.flags);
  const moving = joint.flags.slice(0, constants).filter(Boolean).length;
  // Constants and their tangents first, then the state and its tangents.
  const places = Array.from({ length: count + changes.length }, (_, i) => i);
  const order = [
    ...places.slice(0, constants),
    ...places.slice(count, count + moving),
    ...places.slice(constants, count),
    ...places.slice(count + moving),
  ];
  const jointBody = reordered(joint.graph, order);
  const own = order.map((place) => (place < count ? place : -1));
  const jointTest = closed(jointBody.inputs, (values) =>
    evaluate(
      test,
      test.inputs.map((_, i) => values[own.indexOf(i)]!),
    ),
  );
  const inputs = [...primals, ...changes];
  const results = bind(
    whileRow,
    order.map((place) => inputs[place]!),
    { test: jointTest, body: jointBody, constants: constants + moving },
  );
  let next = joint.has.length;
  return {
    outputs: results.slice(0, joint.has.length),
    tangents: joint.has.map((has) => (has ? results[next++] : undefined)),
  };
}

/** Elements that are done wait for the others. */
function batchWhile({ inputs, batched, size, params }: Batched<WhileParams>): SomeBatched {
  const { test, body, constants } = params;
  let state = settled(batched, constants, (flags) => batchedGraph(body, flags, size, flags.slice(constants)));
  let condition = batchedGraph(test, state.flags, size, []);
  const varied = condition.has[0] === true;
  if (varied) {
    const flags = state.flags.map((flag, i) => flag || i >= constants);
    state = { ...batchedGraph(body, flags, size, flags.slice(constants)), flags };
    condition = batchedGraph(test, flags, size, [true]);
  }
  const { flags } = state;
  const values = inputs.map((input, i) => (flags[i] && !batched[i] ? repeatFirst(input, size) : input));
  if (!varied) {
    const results = bind(whileRow, values, { test: condition.graph, body: state.graph, constants });
    return { results, has: flags.slice(constants) };
  }
  const avals = state.graph.inputs;
  const results = bind(whileRow, values, {
    test: closed(avals, (now) => [reduce("any", evaluate(condition.graph, now)[0]!, [0])]),
    body: closed(avals, (now) => {
      const going = evaluate(condition.graph, now)[0]!;
      return evaluate(state.graph, now).map((next, i) => op("select", wide(going, next), next, now[constants + i]!));
    }),
    constants,
  });
  return { results, has: results.map(() => true) };
}

/** As in `scan-rules.ts`: until the flags of the state going in are those coming out. */
function settled(
  flags: readonly boolean[],
  constants: number,
  derive: (flags: readonly boolean[]) => Derived,
): Derived & { flags: readonly boolean[] } {
  let now = flags;
  for (;;) {
    const derived = derive(now);
    const next = now.map((flag, i) => flag || (i >= constants && derived.has[i - constants]!));
    if (next.every((flag, i) => flag === now[i])) return { ...derived, flags: now };
    now = next;
  }
}

function isTrue(test: Graph, inputs: readonly Value[]): boolean {
  let answer = false;
  strictScope(() => {
    answer = concrete("whileLoop", evaluate(test, inputs)[0]!).elements()[0] !== 0;
    return null;
  });
  return answer;
}
