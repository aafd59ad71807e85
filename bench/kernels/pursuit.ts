import { component, f32, kernel } from "../../src/index.ts";
import { random } from "./random.ts";
import type { Rule } from "./rule.ts";
import { FORCE, NEAR, SLOW, SPEED, uniforms } from "./steering.ts";
import { Chase, INDEX_BITS, INDEX_MASK, type Plane, placesOf, type Targets, targetsOf } from "./targets.ts";

const Position = component("Position", { x: f32, y: f32 });
const Velocity = component("Velocity", { x: f32, y: f32 });

type Pursuers = Targets & { readonly velocity: Plane; readonly position: Plane };

/** The steering rule towards another entity, wherever its row is; towards the origin where it does not exist. */
const pursue = () =>
  kernel(
    "pursue",
    {
      write: [Velocity],
      read: [Position, Chase],
      uses: [Position],
      uniforms: { speed: f32, slow: f32, force: f32 },
      constants: { near: NEAR },
    },
    (velocity, position, chase, k) => {
      const target = k.at(chase.of, k.Position);
      const dx = target.x - position.x;
      const dy = target.y - position.y;
      const distance = Math.sqrt(dx * dx + dy * dy);
      const scale = Math.min(k.speed, distance * k.slow) / Math.max(distance, k.near);
      velocity.x += Math.max(-k.force, Math.min(k.force, dx * scale - velocity.x));
      velocity.y += Math.max(-k.force, Math.min(k.force, dy * scale - velocity.y));
    },
  );

const { fround } = Math;

