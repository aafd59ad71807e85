import type { World } from "../../src/index.ts";
import { Arena } from "../../src/index.ts";
import { makeTwin, someValues } from "./fuzz.ts";
import { ChildOf, Likes, plain } from "./model.ts";
import { Random } from "./random.ts";

/** Four worlds with something of everything, the same in every process. */
export function everyWorld(): World[] {
  return [1, 2, 3, 4].map((seed) => {
    const random = new Random(seed);
    const { world } = makeTwin(new Arena(), 1 << 16, 32);
    for (let i = 0; i < 200 * seed; i++) {
      const items = random
        .shuffled([...plain])
        .slice(0, 3)
        .map((part) => [part, someValues(random, part.name)] as const);
      const made = world.spawn(...(items as unknown as []));
      const other = random.pick(Array.from(world.query().entities()));
      world.relate(made, Likes, other, { weight: random.below(100) });
      if (other !== made) world.relate(made, ChildOf, other);
      if (random.once(9)) world.despawn(other);
      if (random.once(20)) world.step([]);
    }
    return world;
  });
}
