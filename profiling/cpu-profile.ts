import { fileURLToPath } from "node:url";
import { addStack, type Frame, type FrameTree } from "./stacks.ts";

interface ProfileNode {
  readonly id: number;
  readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  readonly children?: readonly number[];
}

/** What `--cpu-prof` writes: a tree of frames, a node for each sample, and microseconds between samples. */
export interface CpuProfile {
  readonly nodes: readonly ProfileNode[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

/** Adds a profile to a tree, in milliseconds; time in which the thread was idle is left out. */
export function addCpuProfile(tree: FrameTree, { nodes, samples, timeDeltas }: CpuProfile, root: string): void {
  const parents = new Map<number, number>();
  for (const { id, children } of nodes) for (const child of children ?? []) parents.set(child, id);
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const frames = new Map(nodes.map((node) => [node.id, frameOfNode(node, root)]));
  const self = new Map<number, number>();
  // A delta is the time before its sample: it belongs to the sample before.
  for (let i = 0; i + 1 < samples.length; i++)
    self.set(samples[i]!, (self.get(samples[i]!) ?? 0) + Math.max(0, timeDeltas[i + 1]!) / 1000);
  for (const [id, ms] of self) {
    const stack: Frame[] = [];
    for (let at: number | undefined = id; at !== undefined; at = parents.get(at)) {
      if (byId.get(at)!.callFrame.functionName !== "(root)") stack.push(frames.get(at)!);
    }
    if (stack.some(({ name }) => name === "(idle)")) continue;
    addStack(tree, stack.reverse(), ms);
  }
}

function frameOfNode({ callFrame }: ProfileNode, root: string): Frame {
  const { functionName, url, lineNumber } = callFrame;
  if (functionName.startsWith("system ")) return { name: functionName, kind: "system", place: "" };
  const file = url.startsWith("file:") ? fileURLToPath(url.split("?")[0]!) : url;
  const own = file.startsWith(root) ? file.slice(root.length).replace(/^\//, "") : file;
  const engine = url === "" || url.startsWith("node:");
  return {
    name: functionName === "" ? "(anonymous)" : functionName,
    kind: engine ? "engine" : "js",
    place: url === "" ? "" : `${own}:${lineNumber + 1}`,
  };
}
