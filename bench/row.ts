/** Measures one row in a process of its own: `node bench/row.ts WORKLOAD PEER [--quick]`. Prints one line of JSON. */
import { measurePair } from "./pairs.ts";
import { workloads } from "./suites.ts";
import type { Measured, Workload } from "./workload.ts";

const [name, peer] = process.argv.slice(2);
const quick = process.argv.includes("--quick");
const workload = workloads.find((one) => one.name === name);
if (workload === undefined || peer === undefined) throw new Error(`no workload ${name}`);
try {
  console.log(
    JSON.stringify(
      workload.measure === undefined ? await measure(workload, peer) : await workload.measure(peer, quick),
    ),
  );
} catch (error) {
  console.log(JSON.stringify({ fault: error instanceof Error ? error.message : String(error) }));
}

async function measure({ pair }: Workload, peer: string): Promise<Pick<Measured, "ours" | "peer" | "ratio">> {
  const { ours, peer: theirs, work, group = 1 } = await pair!(peer);
  const result = measurePair(ours, theirs, { work, group, pairs: quick ? 7 : 31, warmupMs: quick ? 40 : 200 });
  return { ours: (result.oursMs * 1e6) / work, peer: (result.peerMs * 1e6) / work, ratio: result.ratio };
}
