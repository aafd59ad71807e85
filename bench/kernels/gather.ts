import { component, entity, f32, kernel } from "../../src/index.ts";
import { random } from "./random.ts";
import type { Rule } from "./rule.ts";

const Position = component("Position", { x: f32, y: f32 });
const Chase = component("Chase", { of: entity });
const Heading = component("Heading", { x: f32, y: f32 });

/** Bits of an entity's index, as in a world of 2^20 entities. */
const INDEX_BITS = 20;
const INDEX_MASK = (1 << INDEX_BITS) - 1;
/** One target in so many does not exist any more. */
const STALE = 64;

type Plane = { readonly x: Float32Array; readonly y: Float32Array };
type Chasers = {
  readonly heading: Plane;
  readonly position: Plane;
  readonly chase: { readonly of: Int32Array };
  /** By index of an entity: its generation and its row. */
  readonly entities: { readonly generation: Uint16Array; readonly row: Int32Array };
};

/** From a position to that of an entity, wherever its row is; to the origin where it does not exist. */
const head = () =>
  kernel("head", { write: [Heading], read: [Position, Chase], uses: [Position] }, (heading, position, chase, k) => {
    const target = k.at(chase.of, k.Position);
    heading.x = target.x - position.x;
    heading.y = target.y - position.y;
  });

/** Targets are up to `reach` rows away. */
export function gatherRule(name: string, reach: number): Rule<Chasers> {
  return {
    name,
    components: [Heading, Position, Chase],
    changes: ["heading"],
    inputs(count) {
      const place = (seed: number) =>
        Float32Array.from({ length: count }, (_, i) => Math.floor(random(i, seed) * 4096) / 16);
      const target = (i: number): number => {
        const away = Math.min(reach, count);
        const row = (i + Math.floor(random(i, 3) * away) - (away >> 1) + count) % count;
        return ((i % STALE === 0 ? 2 : 1) << INDEX_BITS) | row;
      };
      return {
        heading: { x: new Float32Array(count), y: new Float32Array(count) },
        position: { x: place(1), y: place(2) },
        chase: { of: Int32Array.from({ length: count }, (_, i) => target(i)) },
        entities: {
          generation: new Uint16Array(count).fill(1),
          row: Int32Array.from({ length: count }, (_, i) => i),
        },
      };
    },
    kernels: () => [head()],
    uniforms: {},
    loops: {
      "plain loop"({ heading, position, chase: { of }, entities: { generation, row } }, count) {
        const [{ x, y }, { x: px, y: py }] = [heading, position];
        for (let i = 0; i < count; i++) {
          const target = of[i]!;
          const index = target & INDEX_MASK;
          if (generation[index] === target >>> INDEX_BITS) {
            const r = row[index]!;
            x[i] = px[r]! - px[i]!;
            y[i] = py[r]! - py[i]!;
          } else {
            x[i] = 0 - px[i]!;
            y[i] = 0 - py[i]!;
          }
        }
      },
      "Math.fround loop"({ heading, position, chase: { of }, entities: { generation, row } }, count) {
        const [{ x, y }, { x: px, y: py }] = [heading, position];
        for (let i = 0; i < count; i++) {
          const target = of[i]!;
          const index = target & INDEX_MASK;
          const alive = generation[index] === target >>> INDEX_BITS;
          const r = row[index]!;
          x[i] = Math.fround((alive ? px[r]! : 0) - px[i]!);
          y[i] = Math.fround((alive ? py[r]! : 0) - py[i]!);
        }
      },
      "unrolled loop"({ heading, position, chase: { of }, entities: { generation, row } }, count) {
        const [{ x, y }, { x: px, y: py }] = [heading, position];
        let i = 0;
        for (const end = count - 3; i < end; i += 4) {
          headOne(x, y, px, py, of, generation, row, i);
          headOne(x, y, px, py, of, generation, row, i + 1);
          headOne(x, y, px, py, of, generation, row, i + 2);
          headOne(x, y, px, py, of, generation, row, i + 3);
        }
        for (; i < count; i++) headOne(x, y, px, py, of, generation, row, i);
      },
    },
    exact: ["plain loop", "Math.fround loop", "unrolled loop"],
    tolerance: 0,
    /** Values lie at the entity's own number, so there is no row to look up, but a generation to compare. */
    listed({ heading, position, chase: { of }, entities: { generation } }, ids) {
      const [{ x, y }, { x: px, y: py }] = [heading, position];
      for (let i = 0, n = ids.length; i < n; i++) {
        const id = ids[i]!;
        const target = of[id]!;
        const other = (target & INDEX_MASK) + 1;
        const alive = generation[other] === target >>> INDEX_BITS;
        x[id] = (alive ? px[other]! : 0) - px[id]!;
        y[id] = (alive ? py[other]! : 0) - py[id]!;
      }
    },
    native: {
      columns: ({ heading: h, position: p, chase, entities: e }) => [h.x, h.y, p.x, p.y, chase.of, e.row, e.generation],
      run: (addon, count) => addon.gather(count),
    },
  };
}

function headOne(
  x: Float32Array,
  y: Float32Array,
  px: Float32Array,
  py: Float32Array,
  of: Int32Array,
  generation: Uint16Array,
  row: Int32Array,
  i: number,
): void {
  const target = of[i]!;
  const index = target & INDEX_MASK;
  const alive = generation[index] === target >>> INDEX_BITS;
  const r = row[index]!;
  x[i] = (alive ? px[r]! : 0) - px[i]!;
  y[i] = (alive ? py[r]! : 0) - py[i]!;
}
