import { type Runner, timed } from "../runner.ts";
import { inputsOf, type Task } from "../task.ts";

/** Plain loops of JavaScript over typed arrays that are kept, for what is elementwise and small. */
export async function loopRunner(task: Task): Promise<Runner | undefined> {
  if (task.kind !== "add" && task.kind !== "chain") return undefined;
  const [a, b] = inputsOf(task) as [Float32Array, Float32Array];
  const sum = new Float32Array(task.count);
  if (task.kind === "add") {
    return {
      time: timed(() => {
        for (let i = 0; i < sum.length; i++) sum[i] = a[i]! + b[i]!;
      }),
      result: () => sum,
    };
  }
  const other = new Float32Array(task.count);
  return {
    time: timed(() => {
      let [from, to] = [a, sum];
      for (let link = 0; link < task.links; link++) {
        for (let i = 0; i < to.length; i++) to[i] = from[i]! + b[i]!;
        [from, to] = [to, to === sum ? other : sum];
      }
    }),
    result: () => (task.links % 2 === 1 ? sum : other),
  };
}
