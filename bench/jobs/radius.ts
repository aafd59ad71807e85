import Flatbush from "flatbush";
import KDBush from "kdbush";
import RBush from "rbush";
import { component, createWorld, f32, SpatialIndex } from "../../src/index.ts";
import type { Workload } from "../workload.ts";

const POINTS = 100_000;
const QUERIES = 1000;
const SIDE = 256;
const RADIUS = 2;
const Position = component("Position", { x: f32, y: f32 });

/** Coordinates are multiples of 1/32: distances are exact in f32 and in f64, so every index finds the same. */
function coordinate(i: number, seed: number): number {
  let bits = Math.imul(i + 1, 0x9e3779b1) ^ seed;
  bits = Math.imul(bits ^ (bits >>> 16), 0x21f0aaad);
  bits = Math.imul(bits ^ (bits >>> 15), 0x735a2d97);
  return ((bits ^ (bits >>> 15)) >>> 19) / 32;
}

const xs = Float32Array.from({ length: POINTS }, (_, i) => coordinate(i, 1));
const ys = Float32Array.from({ length: POINTS }, (_, i) => coordinate(i, 2));
const queryX = Float32Array.from({ length: QUERIES }, (_, i) => coordinate(i, 3));
const queryY = Float32Array.from({ length: QUERIES }, (_, i) => coordinate(i, 4));

/** An index over the points: what it takes to build it, and to find the points near each query. */
interface Index {
  build(): void;
  /** The numbers of the points within the radius of all queries, one after the other, in any order. */
  find(): ArrayLike<number>;
}

interface Box {
  readonly minX: number;
  readonly minY: number;
  readonly maxX: number;
  readonly maxY: number;
  readonly i: number;
}

const makers: Readonly<Record<string, () => Index>> = {
  worldloom() {
    const world = createWorld({ components: [Position] });
    const entities = world.spawnMany(POINTS, [Position, { x: xs, y: ys }]);
    const query = world.query(Position);
    const index = new SpatialIndex(world, { cell: RADIUS, width: SIDE / RADIUS, height: SIDE / RADIUS });
    const first = entities[0]!;
    return {
      build: () => index.build(query, Position),
      find() {
        const found = index.withinMany(queryX, queryY, RADIUS).entities;
        for (let n = 0; n < found.length; n++) found[n]! -= first;
        return found;
      },
    };
  },

  kdbush() {
    let index = new KDBush(1);
    return {
      build() {
        index = new KDBush(POINTS, 64, Float32Array);
        for (let i = 0; i < POINTS; i++) index.add(xs[i]!, ys[i]!);
        index.finish();
      },
      find() {
        const found: number[] = [];
        for (let q = 0; q < QUERIES; q++) for (const i of index.within(queryX[q]!, queryY[q]!, RADIUS)) found.push(i);
        return found;
      },
    };
  },

  flatbush() {
    let index = new Flatbush(1);
    return {
      build() {
        index = new Flatbush(POINTS, 16, Float32Array);
        for (let i = 0; i < POINTS; i++) index.add(xs[i]!, ys[i]!);
        index.finish();
      },
      find() {
        const found: number[] = [];
        for (let q = 0; q < QUERIES; q++) {
          const [x, y] = [queryX[q]!, queryY[q]!];
          for (const i of index.search(x - RADIUS, y - RADIUS, x + RADIUS, y + RADIUS))
            if (isNear(i, x, y)) found.push(i);
        }
        return found;
      },
    };
  },

  rbush() {
    let index = new RBush<Box>();
    return {
      build() {
        index = new RBush<Box>();
        index.load(Array.from(xs, (x, i) => ({ minX: x, minY: ys[i]!, maxX: x, maxY: ys[i]!, i })));
      },
      find() {
        const found: number[] = [];
        for (let q = 0; q < QUERIES; q++) {
          const [x, y] = [queryX[q]!, queryY[q]!];
          for (const { i } of index.search({ minX: x - RADIUS, minY: y - RADIUS, maxX: x + RADIUS, maxY: y + RADIUS }))
            if (isNear(i, x, y)) found.push(i);
        }
        return found;
      },
    };
  },
};

function isNear(i: number, x: number, y: number): boolean {
  const dx = xs[i]! - x;
  const dy = ys[i]! - y;
  return dx * dx + dy * dy <= RADIUS * RADIUS;
}

/** How many neighbours all queries have together, by trying every point. */
function countAll(): number {
  let count = 0;
  for (let q = 0; q < QUERIES; q++) for (let i = 0; i < POINTS; i++) if (isNear(i, queryX[q]!, queryY[q]!)) count++;
  return count;
}

function workload(name: string, each: boolean): Workload {
  return {
    name,
    item: "neighbour",
    peers: Object.keys(makers).filter((other) => other !== "worldloom"),
    async pair(peer) {
      const side = (maker: () => Index) => {
        const index = maker();
        index.build();
        let found: ArrayLike<number> = [];
        return {
          run() {
            if (each) index.build();
            found = index.find();
            return found.length;
          },
          checksum() {
            let sum = 0;
            for (let n = 0; n < found.length; n++) sum += (found[n]! % 4093) + 1;
            return sum;
          },
        };
      };
      return { ours: side(makers.worldloom!), peer: side(makers[peer]!), work: countAll() };
    },
  };
}

export const radiusWorkloads: readonly Workload[] = [
  workload("1,000 radius queries among 100,000 points", false),
  workload("the same with the index built anew", true),
];
