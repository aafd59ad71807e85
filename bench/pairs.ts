/** One implementation of a workload, with a world of its own. */
export interface Side {
  /** Does the work once; returns how many items it worked on. Only this is timed. */
  run(): number;
  /** Puts the inputs back to what they were at the start. Called before every group of runs. */
  reset?(): void;
  /** A number made from everything that the runs since the last reset computed: equal on both sides. */
  checksum(): number;
}

export interface PairOptions {
  /** Items that one run works on. */
  readonly work: number;
  /** Runs between two resets, and between two checks. */
  readonly group: number;
  /** Pairs of samples. */
  readonly pairs: number;
  readonly warmupMs: number;
}

export interface PairResult {
  /** Median time of one run, in ms. */
  readonly oursMs: number;
  readonly peerMs: number;
  /** Median over the pairs of (peer time / our time). */
  readonly ratio: number;
}

/** A side that did no work, other work, or computed something else than the other side. */
export class WorkFault extends Error {}

/** Least duration of a sample: groups of runs are added until it takes this long. */
const SAMPLE_MS = 2;
const GROUPS_MAX = 65_536;

/**
 * Measures two implementations in one process, sample by sample in turn, so that whatever disturbs the machine
 * disturbs both. Every group of runs is counted and checked. Throws {@link WorkFault}.
 */
export function measurePair(ours: Side, peer: Side, options: PairOptions): PairResult {
  const expected = checkedGroup(ours, options, undefined).checksum;
  checkedGroup(peer, options, expected);
  const ourGroups = warmUp(ours, options, expected);
  const peerGroups = warmUp(peer, options, expected);
  const oursMs: number[] = [];
  const peerMs: number[] = [];
  const ratios: number[] = [];
  for (let pair = 0; pair < options.pairs; pair++) {
    const a = sample(ours, ourGroups, options, expected);
    const b = sample(peer, peerGroups, options, expected);
    oursMs.push(a);
    peerMs.push(b);
    ratios.push(b / a);
  }
  return { oursMs: median(oursMs), peerMs: median(peerMs), ratio: median(ratios) };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Runs until the code is compiled; returns how many groups make a sample. */
function warmUp(side: Side, options: PairOptions, expected: number): number {
  let groups = 1;
  for (let total = 0; total < options.warmupMs; ) {
    const ms = sample(side, groups, options, expected) * groups * options.group;
    total += Math.max(ms, 0.01);
    if (ms < SAMPLE_MS && groups < GROUPS_MAX)
      groups = Math.min(GROUPS_MAX, Math.ceil((groups * SAMPLE_MS * 1.2) / Math.max(ms, 0.1)));
  }
  return groups;
}

/** Milliseconds a run, over `groups` groups. */
function sample(side: Side, groups: number, options: PairOptions, expected: number): number {
  let ms = 0;
  for (let g = 0; g < groups; g++) {
    const group = timedGroup(side, options);
    ms += group.ms;
    if (g === groups - 1) checkSum(side.checksum(), expected);
  }
  return ms / (groups * options.group);
}

function checkedGroup(
  side: Side,
  options: PairOptions,
  expected: number | undefined,
): { ms: number; checksum: number } {
  const { ms } = timedGroup(side, options);
  const checksum = side.checksum();
  checkSum(checksum, expected ?? checksum);
  return { ms, checksum };
}

function timedGroup(side: Side, { group, work }: PairOptions): { ms: number } {
  side.reset?.();
  let done = 0;
  const start = performance.now();
  for (let i = 0; i < group; i++) done += side.run();
  const ms = performance.now() - start;
  if (done !== work * group) throw new WorkFault(`worked on ${done} items, not ${work * group}`);
  return { ms };
}

function checkSum(found: number, expected: number): void {
  if (Number.isFinite(found) && found !== 0 && found === expected) return;
  throw new WorkFault(`computed ${found}, not ${expected}`);
}
