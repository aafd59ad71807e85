/** Measures one row in a process of its own: `node bench/row.ts WORKLOAD PEER [--quick]`. Prints one line of JSON. */
import { measurePair, WorkFault } from "./pairs.ts";
import { workloads } from "./suites.ts";

const [name, peer] = process.argv.slice(2);
const quick = process.argv.includes("--quick");
const workload = workloads.find((one) => one.name === name);
if (workload === undefined || peer === undefined) throw new Error(`no workload ${name}`);
try {
  const pair = await workload.pair(peer);
  const { work, group = 1 } = pair;
  const result = measurePair(pair.ours, pair.peer, { work, group, pairs: quick ? 7 : 31, warmupMs: quick ? 40 : 200 });
  const perItem = (ms: number): number => (ms * 1e6) / work;
  console.log(JSON.stringify({ ours: perItem(result.oursMs), peer: perItem(result.peerMs), ratio: result.ratio }));
} catch (error) {
  console.log(
    JSON.stringify({
      fault: error instanceof Error ? error.message : String(error),
      checked: !(error instanceof WorkFault),
    }),
  );
}
