import type { Graph } from "../graph.ts";
import type { Node } from "../node.ts";
import { expressions } from "./expression.ts";

/** Skein's key schedule parity for 32-bit words. */
const PARITY = 0x1bd11bda;
const ROTATIONS = [
  [13, 15, 26, 6],
  [17, 29, 16, 24],
] as const;

/** `randomFloat` of these four words (i32 or u32), as an f32: Threefry-2x32 with 20 rounds. */
export function randomFloatNode(graph: Graph, seed: Node, stream: number, tick: Node, entity: Node): Node {
  const f = expressions(graph);
  const key0 = graph.bits("u32", seed);
  const key1 = graph.constant("u32", stream);
  const keys = [key0, key1, f("xor", f("xor", key0, key1), PARITY)] as const;
  let x = f("add", graph.bits("u32", tick), key0);
  let y = f("add", graph.bits("u32", entity), key1);
  for (let group = 0; group < 5; group++) {
    for (const rotation of ROTATIONS[group % 2]!) {
      x = f("add", x, y);
      y = f("xor", f("or", f("shl", y, rotation), f("shr", y, 32 - rotation)), x);
    }
    x = f("add", x, keys[(group + 1) % 3]!);
    y = f("add", y, f("add", keys[(group + 2) % 3]!, group + 1));
  }
  // 24 bits: the conversion is exact.
  return f("mul", graph.convert("f32", graph.bits("i32", f("shr", x, 8))), 2 ** -24);
}
