import {
  ColumnSegments,
  type Component,
  component,
  createWorld,
  f32,
  type Query,
  system,
  type Term,
  write,
} from "../../src/index.ts";
import { Columns, columnSpec, compile, donate, leading, type Value } from "../../src/tensor.ts";
import { forward, weightsOf } from "./ours.ts";
import { type Runner, timed } from "./runner.ts";
import { type Forward, inputsOf } from "./task.ts";

const OBSERVED = 32;
const DECIDED = 8;
const observed = Array.from({ length: OBSERVED }, (_, i) => `o${i}`);
const decided = Array.from({ length: DECIDED }, (_, i) => `a${i}`);
const fields = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, f32] as const));
const Observation = component("Observation", fields(observed));
const Action = component("Action", fields(decided));

/** A world in whose tick every agent's 32 columns of observations become 8 columns of actions, in place. */
export function policyRunner(task: Forward): Runner {
  const { batch: agents, widths } = task;
  const [x, ...arrays] = inputsOf(task);
  const weights = weightsOf(widths, arrays);
  const world = createWorld({ components: [Observation, Action] });
  world.spawnMany(agents, Observation, Action);
  let first = 0;
  for (const { count, observation } of world.query(write(Observation)).chunks()) {
    for (const [i, name] of observed.entries())
      for (let row = 0; row < count; row++) observation[name]![row] = x![(first + row) * OBSERVED + i]!;
    first += count;
  }
  const plan = compile(
    (observation: Value, _action: Value) => forward(observation, weights),
    columnSpec("f32", leading(agents), OBSERVED),
    donate(columnSpec("f32", leading(agents), DECIDED)),
  );
  let bound: { segments: ColumnSegments; columns: Columns }[] | undefined;
  const decide = system("Decide", {
    query: [Observation, write(Action)],
    run({ query }) {
      bound ??= [bind(query, Observation, observed), bind(query, Action, decided)];
      for (const { segments } of bound) segments.update();
      plan.run(bound[0]!.columns, bound[1]!.columns);
    },
  });
  const systems = [decide] as never[];
  return {
    time: timed(() => world.step(systems)),
    result() {
      const actions = new Float32Array(agents * DECIDED);
      let from = 0;
      for (const { count, action } of world.query(Action).chunks()) {
        for (const [i, name] of decided.entries())
          for (let row = 0; row < count; row++) actions[(from + row) * DECIDED + i] = action[name]![row]!;
        from += count;
      }
      return actions;
    },
  };
}

function bind(query: Query<readonly Term[]>, component: Component, names: readonly string[]) {
  const segments = new ColumnSegments(
    query,
    names.map((name) => [component, name] as const),
  );
  return { segments, columns: new Columns(segments.memory, segments.rows, segments.columns) };
}
