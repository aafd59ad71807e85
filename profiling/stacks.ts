/** What a frame belongs to. `engine` is V8 and Node, `native` any other machine code. */
export type FrameKind = "system" | "js" | "rust" | "engine" | "native" | "kernel";

export interface Frame {
  readonly name: string;
  readonly kind: FrameKind;
  /** File and line, where they are known. */
  readonly place: string;
}

/** A call tree with equal frames of one caller merged. Values are in `unit`. */
export interface FrameTree {
  readonly frame: Frame;
  /** Of the frame and all that it calls. */
  value: number;
  readonly calls: Map<string, FrameTree>;
}

/** A tree without calls. */
export function emptyTree(name: string): FrameTree {
  return { frame: { name, kind: "engine", place: "" }, value: 0, calls: new Map() };
}

/** Adds one stack, outermost frame first. */
export function addStack(tree: FrameTree, stack: readonly Frame[], value: number): void {
  let node = tree;
  node.value += value;
  for (const frame of stack) {
    const key = `${frame.kind} ${frame.name} ${frame.place}`;
    let next = node.calls.get(key);
    if (next === undefined) {
      next = { frame, value: 0, calls: new Map() };
      node.calls.set(key, next);
    }
    next.value += value;
    node = next;
  }
}

/** Sums over the outermost frames that `chosen` picks, by name, largest first. */
export function totals(tree: FrameTree, chosen: (frame: Frame) => boolean): Map<string, number> {
  const sums = new Map<string, number>();
  const visit = (node: FrameTree, within: ReadonlySet<string>): void => {
    const { frame, value, calls } = node;
    let inside = within;
    if (chosen(frame) && !within.has(frame.name)) {
      sums.set(frame.name, (sums.get(frame.name) ?? 0) + value);
      inside = new Set(within).add(frame.name);
    }
    for (const call of calls.values()) visit(call, inside);
  };
  visit(tree, new Set());
  return new Map([...sums].sort((a, b) => b[1] - a[1]));
}
