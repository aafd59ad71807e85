import { describe, expect, it } from "vitest";
import { ChildOf, createWorld, propagate, Transform, WorldMatrix, write } from "../../src/index.ts";

describe("a hierarchy of entities", () => {
  it("carries what is below a turned joint along: the hand is at (0, 1, -0.8)", () => {
    const world = createWorld({ components: [Transform, WorldMatrix, ChildOf] });
    // Children first, so that order is not given by rows.
    const [hand, arm, spine, root] = [0, 1, 2, 3].map(() => world.spawn(Transform, WorldMatrix)) as [
      number,
      number,
      number,
      number,
    ];
    world.set(spine, Transform, { translation: { y: 1 } });
    world.set(arm, Transform, { translation: { x: 0.5 } });
    world.set(hand, Transform, { translation: { x: 0.3 } });
    world.relate(spine, ChildOf, root);
    world.relate(arm, ChildOf, spine);
    world.relate(hand, ChildOf, arm);
    const query = world.query(Transform, write(WorldMatrix));
    const where = (entity: number) => {
      const { m03, m13, m23 } = world.get(entity, WorldMatrix)!;
      return [m03, m13, m23];
    };
    propagate(query);
    expect(where(hand)).toEqual([Math.fround(0.8), 1, 0]);
    world.set(spine, Transform, { rotation: { y: Math.SQRT1_2, w: Math.SQRT1_2 } });
    propagate(query);
    const [x, y, z] = where(hand) as [number, number, number];
    expect(x).toBeCloseTo(0, 6);
    expect(y).toBe(1);
    expect(z).toBeCloseTo(-0.8, 6);
    world.dispose();
  });
});
