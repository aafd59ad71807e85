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
import type { Target, Workload } from "../workload.ts";
import { forward, weightsOf } from "./ours.ts";
import { type PeerName, peers } from "./peers/index.ts";
import { measureRunners, type Runner, timed } from "./runner.ts";
import { type Forward, inputsOf, toleranceOf } from "./task.ts";

const AGENTS = 10_000;
const WIDTHS = [32, 64, 64, 8];
const task: Forward = { kind: "forward", batch: AGENTS, widths: WIDTHS };

const observed = Array.from({ length: WIDTHS[0]! }, (_, i) => `o${i}`);
const decided = Array.from({ length: WIDTHS.at(-1)! }, (_, i) => `a${i}`);
const fields = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, f32] as const));
const Observation = component("Observation", fields(observed));
const Action = component("Action", fields(decided));

/** At most so many milliseconds for all. */
const within = (ms: number): Target => ({ text: `<= ${ms} ms`, met: ({ ours }) => ours <= ms * 1e3 });

/** A world in whose tick every agent's 32 columns of observations become 8 columns of actions, in place. */
function ourWorld(): Runner {
  const [x, ...arrays] = inputsOf(task);
  const weights = weightsOf(WIDTHS, arrays);
  const world = createWorld({ components: [Observation, Action] });
  world.spawnMany(AGENTS, Observation, Action);
  let first = 0;
  for (const { count, observation } of world.query(write(Observation)).chunks()) {
    for (const [i, name] of observed.entries())
      for (let row = 0; row < count; row++) observation[name]![row] = x![(first + row) * observed.length + i]!;
    first += count;
  }
  const plan = compile(
    (observation: Value, _action: Value) => forward(observation, weights),
    columnSpec("f32", leading(AGENTS), observed.length),
    donate(columnSpec("f32", leading(AGENTS), decided.length)),
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
      const actions = new Float32Array(AGENTS * decided.length);
      let from = 0;
      for (const { count, action } of world.query(Action).chunks()) {
        for (const [i, name] of decided.entries())
          for (let row = 0; row < count; row++) actions[(from + row) * decided.length + i] = action[name]![row]!;
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

export const policyWorkloads: readonly Workload[] = [
  {
    name: "policy 32-64-64-8 of 10,000 agents in a tick; peers without a world",
    item: "tick",
    unit: "us",
    peers: ["ONNX Runtime", "tfjs wasm"] satisfies readonly PeerName[],
    target: within(2),
    async measure(peer, quick) {
      const theirs = await peers[peer as PeerName].runner(task);
      return measureRunners(ourWorld(), theirs!, { tolerance: toleranceOf(task), checkedRuns: 1, quick });
    },
  },
];
