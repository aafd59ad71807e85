import { expect, test } from "vitest";
import { MINIFIERS, minified } from "./minifiers.ts";
import { RandomRule } from "./random-rule.ts";
import { Place, ruleIndex, ruleOf, ruleWorld, runPlain, stateOf, UNIFORMS } from "./rule-world.ts";
import { ShuffledLanes } from "./shuffled-lanes.ts";

const RULES = 120;

/** How a rule is run; every so many rules are. */
const WAYS = [
  ["compiled", 1],
  ["interpreted", 1],
  ["over lanes", 1],
  ["minified", 1],
  ["prepared", 8],
] as const;

function outcome(seed: number, source: string, way: (typeof WAYS)[number][0] | "plain"): object {
  const world = ruleWorld(seed);
  const index = ruleIndex(world, seed);
  index.build(world.query(Place), Place);
  const rule = ruleOf(way === "minified" ? minified(source, seed % MINIFIERS) : source);
  const uniforms = UNIFORMS as never;
  if (way === "plain") runPlain(source, world, index);
  else if (way === "over lanes") {
    const context = world.contextOf(rule.system({ uniforms, index }));
    context.lanes = new ShuffledLanes(world, seed, 2 + (seed % 3));
    rule.run(context, uniforms, { index });
    world.apply(context.commands);
  } else {
    if (way === "prepared") rule.prepare(world);
    rule.run(world, uniforms, { index, ...(way === "interpreted" && { interpreted: true }) });
  }
  const state = stateOf(world);
  index.dispose();
  world.dispose();
  return state;
}

test(`${RULES} random rules with neighbours and lookups do what JavaScript does`, { timeout: 60_000 }, () => {
  for (let seed = 0; seed < RULES; seed++) {
    const source = new RandomRule(seed).source();
    const wanted = outcome(seed, source, "plain");
    for (const [way, every] of WAYS) {
      if (seed % every > 0) continue;
      expect({ seed, way, source, ...outcome(seed, source, way) }).toEqual({ seed, way, source, ...wanted });
    }
  }
});
