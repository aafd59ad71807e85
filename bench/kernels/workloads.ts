import type { Side } from "../pairs.ts";
import { atLeast, type Target, type Workload } from "../workload.ts";
import { addonFault, loadAddon } from "./addon.ts";
import { appliedWorkloads } from "./applied.ts";
import { burstRule } from "./burst.ts";
import { damageRule, TURNS } from "./damage.ts";
import { despawnRule } from "./despawn.ts";
import { gatherRule } from "./gather.ts";
import { integrateRule } from "./integrate.ts";
import { neighboursRule } from "./neighbours.ts";
import { Outcome } from "./outcome.ts";
import { pursuitRule } from "./pursuit.ts";
import type { Columns, Rule } from "./rule.ts";
import { bitecsSide, kernelSide, loopSide, nativeSide, piecsSide, type Setting } from "./sides.ts";
import { steeringRule } from "./steering.ts";
import { wavesRule } from "./waves.ts";

const RUST = "Rust";
const LIBRARIES: Readonly<Record<string, (setting: Setting) => Side>> = { "bitecs 0.4": bitecsSide, piecs: piecsSide };

interface Size {
  readonly count: number;
  /** Turns between two resets. */
  readonly group: number;
  /** Against the fastest loop in JavaScript. */
  readonly target?: Target;
  readonly targets?: Readonly<Record<string, Target>>;
}

function workload<C extends Columns>(given: Rule<C>, { count, group, target, targets }: Size): Workload {
  const rule = given as unknown as Rule;
  const loops = Object.keys(rule.loops);
  return {
    name: `${rule.name}, ${count.toLocaleString("en-US")} entities`,
    item: "entity",
    peers: [...loops, ...(rule.listed ? Object.keys(LIBRARIES) : []), ...(rule.native ? [RUST] : [])],
    judged: loops,
    ...(target === undefined ? {} : { target }),
    ...(targets === undefined ? {} : { targets }),
    skip: (peer) => (peer === RUST ? addonFault() : undefined),
    async pair(peer) {
      const inputs = rule.inputs(count);
      const setting: Setting = { rule, count, inputs, outcome: new Outcome(rule, inputs, count, group) };
      const other =
        peer === RUST
          ? nativeSide(setting, loadAddon(), group)
          : (LIBRARIES[peer]?.(setting) ?? loopSide(setting, peer));
      return { ours: kernelSide(setting), peer: other, work: count, group };
    },
  };
}

const [SMALL, LARGE] = [10_000, 1_000_000];
/** Of a rule with fresh random numbers in each turn, as many turns as there are numbers for. */
const FEW = 2;

/** Every rule once. */
export const rules: readonly { readonly name: string }[] = [
  integrateRule,
  steeringRule,
  damageRule(FEW),
  despawnRule,
  wavesRule,
  burstRule(FEW),
  neighboursRule,
  gatherRule("gather, from anywhere", 2 ** 20),
  pursuitRule("gather and steer, from anywhere", 2 ** 20),
];

const native = { [RUST]: atLeast(0.75) };
const functions = {
  "Math.*": atLeast(7),
  "polynomial JavaScript": atLeast(3.5),
  "polynomial JavaScript, unrolled": atLeast(3.5),
};
const anywhere = gatherRule("gather, from anywhere", 2 ** 20);
const nearby = gatherRule("gather, from 256 rows around", 256);
const pursuits = [
  pursuitRule("gather and steer, from 256 rows around", 256),
  pursuitRule("gather and steer, from anywhere", 2 ** 20),
];

export const ruleWorkloads: readonly Workload[] = [
  workload(integrateRule, { count: SMALL, group: 64, target: atLeast(8), targets: native }),
  workload(integrateRule, { count: LARGE, group: 4, target: atLeast(3.8), targets: native }),
  workload(steeringRule, { count: SMALL, group: 16, target: atLeast(4.5) }),
  workload(steeringRule, { count: LARGE, group: 2, target: atLeast(4) }),
  workload(damageRule(TURNS), { count: SMALL, group: TURNS, target: atLeast(4) }),
  workload(damageRule(FEW), { count: LARGE, group: FEW, target: atLeast(3.5) }),
  workload(despawnRule, { count: SMALL, group: 1, target: atLeast(4) }),
  workload(despawnRule, { count: LARGE, group: 1, target: atLeast(3.5) }),
  ...appliedWorkloads,
  workload(wavesRule, { count: SMALL, group: 8, targets: functions }),
  workload(wavesRule, { count: LARGE, group: 1, targets: functions }),
  workload(burstRule(TURNS), { count: SMALL, group: TURNS, target: atLeast(1) }),
  workload(burstRule(FEW), { count: LARGE, group: FEW, target: atLeast(1) }),
  workload(neighboursRule, { count: SMALL, group: 4, target: atLeast(7) }),
  workload(neighboursRule, { count: LARGE, group: 1, target: atLeast(7) }),
  workload(nearby, { count: SMALL, group: 16, target: atLeast(4) }),
  workload(nearby, { count: LARGE, group: 1, target: atLeast(4) }),
  workload(anywhere, { count: SMALL, group: 16, target: atLeast(4) }),
  workload(anywhere, { count: LARGE, group: 1, target: atLeast(4) }),
  ...pursuits.flatMap((rule) => [
    workload(rule, { count: SMALL, group: 16, target: atLeast(4) }),
    workload(rule, { count: LARGE, group: 1, target: atLeast(4) }),
  ]),
];