/** Targets are up to `reach` rows away. */
export function pursuitRule(name: string, reach: number): Rule<Pursuers> {
  return {
    name,
    components: [Velocity, Position, Chase],
    changes: ["velocity"],
    inputs(count) {
      const speed = (seed: number) => Float32Array.from({ length: count }, (_, i) => random(i, seed) * 8 - 4);
      return {
        velocity: { x: speed(5), y: speed(6) },
        position: { x: placesOf(count, 1), y: placesOf(count, 2) },
        ...targetsOf(count, reach),
      };
    },
    kernels: () => [pursue()],
    uniforms,
    loops: {
      "Math.fround loop"({ velocity, position, chase: { of }, entities: { generation, row } }, count) {
        const [{ x: vx, y: vy }, { x: px, y: py }] = [velocity, position];
        for (let i = 0; i < count; i++) {
          const target = of[i]!;
          const index = target & INDEX_MASK;
          const alive = generation[index] === target >>> INDEX_BITS;
          const r = row[index]!;
          const dx = fround((alive ? px[r]! : 0) - px[i]!);
          const dy = fround((alive ? py[r]! : 0) - py[i]!);
          const distance = fround(Math.sqrt(fround(fround(dx * dx) + fround(dy * dy))));
          const scale = fround(Math.min(SPEED, fround(distance * SLOW)) / Math.max(distance, NEAR));
          const sx = fround(fround(dx * scale) - vx[i]!);
          const sy = fround(fround(dy * scale) - vy[i]!);
          vx[i] = fround(vx[i]! + Math.max(-FORCE, Math.min(FORCE, sx)));
          vy[i] = fround(vy[i]! + Math.max(-FORCE, Math.min(FORCE, sy)));
        }
      },
      "plain loop with a branch"({ velocity, position, chase: { of }, entities: { generation, row } }, count) {
        const [{ x: vx, y: vy }, { x: px, y: py }] = [velocity, position];
        for (let i = 0; i < count; i++) {
          const target = of[i]!;
          const index = target & INDEX_MASK;
          let dx = 0 - px[i]!;
          let dy = 0 - py[i]!;
          if (generation[index] === target >>> INDEX_BITS) {
            const r = row[index]!;
            dx = px[r]! - px[i]!;
            dy = py[r]! - py[i]!;
          }
          turn(vx, vy, dx, dy, i);
        }
      },
      "loop with absolute values"({ velocity, position, chase: { of }, entities: { generation, row } }, count) {
        const [{ x: vx, y: vy }, { x: px, y: py }] = [velocity, position];
        for (let i = 0; i < count; i++) {
          const target = of[i]!;
          const index = target & INDEX_MASK;
          const alive = generation[index] === target >>> INDEX_BITS;
          const r = row[index]!;
          const dx = (alive ? px[r]! : 0) - px[i]!;
          const dy = (alive ? py[r]! : 0) - py[i]!;
          const distance = Math.sqrt(dx * dx + dy * dy);
          const wanted = distance * SLOW;
          const scale = (wanted < SPEED ? wanted : SPEED) / (distance > NEAR ? distance : NEAR);
          const sx = dx * scale - vx[i]!;
          const sy = dy * scale - vy[i]!;
          vx[i]! += 0.5 * (Math.abs(sx + FORCE) - Math.abs(sx - FORCE));
          vy[i]! += 0.5 * (Math.abs(sy + FORCE) - Math.abs(sy - FORCE));
        }
      },
      "unrolled loop with absolute values"({ velocity, position, chase, entities }, count) {
        let i = 0;
        for (const end = count - 3; i < end; i += 4) {
          pursueOne(velocity, position, chase.of, entities, i);
          pursueOne(velocity, position, chase.of, entities, i + 1);
          pursueOne(velocity, position, chase.of, entities, i + 2);
          pursueOne(velocity, position, chase.of, entities, i + 3);
        }
        for (; i < count; i++) pursueOne(velocity, position, chase.of, entities, i);
      },
    },
    exact: ["Math.fround loop"],
    tolerance: 1e-5,
    /** Values lie at the entity's own number, so there is no row to look up, but a generation to compare. */
    listed({ velocity, position, chase: { of }, entities: { generation } }, ids) {
      const [{ x: vx, y: vy }, { x: px, y: py }] = [velocity, position];
      for (let i = 0, n = ids.length; i < n; i++) {
        const id = ids[i]!;
        const target = of[id]!;
        const other = (target & INDEX_MASK) + 1;
        const alive = generation[other] === target >>> INDEX_BITS;
        turn(vx, vy, (alive ? px[other]! : 0) - px[id]!, (alive ? py[other]! : 0) - py[id]!, id);
      }
    },
    native: {
      columns: ({ velocity: v, position: p, chase, entities: e }) => [
        v.x,
        v.y,
        p.x,
        p.y,
        chase.of,
        e.row,
        e.generation,
      ],
      run: (addon, count) => addon.pursue(count, SPEED, SLOW, FORCE, NEAR),
    },
  };
}

/**
 * Of all ways to limit numbers the fastest in a loop: those of the speed are seldom reached, the others take no branch. Where
 * it is called a loop is slower, so the fastest loops have it in them.
 */
function turn(vx: Float32Array, vy: Float32Array, dx: number, dy: number, i: number): void {
  const distance = Math.sqrt(dx * dx + dy * dy);
  const wanted = distance * SLOW;
  const scale = (wanted < SPEED ? wanted : SPEED) / (distance > NEAR ? distance : NEAR);
  const sx = dx * scale - vx[i]!;
  const sy = dy * scale - vy[i]!;
  vx[i]! += 0.5 * (Math.abs(sx + FORCE) - Math.abs(sx - FORCE));
  vy[i]! += 0.5 * (Math.abs(sy + FORCE) - Math.abs(sy - FORCE));
}

function pursueOne(
  { x: vx, y: vy }: Plane,
  { x: px, y: py }: Plane,
  of: Int32Array,
  { generation, row }: Targets["entities"],
  i: number,
): void {
  const target = of[i]!;
  const index = target & INDEX_MASK;
  const alive = generation[index] === target >>> INDEX_BITS;
  const r = row[index]!;
  turn(vx, vy, (alive ? px[r]! : 0) - px[i]!, (alive ? py[r]! : 0) - py[i]!, i);
}
