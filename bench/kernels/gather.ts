import { component, f32, kernel } from "../../src/index.ts";
import type { Rule } from "./rule.ts";
import { Chase, INDEX_BITS, INDEX_MASK, type Plane, placesOf, type Targets, targetsOf } from "./targets.ts";

const Position = component("Position", { x: f32, y: f32 });
const Heading = component("Heading", { x: f32, y: f32 });

type Chasers = Targets & { readonly heading: Plane; readonly position: Plane };

/** From a position to that of an entity, wherever its row is; to the origin where it does not exist. */
const head = () =>
  kernel("head", { write: [Heading], read: [Position, Chase], uses: [Position] }, (heading, position, chase, k) => {
    const target = k.at(chase.of, k.Position);
    heading.x = target.x - position.x;
    heading.y = target.y - position.y;
  });

/** Next to nothing but the lookup. Targets are up to `reach` rows away. */
export function gatherRule(name: string, reach: number): Rule<Chasers> {
  return {
    name,
    components: [Heading, Position, Chase],
    changes: ["heading"],
    inputs: (count) => ({
      heading: { x: new Float32Array(count), y: new Float32Array(count) },
      position: { x: placesOf(count, 1), y: placesOf(count, 2) },
      ...targetsOf(count, reach),
    }),
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
