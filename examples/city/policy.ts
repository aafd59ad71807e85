import {
  array,
  type ColumnPath,
  ColumnSegments,
  component,
  f32,
  type System,
  system,
  u8,
  write,
} from "../../src/index.ts";
import {
  Columns,
  columnSpec,
  compile,
  disposeTree,
  donate,
  leading,
  multiply,
  nn,
  random,
  relu,
  sigmoid,
  tanh,
  tensor,
  type Value,
} from "../../src/tensor.ts";
import type { CityMap } from "./map.ts";
import { type CityPart, type PartTypes, Position, Velocity } from "./simulation.ts";

/** Cells around an agent that it looks at: 5 by 5 without the corners and its own. */
const AROUND: readonly (readonly [dx: number, dy: number])[] = Array.from(
  { length: 25 },
  (_, i) => [(i % 5) - 2, Math.floor(i / 5) - 2] as const,
).filter(([dx, dy]) => (dx !== 0 || dy !== 0) && Math.abs(dx * dy) < 4);

/** Numbers that come out for each agent: its pace, and what it remembers until the next tick. */
const THOUGHTS = 8;

export const Senses = component(
  "Senses",
  { street: array(u8, AROUND.length) },
  { doc: "1 for each cell around that is street." },
);
export const Mind = component("Mind", { thoughts: array(f32, THOUGHTS) }, { doc: "What the policy gave last." });

/** What a city with a policy has besides. */
export const policyTypes: PartTypes = { components: [Senses, Mind], resources: [] };

/** What the network sees of an agent: 32 columns, of which it writes the last ten. */
const OBSERVED: readonly ColumnPath[] = [
  ...AROUND.map((_, lane) => [Senses, "street", lane] as const),
  [Position, "x"],
  [Position, "y"],
  [Velocity, "x"],
  [Velocity, "y"],
  ...Array.from({ length: THOUGHTS }, (_, lane) => [Mind, "thoughts", lane] as const),
];
const VELOCITY_AT = AROUND.length + 2;
const THOUGHTS_AT = VELOCITY_AT + 2;

export interface CityPolicyOptions {
  readonly map: CityMap;
  /** Most agents. */
  readonly agents: number;
  /** Of the weights. */
  readonly seed: number;
}

/**
 * One small network (32-64-64-8) for all agents: it sees the streets around, place, velocity and its own thoughts of the
 * tick before, and decides how fast an agent goes: from half of its velocity to all of it.
 *
 * Its weights follow from the seed, as the map follows from its file, and nothing changes them: so they are no state, and
 * not part of the world's hash. The thoughts are, in a column. Weights that learn while the world runs would be state, too: attach
 * their memory to the world as regions (`world.attach`), and touch them after each step of the optimiser.
 */
export class CityPolicy implements CityPart {
  readonly types: PartTypes = policyTypes;
  readonly #plan: ReturnType<typeof planOf>;
  readonly #look: Look;
  #query: unknown;
  #segments: ColumnSegments | undefined;
  #columns: readonly Columns[] = [];

  constructor(options: CityPolicyOptions) {
    this.#look = lookAround(options.map);
    this.#plan = planOf(options);
  }

  /** After `follow`, which says where agents want to go, and before they move. */
  systems(): readonly System[] {
    const look = system("look", {
      query: [Position, write(Senses)],
      doc: "Which cells around an agent are street.",
      run: ({ query }) => {
        for (const { count, position, senses } of query.chunks())
          this.#look(position.x, position.y, senses.street, count);
      },
    });
    const decide = system("decide", {
      query: [Senses, Position, write(Velocity), write(Mind)],
      after: ["look", "follow"],
      before: ["move"],
      doc: "The policy of all agents, as one plan on their columns.",
      run: ({ query }) => {
        if (this.#query !== query) {
          this.#query = query;
          this.#segments = new ColumnSegments(query, OBSERVED);
          const { memory, rows, columns } = this.#segments;
          const written = [columns.slice(VELOCITY_AT, THOUGHTS_AT), columns.slice(THOUGHTS_AT)];
          this.#columns = [columns, ...written].map((some) => new Columns(memory, rows, some));
        }
        this.#segments!.update();
        this.#plan.run(...this.#columns);
      },
    });
    return [look, decide];
  }

  /** What the plan does, an instruction a line. */
  explain(): string {
    return this.#plan.explain();
  }

  dispose(): void {
    this.#plan.dispose();
  }
}

/** The network as one plan that reads and writes the columns of at most so many agents. */
function planOf({ map, agents, seed }: CityPolicyOptions) {
  const network = nn.sequential(nn.linear(OBSERVED.length, 64), relu, nn.linear(64, 64), relu, nn.linear(64, THOUGHTS));
  using key = random.key(seed);
  const weights = network.init(key);
  // Places are in cells; the rest is of the size of 1.
  using scale = tensor(
    OBSERVED.map(([component]) => (component === Position ? 1 / Math.max(map.width, map.height) : 1)),
  );
  const act = (seen: Value) => {
    const out = network.apply(weights, multiply(seen, scale));
    const velocity = seen.slice(null, { start: VELOCITY_AT, stop: VELOCITY_AT + 2 });
    const pace = sigmoid(out.slice(null, { stop: 1 }))
      .add(1)
      .divide(2);
    return { velocity: multiply(velocity, pace), thoughts: tanh(out) };
  };
  // A chunk has 1,024 rows, and the agents of a world have few archetypes.
  const [rows, segments] = [leading(agents), Math.ceil(agents / 1024) + 16];
  const plan = compile(
    act,
    columnSpec("f32", rows, OBSERVED.length, segments),
    donate(columnSpec("f32", rows, 2, segments)),
    donate(columnSpec("f32", rows, THOUGHTS, segments)),
  );
  // The plan has copies of its constants.
  disposeTree(weights);
  return plan;
}

type Numbers = { [index: number]: number };
type Look = (x: Readonly<Numbers>, y: Readonly<Numbers>, street: Numbers, count: number) => void;

/** Writes what is around the first `count` agents. Outside of the map there is no street. */
function lookAround({ width, height, cells }: CityMap): Look {
  const padded = width + 4;
  const streets = new Uint8Array(padded * (height + 4));
  for (let row = 0; row < height; row++)
    streets.set(cells.subarray(row * width, (row + 1) * width), (row + 2) * padded + 2);
  const offsets = AROUND.map(([dx, dy]) => (dy + 2) * padded + dx + 2);
  return (x, y, street, count) => {
    for (let i = 0, to = 0; i < count; i++) {
      const at = Math.floor(y[i]!) * padded + Math.floor(x[i]!);
      for (let j = 0; j < offsets.length; j++) street[to++] = streets[at + offsets[j]!]!;
    }
  };
}
